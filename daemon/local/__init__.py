"""Servers on loopback that stand for the outside world: for the demo and the tests, never for real letters."""
