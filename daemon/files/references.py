"""Words that name something declared elsewhere: agencies and groups, by id or as people call them."""

from __future__ import annotations

from collections.abc import Iterable

from daemon.domain.register import Register
from daemon.files.fields import Unreadable, pieces
from daemon.files.forms import Form
from daemon.files.matching import folded, near_miss
from daemon.files.nodes import Text

LONGEST_RUN = 4  # pieces of one name that has commas or semicolons in it


class Directory:
    """Looks names up in a register: an id, or an official or short name, exact after folding."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._agencies: dict[str, list[str]] = {}
        self._groups: dict[str, list[str]] = {}
        for agency in register.agencies:
            for word in {agency.id, folded(agency.id), folded(agency.name), folded(agency.short_name)}:
                self._agencies.setdefault(word, []).append(agency.id)
        for group in register.groups:
            for word in {group.id, folded(group.id), folded(group.name)}:
                self._groups.setdefault(word, []).append(group.id)

    def agency(self, text: str) -> str:
        """Return an agency's id; Unreadable with the nearest name if there is none."""
        found = self._found(self._agencies, text)
        if found is None:
            raise Unreadable(f"không có cơ quan “{text[:80]}” trong danh bạ{self.nearest(text, groups=False)}")
        return found

    def person(self, text: str) -> str:
        """Return a person's id."""
        if text not in self._register.person_by_id:
            near = near_miss(text, self._register.person_by_id)
            raise Unreadable(f"không có người mã “{text[:80]}” trong danh bạ{near}")
        return text

    def nearest(self, text: str, *, groups: bool) -> str:
        """Return a near miss among names and ids, shown as they are declared."""
        agencies = self._register.agencies
        known = [agency.id for agency in agencies] + [a.name for a in agencies] + [a.short_name for a in agencies]
        if groups:
            known += [group.id for group in self._register.groups] + [group.name for group in self._register.groups]
        return near_miss(text, known)

    def _found(self, table: dict[str, list[str]], text: str) -> str | None:
        ids = list(dict.fromkeys(table.get(text) or table.get(folded(text)) or ()))
        if len(ids) > 1:
            raise Unreadable(f"“{text[:80]}” là tên của {len(ids)} cơ quan ({', '.join(ids)}); ghi mã")
        return ids[0] if ids else None

    def _members(self, text: str) -> list[str] | None:
        """Return the agencies a word names: one, or all of a group; None if it names neither."""
        group = self._found(self._groups, text)
        if group is not None:
            return [agency.id for agency in self._register.members(group)]
        agency = self._found(self._agencies, text)
        return None if agency is None else [agency]

    def listed(self, form: Form, key: str) -> list[str]:
        """Return the agencies a list names, groups spread out, in protocol order, each once; faults are recorded."""
        ids: set[str] = set()
        words = [Text(text.place, piece) for text in form.texts(key) for piece in self._pieces(text.value)]
        start = 0
        while start < len(words):
            start += self._longest(form, key, words[start : start + LONGEST_RUN], ids)
        return self._register.in_order(ids)

    def _pieces(self, text: str) -> Iterable[str]:
        return [text] if folded(text) in self._agencies or folded(text) in self._groups else pieces(text)

    def _longest(self, form: Form, key: str, run: list[Text], ids: set[str]) -> int:
        """Take the longest name that begins a run of pieces ("Sở Văn hóa", "Thể thao và Du lịch"); say how long."""
        first = run[0]
        for length in range(len(run), 0, -1):
            try:
                members = self._members(", ".join(text.value for text in run[:length]))
            except Unreadable as exc:
                form.findings.error(first.place, f"{form.named(key)}: {exc}")
                return length
            if members is not None:
                ids.update(members)
                return length
        near = "" if form.findings.full(form.place.file) else self.nearest(first.value, groups=True)
        told = f"{form.named(key)}: không có khối hay cơ quan “{first.value[:80]}” trong danh bạ{near}"
        form.findings.error(first.place, told)
        return 1
