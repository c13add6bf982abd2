"""config/dondoc.yaml and the secrets it points to: what the administrator is told, and what is never printed."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from daemon.domain.settings import Files, Limits, Pace, Sender, Settings, Smtp, Zalo
from daemon.errors import ConfigError, FilesRefused
from daemon.files.settings import load_settings, read_secret

SHORTEST = """\
co-so-du-lieu: du-lieu/dondoc.db
tep:
  ke-hoach: schedules
  co-quan: agencies.yaml
  cach-nhac: ladders.yaml
  lich: /etc/dondoc/calendar.yaml
nguoi-gui:
  dia-chi: nhac-viec@so.example
  ten: Sở Nội vụ
cach-gui-thu: console
"""


def write(folder: Path, text: str) -> Path:
    """Write a settings file and return its path."""
    path = folder / "dondoc.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def errors_of(folder: Path, text: str) -> list[str]:
    """Return the problems of a settings file."""
    with pytest.raises(FilesRefused) as refused:
        load_settings(write(folder, text))
    return [str(problem) for problem in refused.value.problems]


def test_the_shortest_file_leaves_the_rest_to_the_defaults(tmp_path: Path) -> None:
    """Relative paths are relative to the file; absolute ones stay."""
    path = write(tmp_path, SHORTEST)
    assert load_settings(path) == Settings(
        file=path,
        database=tmp_path / "du-lieu/dondoc.db",
        files=Files(
            tmp_path / "schedules",
            tmp_path / "agencies.yaml",
            tmp_path / "ladders.yaml",
            Path("/etc/dondoc/calendar.yaml"),
        ),
        sender=Sender("nhac-viec@so.example", "Sở Nội vụ"),
        email="console",
    )


def test_every_setting_has_a_key(tmp_path: Path) -> None:
    """Durations in words, counts, yes and no; the whole table."""
    path = write(
        tmp_path,
        SHORTEST.replace("cach-gui-thu: console", "cach-gui-thu: smtp")
        .replace("  lich:", "  mau-thu: mau\n  lich:")
        .replace("  ten: Sở", "  tra-loi-ve: cv@so.example\n  ten-mien-ma-thu: so.example\n  ten: Sở")
        + "gio-gui: [07:30-11:00, 13h30-16h30]\n"
        "thu:\n"
        "  {may-chu: mail.so.example, cong: 465, bao-mat: không, tai-khoan: a@so.example, tep-mat-khau: mk,\n"
        "   xac-thuc: [login], tep-ca: ca.pem, dia-chi-quoc-te: có, so-ket-noi: 3, cho-ket-noi: 10 giây,\n"
        "   cho-lenh: 1 phút, cho-noi-dung: 90, cho-tra-loi: 5 phút}\n"
        "zalo: {loai: webhook, dia-chi: 'https://cong.example/gui/', ma-khoa: k1, tep-khoa: khoa, cho: 20 giây}\n"
        "dia-chi-web: https://dondoc.example/\n"
        "nhip: {chu-ky: 30 giây, giu-thu: 20 phút, cho-thu-khong-ro: 10 phút, gui-lai-thu-khong-ro: 0,\n"
        "       so-luong-gui: 8, cho-dung: 1 phút}\n"
        "gioi-han: {phan-tram-bo: 0, so-thu: 500}\n"
        "muc-nhat-ky: debug\n",
    )
    settings = load_settings(path)
    assert settings.smtp == Smtp(
        "mail.so.example",
        465,
        "none",
        "a@so.example",
        tmp_path / "mk",
        ("login",),
        tmp_path / "ca.pem",
        international=True,
        connections=3,
        connect_timeout=10,
        command_timeout=60,
        data_timeout=90,
        answer_timeout=300,
    )
    assert settings.zalo == Zalo(
        "webhook", url="https://cong.example/gui", key_id="k1", secret_file=tmp_path / "khoa", timeout=20
    )
    assert settings.pace == Pace(30, 1200, 600, 0, 8, 60)
    assert settings.limits == Limits(0, 500)
    assert settings.sender == Sender("nhac-viec@so.example", "Sở Nội vụ", "cv@so.example", "so.example")
    assert settings.windows == ((time(7, 30), time(11)), (time(13, 30), time(16, 30)))
    assert settings.files.templates == tmp_path / "mau"
    assert (settings.public_url, settings.log_level, settings.email) == ("https://dondoc.example", "debug", "smtp")


def test_unknown_letters_may_be_sent_again_to_the_end_of_their_step(tmp_path: Path) -> None:
    """Words for no limit."""
    text = SHORTEST + "nhip: {gui-lai-thu-khong-ro: đến hết lần nhắc}\n"
    assert load_settings(write(tmp_path, text)).pace.resend_unknown is None
    bad = SHORTEST + "nhip: {gui-lai-thu-khong-ro: mãi mãi}\n"
    assert errors_of(tmp_path, bad) == [
        "dondoc.yaml:11:30: gui-lai-thu-khong-ro: “mãi mãi” không hợp lệ; "
        "viết một số từ 0 đến 20, hoặc “đến hết lần nhắc”"
    ]


def test_settings_may_be_written_in_english(tmp_path: Path) -> None:
    """English keys throughout; missing keys are then named in English."""
    text = "database: a.db\nsender: {address: a@so.example, name: A}\nemail: memory\nsmtp: {host: mail.example}\n"
    assert errors_of(tmp_path, text) == ["dondoc.yaml:1:1: files: thiếu mục này"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("thu: {may-chu: https://mail.example}\n", "11:16: may-chu: “https://mail.example” không phải tên máy chủ"),
        (
            "thu: {may-chu: mail.example, cong: 70000}\n",
            "11:36: cong: “70000” không hợp lệ; viết một số từ 1 đến 65535",
        ),
        ("thu: {may-chu: mail.example, bao-mat: ssl}\n", "11:39: bao-mat: không hiểu “ssl”"),
        ("thu: {may-chu: mail.example, tai-khoan: a}\n", "11:6: tep-mat-khau: thiếu mục này"),
        ("thu: {may-chu: mail.example, xac-thuc: [ntlm]}\n", "11:41: xac-thuc: không hiểu “ntlm”"),
        ("thu: {may-chu: mail.example, cho-lenh: lâu}\n", "11:40: cho-lenh: “lâu” không phải thời lượng"),
        ("thu: mail.example\n", "11:6: chỗ này cần một nhóm mục, mỗi mục một dòng như “may-chu: …”"),
        ("zalo: {loai: bot}\n", "11:7: tep-ma: thiếu mục này"),
        ("zalo: {loai: webhook, dia-chi: https://a.example, ma-khoa: k}\n", "11:7: tep-khoa: thiếu mục này"),
        ("zalo: {loai: znz, tep-ma: a}\n", "11:14: loai: không hiểu “znz”; dùng một trong: bot, webhook, oa, zbs"),
        ("dia-chi-web: dondoc.example\n", "11:14: dia-chi-web: “dondoc.example” không phải địa chỉ web"),
        ("dia-chi-web: 'https://[::1'\n", "11:14: dia-chi-web: “https://[::1” không phải địa chỉ web"),
        ("gio-gui: [13:30-16:30, 08:30-11:30]\n", "11:10: gio-gui: các khoảng giờ phải xếp theo thứ tự"),
        ("muc-nhat-ky: nhiều\n", "11:14: muc-nhat-ky: không hiểu “nhiều”"),
        ("gioi-han: {phan-tram-bo: 101}\n", "11:26: phan-tram-bo: “101” không hợp lệ"),
        ("co-so-du-lieu: b.db\n", "11:1: mục “co-so-du-lieu” ghi hai lần, lần đầu ở dòng 1; giữ một dòng"),
        (
            "database: b.db\n",
            "11:1: mục “database” ghi hai lần, lần đầu ở dòng 1 (“co-so-du-lieu” và “database” là một mục)",
        ),
        ("gio-gu: [08:30-11:30]\n", "11:1: không có mục “gio-gu”; có phải là “gio-gui”?"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_before_the_start(tmp_path: Path, more: str, told: str) -> None:
    """Every fault is said with its place and the way out."""
    (error,) = errors_of(tmp_path, SHORTEST + more)
    assert error.startswith(f"dondoc.yaml:{told}")


def test_a_sender_is_needed(tmp_path: Path) -> None:
    """Letters come from somebody."""
    start = SHORTEST.index("nguoi-gui:")
    text = SHORTEST[:start] + SHORTEST[SHORTEST.index("cach-gui-thu") :]
    assert errors_of(tmp_path, text) == ["dondoc.yaml:1:1: nguoi-gui: thiếu mục này"]


def test_mail_by_smtp_needs_a_server(tmp_path: Path) -> None:
    """The default way of sending is named as missing its part."""
    assert errors_of(tmp_path, SHORTEST.replace("cach-gui-thu: console\n", "")) == [
        "dondoc.yaml:1:1: thu: thiếu mục này"
    ]


def test_an_empty_settings_file_and_a_missing_one_are_refused(tmp_path: Path) -> None:
    """Neither is a set of defaults."""
    assert errors_of(tmp_path, "") == ["dondoc.yaml:1:1: tệp trống; nếu không dùng nữa thì xóa tệp"]
    with pytest.raises(FilesRefused) as refused:
        load_settings(tmp_path / "khac.yaml")
    assert str(refused.value) == "khac.yaml: không có tệp này; kiểm tra đường dẫn"
    with pytest.raises(FilesRefused) as refused:
        load_settings(tmp_path)
    assert str(refused.value).endswith(": không phải tệp; ghi đường dẫn đến tệp")
    with pytest.raises(FilesRefused, match="không đọc được tệp"):
        load_settings(tmp_path / ("x" * 300))


def secret_file(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    """Write a credential file."""
    path = folder / "bi-mat"
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("content", [b"s3cr:et #1", b"s3cr:et #1\n", b"s3cr:et #1\r\n"])
def test_a_secret_is_one_line_of_its_file(tmp_path: Path, content: bytes) -> None:
    """Only the line's end is taken off."""
    assert read_secret(secret_file(tmp_path, content)) == "s3cr:et #1"
    assert read_secret(secret_file(tmp_path, content, 0o440)) == "s3cr:et #1"


@pytest.mark.parametrize(
    ("content", "mode", "told"),
    [
        (b"", 0o600, "trống"),
        (b" \n", 0o600, "trống"),
        (b"canary\n", 0o604, "ai cũng đọc được; chạy: chmod 600"),
        (b"canary\n", 0o602, "ai cũng đọc được; chạy: chmod 600"),
        (b"canary\nline two\n", 0o600, "phải là một dòng"),
        (b"canary\0", 0o600, "phải là một dòng"),
        (b"canary" * 1000, 0o600, "phải là một dòng, không quá 4096 byte"),
        (b"canary\xff", 0o600, "không phải UTF-8"),
    ],
)
def test_a_secret_that_is_no_secret_is_refused(tmp_path: Path, content: bytes, mode: int, told: str) -> None:
    """The file is named, its content never."""
    path = secret_file(tmp_path, content, mode)
    with pytest.raises(ConfigError) as refused:
        read_secret(path)
    assert str(refused.value).startswith(f"tệp bí mật {path}: {told}")
    assert "canary" not in str(refused.value)


def test_a_missing_secret_is_named(tmp_path: Path) -> None:
    """So is a folder in its place."""
    with pytest.raises(ConfigError, match="không có tệp này"):
        read_secret(tmp_path / "khong-co")
    with pytest.raises(ConfigError, match="không phải tệp thường"):
        read_secret(tmp_path)
    with pytest.raises(ConfigError, match="không đọc được"):
        read_secret(tmp_path / ("x" * 300))
