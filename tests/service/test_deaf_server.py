"""A mail server that takes connections and says nothing: when it hears again, each agency gets one letter."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from daemon.domain.words import Channel
from daemon.local.mail import LocalMail
from notifiers.email import EmailNotifier
from notifiers.smtp_connection import SmtpRoute

if TYPE_CHECKING:
    from tests.service.conftest import Office, Offices

AGENCIES = ("so-tu-phap", "so-y-te", "ubnd-h-tan-bien")
OFFICE = "@so-noi-vu.example"  # its own notes and reports are another matter
SHORT = 0.05  # seconds a silent server is waited for here


@asynccontextmanager
async def by_mail(office: Office, mail: LocalMail, patience: float) -> AsyncIterator[None]:
    """Let the office's letters go to a real server inside the block; `patience`: seconds an answer is waited for."""
    route = SmtpRoute(
        "127.0.0.1", "dondoc@so-noi-vu.example", port=mail.port, security="none", command_timeout=patience
    )
    notifier = EmailNotifier(route)
    office.app.dispatcher.deliverer.notifiers = {Channel.EMAIL: notifier}
    yield
    await notifier.aclose()


async def deaf_over(
    offices: Offices, plan_text: Callable[..., str], last_deaf_day: str
) -> tuple[Office, dict[str, Counter[str]]]:
    """Return the office, and by day what each agency's focal officer got, after deafness from 19/10."""
    office = offices({"a.yaml": plan_text(AGENCIES, ["bao-cao"])}, start="20/9 10:00", workers=3)
    await office.at("20/9 10:00")
    await office.until("18/10")
    found: dict[str, Counter[str]] = {}
    async with LocalMail(office.clock.now) as mail:
        mail.deaf = True
        async with by_mail(office, mail, SHORT):
            await office.until(last_deaf_day)
        assert mail.accepted == []
        mail.deaf = False
        office.mark(f"{int(last_deaf_day[:2]) + 1}/10 08:00")
        async with by_mail(office, mail, 60):
            await office.until("24/10" if last_deaf_day != "24/10" else "27/10")
        for letter in mail.accepted:
            if not letter.recipients[0].endswith(OFFICE):
                found.setdefault(f"{letter.at:%d/%m}", Counter())[letter.recipients[0]] += 1
    return office, found


async def test_deaf_for_a_day(offices: Offices, plan_text: Callable[..., str]) -> None:
    """Deaf on 19/10, when don-doc leaves: on 20/10 each agency gets that one letter, and han-cuoi on its day.

    The silence costs each letter about ten attempts, ever further apart, all of them in the log.
    """
    office, found = await deaf_over(offices, plan_text, "19/10")
    three = {f"{who}@{agency}.example": 1 for agency in AGENCIES for who in ("dau-moi", "phu-trach", "van-thu")}
    two = {f"{who}@{agency}.example": 1 for agency in AGENCIES for who in ("dau-moi", "phu-trach")}
    assert found == {"20/10": three, "24/10": two}
    assert office.passed_over() == {}
    assert office.rows(
        "SELECT count(*) FROM letter WHERE day = '2022-10-19' AND kind = 'reminder' AND withdrawn_at IS NULL"
    ) == [(3,)]
    tries = office.rows(
        "SELECT count(*) FROM attempt JOIN delivery ON delivery.id = delivery JOIN letter ON letter.id = letter "
        "WHERE day = '2022-10-19' AND kind = 'reminder' GROUP BY delivery.id"
    )
    assert len(tries) == 9
    assert all(4 <= count <= 12 for (count,) in tries)


async def test_deaf_until_the_last_day_is_over(offices: Offices, plan_text: Callable[..., str]) -> None:
    """Deaf from 19/10 through 24/10: the overdue letter of 26/10 is the only one, and the others say why not."""
    office, found = await deaf_over(offices, plan_text, "24/10")
    three = {f"{who}@{agency}.example": 1 for agency in AGENCIES for who in ("dau-moi", "phu-trach", "van-thu")}
    assert found == {"26/10": three}
    assert office.passed_over() == dict.fromkeys(("bao-cao don-doc", "bao-cao han-cuoi"), "no_longer_useful")
    ended = office.rows(
        "SELECT DISTINCT day, state FROM delivery JOIN letter ON letter.id = letter "
        "WHERE day > '2022-10-18' AND kind = 'reminder' ORDER BY day"
    )
    assert [tuple(row) for row in ended] == [
        ("2022-10-19", "expired"),
        ("2022-10-24", "expired"),
        ("2022-10-26", "sent"),
    ]
