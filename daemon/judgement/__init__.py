"""Judgement: pure functions of their arguments. Nothing here reads a clock, a file, a socket or a database."""
