"""The demo, played once: what it says of itself is what its servers received and its ledger recorded."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from datetime import date, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from daemon.cli.main import main
from daemon.clock import local_day
from daemon.demo.stage import MARKER, clear
from daemon.errors import ConfigError

pytestmark = [
    pytest.mark.timeout(900),  # a year of letters on a busy machine, waited for once
    pytest.mark.xdist_group("demo"),  # one worker plays it and asks about it; no other waits
]

NEVER = ("so-gtvt", "ubnd-h-tan-bien")
SETTLING = {"received", "accepted", "nothing", "exempted"}

LADDER = {
    "ke-hoach": {
        "don-doc": ["2022-03-28"],
        "han-cuoi": ["2022-03-31"],
        "qua-han": ["2022-04-04", "2022-04-07"],
        "thu-truong": ["2022-04-06"],
        "trinh": ["2022-04-12"],
    },
    "bao-cao": {
        "thong-bao": ["2022-03-28"],
        "nhac": ["2022-10-03"],
        "nhac-lai": ["2022-10-13"],
        "don-doc": ["2022-10-19"],
        "han-cuoi": ["2022-10-24"],
        "qua-han": ["2022-10-26", "2022-10-31"],
        "thu-truong": ["2022-10-28"],
        "trinh": ["2022-11-02"],
    },
    "ho-so-cham-diem": {
        "thong-bao": ["2022-03-28"],
        "nhac": ["2022-10-03"],
        "nhac-lai": ["2022-10-13"],
        "don-doc": ["2022-10-19"],
        "han-cuoi": ["2022-10-24"],
        "qua-han": ["2022-10-26", "2022-10-31"],
        "thu-truong": ["2022-10-27"],
        "trinh": ["2022-10-28"],
    },
}


def ledger(out: Path) -> list[dict[str, Any]]:
    """Return the exported ledger."""
    lines = (out / "so-theo-doi.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def summary(out: Path) -> dict[str, Any]:
    """Return the summary as programs read it."""
    found: dict[str, Any] = json.loads((out / "tom-tat.json").read_text("utf-8"))
    return found


@cache
def mails(out: Path) -> dict[str, EmailMessage]:
    """Return every e-mail received, by file name."""
    paths = sorted((out / "hop-thu").glob("*.eml"))
    return {path.name: message_from_bytes(path.read_bytes(), policy=default) for path in paths}


def sent(out: Path) -> list[tuple[date, dict[str, Any]]]:
    """Return the day and body of every delivery the ledger calls accepted."""
    return [
        (local_day(datetime.fromisoformat(line["recorded_at"])), line["text"]["body"])
        for line in ledger(out)
        if line["kind"] == "delivery" and line["text"]["body"]["state"] == "sent"
    ]


def obligations(body: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return (milestone, agency, step) of each item a delivery held."""
    found = []
    for item in body["items"]:
        key, _, step = item.partition("#")
        _, milestone, _, agency = key.split("/")
        found.append((milestone, agency, step.split(":")[1]))
    return found


def test_the_summary_counts_what_the_servers_received(played: Path) -> None:
    """Letters and deliveries in the summary are the files in the mailbox and the ledger's entries."""
    told = summary(played)
    texts = sorted(path.name for path in (played / "hop-thu").glob("*-zalo-*.txt"))
    names = list(mails(played))
    assert told["deliveries"]["email"]["sent"] == len(names) > 500
    assert told["deliveries"]["zalo"]["sent"] == len(texts) > 10
    assert len(sent(played)) == len(names) + len(texts)
    assert told["letters"] == len({body["letter"] for _, body in sent(played)})
    assert sum(told["letters_by_category"].values()) == told["letters"]
    pages = {path.stem for path in (played / "hop-thu" / "thu").iterdir()}
    assert pages == {name[:4] for name in (*names, *texts)}


def test_the_ledger_holds_the_very_bytes(played: Path) -> None:
    """Each accepted e-mail's SHA-256 stands in the ledger as often as a mailbox has these bytes."""
    received = Counter(sha256(path.read_bytes()).hexdigest() for path in (played / "hop-thu").glob("*.eml"))
    assert received == Counter(body["sha256"] for _, body in sent(played) if body["channel"] == "email")


def test_the_export_verifies_without_the_program(played: Path) -> None:
    """The chain of the exported ledger is whole by the published formula, and ends where the summary says."""
    prev = "0" * 64
    for seq, line in enumerate(ledger(played), start=1):
        text = json.dumps(line["text"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        body_hash = sha256(bytes.fromhex(line["salt"]) + b"|" + text.encode()).hexdigest()
        chained = sha256(f"{prev}|{seq}|{line['recorded_at']}|{line['kind']}|{body_hash}".encode()).hexdigest()
        assert (line["seq"], line["prev"], line["hash"]) == (seq, prev, chained)
        prev = chained
    assert summary(played)["ledger"] == {
        "entries": seq,
        "head": prev,
        "code": "-".join(prev[n : n + 4].upper() for n in range(0, 16, 4)),
        "sound": True,
    }


def test_nobody_who_has_sent_is_chased(played: Path) -> None:
    """After a document is recorded no reminder about it is accepted anywhere, unless it was sent back."""
    settled: set[tuple[str, str]] = set()
    reminded = 0
    for line in ledger(played):
        body, subject = line["text"]["body"], line["text"]["subject"]
        if line["kind"] in SETTLING:
            settled.add((subject[1], subject[3]))
        elif line["kind"] == "returned":
            settled.discard((subject[1], subject[3]))
        elif line["kind"] == "delivery" and body["letter_kind"] == "reminder" and body["state"] == "sent":
            reminded += 1
            assert not {(milestone, agency) for milestone, agency, _ in obligations(body)} & settled, line["seq"]
    assert reminded > 300


@pytest.mark.parametrize("agency", NEVER)
def test_who_never_answers_goes_up_the_whole_ladder(played: Path, agency: str) -> None:
    """The days of every step for an agency that never answers are those of the plan's table."""
    days: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for day, body in sent(played):
        for milestone, debtor, step in obligations(body):
            if debtor == agency:
                days[milestone][step].add(day.isoformat())
    assert {m: {step: sorted(found) for step, found in steps.items()} for m, steps in days.items()} == LADDER


def test_a_dead_mailbox_falls_back_to_the_office(played: Path) -> None:
    """What the focal officer's mailbox refuses reaches somebody; what was for him alone reaches the office mailbox."""
    dead = "ubnd-h-chau-thanh-dau-moi"
    refused = {
        line["text"]["body"]["letter"]
        for line in ledger(played)
        if line["kind"] == "delivery" and line["text"]["body"]["state"] == "refused"
        if line["text"]["body"]["person"] == dead
    }
    readers: dict[str, set[str]] = defaultdict(set)
    alone: dict[date, set[str]] = defaultdict(set)
    for day, body in sent(played):
        if body["letter"] in refused:
            readers[body["letter"]].add(body["person"])
        if body["letter"] in refused and {step for _, _, step in obligations(body)} & {"nhac", "nhac-lai"}:
            alone[day].add(body["person"])
    assert readers.keys() == refused
    assert all(dead not in people for people in readers.values())
    assert alone == {day: {"ubnd-h-chau-thanh-van-thu"} for day in (date(2022, 10, 3), date(2022, 10, 13))}


def test_a_letter_to_a_head_leaves_only_when_approved(played: Path) -> None:
    """Every letter of level 4 was approved before it left; one approved late leaves without what had closed."""
    approved: set[str] = set()
    late = []
    for line in ledger(played):
        body = line["text"]["body"]
        if line["kind"] == "approved":
            approved.add(body["letter"])
        elif line["kind"] == "delivery" and body["tier"] == "head" and body["state"] == "sent":
            assert body["letter"] in approved
            if body["agency"] == "cuc-hai-quan":
                late.append((local_day(datetime.fromisoformat(line["recorded_at"])), obligations(body)))
    assert len(approved) == summary(played)["head_letters"]["received"] == 7
    assert late[0] == (date(2022, 11, 1), [("bao-cao", "cuc-hai-quan", "thu-truong")])


def test_one_overdue_letter_goes_crossed(played: Path) -> None:
    """Where the mark is missing, one overdue letter leaves a working day later and says so."""
    crossed = [
        (name, str(mail["Date"]))
        for name, mail in mails(played).items()
        if (body := mail.get_body(("plain",))) is not None
        and str(mail["Subject"]).startswith("Đã qua hạn")
        and "chưa đầy đủ" in body.get_content()
    ]
    assert {date[:16] for _, date in crossed} == {"Fri, 18 Nov 2022"}
    assert {name.partition("@")[2] for name, _ in crossed} == {"so-tnmt.example.eml"}


def test_the_armed_forces_get_no_zalo(played: Path) -> None:
    """No text went to an agency of the armed forces, and some went to others."""
    texted = {body["agency"] for _, body in sent(played) if body["channel"] == "zalo"}
    assert "so-xay-dung" in texted
    assert texted.isdisjoint({"cong-an", "bch-quan-su", "bch-bdbp"})


def test_the_office_hears_what_leaves_and_how_things_stand(played: Path) -> None:
    """The operator has his notes of the afternoon before, the leaders their reports, each with the code of the book."""
    told = summary(played)["letters_by_category"]
    assert told["tomorrow"] > 10
    assert told["weekly"] > 10
    subjects = {str(mail["Subject"]) for mail in mails(played).values()}
    assert "08:30 thứ Hai, ngày 24/10 sẽ gửi 20 thư cho 20 cơ quan" in subjects
    codes = {line["text"]["body"].get("code") for line in ledger(played) if line["kind"] == "reported"}
    reports = [mail for mail in mails(played).values() if str(mail["Subject"]).startswith("Tiến độ KH 1026/KH-UBND")]
    for report in reports:
        body = report.get_body(("plain",))
        assert body is not None
        found = re.search(r"Mã đối chiếu sổ: ([0-9A-F-]{19}), mục \d+\.", body.get_content())
        assert found is None or found[1] in codes
    assert len(reports) == 3 * told["weekly"]


def test_progress_fits_a_terminal(played: Path) -> None:
    """Every day with letters has its line, and no line is wider than 80 columns."""
    lines = (played.parent / "demo.txt").read_text("utf-8").splitlines()
    assert max(map(len, lines[: lines.index("")])) <= 80
    days = {f"{day.day:02d}/{day.month}" for day, _ in sent(played)}
    assert days <= {line[:6].strip() for line in lines}


@pytest.mark.parametrize("command", [["ledger", "verify"], ["status", "--on", "26/10/2022"], ["show", "so-tnmt"]])
def test_the_folder_answers_questions(played: Path, command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The command line works on what the demo leaves, without any other file."""
    assert main([*command, "--config", str(played / "config" / "dondoc.yaml")]) == 0
    assert capsys.readouterr().out


def test_somebody_elses_folder_is_left_alone(tmp_path: Path) -> None:
    """A folder with other content, or a file, is refused; a former demo's is emptied."""
    (tmp_path / "thu.txt").write_text("của tôi", encoding="utf-8")
    with pytest.raises(ConfigError, match="nội dung khác"):
        clear(tmp_path)
    with pytest.raises(ConfigError, match="là một tệp"):
        clear(tmp_path / "thu.txt")
    former = tmp_path / "demo-out"
    clear(former)
    (former / "hop-thu").mkdir()
    (former / "hop-thu" / "0001.eml").write_text("", encoding="utf-8")
    clear(former)
    assert [path.name for path in former.iterdir()] == [MARKER]
    assert (tmp_path / "thu.txt").read_text("utf-8") == "của tôi"
