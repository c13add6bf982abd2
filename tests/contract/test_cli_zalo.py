"""Linking by command: a code to pass on, what was read, who is linked; no token and no chat id is ever shown."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import pytest

from daemon.cli import main
from daemon.clock import SystemClock
from daemon.local.zalo_bot import TOKEN, LocalZaloBot
from daemon.local.zalo_host import Weather
from daemon.managers import zalo_linking
from daemon.store.opening import open_database
from daemon.store.zalo_links import linked

CHAT = "6ede000000000000d6a9"
PERSON = "so-tu-phap-dau-moi"
CODE = "CFGHJK"


class Town:
    """A bot in a thread of its own, as the command line finds it in the world."""

    def __init__(self, zalo: LocalZaloBot, loop: asyncio.AbstractEventLoop) -> None:
        self.zalo = zalo
        self.loop = loop

    def write(self, text: str, chat: str = CHAT) -> None:
        """Let a person write to the bot."""
        asyncio.run_coroutine_threadsafe(self._write(chat, text), self.loop).result()

    async def _write(self, chat: str, text: str) -> None:
        self.zalo.write_to_bot(chat, text)

    def answers(self) -> list[str]:
        """Return what the bot said."""
        return [text.text for text in self.zalo.accepted]


@contextmanager
def town() -> Iterator[Town]:
    """Yield a bot that is served until the block ends."""
    opened: list[Town] = []
    ready, over = threading.Event(), threading.Event()

    async def serve() -> None:
        async with LocalZaloBot(SystemClock().now) as zalo:
            opened.append(Town(zalo, asyncio.get_running_loop()))
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(60)
        yield opened[0]
    finally:
        over.set()
        thread.join()


@pytest.fixture
def bot() -> Iterator[Town]:
    """A bot nobody has written to."""
    with town() as opened:
        yield opened


@pytest.fixture
def config(tmp_path: Path, bot: Town, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped files with the bot set up, and an empty database."""
    for name in ("config", "schedules"):
        shutil.copytree(Path(str(files(f"daemon.{name}"))), tmp_path / name)
    monkeypatch.delenv("SUDO_USER", raising=False)
    secret = tmp_path / "ma-zalo"
    secret.write_text(TOKEN)
    secret.chmod(0o600)
    path = tmp_path / "config" / "dondoc.yaml"
    part = f"\nzalo: {{loai: bot, dia-chi-goc: '{bot.zalo.base_url}', tep-ma: {secret}}}\n"
    path.write_text(path.read_text("utf-8") + part, "utf-8")
    assert main(["init", "--config", str(path)]) == 0
    return path


@pytest.fixture
def zalo(config: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run one command of `dondoc zalo`; return status, output and complaints, in which no secret may stand."""

    def run(*words: str) -> tuple[int, str, str]:
        by = ["--as", "lan"] if words[0] == "link" else []
        capsys.readouterr()
        status = main(["zalo", *words, *by, "--config", str(config)])
        said = capsys.readouterr()
        for secret in (TOKEN, TOKEN.partition(":")[2], CHAT):
            assert secret not in said.out + said.err
        assert all(len(line) <= 80 for line in said.out.splitlines() if words[0] == "links" and "{" not in said.out)
        return status, said.out, said.err

    return run


def addresses(config: Path) -> dict[str, str]:
    """Return who is linked to which chat."""
    with open_database(config.parent.parent / "dondoc.db") as database, database.read() as conn:
        return dict(linked(conn))


Zalo = Callable[..., tuple[int, str, str]]


def test_a_code_is_passed_on_written_and_read(zalo: Zalo, bot: Town, config: Path) -> None:
    """From the command to the link, with the sentence ready to copy."""
    status, out, err = zalo("link", PERSON)
    assert (status, err) == (0, "")
    sentence = re.search(
        r"^  Đồng chí nhắn “([A-Z0-9]{6})” tới Zalo Bot “dondoc” để nhận tin đôn đốc của .+ qua Zalo "
        r"\(mã dùng một lần, trước \d\d:\d\d ngày \d\d/\d\d/\d{4}\)\.$",
        out,
        re.MULTILINE,
    )
    assert sentence is not None
    assert "dondoc zalo read" in out
    bot.write(f"mã {sentence[1]}")
    status, out, err = zalo("read")
    assert (status, err) == (0, "")
    assert re.fullmatch(r"Đã kết nối Zalo của .+ \(Sở Tư pháp\)\.\n", out)
    assert addresses(config) == {PERSON: CHAT}
    assert [answer.partition(".")[0] for answer in bot.answers()] == ["Đã kết nối"]
    assert zalo("read") == (0, "Không có tin mới.\n", "")


def test_waiting_ends_when_the_code_was_written(
    zalo: Zalo, bot: Town, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other messages meanwhile are read and answered."""
    monkeypatch.setattr(zalo_linking, "new_code", lambda choose: CODE)
    bot.write("xin chào", "c2")
    bot.write(CODE)
    status, out, _ = zalo("link", PERSON, "--wait")
    assert status == 0
    assert out.splitlines()[-2:] == [
        next(line for line in out.splitlines() if line.startswith("Đã kết nối Zalo của")),
        "Đã đọc 2 tin, 1 tin không kết nối được ai.",
    ]
    assert addresses(config) == {PERSON: CHAT}


def test_links_and_open_codes_are_listed(zalo: Zalo, bot: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """In 80 columns for people, as JSON for programs; codes are shown by `link` alone."""
    assert zalo("links")[1] == "Chưa có ai kết nối Zalo. Cấp mã: dondoc zalo link NGƯỜI.\n"
    monkeypatch.setattr(zalo_linking, "new_code", lambda choose: CODE)
    zalo("link", PERSON)
    bot.write(CODE)
    zalo("read")
    monkeypatch.setattr(zalo_linking, "new_code", lambda choose: "NPQRTV")
    zalo("link", "so-y-te-dau-moi")
    shown = zalo("links")[1]
    assert "Sở Tư pháp" in shown
    assert "chờ nhắn mã đến" in shown
    rows = json.loads(zalo("links", "--format", "json")[1])
    assert [(row["person"], row["agency"], row["by"], row["state"]) for row in rows] == [
        (PERSON, "so-tu-phap", "lan", "linked"),
        ("so-y-te-dau-moi", "so-y-te", "lan", "waiting"),
    ]
    assert rows[0]["linked_at"].endswith("+07:00")
    assert "NPQRTV" not in shown + json.dumps(rows)


def test_a_link_is_ended(zalo: Zalo, bot: Town, config: Path) -> None:
    """Also a code that nobody wrote; ending nothing is an error."""
    zalo("link", PERSON)
    status, out, _ = zalo("unlink", PERSON)
    assert (status, out) == (0, f"Đã bỏ kết nối Zalo của “{PERSON}”.\n")
    status, _, err = zalo("unlink", PERSON)
    assert (status, err) == (2, f"“{PERSON}” chưa kết nối Zalo. Xem những người đã kết nối: dondoc zalo links.\n")
    assert addresses(config) == {}


@pytest.mark.parametrize(
    ("person", "hint"),
    [("so-tu-phap-dau-mo", "Có phải là: so-tu-phap-dau-moi"), ("zzz", "Những người trong danh bạ: ")],
)
def test_a_person_not_in_the_register_is_refused(zalo: Zalo, person: str, hint: str) -> None:
    """With who is near, or who there is."""
    status, out, err = zalo("link", person)
    assert (status, out) == (2, "")
    assert err.startswith(f"Trong danh bạ không có người “{person}”. {hint}")


def test_who_may_not_be_written_to_by_zalo_is_told_of(zalo: Zalo, config: Path) -> None:
    """The code is given all the same; the operator is warned."""
    status, out, err = zalo("link", "cong-an-dau-moi")
    assert status == 0
    assert "Mã kết nối Zalo" in out
    assert err.startswith("Lưu ý: danh bạ (kenh, xung-ho) không cho gửi Zalo tới người này")


def test_a_bot_that_does_not_answer_is_told_without_its_token(zalo: Zalo, bot: Town) -> None:
    """A code can be given out all the same; nothing can be read."""
    bot.zalo.weather = Weather.BROKEN
    status, out, err = zalo("link", PERSON)
    assert status == 0
    assert "tới Zalo Bot của " in out
    assert err == "Chưa hỏi được tên của Zalo Bot: HTTP 502.\n"
    assert zalo("read") == (1, "", "Không đọc được tin nhắn tới Zalo Bot: HTTP 502.\n")
    bot.zalo.weather = Weather.FAIR
    bot.zalo.token = "1000000000000000002:another"
    status, _, err = zalo("read")
    assert (status, err) == (1, "Không đọc được tin nhắn tới Zalo Bot: 401: Unauthorized.\n")


def test_without_a_bot_there_is_nothing_to_link(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway or an account by telephone needs no code."""
    for name in ("config", "schedules"):
        shutil.copytree(Path(str(files(f"daemon.{name}"))), tmp_path / name)
    path = str(tmp_path / "config" / "dondoc.yaml")
    assert main(["init", "--config", path]) == 0
    assert main(["zalo", "read", "--config", path]) == 2
    assert "kết nối Zalo cá nhân chỉ dùng với Zalo Bot" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["", "link", "read", "links", "unlink"])
def test_help_is_vietnamese(capsys: pytest.CaptureFixture[str], command: str) -> None:
    """No word of the library's is left."""
    assert main(["zalo", *command.split(), "--help"]) == 0
    said = capsys.readouterr().out
    assert re.findall(r"\b(Usage|Options|Commands|Arguments|Show this|exit|default|required|TEXT)\b", said) == []
    assert "Cách dùng: dondoc zalo" in said
