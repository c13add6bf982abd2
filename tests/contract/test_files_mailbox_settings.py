"""Where reports about letters go and which mailbox is read: what the administrator may write, and what he is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon.domain.settings import Mailbox, Settings
from daemon.errors import FilesRefused
from daemon.files.settings import load_settings

BASE = """\
co-so-du-lieu: dondoc.db
tep: {ke-hoach: schedules, co-quan: agencies.yaml, cach-nhac: ladders.yaml, lich: calendar.yaml}
nguoi-gui: {dia-chi: nhac-viec@so.example, ten: Sở Nội vụ}
"""
SERVER = "thu: {may-chu: mail.so.example}\n"


def settings(folder: Path, more: str) -> Settings:
    """Return the settings of the base and more."""
    path = folder / "dondoc.yaml"
    path.write_text(BASE + more, "utf-8")
    return load_settings(path)


def refused(folder: Path, more: str) -> list[str]:
    """Return what is said against the base and more."""
    with pytest.raises(FilesRefused) as caught:
        settings(folder, more)
    return [problem.message for problem in caught.value.problems]


def test_no_mailbox_is_read_unless_one_is_named(tmp_path: Path) -> None:
    """As shipped: no mailbox, reports to the sender's own address."""
    found = settings(tmp_path, SERVER)
    assert found.mailbox is None
    assert found.smtp is not None
    assert (found.smtp.bounce, found.smtp.bounce_domain) == ("none", None)


def test_every_setting_of_the_mailbox_has_a_key(tmp_path: Path) -> None:
    """The whole table; paths are relative to the file."""
    more = (
        "hop-thu-den: {may-chu: imap.so.example, cong: 10143, bao-mat: starttls, tai-khoan: nhac-viec@so.example,\n"
        "  tep-mat-khau: mk, tep-ca: ca.pem, thu-muc: Hộp thư/Báo lỗi, doc-moi: 10 phút}\n"
    )
    assert settings(tmp_path, SERVER + more).mailbox == Mailbox(
        "imap.so.example",
        "nhac-viec@so.example",
        tmp_path / "mk",
        10143,
        "starttls",
        tmp_path / "ca.pem",
        "Hộp thư/Báo lỗi",
        600,
    )


@pytest.mark.parametrize(
    ("security", "port"),
    [("", 993), (", security: tls", 993), (", security: starttls", 143), (", security: none", 143)],
)
def test_the_port_follows_the_security(tmp_path: Path, security: str, port: int) -> None:
    """In English too, and with TLS unless said otherwise."""
    found = settings(tmp_path, SERVER + f"mailbox: {{host: i.example, username: a, password_file: mk{security}}}\n")
    assert found.mailbox is not None
    assert found.mailbox.port == port


def test_a_mailbox_needs_server_account_and_password(tmp_path: Path) -> None:
    """All three are named at once."""
    said = refused(tmp_path, SERVER + "hop-thu-den: {thu-muc: INBOX}\n")
    assert said == ["may-chu: thiếu mục này", "tai-khoan: thiếu mục này", "tep-mat-khau: thiếu mục này"]


@pytest.mark.parametrize(
    ("written", "kind", "domain"),
    [
        ("bao-loi-ve: không", "none", None),
        ("bao-loi-ve: dấu cộng", "plus", None),
        ("bounce: plus", "plus", None),
        ("bao-loi-ve: tên miền riêng, ten-mien-bao-loi: bao-loi.so.example", "domain", "bao-loi.so.example"),
        ("bounce: verp-domain, bounce_domain: bao-loi.so.example", "domain", "bao-loi.so.example"),
    ],
)
def test_where_reports_go(tmp_path: Path, written: str, kind: str, domain: str | None) -> None:
    """Three ways, in both languages."""
    found = settings(tmp_path, f"thu: {{may-chu: mail.so.example, {written}}}\n")
    assert found.smtp is not None
    assert (found.smtp.bounce, found.smtp.bounce_domain) == (kind, domain)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("bao-loi-ve: tên miền riêng", "ten-mien-bao-loi: thiếu mục này"),
        (
            "ten-mien-bao-loi: b.example",
            "ten-mien-bao-loi: chỉ dùng khi bao-loi-ve là “tên miền riêng”; bỏ dòng này",
        ),
        (
            "bao-loi-ve: cộng",
            "bao-loi-ve: không hiểu “cộng”; có phải là “không”? Dùng một trong: không, dấu cộng, tên miền riêng",
        ),
    ],
)
def test_half_a_way_is_refused(tmp_path: Path, written: str, told: str) -> None:
    """What is missing, what is too much, what is not understood."""
    assert refused(tmp_path, f"thu: {{may-chu: mail.so.example, {written}}}\n") == [told]
