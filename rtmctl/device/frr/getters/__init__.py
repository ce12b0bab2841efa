"""NAPALM's getters as functions: what the agent reports in, NAPALM's documented dictionaries out. One file a topic."""
