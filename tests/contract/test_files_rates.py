"""Rates in config/dondoc.yaml: numbers, a comma, no limit; and what is told of one that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon.domain.settings import Settings
from daemon.errors import FilesRefused
from daemon.files.settings import load_settings

START = """\
co-so-du-lieu: dondoc.db
tep: {ke-hoach: schedules, co-quan: a.yaml, cach-nhac: l.yaml, lich: c.yaml}
nguoi-gui: {dia-chi: nhac-viec@so.example, ten: Sở Nội vụ}
"""


def read(folder: Path, mail: str, zalo: str = "") -> Settings:
    """Return the settings of a file with these rates."""
    path = folder / "dondoc.yaml"
    text = f"{START}thu: {{may-chu: mail.example{mail}}}\nzalo: {{loai: bot, tep-ma: ma{zalo}}}\n"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def mail_rates(settings: Settings) -> tuple[float | None, int | None, float]:
    """Return the mail server's rates."""
    assert settings.smtp is not None
    return settings.smtp.rate_per_second, settings.smtp.rate_per_hour, settings.smtp.agency_gap


def test_left_out_mail_keeps_to_what_providers_take(tmp_path: Path) -> None:
    """Five a second, three hundred an hour; Zalo has no limit an hour."""
    settings = read(tmp_path, "")
    assert mail_rates(settings) == (5, 300, 0)
    assert settings.zalo is not None
    assert (settings.zalo.rate_per_second, settings.zalo.rate_per_hour, settings.zalo.agency_gap) == (5, None, 0)


def test_rates_are_read(tmp_path: Path) -> None:
    """Also for Zalo, in either language of keys."""
    settings = read(
        tmp_path, ', moi-giay: "0,5", moi-gio: 200, cach-nhau: 2 phút', ", rate_per_hour: 100, agency_gap: 0"
    )
    assert mail_rates(settings) == (0.5, 200, 120)
    assert settings.zalo is not None
    assert (settings.zalo.rate_per_hour, settings.zalo.agency_gap) == (100, 0)


def test_no_limit_is_said_in_words(tmp_path: Path) -> None:
    """For both rates; a gap of nothing is none."""
    settings = read(tmp_path, ", moi-giay: không giới hạn, moi-gio: không giới hạn, cach-nhau: không")
    assert mail_rates(settings) == (None, None, 0)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (", moi-giay: 0", "moi-giay: “0” không hợp lệ; viết một số từ 0,001 đến 1000 (0,5: hai giây một thư), hoặc"),
        (", moi-giay: nhanh", "moi-giay: “nhanh” không hợp lệ; viết một số từ 0,001 đến 1000"),
        (", moi-gio: 0", "moi-gio: “0” không hợp lệ; viết một số từ 1 đến 999999, hoặc “không giới hạn”"),
        (", cach-nhau: lâu", "cach-nhau: “lâu” không phải thời lượng"),
    ],
)
def test_a_rate_that_cannot_be_is_named(tmp_path: Path, more: str, told: str) -> None:
    """With the way out."""
    with pytest.raises(FilesRefused) as refused:
        read(tmp_path, more)
    assert told in str(refused.value)
