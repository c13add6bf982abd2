"""Managers: one verb each, safe to repeat."""
