"""`dondoc zalo token`: a pair from a file or the input, kept, never printed; what is wrong is said with a way out."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from freezegun import freeze_time

from daemon.cli import main
from daemon.store.opening import open_database
from daemon.store.zalo_tokens import StoredTokens
from notifiers.zalo_pair import Kept
from tests.support.fresh import new_database

NOW = "2022-10-24T01:30:00+00:00"  # 08:30 in Vietnam
SETTINGS = """\
co-so-du-lieu: dondoc.db
tep: {ke-hoach: a, co-quan: b, cach-nhac: c, lich: d}
nguoi-gui: {dia-chi: nhac-viec@so.example, ten: Sở Nội vụ}
cach-gui-thu: console
zalo: {loai: oa, ma-oa: "3", ma-ung-dung: "1", tep-khoa-ung-dung: khoa}
"""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Path]:
    """A folder with settings and an empty database, at 08:30 on 24/10/2022."""
    (tmp_path / "dondoc.yaml").write_text(SETTINGS, encoding="utf-8")
    new_database(tmp_path / "dondoc.db", now=datetime.fromisoformat(NOW))
    with freeze_time(NOW, ignore=["daemon.store", "daemon.domain"]):
        yield tmp_path


def run(office: Path, *words: str) -> int:
    """Run the command as typed."""
    return main(["zalo", "token", *words, "--config", str(office / "dondoc.yaml")])


def kept(office: Path) -> Kept | None:
    """Return what the database has."""
    with open_database(office / "dondoc.db") as database:
        return StoredTokens(database, "1", "3").load()


def tokens_file(office: Path, text: str, mode: int = 0o600) -> str:
    """Write a file of tokens and return its path."""
    path = office / "ma.txt"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return str(path)


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """Return everything printed, in which no token stands."""
    captured = capsys.readouterr()
    assert "canary" not in captured.out + captured.err
    return captured.out + captured.err


def test_a_pair_from_a_file(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two lines; said back by number and time alone; the file is to be deleted."""
    path = tokens_file(office, "canary-access\r\n\ncanary-refresh\n")
    assert run(office, "--file", path) == 0
    assert said(capsys).splitlines() == [
        "Đã nhập cặp mã thứ 1 của OA 3.",
        "Mã truy cập dùng đến 09:30 ngày 25/10/2022; dondoc tự đổi trước lúc ấy.",
        f"Hai mã đã nằm trong cơ sở dữ liệu; hãy xóa tệp: rm {path}",
    ]
    found = kept(office)
    assert found is not None
    assert (found.pair.access, found.pair.refresh, found.pair.generation) == ("canary-access", "canary-refresh", 1)
    assert found.pair.expires_at == datetime.fromisoformat(NOW) + timedelta(hours=25)


def test_a_pair_from_the_input_as_zalo_answers_it(
    office: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """JSON with its own time; a second pair replaces the first."""
    run(office, "--file", tokens_file(office, "canary-1st\ncanary-1st-refresh"))
    answer = {"access_token": "canary-access", "refresh_token": "canary-refresh", "expires_in": "3600"}
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(answer).encode())))
    assert run(office) == 0
    assert "cặp mã thứ 2" in said(capsys)
    found = kept(office)
    assert found is not None
    assert (found.pair.access, found.pair.generation) == ("canary-access", 2)
    assert found.pair.expires_at == datetime(2022, 10, 24, 2, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Không thấy đủ hai mã. Chép hai mã vào một tệp"),
        ("canary-access\n", "Không thấy đủ hai mã."),
        ("canary-a\ncanary-b\ncanary-c\n", "Không thấy đủ hai mã."),
        ("canary access\ncanary-refresh\n", "Không thấy đủ hai mã."),
        ("canary-same\ncanary-same\n", "Hai mã giống nhau."),
        ('{"access_token":"canary-a"}', "Không thấy đủ hai mã."),
        ('{"access_token":', "Không thấy đủ hai mã."),
        ('{"error":-14014,"error_name":"Invalid refresh token."}', "Không thấy đủ hai mã."),
    ],
)
def test_what_is_no_pair_is_refused(office: Path, capsys: pytest.CaptureFixture[str], text: str, told: str) -> None:
    """And nothing is kept."""
    assert run(office, "--file", tokens_file(office, text)) == 2
    assert said(capsys).startswith(told)
    assert kept(office) is None


def test_a_file_open_to_all_or_missing_or_no_text_is_refused(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever could read it could speak for the OA."""
    path = tokens_file(office, "canary-a\ncanary-b", mode=0o644)
    assert run(office, "--file", path) == 2
    assert said(capsys) == f"Tệp {path} ai cũng đọc được; chạy: chmod 600 {path}\n"
    assert run(office, "--file", str(office / "khong-co")) == 2
    assert "Không đọc được tệp" in said(capsys)
    (office / "ma.txt").write_bytes(b"\xff\xfe")
    (office / "ma.txt").chmod(0o600)
    assert run(office, "--file", path) == 2
    assert "không phải UTF-8" in said(capsys)


def test_a_terminal_is_not_waited_for(
    office: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Typed tokens would stay on the screen."""

    class Terminal(io.StringIO):
        """An input somebody sits at."""

        def isatty(self) -> bool:
            """Say so."""
            return True

    monkeypatch.setattr("sys.stdin", Terminal())
    assert run(office) == 2
    assert said(capsys).startswith("Chưa có tệp: thêm --file TỆP, hoặc đưa vào bằng dấu <.")


def test_how_the_pair_stands(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """None, good, ended, refreshes without an answer, refused for good."""
    assert run(office, "--status") == 0
    assert said(capsys) == "OA 3 chưa có cặp mã nào. Nhập bằng: dondoc zalo token --file TỆP.\n"
    run(office, "--file", tokens_file(office, "canary-a\ncanary-b"))
    said(capsys)
    run(office, "--status")
    assert said(capsys) == "OA 3: cặp mã thứ 1, dùng đến 09:30 ngày 25/10/2022.\n"
    now = datetime.fromisoformat(NOW)
    with open_database(office / "dondoc.db") as database:
        store = StoredTokens(database, "1", "3")
        store.try_lease("x", 1, now, now)
        store.asking("x")
        store.release("x")
    run(office, "--status")
    assert said(capsys).splitlines()[1] == "Đã 1 lần xin đổi mã mà không có câu trả lời."
    with open_database(office / "dondoc.db") as database:
        store = StoredTokens(database, "1", "3")
        store.try_lease("x", 1, now, now)
        store.release("x", refused="the refresh token was refused (-14014: Invalid refresh token.): it is spent")
    with freeze_time("2022-10-26T01:30:00+00:00", ignore=["daemon.store", "daemon.domain"]):
        run(office, "--status")
    assert said(capsys).splitlines() == [
        "OA 3: cặp mã thứ 1, dùng đến 09:30 ngày 25/10/2022 (đã hết hạn).",
        "Zalo không nhận mã làm mới nữa (“-14014: Invalid refresh token.”). Hãy cấp lại quyền và nhập cặp mã mới.",
    ]


def test_a_bot_has_no_pair(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its one token stands in a file."""
    settings = office / "dondoc.yaml"
    settings.write_text(SETTINGS.partition("zalo:")[0] + "zalo: {loai: bot, tep-ma: a}\n", encoding="utf-8")
    assert run(office, "--status") == 2
    assert "mục zalo không phải oa hay zbs" in said(capsys)
