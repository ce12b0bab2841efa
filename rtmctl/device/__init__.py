"""How one device or host is spoken to: small Protocols, the SSH transport, NAPALM drivers, `state` readers."""
