"""Whom the ladders ask to reach by Zalo and who has no address there: each in a line, many in one, none twice."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time

from daemon.cli import main
from daemon.clock import at
from daemon.domain.ladders import Ladder, Offset, Step, When
from daemon.domain.plans import Milestone, OnDate, Plan
from daemon.domain.register import Agency, Group, Person, Register
from daemon.domain.settings import Zalo
from daemon.domain.words import Channel, Level, Role, Voice
from daemon.domain.zalo_links import LinkCode
from daemon.files.loading import Loaded, load
from daemon.files.nodes import Place
from daemon.files.reach import MOST, unreached_by_zalo
from daemon.files.settings import load_settings
from daemon.judgement.calendars import Calendar
from daemon.judgement.rulebook import Rulebook
from daemon.store.opening import open_database
from daemon.store.zalo_links import keep_code, use_code
from tests.support.fresh import new_database

BOTH = frozenset(Channel)
TODAY = date(2022, 10, 1)
BOT = Zalo("bot")
INSTEAD = "; đến lúc ấy chỉ nhận thư điện tử"


def agency(id_: str, *people: Person, office: str | None = "a@b.example", voice: Voice = Voice.DEPARTMENT) -> Agency:
    """Make an agency."""
    return Agency(id_, id_, id_, "g", voice, "Đồng chí Giám đốc", office_email=office, people=people)


def focal(id_: str, **more: Any) -> Person:
    """Make a focal officer with a mailbox."""
    return replace(Person(id_, Role.FOCAL, email="p@a.example"), **more)


def loaded(*agencies: Agency, channels: frozenset[Channel] = BOTH, ends: date | None = None) -> Loaded:
    """Return files in which every agency but the collector owes one thing, chased at its focal officer."""
    steps = (Step("nhac", Offset(When.BEFORE, 3), Level.NOTICE, (Role.FOCAL,), channels=channels),)
    debtors = tuple(one.id for one in agencies)
    due = OnDate(date(2022, 10, 24), before=False)
    owed = Milestone("a", "báo cáo", "báo cáo", "Mục I", "", due, debtors, "UBND tỉnh")
    kh = Plan("kh", "Kế hoạch", "1", "v", date(2022, 3, 25), "UBND tỉnh", "thu", "chuan", (owed,), ends=ends)
    register = Register((Group("g", "G"),), (*agencies, agency("thu")))
    rules = Rulebook((kh,), register, {"chuan": Ladder("chuan", time(8, 30), steps)}, Calendar("chung"))
    people = [person for one in agencies for person in one.people]
    return Loaded(rules, (), "", (), {("person", p.id): Place("co-quan.yaml", n, 3) for n, p in enumerate(people, 1)})


def said(files_: Loaded, zalo: Zalo | None = BOT, linked: tuple[str, ...] = ()) -> list[str]:
    """Return the warnings as they are printed."""
    problems = unreached_by_zalo(files_, zalo, TODAY, linked)
    assert all(problem.warning for problem in problems)
    return [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("bot", "chưa kết nối với Zalo Bot; kết nối: dondoc zalo link p1"),
        ("oa", "danh bạ chưa có zalo (mã người dùng của OA); ghi mã ấy vào mục zalo"),
        ("zbs", "danh bạ chưa có số điện thoại di động; ghi số ấy vào mục dien-thoai"),
        ("webhook", "danh bạ chưa có zalo; ghi mã người nhận của cổng vào mục zalo"),
    ],
)
def test_one_without_an_address_has_a_line_with_the_way_out(kind: str, told: str) -> None:
    """At the place where the person is declared."""
    found = said(loaded(agency("so-a", focal("p1"), focal("p2", zalo="1"))), Zalo(kind))
    assert found == [f"co-quan.yaml:1:3: cảnh báo: “p1” được nhắc qua Zalo nhưng {told}{INSTEAD}"]


def test_one_whom_nothing_else_reaches_is_said_so() -> None:
    """Neither his mailbox nor the office's."""
    found = said(loaded(agency("so-a", focal("p1", email=None), office=None)))
    assert found[0].endswith("dondoc zalo link p1; không nhận được bằng đường nào: p1")


def test_many_are_named_in_one_line() -> None:
    """Five by name, the rest by their number."""
    found = said(loaded(*(agency(f"so-{n}", focal(f"p{n}")) for n in range(MOST + 1))))
    assert found == [
        "co-quan.yaml:1:3: cảnh báo: 6 người được nhắc qua Zalo nhưng chưa kết nối với Zalo Bot: "
        f"p0, p1, p2, p3, p4, …; kết nối: dondoc zalo link NGƯỜI{INSTEAD}"
    ]
    silent = [agency(f"so-{n}", focal(f"p{n}", email=None), office=None) for n in range(MOST + 1)]
    assert said(loaded(*silent))[0].endswith("không nhận được bằng đường nào: p0, p1, p2, p3, p4, …")


@pytest.mark.parametrize(
    "files_",
    [
        loaded(agency("so-a", focal("p1", zalo="1"))),
        loaded(agency("so-a", focal("p1", channels=frozenset({Channel.EMAIL})))),
        loaded(agency("so-a", focal("p1"), voice=Voice.ARMED)),
        loaded(agency("so-a", focal("p1", end=date(2022, 9, 30)))),
        loaded(agency("so-a", focal("p1", role=Role.HEAD))),
        loaded(agency("so-a", focal("p1")), channels=frozenset({Channel.EMAIL})),
        loaded(agency("so-a", focal("p1")), ends=date(2022, 9, 30)),
    ],
    ids=["has one", "wants mail only", "armed forces", "no longer in office", "no step's role", "mail step", "ended"],
)
@pytest.mark.parametrize("zalo", [BOT, None], ids=["bot", "no Zalo"])
def test_nobody_is_missed_who_would_not_be_asked_that_way(
    files_: Loaded, zalo: Zalo | None, request: pytest.FixtureRequest
) -> None:
    """Channels, voices, roles, terms of office and plans that ended count."""
    unset = zalo is None and "has one" in request.node.name
    assert len(said(files_, zalo)) == int(unset)


def test_a_link_is_an_address() -> None:
    """Who is linked stands in the database."""
    files_ = loaded(agency("so-a", focal("p1"), focal("p2")))
    assert [line.split("“")[1][:2] for line in said(files_, linked=("p1",))] == ["p2"]


def test_without_zalo_the_whole_is_one_line() -> None:
    """A ladder asks for a channel that is not set up."""
    assert said(loaded(agency("so-a", focal("p1"), focal("p2", zalo="1"))), None) == [
        "dondoc.yaml: cảnh báo: lịch nhắc có kênh zalo cho 2 người nhưng dondoc.yaml chưa có mục zalo: "
        "không ai nhận qua Zalo"
    ]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Path]:
    """The shipped files with Zalo on the first ladder, at 1/10/2022, and a bot."""
    for name in ("config", "schedules"):
        shutil.copytree(Path(str(files(f"daemon.{name}"))), tmp_path / name)
    ladders = tmp_path / "config" / "ladders.yaml"
    text = ladders.read_text(encoding="utf-8")
    first = re.search(r"- \{lan: [^}]*(?=\})", text)
    assert first is not None
    ladders.write_text(text.replace(first[0], f"{first[0]}, kenh: [email, zalo]", 1), encoding="utf-8")
    with (tmp_path / "config" / "dondoc.yaml").open("a", encoding="utf-8") as settings:
        settings.write("\nzalo: {loai: bot, tep-ma: ma}\n")
    with freeze_time("2022-10-01T01:30:00+00:00", ignore=["daemon.store", "daemon.domain"]):
        yield tmp_path


def test_check_folds_the_shipped_register_into_one_line(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And counts those less who are linked meanwhile."""
    config = ["check", "--config", str(office / "config" / "dondoc.yaml")]
    assert main(config) == 0
    (line,) = [one for one in capsys.readouterr().err.splitlines() if "Zalo" in one]
    assert line.startswith("config/agencies.yaml:52:")
    many = int(line.split("cảnh báo: ")[1].split()[0])
    assert many > MOST
    person = line.split("Zalo Bot: ")[1].split(",")[0]
    now = at(TODAY, time(8, 30))
    new_database(office / "dondoc.db", now=now)
    with open_database(office / "dondoc.db") as database, database.write() as conn:
        code = LinkCode("K7MQXC", person, "lan", now, now)
        keep_code(conn, code)
        use_code(conn, code, "chat", now)
    assert main(config) == 0
    (line,) = [one for one in capsys.readouterr().err.splitlines() if "Zalo" in one]
    assert f"{many - 1} người" in line
    assert f" {person}," not in line


def test_for_templates_a_mobile_number_is_the_address(office: Path) -> None:
    """In the 84 form, whatever stands under `zalo`; an office telephone is none."""
    register, settings = office / "config" / "agencies.yaml", office / "config" / "dondoc.yaml"
    text = register.read_text(encoding="utf-8")
    for person, reach in (("dau-moi", "dien-thoai: 0900.000.001"), ("phu-trach", "dien-thoai: 0276 3822 233")):
        email = f"        email: {person}@vp-ubnd.example\n"
        assert email in text
        text = text.replace(email, f"{email}        {reach}\n        zalo: chat-1\n", 1)
    register.write_text(text, encoding="utf-8")
    found = load(load_settings(settings)).rules.register.person_by_id
    assert [found[f"vp-ubnd-{who}"][1].zalo for who in ("dau-moi", "phu-trach")] == ["chat-1", "chat-1"]
    written = settings.read_text(encoding="utf-8").replace(
        "zalo: {loai: bot, tep-ma: ma}",
        'zalo: {loai: zbs, ma-oa: "3", ma-ung-dung: "1", tep-khoa-ung-dung: khoa,'
        ' mau: [{ma: "1", tham-so: [{ten: a, lay: hạn}]}]}',
    )
    settings.write_text(written, encoding="utf-8")
    found = load(load_settings(settings)).rules.register.person_by_id
    assert [found[f"vp-ubnd-{who}"][1].zalo for who in ("dau-moi", "phu-trach")] == ["84900000001", None]
    assert found["vp-ubnd-dau-moi"][1].phone == "0900.000.001"


def test_check_says_which_letters_have_no_zbs_template(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the place in the administrator's file where one would be added."""
    settings = office / "config" / "dondoc.yaml"
    text = settings.read_text(encoding="utf-8").replace(
        "zalo: {loai: bot, tep-ma: ma}",
        'zalo:\n  loai: zbs\n  ma-oa: "1"\n  ma-ung-dung: "1"\n  tep-khoa-ung-dung: khoa\n'
        '  mau: [{ma: "1", tham-so: [{ten: a, lay: hạn}]}]',
    )
    settings.write_text(text, encoding="utf-8")
    row = text.splitlines().index('  mau: [{ma: "1", tham-so: [{ten: a, lay: hạn}]}]') + 1
    assert main(["check", "--config", str(settings)]) == 0
    (line,) = [one for one in capsys.readouterr().err.splitlines() if "chưa có mẫu" in one]
    assert line.startswith(f"dondoc.yaml:{row}:8: cảnh báo: mau: chưa có mẫu cho biên nhận (bien-nhan); ")
