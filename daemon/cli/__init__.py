"""The command line: what operators and administrators type. Entries and answers in Vietnamese, JSON for programs."""

from daemon.cli.main import main

__all__ = ["main"]
