"""rtmctl: the infrastructure of real-time marketing, from the cable to the offer."""

__version__ = "0.1.0"
