"""Channels: each hands one message to one address and says truthfully what became of it."""
