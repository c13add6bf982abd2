"""What is not well, a line each: for `systemctl status`, the first line of an answer, the log of the heartbeat."""

from __future__ import annotations

from collections.abc import Mapping

from daemon.judgement.dates_vi import two_digits
from daemon.judgement.health import Ailment, Trouble
from daemon.rendering.causes import road_name, why_stopped
from daemon.rendering.labels import MATTER
from daemon.rendering.slots import short_moment


def trouble_line(trouble: Trouble, waiting: Mapping[str, int] | None = None) -> str:
    """Return one thing that is not well as a sentence without its full stop; `waiting` letters by route, if known."""
    since = f" từ {short_moment(trouble.since)}" if trouble.since is not None else ""
    match trouble.what:
        case Ailment.CHANNEL:
            assert trouble.channel is not None
            held = (waiting or {}).get(trouble.route or "", 0)
            letters = f"; {two_digits(held)} thư đang chờ" if held else ""
            why = why_stopped(trouble.channel, trouble.code, trouble.detail or "", silent=trouble.silent)
            return f"{road_name(trouble.channel, trouble.route)} tạm ngừng gửi{since}: {why}{letters}"
        case Ailment.UNTOLD:
            return f"{two_digits(trouble.count)} thư không đến được, chưa báo được cho ai{since}"
        case Ailment.NOTE:
            return f"{two_digits(trouble.count)} ghi chú không đến được người theo dõi{since}"
        case Ailment.LATE_NOTE:
            return f"{two_digits(trouble.count)} ghi chú chưa gửi được cho người theo dõi{since}"
        case Ailment.NEED:
            assert trouble.matter is not None
            return f"{MATTER[trouble.matter]}{since}"
        case Ailment.NO_TICK:
            return f"Dịch vụ chưa làm xong lượt nào{since}"
        case Ailment.NO_WRITE:
            return "Không ghi được cơ sở dữ liệu"
