"""What the database itself refuses: to change the ledger, to break its chain, to change bytes once frozen.

These stop mistakes and foreign tools. The file's owner can drop a trigger, so the ledger's value as evidence is its
chain and the head kept outside the file (`ledger.verify`); opening a database checks that the triggers are as made.
Every INSERT trigger looks at the row itself, so REPLACE is refused even where `recursive_triggers` is off.
"""

from __future__ import annotations

from collections.abc import Mapping

GENESIS = "0" * 64
"""The `prev` of the first entry."""

TRIGGERS: Mapping[str, str] = {
    "ledger_appends_in_order": """
CREATE TRIGGER ledger_appends_in_order BEFORE INSERT ON ledger
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM ledger)
  OR NEW.prev IS NOT coalesce((SELECT hash FROM ledger ORDER BY seq DESC LIMIT 1), printf('%064d', 0))
  OR NEW.recorded_at < (SELECT recorded_at FROM ledger ORDER BY seq DESC LIMIT 1)
BEGIN SELECT RAISE(ABORT, 'ledger: an entry follows the last one'); END""",
    "ledger_is_never_updated": """
CREATE TRIGGER ledger_is_never_updated BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'ledger: entries are never changed'); END""",
    "ledger_is_never_deleted": """
CREATE TRIGGER ledger_is_never_deleted BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'ledger: entries are never deleted'); END""",
    "ledger_body_comes_with_its_entry": """
CREATE TRIGGER ledger_body_comes_with_its_entry BEFORE INSERT ON ledger_body
WHEN NEW.seq IS NOT (SELECT max(seq) FROM ledger)
  OR EXISTS (SELECT 1 FROM ledger_body WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'ledger_body: a body comes once, with its entry'); END""",
    "ledger_body_is_never_updated": """
CREATE TRIGGER ledger_body_is_never_updated BEFORE UPDATE ON ledger_body
BEGIN SELECT RAISE(ABORT, 'ledger_body: bodies are never changed'); END""",
    "ledger_body_is_erased_by_rule": """
CREATE TRIGGER ledger_body_is_erased_by_rule BEFORE DELETE ON ledger_body
WHEN (SELECT kind FROM ledger WHERE seq = OLD.seq) = 'erased'
  OR NOT EXISTS (
    SELECT 1 FROM ledger JOIN ledger_body USING (seq)
    WHERE ledger.kind = 'erased' AND json_extract(ledger_body.body, '$.body.seq') = OLD.seq
  )
BEGIN SELECT RAISE(ABORT, 'ledger_body: only an erased entry frees a body'); END""",
    "content_is_frozen_once": """
CREATE TRIGGER content_is_frozen_once BEFORE INSERT ON content
WHEN EXISTS (
  SELECT 1 FROM content WHERE letter = NEW.letter AND version = NEW.version AND channel = NEW.channel
)
BEGIN SELECT RAISE(ABORT, 'content: frozen already'); END""",
    "content_is_never_updated": """
CREATE TRIGGER content_is_never_updated BEFORE UPDATE ON content
BEGIN SELECT RAISE(ABORT, 'content: frozen bytes are never changed'); END""",
    "content_is_never_deleted": """
CREATE TRIGGER content_is_never_deleted BEFORE DELETE ON content
BEGIN SELECT RAISE(ABORT, 'content: frozen bytes are never deleted'); END""",
}
"""By name, as revision 0001 made them. Never edited: a later revision drops one and makes another, by a new name."""
