"""What the log says, to whom, and what it never says."""

from __future__ import annotations

import io
import json
import logging
import os
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from daemon import logs

CANARY = "canary-7f3a"


@pytest.fixture
def stream() -> io.StringIO:
    """Give the text the configured logging writes."""
    text = io.StringIO()
    logs.configure("info", text)
    return text


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def events(stream: io.StringIO) -> list[dict[str, Any]]:
    """Return every line written so far, parsed."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def logged(**facts: object) -> dict[str, Any]:
    """Return one event with these facts as a reader of the log sees it."""
    text = io.StringIO()
    logs.configure("info", text)
    structlog.get_logger("daemon.test").info("letter_sent", **facts)
    (event,) = events(text)
    return event


def test_an_event_is_one_json_line_with_its_facts(stream: io.StringIO) -> None:
    """A program reads the name, the level, the logger, the UTC time and the facts, in Vietnamese letters."""
    structlog.get_logger("daemon.managers.dispatcher").warning("letter_refused", agency="so-y-te", reason="hộp thư đầy")
    (event,) = events(stream)
    assert datetime.fromisoformat(event.pop("timestamp")).tzinfo == UTC
    assert event == {
        "event": "letter_refused",
        "level": "warning",
        "logger": "daemon.managers.dispatcher",
        "agency": "so-y-te",
        "reason": "hộp thư đầy",
    }
    assert "hộp thư đầy" in stream.getvalue()


def test_a_standard_logger_ends_in_the_same_place(stream: io.StringIO) -> None:
    """APScheduler's records, with their arguments and extra facts, are events like ours."""
    logging.getLogger("apscheduler.scheduler").error("Job %s missed", "tick", extra={"late": 3})
    (event,) = events(stream)
    assert (event["event"], event["level"], event["logger"]) == ("Job tick missed", "error", "apscheduler.scheduler")
    assert event["late"] == 3


def test_bound_context_reaches_every_event(stream: io.StringIO) -> None:
    """What a tick binds once is on each of its lines, ours and others'."""
    structlog.contextvars.bind_contextvars(tick=41)
    structlog.get_logger("daemon.test").info("planned")
    logging.getLogger("elsewhere").warning("noted")
    assert [event["tick"] for event in events(stream)] == [41, 41]


def test_configuring_again_does_not_say_things_twice() -> None:
    """The second configuration replaces the first: stream and level."""
    first, second = io.StringIO(), io.StringIO()
    logs.configure("debug", first)
    logs.configure("warning", second)
    log = structlog.get_logger("daemon.test")
    log.info("unheard")
    log.warning("heard")
    assert first.getvalue() == ""
    assert [event["event"] for event in events(second)] == ["heard"]


def test_an_unknown_level_is_refused() -> None:
    """A misspelt level is an error, not silence."""
    with pytest.raises(ValueError, match="loud"):
        logs.configure("loud")


@pytest.mark.parametrize("name", ["httpx", "httpcore", "uvicorn.access", "mail.log", "apscheduler.executors.default"])
def test_libraries_that_tell_everything_are_heard_from_warning_up(name: str) -> None:
    """A URL with its token, an SMTP dialogue, a line for every tick: none of it even at level debug."""
    text = io.StringIO()
    logs.configure("debug", text)
    logging.getLogger(name).info("chatter")
    logging.getLogger(name).warning("trouble")
    assert [event["event"] for event in events(text)] == ["trouble"]


@pytest.mark.parametrize(
    "key",
    [
        "token", "access_token", "refreshToken", "app_secret", "smtp-password", "passwd", "Authorization", "set_cookie",
        "api_key", "credentials", "email", "emails", "bounce_address", "phone", "zalo", "zalo_user_id", "recipients",
        "dien-thoai", "ho_ten", "mat_khau",
    ],
)  # fmt: skip
def test_a_telling_key_hides_its_value_at_any_depth(key: str) -> None:
    """The key's name decides, however it is spelt and wherever it stands, for any value but yes, no and none."""
    event = logged(**{key: CANARY, "deep": {"list": [{key: {"more": CANARY}}]}, "pair": ({key: 12345},)})
    assert event[key] == logs.REDACTED
    assert event["deep"] == {"list": [{key: logs.REDACTED}]}
    assert event["pair"] == [{key: logs.REDACTED}]
    assert logged(**{key: True})[key] is True
    assert logged(**{key: None})[key] is None


@pytest.mark.parametrize("key", ["agency", "channel", "level_of_step", "person", "letter", "took", "host", "state"])
def test_other_keys_are_told(key: str) -> None:
    """Ids, counts and states are what a log is for."""
    assert logged(**{key: "so-y-te"})[key] == "so-y-te"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("550 <nguyen.van-a+x@so.tayninh.example>: no such user", "550 <[redacted]>: no such user"),
        ("số 0912345678 chưa có Zalo", "số [redacted] chưa có Zalo"),
        ("user +84912345678, 84912345678", "user [redacted], [redacted]"),
        (f"POST https://bot.example/bot{CANARY}/sendMessage?x=1 timed out", "POST https://bot.example/… timed out"),
        (f"proxy http://me:{CANARY}@10.0.0.1:3128/ refused", "proxy http://10.0.0.1:3128/… refused"),
        ("1026/KH-UBND, trước ngày 25/10/2022", "1026/KH-UBND, trước ngày 25/10/2022"),
    ],
)  # fmt: skip
def test_a_text_is_told_without_addresses_numbers_and_paths(text: str, told: str) -> None:
    """A server's reply and a library's message may quote an address, a telephone number or a URL with its token."""
    assert logged(detail=text)["detail"] == told
    stream = io.StringIO()
    logs.configure("info", stream)
    logging.getLogger("library").warning(text)
    assert events(stream)[0]["event"] == told


def test_a_message_id_is_told_whole() -> None:
    """A letter is found again at the relay by its Message-ID, which only looks like an address."""
    assert logged(message_id="<dd.1f0c@dondoc.example>")["message_id"] == "<dd.1f0c@dondoc.example>"


def test_values_are_told_as_text_and_objects_by_their_kind() -> None:
    """A value of the field is told by its parts, an unknown object only by its type."""

    class Channel(StrEnum):
        EMAIL = "email"

    class Session:
        def __repr__(self) -> str:
            return CANARY

    @dataclass(frozen=True)
    class Person:
        id: str
        email: str

    event = logged(
        due_on=date(2022, 10, 24),
        due_at=datetime(2022, 10, 24, 17, tzinfo=UTC),
        where=Path("plans") / "1026.yaml",
        channel=Channel.EMAIL,
        count=3,
        ratio=float("inf"),
        who=Person("p1", f"{CANARY}@so.example"),
        session=Session(),
        blob=CANARY.encode(),
        error=ValueError("no"),
    )
    assert CANARY not in json.dumps(event)
    assert {key: event[key] for key in event.keys() - {"event", "level", "logger", "timestamp"}} == {
        "due_on": "2022-10-24",
        "due_at": "2022-10-24 17:00:00+00:00",
        "where": "plans/1026.yaml",
        "channel": "email",
        "count": 3,
        "ratio": "inf",
        "who": {"id": "p1", "email": logs.REDACTED},
        "session": "<Session>",
        "blob": "<bytes>",
        "error": "ValueError: no",
    }


def fail_with_a_secret_in_a_local() -> None:
    """Raise with a secret and an address at hand, one in a local variable, one in the message."""
    password = CANARY
    assert password
    raise ConnectionError(f"refused for {CANARY}@so.example")


@pytest.mark.parametrize("terminal", [False, True])
def test_a_traceback_shows_no_local_variables(terminal: bool) -> None:
    """Where it failed is told, in both renderings; what the variables held is not."""
    text = Terminal() if terminal else io.StringIO()
    logs.configure("info", text)
    try:
        fail_with_a_secret_in_a_local()
    except ConnectionError:
        structlog.get_logger("daemon.test").exception("tick_failed")
        logging.getLogger("elsewhere").exception("also_failed")
    assert text.getvalue().count("in fail_with_a_secret_in_a_local") == 2
    assert text.getvalue().count("ConnectionError: refused for [redacted]") == 2
    assert CANARY not in text.getvalue()


def test_a_terminal_gets_lines_for_people() -> None:
    """At a terminal the same facts come as text, not as JSON, redacted alike."""
    text = Terminal()
    logs.configure("info", text)
    structlog.get_logger("daemon.test").info("letter_sent", agency="so-y-te", token=CANARY)
    assert "letter_sent" in text.getvalue()
    assert "so-y-te" in text.getvalue()
    assert CANARY not in text.getvalue()
    assert not text.getvalue().startswith("{")


def test_the_journal_gets_priorities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line of the journal begins with its priority when JOURNAL_STREAM names this very stream, and only then."""
    with (tmp_path / "journal").open("w+") as journal, (tmp_path / "pipe").open("w+") as pipe:
        status = os.fstat(journal.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        for target in (journal, pipe):
            logs.configure("debug", target)
            log = structlog.get_logger("daemon.test")
            log.debug("a")
            log.info("b")
            log.warning("c")
            log.error("d")
            log.critical("e")
            target.seek(0)
        lines = journal.read().splitlines()
        assert [line[:3] for line in lines] == ["<7>", "<6>", "<4>", "<3>", "<2>"]
        assert [json.loads(line[3:])["event"] for line in lines] == list("abcde")
        assert all(line.startswith("{") for line in pipe.read().splitlines())


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    """A text over 4 KiB is cut in its middle, between characters."""
    told = logged(reply="đầu " + "ế" * 100_000 + " cuối")["reply"]
    assert len(told.encode()) <= logs.FIELD_LIMIT
    assert told.startswith("đầu ế")
    assert told.endswith("ế cuối")
    assert told.count("…") == 1


def test_collections_are_bounded() -> None:
    """A thousand members, or members thirty deep, are told as far as a reader follows."""
    event = logged(many=list(range(1000)), pairs={str(n): n for n in range(1000)})
    assert event["many"][:50] == list(range(50))
    assert event["many"][50:] == ["… 950 more"]
    assert len(event["pairs"]) == 51
    deep: list[object] = []
    for _ in range(30):
        deep = [deep]
    assert json.dumps(logged(deep=deep)["deep"]).count("[") == logs.DEPTH_LIMIT


def test_a_line_the_journal_would_split_names_what_it_leaves_out() -> None:
    """Over 40 KiB only the event is told, with the names of the facts it came with."""
    event = logged(**{f"fact_{n:02}": "x" * 4000 for n in range(20)})
    assert event["event"] == "letter_sent"
    assert event["left_out"] == [f"fact_{n:02}" for n in range(20)]


def test_a_broken_stream_does_not_stop_the_caller(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody reads the log any more: the caller goes on, and the record is not printed elsewhere unredacted."""
    text = io.StringIO()
    logs.configure("info", text)
    text.close()
    structlog.get_logger("daemon.test").info("letter_sent", token=CANARY)
    logging.getLogger("elsewhere").warning("said %s", CANARY)
    captured = capsys.readouterr()
    assert captured.out + captured.err == ""


ANY_TEXT = st.text(st.characters(codec=None))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.binary() | ANY_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner),
    max_leaves=20,
)


@given(value=VALUES)
def test_any_value_makes_one_line_of_valid_json(value: object) -> None:
    """Whatever is logged, a reader gets one line of JSON that UTF-8 can carry."""
    text = io.StringIO()
    logs.configure("info", text)
    structlog.get_logger("daemon.test").info("letter_sent", fact=value)
    assert text.getvalue().count("\n") == 1
    text.getvalue().encode()
    json.loads(text.getvalue(), parse_constant=pytest.fail)
