"""The injector from outside: who holds injections on switches and hosts, and what a drill has left there."""
