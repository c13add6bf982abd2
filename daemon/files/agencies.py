"""config/agencies.yaml: groups in protocol order, agencies, their people, and the issuer's office."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date

from daemon.domain.register import Agency, Group, Person, Register, same_place
from daemon.domain.words import Channel, Role, Voice
from daemon.files import keys
from daemon.files.addresses import email
from daemon.files.fields import Unreadable, day, identifier, name, phone, short, token, word, yes_no
from daemon.files.forms import Form, is_english
from daemon.files.matching import folded, near_miss
from daemon.files.nodes import Findings, Node, Place
from daemon.files.references import Directory
from daemon.files.sharing import tell_shared
from notifiers.zalo_phone import international as zalo_phone


class RegisterFile:
    """One reading of the file. `agency_at` and `person_at` keep where each was declared.

    `zalo_by_phone`: Zalo reaches a person by his mobile number, whatever stands under `zalo`.
    """

    def __init__(self, node: Node, findings: Findings, *, international: bool, zalo_by_phone: bool = False) -> None:
        self.agency_at: dict[str, Place] = {}
        self.person_at: dict[str, Place] = {}
        self.calendar_at: dict[str, tuple[Form, str]] = {}
        self._email = email(international=international)
        self._zalo_by_phone = zalo_by_phone
        form = Form(node, keys.AGENCIES, findings, english=is_english(node, keys.AGENCIES))
        for key in ("groups", "agencies"):
            if form.node(key) is None:
                form.missing(key)
        groups = self._groups(form)
        agencies = tuple(self._agency(one, groups) for one in form.forms("agencies", keys.AGENCY))
        self.register = Register(groups, agencies)
        self._check_ids(form)
        self._check_addresses(form)
        tell_shared(self.register, lambda person: self.person_at.get(person, form.place), findings)
        office = form.may("issuer_office", Directory(self.register).agency)
        self.register = Register(groups, agencies, office)

    def _groups(self, form: Form) -> tuple[Group, ...]:
        seen: dict[str, Place] = {}
        return tuple(
            Group(one.claim("id", seen), one.must("name", name, "")) for one in form.forms("groups", keys.GROUP)
        )

    def _agency(self, form: Form, groups: tuple[Group, ...]) -> Agency:
        id_ = form.claim("id", self.agency_at)
        full = form.must("name", name, "")
        start, end = _span(form, "active_from", "active_until")
        calendar = form.may("calendar", identifier)
        if calendar is not None:
            self.calendar_at[id_] = (form, calendar)
        active = form.may("active", yes_no)
        return Agency(
            id=id_,
            name=full,
            short_name=self._short_name(form, full),
            group=form.must("group", _group(groups), ""),
            voice=form.must("voice", word(keys.VOICES), Voice.DEPARTMENT),
            head_title=form.must("head_title", name, ""),
            office_email=form.may("office", self._email),
            channels=_channels(form),
            calendar=calendar,
            active=active is not False,
            active_from=start,
            active_until=end,
            people=tuple(self._person(one, id_) for one in form.forms("people", keys.PERSON)),
        )

    def _short_name(self, form: Form, full: str) -> str:
        if form.node("short_name") is None:
            if len(full) > 30:
                form.missing("short_name")
            return full
        return form.must("short_name", short, full)

    def _person(self, form: Form, agency: str) -> Person:
        id_ = form.claim("id", self.person_at)
        role = form.must("role", word(keys.ROLES), Role.FOCAL)
        if role is Role.COLLECTOR_HEAD:
            form.error("role", "“lanh-dao-dau-moi” chỉ dùng trong lịch nhắc; ở đây ghi thu-truong")
        start, end = _span(form, "from", "until")
        number, account = form.may("phone", phone), form.may("zalo", token)
        person = Person(
            id=id_,
            role=role,
            name=form.may("name", name),
            title=form.may("title", name),
            department=form.may("department", name),
            email=form.may("email", self._email),
            phone=number,
            zalo=zalo_phone(number or "") if self._zalo_by_phone else account,
            channels=_channels(form),
            start=start,
            end=end,
        )
        if all(form.node(key) is None for key in ("email", "zalo", "phone")):
            told = f"“{id_}” của “{agency}” chưa có email, zalo hay điện thoại: không nhận được thư"
            form.findings.warn(form.place, told)
        return person

    def _check_ids(self, form: Form) -> None:
        """Refuse a person's id that is an agency's office mailbox, as both are recipients."""
        for agency in self.register.agencies:
            if agency.office_id in self.person_at:
                message = f"mã “{agency.office_id}” dành cho hộp thư văn thư của “{agency.id}”; đặt mã khác"
                form.findings.error(self.person_at[agency.office_id], message)

    def _check_addresses(self, form: Form) -> None:
        """Refuse one address twice in a role of one agency; warn of one address in two agencies."""
        owners: dict[str, str] = {}
        for agency in self.register.agencies:
            seen: dict[tuple[Role, str], Person] = {}
            for person in agency.people:
                if person.email is None:
                    continue
                address, place = same_place(Channel.EMAIL, person.email), self.person_at.get(person.id, form.place)
                twin = seen.setdefault((person.role, address), person)
                if twin is not person and twin.overlaps(person):
                    form.findings.error(place, f"địa chỉ “{person.email}” đã ghi cho “{twin.id}” cùng vai; giữ một")
                owner = owners.setdefault(address, agency.id)
                if owner != agency.id:
                    form.findings.warn(place, f"địa chỉ “{person.email}” cũng là của cơ quan “{owner}”; kiểm tra lại")


def _span(form: Form, start_key: str, end_key: str) -> tuple[date | None, date | None]:
    start, end = form.may(start_key, day), form.may(end_key, day)
    if start is not None and end is not None and end < start:
        form.error(end_key, f"ngày kết thúc đứng trước ngày bắt đầu ({form.named(start_key)})")
    return start, end


def _channels(form: Form) -> frozenset[Channel] | None:
    if form.node("channels") is None:
        return None
    return frozenset(form.several("channels", word(keys.CHANNELS)))


def _group(groups: Collection[Group]) -> Callable[[str], str]:
    """Return a reader of a group's id or name."""
    by_word = {folded(group.name): group.id for group in groups} | {group.id: group.id for group in groups}

    def read(text: str) -> str:
        found = by_word.get(text) or by_word.get(folded(text))
        if found is None:
            known = [group.id for group in groups]
            near = near_miss(text, known) or f"; các khối đã khai: {', '.join(known)}"
            raise Unreadable(f"không có khối “{text[:60]}”{near}")
        return found

    return read
