"""A mail server that greylists, drops and stalls by chance, never after it took a letter, and keeps a book of it.

As a process of its own: `python -m tests.chaos.troubled_mail --out DIR --seed N` prints its port. Each line of
`DIR/book.jsonl` is one thing it did with one recipient; letters it took lie in `DIR` as `daemon.local.mail` keeps them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import sys
from collections import Counter
from enum import StrEnum
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from daemon.clock import SystemClock
from daemon.local.mail import LocalMail

MOST_FAULTS = 3  # for one recipient: then he is left in peace


class Did(StrEnum):
    """What became of one recipient's letter at one point."""

    GREYLISTED = "greylisted"  # 450 to RCPT
    DROPPED_AT_RCPT = "dropped at rcpt"
    STALLED_AT_RCPT = "stalled at rcpt"  # longer than anybody waits, then cut
    LET_IN = "let in"  # RCPT was accepted
    DROPPED_AT_DOT = "dropped at the dot"  # after the dot, not taken
    PUT_OFF = "put off"  # 451 to the dot
    TAKEN = "taken"


AT_RCPT = {Did.GREYLISTED: 6, Did.DROPPED_AT_RCPT: 2, Did.STALLED_AT_RCPT: 1, Did.LET_IN: 91}
AT_DOT = {Did.DROPPED_AT_DOT: 3, Did.PUT_OFF: 3, Did.TAKEN: 94}


class TroubledMail(LocalMail):
    """The server. `pause`: seconds it thinks at most before it takes a letter; `stall`: how long it says nothing."""

    def __init__(self, out: Path, seed: int, pause: float, stall: float) -> None:
        super().__init__(SystemClock().now, out=out)
        self._book = (out / "book.jsonl").open("a", encoding="utf-8")
        self._chance = random.Random(seed)  # noqa: S311 - chances, not secrets
        self._faults: Counter[str] = Counter()
        self._pause = pause
        self._stall = stall
        self._never: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd looks for
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Let a recipient in, or not today."""
        did = self._draw(AT_RCPT, address)
        self._write(did, address)
        if did is Did.GREYLISTED:
            return "450 4.2.0 greylisted"
        if did is Did.STALLED_AT_RCPT:
            await self._for(self._stall)
        if did is not Did.LET_IN:
            await self._cut(server)
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(  # noqa: N802 - the name aiosmtpd looks for
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take a letter, or not."""
        (address,) = envelope.rcpt_tos
        did = self._draw(AT_DOT, address)
        await self._for(self._chance.uniform(0, self._pause))
        self._write(did, address)
        if did is Did.PUT_OFF:
            return "451 4.3.0 try again"
        if did is Did.DROPPED_AT_DOT:
            await self._cut(server)
        return await super().handle_DATA(server, session, envelope)

    def _draw(self, weights: dict[Did, int], address: str) -> Did:
        (did,) = self._chance.choices(list(weights), list(weights.values()))
        harmless = did in {Did.LET_IN, Did.TAKEN}
        if not harmless and self._faults[address] >= MOST_FAULTS:
            return Did.LET_IN if weights is AT_RCPT else Did.TAKEN
        self._faults[address] += not harmless
        return did

    def _write(self, did: Did, address: str) -> None:
        self._book.write(json.dumps({"to": address, "did": did}) + "\n")
        self._book.flush()

    async def _for(self, seconds: float) -> None:
        await asyncio.wait({self._never}, timeout=seconds)

    async def _cut(self, server: SMTP) -> None:
        if isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        await asyncio.shield(self._never)  # the lost connection cancels this task


async def _serve(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    arguments.out.mkdir(parents=True, exist_ok=True)
    async with TroubledMail(arguments.out, arguments.seed, arguments.pause, arguments.stall) as mail:
        sys.stdout.write(f"{mail.port}\n")
        sys.stdout.flush()
        await stop.wait()


def main() -> None:
    """Run the server until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.troubled_mail", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--pause", type=float, default=0.6, help="seconds it thinks at most before it takes a letter")
    parser.add_argument("--stall", type=float, default=3.0, help="seconds it is silent before it cuts the line")
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
