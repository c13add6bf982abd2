"""The local mail servers keep what they answered for, in order, and fail exactly as told."""

from __future__ import annotations

import asyncio
import json
import signal
import smtplib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from daemon.clock import VirtualClock
from daemon.local.kept_mail import AcceptedMail
from daemon.local.mail import DEAD_MAILBOX, LocalMail

SENDER = "nhac-viec@so-noi-vu.example"
ADDRESS = "van-thu@thanh-tra.example"
LETTER = b"Subject: x\r\n\r\n.a line with a dot\r\n"
START = datetime(2022, 10, 24, 1, 30, tzinfo=UTC)


def send(port: int, to: str = ADDRESS, content: bytes = LETTER) -> tuple[int, bytes]:
    """Return the answer to one letter's content, by the standard library's client."""
    with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost", timeout=30) as client:
        client.ehlo()
        client.mail(SENDER)
        code, text = client.rcpt(to)
        return client.data(content) if code == 250 else (code, text)


async def sent(port: int, to: str = ADDRESS, content: bytes = LETTER) -> tuple[int, bytes]:
    """Send from another thread, for the server lives in this loop."""
    return await asyncio.to_thread(send, port, to, content)


@pytest.fixture
async def mail() -> AsyncIterator[LocalMail]:
    """A server with a clock that stands."""
    async with LocalMail(VirtualClock(START).now) as server:
        yield server


async def test_what_is_answered_for_is_kept_in_order(mail: LocalMail) -> None:
    """Envelope, bytes, instant; the queue id counts, so that two runs agree."""
    assert await sent(mail.port) == (250, b"2.0.0 Ok: queued as L000001")
    assert await sent(mail.port, "b@x.example") == (250, b"2.0.0 Ok: queued as L000002")
    assert mail.accepted == [
        AcceptedMail(1, SENDER, (ADDRESS,), LETTER, START),
        AcceptedMail(2, SENDER, ("b@x.example",), LETTER, START),
    ]


async def test_a_dead_mailbox_is_dead_until_it_is_allowed(mail: LocalMail) -> None:
    """Refused at RCPT, whatever the case of the letters; others are not touched."""
    mail.refuse(ADDRESS.upper())
    assert f"{(await sent(mail.port))[0]}" == DEAD_MAILBOX[:3]
    assert (await sent(mail.port, "b@x.example"))[0] == 250
    mail.allow(ADDRESS)
    assert (await sent(mail.port))[0] == 250


async def test_a_refusal_can_be_counted(mail: LocalMail) -> None:
    """A greylisting server says no twice and then yes."""
    mail.refuse(ADDRESS, "450 4.7.1 come back later", times=2)
    assert [(await sent(mail.port))[0] for _ in range(3)] == [450, 450, 250]


async def test_a_lost_answer_leaves_the_letter_accepted(mail: LocalMail) -> None:
    """The case of RFC 1047: kept, and the line cut in place of the 250; the next one is answered."""
    mail.lose_answers(ADDRESS)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        await sent(mail.port)
    assert len(mail.accepted) == 1
    assert (await sent(mail.port))[0] == 250
    assert len(mail.accepted) == 2


async def test_a_deaf_server_takes_connections_and_says_nothing(mail: LocalMail) -> None:
    """Live conversations end, new ones meet silence, and afterwards it hears again."""
    reader, writer = await asyncio.open_connection("127.0.0.1", mail.port)
    assert (await reader.readline()).startswith(b"220")
    mail.deaf = True
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        await asyncio.to_thread(smtplib.SMTP, "127.0.0.1", mail.port, timeout=0.2)
    mail.deaf = False
    assert (await sent(mail.port))[0] == 250


async def test_a_shut_server_refuses_and_opens_on_the_same_port(mail: LocalMail) -> None:
    """As a mail server that is down for an hour."""
    port = mail.port
    await mail.shut()
    with pytest.raises(ConnectionRefusedError):
        await sent(port)
    await mail.open()
    assert mail.port == port
    assert (await sent(port))[0] == 250


async def test_the_hook_runs_before_the_answer_leaves() -> None:
    """Whoever watches sees the letter while its sender still waits for the 250."""
    seen: list[AcceptedMail] = []
    release = asyncio.Event()
    arrived = asyncio.Event()

    async def watch(letter: AcceptedMail) -> None:
        seen.append(letter)
        arrived.set()
        await release.wait()

    async with LocalMail(VirtualClock(START).now, on_accept=watch) as mail:
        sending = asyncio.create_task(sent(mail.port))
        await arrived.wait()
        assert not sending.done()
        release.set()
        assert (await sending)[0] == 250
    assert [letter.number for letter in seen] == [1]


async def test_letters_are_kept_on_disk_and_the_count_goes_on(tmp_path: Path) -> None:
    """NNNNNN.eml has the bytes, NNNNNN.json the envelope; a server started again does not overwrite."""
    clock = VirtualClock(START)
    for _ in range(2):
        async with LocalMail(clock.now, out=tmp_path / "mail") as mail:
            await sent(mail.port)
        clock.move_to(clock.now() + timedelta(hours=1))
    assert sorted(path.name for path in (tmp_path / "mail").iterdir()) == [
        "000001.eml",
        "000001.json",
        "000002.eml",
        "000002.json",
    ]
    assert (tmp_path / "mail/000002.eml").read_bytes() == LETTER
    assert json.loads((tmp_path / "mail/000002.json").read_text("utf-8")) == {
        "from": SENDER,
        "to": [ADDRESS],
        "at": "2022-10-24T02:30:00+00:00",
    }


@asynccontextmanager
async def process(*arguments: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """Run the server as its own process; yield it and its port."""
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "daemon.local.mail", *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert started.stdout is not None
    try:
        yield started, int(await started.stdout.readline())
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


async def test_as_a_process_it_prints_its_port_keeps_letters_and_ends_on_sigterm(tmp_path: Path) -> None:
    """The first line is the port, each letter a file before its 250, a rule on the command line is kept."""
    async with process("--out", str(tmp_path), "--refuse", "dead@x.example=550 5.1.1 gone") as (server, port):
        assert await sent(port) == (250, b"2.0.0 Ok: queued as L000001")
        assert (tmp_path / "000001.eml").read_bytes() == LETTER
        assert await sent(port, "dead@x.example") == (550, b"5.1.1 gone")
        server.send_signal(signal.SIGTERM)
        assert await server.wait() == 0


async def test_a_held_answer_waits_for_the_file_and_the_letter_does_not(tmp_path: Path) -> None:
    """The moment between the dot and the 250, held open for as long as a test needs to kill somebody."""
    hold = tmp_path / "hold"
    hold.touch()
    async with process("--out", str(tmp_path), "--hold", str(hold)) as (server, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        dialogue = (b"", b"EHLO x", b"MAIL FROM:<a@x.example>", b"RCPT TO:<b@x.example>", b"DATA")
        for line in dialogue:
            if line:
                writer.write(line + b"\r\n")
            while (await reader.readline())[3:4] == b"-":
                pass
        writer.write(b"Subject: x\r\n\r\nx\r\n.\r\n")
        answer = asyncio.create_task(reader.readline())
        with await asyncio.to_thread(smtplib.SMTP, "127.0.0.1", port) as other:
            while not (tmp_path / "000001.eml").exists():
                await asyncio.to_thread(other.noop)
        assert not answer.done()
        hold.unlink()
        assert (await answer).startswith(b"250 ")
        writer.close()
        await writer.wait_closed()
        server.send_signal(signal.SIGINT)
        assert await server.wait() == 0


async def test_a_letter_it_answered_for_survives_its_own_death(tmp_path: Path) -> None:
    """A kill -9 after the 250: the file is whole, and the next process counts on."""
    async with process("--out", str(tmp_path)) as (server, port):
        await sent(port)
        server.kill()
        await server.wait()
    async with process("--out", str(tmp_path)) as (_, port):
        assert await sent(port) == (250, b"2.0.0 Ok: queued as L000002")
    assert [(tmp_path / f"00000{number}.eml").read_bytes() for number in (1, 2)] == [LETTER, LETTER]
