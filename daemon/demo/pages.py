"""Fills the demo's page templates: plain HTML without scripts, readable from a folder, on a phone and on paper."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined

from daemon.clock import local_day
from daemon.domain.obligations import ObligationKey
from daemon.domain.register import Agency
from daemon.judgement.dates_vi import clock_in_table, day_in_sentence, short_day, table_day, weekday
from daemon.judgement.rulebook import Rulebook
from daemon.rendering.labels import ROLE


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(lambda name: files("daemon.demo").joinpath(f"{name}.j2").read_text("utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "ngay": day_in_sentence,
        "ngay_bang": table_day,
        "ngay_ngan": short_day,
        "thu": weekday,
        "gio": clock_in_table,
        "ngay_cua": local_day,
    }
    return environment


def page(name: str, **slots: object) -> str:
    """Return a page: `name` is its template without ".j2"; every text put in is escaped."""
    return _environment().get_template(name).render(slots)


def reader_of(recipient: str, rules: Rulebook) -> str:
    """Return who a recipient id is, for tables: "Đầu mối, Sở Tư pháp"; the id itself if the files have none."""
    if recipient in rules.register.person_by_id:
        agency, person = rules.register.person_by_id[recipient]
        return f"{ROLE[person.role]}, {agency.short_name}"
    for agency in rules.register.agencies:
        if agency.office_id == recipient:
            return f"Văn thư, {agency.short_name}"
    return recipient


def debtors(rules: Rulebook, keys: list[ObligationKey]) -> list[Agency]:
    """Return the agencies that owe any of `keys`, in protocol order."""
    return [rules.agency(id_) for id_ in rules.register.in_order({key.agency for key in keys})]
