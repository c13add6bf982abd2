"""One configuration of logging: events as JSON lines for the journal, as coloured lines on a terminal.

Event names are English snake_case; facts are key-value pairs. structlog's loggers and the standard library's (that is:
APScheduler's, uvicorn's, notifiers') end in the same handler, so both are redacted and bounded alike:

- the value of a key that names a secret or a way to reach a person is replaced, at any depth;
- in all other text e-mail addresses and telephone numbers are replaced, and a URL is cut after its host (a Zalo bot's
  token stands in the path);
- an object is never shown by its repr, which might tell more than its author meant;
- a text is cut to 4 KiB in its middle, a collection to 50 members, a line to 40 KiB (the journal splits lines at 48);
- a traceback never shows local variables.
"""

from __future__ import annotations

import dataclasses
import io
import json
import logging
import os
import re
import sys
from collections.abc import Collection, Mapping
from datetime import date, time, timedelta
from enum import Enum
from math import isfinite
from pathlib import PurePath
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

REDACTED = "[redacted]"
FIELD_LIMIT = 4 * 1024
LINE_LIMIT = 40 * 1024
MEMBER_LIMIT = 50
DEPTH_LIMIT = 6

LEVELS = {name: getattr(logging, name.upper()) for name in ("debug", "info", "warning", "error")}

# A key that contains one of these, whatever stands around it: smtpPassword, zalo_user_id, emails.
_SECRET_WORDS = re.compile(
    "token|secret|passw|authorization|credential|cookie|apikey|privatekey|signature"
    "|address|email|phone|zalo|mailbox|recipient|matkhau|dienthoai|hoten|fullname"
)
# A person's address or telephone number (84… and 0… with nine digits more) inside a text. The bound of a local part
# (RFC 5321: 64) keeps the search linear in a text without any "@".
_REACH = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]+(?:\.[\w-]+)*|(?<!\w)(?:\+?84|0)\d{9}(?!\w)")
_URL = re.compile(r"\b(https?://)(?:[^\s/?#@\"'<>]*@)?([^\s/?#@\"'<>]+)[^\s\"'<>]*")
# sd-daemon(3): a line of the journal has the priority it begins with.
_PRIORITIES = {"debug": "<7>", "info": "<6>", "warning": "<4>", "error": "<3>", "critical": "<2>"}
# Below warning these tell every URL, every SMTP command, every tick.
_CHATTY = ("httpx", "httpcore", "uvicorn.access", "mail.log", "apscheduler.executors")
_HANDLER = "dondoc"


def configure(level: str = "info", stream: TextIO | None = None) -> None:
    """Send every logger's records to `stream` (default: stderr), from `level` up; may be called again.

    `level` is debug, info, warning or error; ValueError for anything else. A terminal gets coloured lines; the journal
    (JOURNAL_STREAM names the stream) JSON lines with a priority; everything else JSON lines.
    """
    if level not in LEVELS:
        raise ValueError(f"no such log level: {level!r}")
    target = sys.stderr if stream is None else stream
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(target)
    handler.name = _HANDLER
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                bounded,
                _renderer(target),
            ],
        )
    )
    root = logging.getLogger()
    for earlier in [one for one in root.handlers if one.name == _HANDLER]:
        root.removeHandler(earlier)
    root.addHandler(handler)
    root.setLevel(LEVELS[level])
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
        logging.getLogger(chatty).propagate = True  # uvicorn cuts its access log off when told not to keep one
    # On a broken stream logging would print the record, unredacted, and sending must go on in any case.
    logging.raiseExceptions = False


def bounded(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Return the event without secrets, and no larger than a reader needs (a structlog processor)."""
    return {_text(key): _value(key, value, 0) for key, value in event.items()}


def _value(key: str, value: object, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if key == "message_id":  # looks like an address and is none
        return _text(value)
    if _SECRET_WORDS.search(re.sub(r"[^a-z]", "", key.lower())):
        return REDACTED
    return _shown(value, depth)


def _shown(value: object, depth: int) -> Any:
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, int) or (isinstance(value, float) and isfinite(value)):
        return value
    if isinstance(value, str | float | date | time | timedelta | PurePath):
        return _text(_REACH.sub(REDACTED, _URL.sub(r"\1\2/…", _text(value, 4 * FIELD_LIMIT))))
    if isinstance(value, BaseException):
        return _shown(f"{type(value).__name__}: {value}", depth)
    if depth >= DEPTH_LIMIT:
        return "…"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        members = list(value.items())
        shown = {_text(name): _value(str(name), member, depth + 1) for name, member in members[:MEMBER_LIMIT]}
        return shown | ({"…": len(members) - MEMBER_LIMIT} if len(members) > MEMBER_LIMIT else {})
    if isinstance(value, Collection) and not isinstance(value, bytes | bytearray | memoryview):
        items = list(value)
        rest = [f"… {len(items) - MEMBER_LIMIT} more"] if len(items) > MEMBER_LIMIT else []
        return [_shown(item, depth + 1) for item in items[:MEMBER_LIMIT]] + rest
    return f"<{type(value).__name__}>"


def _text(value: object, limit: int = FIELD_LIMIT) -> str:
    """Keep a text's beginning and end, in `limit` bytes at most: a traceback's last line says what happened."""
    encoded = str(value).encode(errors="backslashreplace")  # a lone surrogate cannot be written
    if len(encoded) <= limit:
        return encoded.decode()
    half = limit // 2 - len("…".encode())
    return f"{encoded[:half].decode(errors='ignore')}…{encoded[-half:].decode(errors='ignore')}"


def _renderer(stream: TextIO) -> Processor:
    if stream.isatty():
        return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    return _journal_line if _is_journal(stream) else _json_line


def _is_journal(stream: TextIO) -> bool:
    """Whether systemd connected this very stream to the journal (a child's pipe is not)."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, io.UnsupportedOperation):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def _json_line(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    line = json.dumps(event, ensure_ascii=False)
    if len(line.encode()) <= LINE_LIMIT:
        return line
    kept = {key: event[key] for key in ("event", "level", "logger", "timestamp") if key in event}
    return json.dumps(kept | {"left_out": sorted(event.keys() - kept.keys())[:MEMBER_LIMIT]}, ensure_ascii=False)


def _journal_line(logger: WrappedLogger, method: str, event: EventDict) -> str:
    return _PRIORITIES.get(event["level"], "<6>") + _json_line(logger, method, event)
