"""The one table of Zalo's error codes, against a list of every code its documentation names, and its waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.base import FailureKind, Phase
from notifiers.zalo_codes import (
    AGAIN,
    CODES,
    CONFIGURATION,
    LOST,
    MINUTE,
    RECIPIENT,
    REFRESH,
    TEMPLATE,
    VIETNAM,
    Code,
    Service,
    Treatment,
    Until,
    failure,
    kind_of,
    seconds,
)

# Letters as the protocol reference has them: R retry later, T refresh the token and retry once, P permanent for this
# recipient or message, C configuration. After "R" its wait: s a minute, m 06:05, d the next day, M the next month,
# ? the outcome is unknown. "CT": configuration of one template.
DOCUMENTED = {
    Service.BOT: "400 P, 401 C, 403 R, 404 C, 408 R?, 426 Rs, 429 RM",
    Service.OA: """-32 Rs, -100 P, -200 R, -201 P, -204 C, -205 C, -209 C, -210 P, -211 C, -212 C, -213 P, -216 T,
        -217 P, -218 Rd, -219 C, -220 T, -221 C, -223 C, -224 C, -227 P, -230 P, -232 P, -233 C, -234 Rm, -235 C,
        -237 C, -238 C, -241 C, -240 C, -242 C, -244 P, -248 P, -249 CT, -320 C, -321 C, -403 C, -401 T, 401 T,
        216 T""",
    Service.ZBS: """-100 R, -101 C, -102 C, -103 C, -104 C, -105 C, -106 C, -107 P, -108 P, -109 CT, -110 P, -111 P,
        -112 P, -1121 P, -1122 P, -1124 P, -1123 P, -113 P, -1131 P, -116 P, -114 P, -115 C, -117 CT, -118 P, -119 P,
        -120 C, -138 C, -1381 C, -145 C, -121 C, -122 C, -123 C, -128 C, -129 C, -142 C, -143 C, -124 T, -1241 C,
        -125 C, -126 C, -127 C, -130 P, -131 CT, -132 P, -133 Rm, -134 P, -135 C, -1351 C, -136 C, -137 C, -139 P,
        -140 P, -141 P, -144 Rd, -1441 RM, -146 CT, -147 Rd, -1471 P, -1472 P, -153 C, -154 C, -155 C, -156 C, -157 C,
        -158 C, -159 C, -160 C, -161 C, -162 C""",
    Service.OAUTH: "-14002 C, -14003 C, -14004 C, -14005 C, -14014 C, -14018 C, -118 C, -32 Rs",
}
MEANING = {
    "P": RECIPIENT,
    "C": CONFIGURATION,
    "CT": TEMPLATE,
    "T": REFRESH,
    "R": AGAIN,
    "R?": LOST,
    "Rs": MINUTE,
    "Rm": Code(Treatment.RETRY, Until.MORNING),
    "Rd": Code(Treatment.RETRY, Until.NEXT_DAY),
    "RM": Code(Treatment.RETRY, Until.NEXT_MONTH),
}


@pytest.mark.parametrize("service", Service)
def test_every_documented_code_is_in_the_table_and_no_other(service: Service) -> None:
    """Code by code, with its treatment and its wait."""
    rows = [row.split() for row in DOCUMENTED[service].split(",")]
    documented = {int(number): MEANING[letters] for number, letters in rows}
    assert len(documented) == len(rows)
    assert dict(CODES[service]) == documented


def test_each_treatment_has_its_kind() -> None:
    """A refresh that did not help, like a wrong setting, stops the channel; one template is not the channel."""
    assert {kind_of(code) for code in (REFRESH, CONFIGURATION)} == {FailureKind.MISCONFIGURED}
    assert kind_of(TEMPLATE) is FailureKind.DENIED
    assert kind_of(RECIPIENT) is FailureKind.PERMANENT
    assert kind_of(AGAIN) is kind_of(LOST) is FailureKind.TRANSIENT
    assert kind_of(MINUTE) is kind_of(MEANING["RM"]) is FailureKind.THROTTLED


def at(text: str) -> datetime:
    """Return an instant written as Vietnam's clock shows it."""
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM).astimezone(UTC)


@pytest.mark.parametrize(
    ("wait", "now", "ends"),
    [
        (Until.MORNING, "2022-10-24 22:00", "2022-10-25 06:05"),
        (Until.MORNING, "2022-10-25 00:30", "2022-10-25 06:05"),
        (Until.MORNING, "2022-10-25 06:05", "2022-10-26 06:05"),
        (Until.NEXT_DAY, "2022-10-25 00:30", "2022-10-26 06:05"),
        (Until.NEXT_DAY, "2022-10-31 09:00", "2022-11-01 06:05"),
        (Until.NEXT_MONTH, "2022-10-01 00:00", "2022-11-01 06:05"),
        (Until.NEXT_MONTH, "2022-12-31 23:59", "2023-01-01 06:05"),
        (Until.NEXT_MONTH, "2024-01-31 08:00", "2024-02-01 06:05"),
    ],
)
def test_a_wait_ends_with_the_clock_in_vietnam(wait: Until, now: str, ends: str) -> None:
    """The night is over at 06:05, a day's quota the next day, a month's with the month."""
    assert seconds(wait, at(now)) == (at(ends) - at(now)).total_seconds()


@given(st.sampled_from(Until), st.integers(0, 20 * 366 * 86_400))
def test_every_wait_ends_ahead_in_the_morning(wait: Until, past: int) -> None:
    """At 06:05 or later, at least a second and at most a month and a day ahead."""
    now = at("2020-01-01 00:00") + timedelta(seconds=past)
    ahead = seconds(wait, now)
    assert ahead is not None
    assert 1 <= ahead <= timedelta(days=32).total_seconds()
    assert (now + timedelta(seconds=ahead)).astimezone(VIETNAM).time().hour == 6


def test_what_the_far_side_asks_for_goes_before_the_table() -> None:
    """A Retry-After is taken instead of the table's wait; without either there is none."""
    now = at("2022-10-24 09:00")
    assert failure(MINUTE, "slow down", "-32", now, 7.0).retry_after == 7.0
    assert failure(MINUTE, "slow down", "-32", now).retry_after == 60.0
    plain = failure(LOST, "lost", "408", now)
    assert (plain.retry_after, plain.maybe_accepted, plain.phase, plain.code) == (None, True, Phase.ANSWERED, "408")
