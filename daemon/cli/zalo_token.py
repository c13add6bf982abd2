"""The command `zalo token`: puts in the first pair of tokens of a Zalo OA, or a new one; says how the pair stands."""

from __future__ import annotations

import json
import os
import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.output import say
from daemon.cli.session import ConfigOption, Session
from daemon.clock import local
from daemon.domain.settings import Zalo
from daemon.errors import ConfigError, EntryRefused, os_reason
from daemon.judgement.dates_vi import table_day
from daemon.store.zalo_tokens import StoredTokens
from notifiers.zalo_codes import number
from notifiers.zalo_pair import PERMIT, Kept, Pair, is_token, pair_of

LARGEST = 16_384  # bytes

HOW = (
    "Chép hai mã vào một tệp, mỗi mã một dòng: dòng đầu là mã truy cập (access token), dòng sau là mã làm mới "
    "(refresh token). Câu trả lời JSON của Zalo cũng dùng được."
)


def token(
    file: Annotated[
        Path | None,
        typer.Option("--file", help="Tệp chứa hai mã; không ghi: đọc từ đầu vào.", show_default=False, metavar="TỆP"),
    ] = None,
    show: Annotated[bool, typer.Option("--status", help="Chỉ xem cặp mã đang dùng, không nhập.")] = False,
    config: ConfigOption = None,
) -> None:
    """Nhập cặp mã truy cập đầu tiên của OA (chép từ trang quản trị của Zalo); về sau dondoc tự đổi."""
    session = Session(config)
    zalo = _official_account(session)
    with session.database() as database:
        tokens = StoredTokens(database, zalo.app_id, zalo.oa_id)
        if show:
            say(*_standing(tokens.load(), session, zalo.oa_id))
            return
        pair = _read(file, session)
        generation = tokens.put(pair, session.now)
    say(f"Đã nhập cặp mã thứ {generation} của OA {zalo.oa_id}.")
    say(f"Mã truy cập dùng đến {_moment(session, pair)}; dondoc tự đổi trước lúc ấy.")
    if file is not None:
        say(f"Hai mã đã nằm trong cơ sở dữ liệu; hãy xóa tệp: rm {file}")


def _official_account(session: Session) -> Zalo:
    zalo = session.settings.zalo
    if zalo is None or zalo.kind not in {"oa", "zbs"}:
        raise ConfigError("dondoc.yaml: mục zalo không phải oa hay zbs; chỉ hai loại này dùng cặp mã truy cập.")
    return zalo


def _read(file: Path | None, session: Session) -> Pair:
    raw = _bytes(file)
    try:
        text = raw.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise EntryRefused(f"Không đọc được hai mã: không phải UTF-8. {HOW}") from None
    access, refresh, lasts = _parts(text)
    if not is_token(access) or not is_token(refresh):
        raise EntryRefused(f"Không thấy đủ hai mã. {HOW}")
    if access == refresh:
        raise EntryRefused(f"Hai mã giống nhau. {HOW}")
    return pair_of(str(access), str(refresh), session.now, lasts)


def _bytes(file: Path | None) -> bytes:
    if file is None:
        if sys.stdin.isatty():
            raise EntryRefused(f"Chưa có tệp: thêm --file TỆP, hoặc đưa vào bằng dấu <. {HOW}")
        return sys.stdin.buffer.read(LARGEST)
    try:
        with file.open("rb") as opened:
            if os.fstat(opened.fileno()).st_mode & 0o007:
                raise EntryRefused(f"Tệp {file} ai cũng đọc được; chạy: chmod 600 {file}")
            return opened.read(LARGEST)
    except OSError as error:
        raise EntryRefused(f"Không đọc được tệp {file} ({os_reason(error)}).") from None


def _parts(text: str) -> tuple[object, object, timedelta]:
    """Return access token, refresh token and how long the first lasts, as far as they stand there."""
    if not text.startswith("{"):
        access, *rest = [line.strip() for line in text.splitlines() if line.strip()] or [""]
        return access, rest[0] if len(rest) == 1 else None, PERMIT
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None, None, PERMIT
    lasts = number(document.get("expires_in"))
    return (
        document.get("access_token"),
        document.get("refresh_token"),
        timedelta(seconds=lasts) if lasts and lasts > 0 else PERMIT,
    )


def _standing(kept: Kept | None, session: Session, oa: str) -> list[str]:
    if kept is None:
        return [f"OA {oa} chưa có cặp mã nào. Nhập bằng: dondoc zalo token --file TỆP."]
    pair = kept.pair
    told = [f"OA {oa}: cặp mã thứ {pair.generation}, dùng đến {_moment(session, pair)}."]
    if kept.refused is not None:
        words = re.search(r"\((.*)\)", kept.refused)
        quoted = f" (“{words[1]}”)" if words else ""
        told.append(f"Zalo không nhận mã làm mới nữa{quoted}. Hãy cấp lại quyền và nhập cặp mã mới.")
    elif kept.asked:
        told.append(f"Đã {kept.asked} lần xin đổi mã mà không có câu trả lời.")
    return told


def _moment(session: Session, pair: Pair) -> str:
    ends = local(pair.expires_at)
    over = " (đã hết hạn)" if pair.expires_at <= session.now else ""
    return f"{ends:%H:%M} ngày {table_day(ends.date())}{over}"
