"""The files of a station: a register of as many agencies as wanted, a plan, and settings by which letters leave now."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from daemon.clock import SystemClock, local_day

SETTINGS = """
co-so-du-lieu: dondoc.db
tep: {{ke-hoach: schedules, co-quan: agencies.yaml, cach-nhac: ladders.yaml, lich: calendar.yaml}}
nguoi-gui: {{dia-chi: dondoc@so-noi-vu.example, ten: Sở Nội vụ}}
gio-gui: [00:00-23:59]
cach-gui-thu: smtp
thu: {{may-chu: 127.0.0.1, cong: {port}, bao-mat: không, so-ket-noi: {workers}, {rate}{more_mail}}}
{second}
nhip: {{chu-ky: {tick} giây, giu-thu: {lease} giây, cho-thu-khong-ro: 2 giây, gui-lai-thu-khong-ro: đến hết lần nhắc,
  so-luong-gui: {workers}, cho-dung: 20 giây}}
gioi-han: {{so-thu: 100000}}
bao-thu-ngay-mai: không
bao-cao-tuan: không
{more}
"""
SECOND = """
thu-rieng:
  - {{may-chu: 127.0.0.1, cong: {port}, bao-mat: không, so-ket-noi: {workers}, mien-nguoi-nhan: [{domain}],
     {rate}{more_mail}}}
"""
UNLIMITED = "moi-giay: không giới hạn, moi-gio: không giới hạn"
SECOND_DOMAIN = "hai.example"
LADDERS = """
chuan:
  gio-gui: 00:00
  cac-lan:
    - {lan: thong-bao, khi: khi phát hành, muc-do: 1, gui: dau-moi}
"""
ONCE_OVERDUE = "    - {lan: qua-han, khi: sau 1 ngày, muc-do: 3, gui: dau-moi}\n"
PLAN = """
ke-hoach: thu-tai
loai: Kế hoạch
so: 1/KH
ve-viec: thử tải
ban-hanh: {issued:%d/%m/%Y}
co-quan: UBND tỉnh
dau-moi: so-noi-vu
cach-nhac: chuan
moc:
"""
MILESTONE = """
  - {{ma: bao-cao-{n}, viec: báo cáo thử tải {n}, goi-tat: báo cáo thử tải {n}, muc: Mục I, ai-gui: [nhom-{n}],
     han: "chậm nhất ngày {last:%d/%m/%Y}", gui-ve: UBND tỉnh}}
"""
AGENCY = """
  - ma: {id}
    ten: {name}
    ten-ngan: {name}
    khoi: {group}
    xung-ho: so-nganh
    thu-truong: Đồng chí Giám đốc {name}
    lien-lac: [{officers}]
"""


@dataclass(frozen=True)
class Load:
    """How much is to be sent, and by which servers.

    `agencies` owe one report each, which `officers` of each are reminded of; they take turns at the `deadlines`, in
    days from today. With `second`, the port of another server, every other agency's letters go there. `known`: days
    ago the daemon met it all. `rate`, `more_mail` and `more` are lines of the settings, `lease` and `tick` are
    in seconds. `workers`: letters at once by each server.
    """

    agencies: int
    port: int
    officers: int = 1
    second: int | None = None
    rate: str = UNLIMITED
    lease: int = 2
    more_mail: str = ""
    more: str = ""
    deadlines: tuple[int, ...] = (10,)
    known: int = 2
    workers: int = 4
    tick: int = 1

    def agency(self, n: int) -> str:
        """Return the entry of the n-th agency in the register."""
        id_ = f"cq-{n:04d}"
        domain = f"{id_}.{SECOND_DOMAIN}" if self.second is not None and n % 2 == 0 else f"{id_}.example"
        return AGENCY.format(
            id=id_, name=f"Cơ quan {n}", group=self.group(n), officers=officers(id_, domain, self.officers)
        )

    def group(self, n: int) -> str:
        """Return the group of the n-th agency: one for each deadline."""
        return f"nhom-{n % len(self.deadlines)}"

    def plan(self, today: date) -> str:
        """Return the plan's file."""
        lasts = [(n, today + timedelta(days=days)) for n, days in enumerate(self.deadlines)]
        issued = today - timedelta(days=self.known + 3)
        return PLAN.format(issued=issued) + "".join(MILESTONE.format(n=n, last=last) for n, last in lasts)

    def ladders(self) -> str:
        """Return the ladders' file: with a letter for those overdue if somebody is."""
        return LADDERS + (ONCE_OVERDUE if min(self.deadlines) < 0 else "")

    def settings(self) -> str:
        """Return the administrator's file."""
        more = {"rate": self.rate, "more_mail": self.more_mail, "workers": self.workers}
        second = "" if self.second is None else SECOND.format(port=self.second, domain=SECOND_DOMAIN, **more)
        return SETTINGS.format(port=self.port, second=second, lease=self.lease, tick=self.tick, more=self.more, **more)


def officers(agency: str, domain: str, count: int) -> str:
    """Return the focal officers of an agency: the first without a number, as his address."""
    names = ["dau-moi", *(f"dau-moi-{n}" for n in range(2, count + 1))]
    return ", ".join(f"{{ma: {agency}-{name}, vai: dau-moi, email: {name}@{domain}}}" for name in names)


def person(address: str) -> str:
    """Return the id of the person an address is of."""
    name, _, domain = address.partition("@")
    return f"{domain.partition('.')[0]}-{name}"


def every_day(around: date) -> str:
    """Return a calendar by which every day of the weeks around a day is worked."""
    weekends: dict[int, list[str]] = defaultdict(list)
    for day in (around + timedelta(days=n) for n in range(-30, 60)):
        weekends[day.year] += [f"{day:%d/%m}"] if day.weekday() > 4 else []
    years = [
        f"  - {{nam: {year}, da-cong-bo: có, can-cu: [TB 1], lam-bu: [{', '.join(days)}]}}"
        for year, days in weekends.items()
    ]
    return "\n".join(["chung:", *years, ""])


def make_files(folder: Path, load: Load) -> Path:
    """Write the files of a plan known for some days; return the path of the settings."""
    today = local_day(SystemClock().now())
    groups = [*(f"nhom-{n}" for n in range(len(load.deadlines))), "dau-moi"]
    register = ["khoi:\n", *(f"  - {{ma: {id_}, ten: {id_}}}\n" for id_ in groups), "co-quan:\n"]
    own = officers("so-noi-vu", "so-noi-vu.example", 1)
    register.append(AGENCY.format(id="so-noi-vu", name="Sở Nội vụ", group="dau-moi", officers=own))
    register += [load.agency(n) for n in range(1, load.agencies + 1)]
    (folder / "schedules").mkdir(parents=True, exist_ok=True)
    said = {
        "dondoc.yaml": load.settings(),
        "ladders.yaml": load.ladders(),
        "calendar.yaml": every_day(today),
        "agencies.yaml": "".join(register),
        "schedules/plan.yaml": load.plan(today),
    }
    for name, text in said.items():
        (folder / name).write_text(text, "utf-8")
    return folder / "dondoc.yaml"
