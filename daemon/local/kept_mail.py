"""A letter a local mail server answered for, and its keeping on disk so that a kill leaves an honest count."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class AcceptedMail:
    """One letter the server answered for, counted from 1. `content` is as it stood on the wire, dots unstuffed."""

    number: int
    sender: str
    recipients: tuple[str, ...]
    content: bytes
    at: datetime


def last_number(out: Path) -> int:
    """Return the number of the last letter kept in `out`, 0 if none; the folder is made if missing."""
    out.mkdir(parents=True, exist_ok=True)
    return max((int(path.stem) for path in out.glob("[0-9]*.eml")), default=0)


def keep(out: Path, mail: AcceptedMail) -> None:
    """Write the envelope, then the letter; the letter's name appears only when both are on the disk."""
    envelope = {"from": mail.sender, "to": mail.recipients, "at": mail.at.isoformat()}
    parts = {"json": json.dumps(envelope, ensure_ascii=False).encode(), "eml": mail.content}
    for suffix, content in parts.items():
        name = out / f"{mail.number:06d}.{suffix}"
        with name.with_suffix(".part").open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        name.with_suffix(".part").rename(name)
    folder = os.open(out, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
