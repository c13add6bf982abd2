"""Prints what would be sent: the dry run's channel."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import TextIO

from notifiers.base import BeforeDot, DeliveryError, FailureKind, Message, Phase, Receipt


class ConsoleNotifier:
    """Writes one line for each message, then its subject and text indented, to a stream the caller owns."""

    name = "console"

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    async def deliver(self, message: Message, before_dot: BeforeDot) -> Receipt:
        """Print one message; TRANSIENT if the stream is gone."""
        subject, text = readable(message.content)
        lines = [f"{message.key} -> {message.address} ({len(message.content)} bytes)"]
        lines += [f"    Subject: {subject}"] if subject else []
        lines += [f"    {line}".rstrip() for line in text.splitlines()]
        await before_dot()
        try:
            self._stream.write("\n".join(lines) + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            pass
        else:
            return Receipt(None, "printed")
        raise DeliveryError(FailureKind.TRANSIENT, "the stream is gone", phase=Phase.CONTENT, maybe_accepted=True)

    async def aclose(self) -> None:
        """Leave the stream open: it is the caller's."""


def readable(content: bytes) -> tuple[str, str]:
    """Return (subject, text) of a mail, decoded; ("", text) of anything that is not a mail."""
    parsed = message_from_bytes(content, policy=policy.default)
    if parsed["Subject"] is None or parsed["From"] is None:
        return "", content.decode("utf-8", "replace")
    part = parsed.get_body(("plain", "html"))
    text = part.get_content() if part is not None else ""
    return str(parsed["Subject"]), text if isinstance(text, str) else ""
