"""The active checks: packets sent by hosts and leafs. What to send and what the answers mean is pure; `run` sends."""
