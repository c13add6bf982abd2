"""Keeps messages in memory and plays scripted failures: the far side of rehearsals and tests."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass

from notifiers.base import BeforeDot, DeliveryError, FailureKind, Message, Phase, Receipt


@dataclass(frozen=True, slots=True)
class Fault:
    """One scripted failure. `arrives`: the message is kept all the same, as when only the answer was lost."""

    kind: FailureKind
    phase: Phase = Phase.ENVELOPE
    code: str | None = None
    retry_after: float | None = None
    arrives: bool = False

    def __post_init__(self) -> None:
        """Refuse with ValueError what no far side could do."""
        if self.arrives and self.phase is not Phase.CONTENT:
            raise ValueError("a message arrives in spite of a failure only when the answer to its content is lost")


class MemoryNotifier:
    """A far side that accepts everything but what it was told to fail.

    `accepted` holds the messages that arrived, `attempts` the key of every one tried, both in order.
    """

    def __init__(self, name: str = "memory") -> None:
        self.name = name
        self.accepted: list[Message] = []
        self.attempts: list[str] = []
        self._script: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._always: dict[str, Fault] = {}

    def fail(self, address: str, *faults: Fault) -> None:
        """Let the next messages to `address` meet these faults, one each, in order."""
        self._script[address].extend(faults)

    def always_fail(self, address: str, fault: Fault | None) -> None:
        """Let every message to `address` meet this fault once its script is played; None ends it."""
        if fault is None:
            self._always.pop(address, None)
        else:
            self._always[address] = fault

    async def deliver(self, message: Message, before_dot: BeforeDot) -> Receipt:
        """Keep one message, or play the fault that is due."""
        self.attempts.append(message.key)
        script = self._script[message.address]
        fault = script.popleft() if script else self._always.get(message.address)
        if fault is None or fault.phase in {Phase.CONTENT, Phase.ANSWERED}:
            await before_dot()
        if fault is None or fault.arrives:
            self.accepted.append(message)
        if fault is None:
            return Receipt(f"{self.name}-{len(self.accepted)}", "kept")
        raise DeliveryError(
            fault.kind,
            f"scripted: {fault.kind}",
            phase=fault.phase,
            code=fault.code,
            retry_after=fault.retry_after,
            maybe_accepted=fault.phase is Phase.CONTENT,
        )

    async def aclose(self) -> None:
        """Keep everything: what arrived is still there to be read."""
