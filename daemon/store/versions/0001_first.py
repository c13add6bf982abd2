"""The first schema: the ledger and its chain, the outbox, decisions.

A way back is a restored backup: revisions have no downgrade.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from daemon.store.triggers import TRIGGERS

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table, index and trigger."""
    op.create_table(
        "composition",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_composition")),
    )
    op.create_table(
        "decision",
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("milestone", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("moment", sa.Text(), nullable=False),
        sa.Column("until", sa.Text(), nullable=True),
        sa.Column("since", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "plan", "milestone", "period", "agency", "term", "step", "occurrence", "tier", name=op.f("pk_decision")
        ),
    )
    op.create_table(
        "known_obligation",
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("milestone", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("first_known_at", sa.Text(), nullable=False),
        sa.Column("due", sa.Text(), nullable=False),
        sa.Column("due_at", sa.Text(), nullable=False),
        sa.Column("last_day", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("plan", "milestone", "period", "agency", name=op.f("pk_known_obligation")),
    )
    op.create_table(
        "ledger",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("by_whom", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.Column("milestone", sa.Text(), nullable=True),
        sa.Column("period", sa.Text(), nullable=True),
        sa.Column("agency", sa.Text(), nullable=True),
        sa.Column("prev", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.CheckConstraint("recorded_at GLOB '????-??-??T??:??:??.??????Z'", name=op.f("ck_ledger_recorded_at")),
        sa.CheckConstraint(
            "length(prev) = 64 AND length(hash) = 64 AND length(body_hash) = 64", name=op.f("ck_ledger_hashes")
        ),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_ledger_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger")),
    )
    op.create_table(
        "meta",
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("generation", sa.Text(), nullable=True),
        sa.CheckConstraint("one = 1", name=op.f("ck_meta_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_meta")),
    )
    op.create_table(
        "missed",
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("milestone", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "plan", "milestone", "period", "agency", "term", "step", "occurrence", "tier", name=op.f("pk_missed")
        ),
    )
    op.create_table(
        "ledger_body",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.CheckConstraint("length(salt) = 16", name=op.f("ck_ledger_body_salt")),
        sa.ForeignKeyConstraint(["seq"], ["ledger.seq"], name=op.f("fk_ledger_body_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger_body")),
    )
    op.create_table(
        "letter",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("send_at", sa.Text(), nullable=False),
        sa.Column("composed_at", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.Text(), nullable=True),
        sa.Column("approval", sa.Boolean(), nullable=False),
        sa.Column("approved_at", sa.Text(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.Column("milestone", sa.Text(), nullable=True),
        sa.Column("period", sa.Text(), nullable=True),
        sa.Column("source_seq", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", sa.Text(), nullable=True),
        sa.Column("replaced_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(kind = 'reminder') = (source_seq IS NULL)", name=op.f("ck_letter_source_seq")),
        sa.CheckConstraint("approval IN (0, 1)", name=op.f("ck_letter_approval")),
        sa.CheckConstraint("level BETWEEN 1 AND 5", name=op.f("ck_letter_level")),
        sa.CheckConstraint("n >= 1 AND version >= 1", name=op.f("ck_letter_counts")),
        sa.CheckConstraint("replaced_by IS NULL OR withdrawn_at IS NOT NULL", name=op.f("ck_letter_replaced_by")),
        sa.ForeignKeyConstraint(["replaced_by"], ["letter.id"], name=op.f("fk_letter_replaced_by")),
        sa.ForeignKeyConstraint(["source_seq"], ["ledger.seq"], name=op.f("fk_letter_source_seq")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
    )
    op.create_index(
        "uq_letter_notice",
        "letter",
        ["kind", "source_seq", "agency"],
        unique=True,
        sqlite_where=sa.text("kind <> 'reminder'"),
    )
    op.create_index(
        "uq_letter_reminder",
        "letter",
        ["agency", "tier", "day", "n"],
        unique=True,
        sqlite_where=sa.text("kind = 'reminder'"),
    )
    op.create_table(
        "content",
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("frozen_at", sa.Text(), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_content_sha256")),
        sa.ForeignKeyConstraint(["letter"], ["letter.id"], name=op.f("fk_content_letter")),
        sa.PrimaryKeyConstraint("letter", "version", "channel", name=op.f("pk_content")),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("to_or_cc", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("not_before", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Text(), nullable=True),
        sa.Column("next_at", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("unknowns", sa.Integer(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("lease_by", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.Text(), nullable=True),
        sa.Column("phase", sa.Text(), nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("accepted_at", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name=op.f("ck_delivery_lease")),
        sa.CheckConstraint(
            "(state IN ('held', 'pending', 'sending', 'unknown')) = (finished_at IS NULL)",
            name=op.f("ck_delivery_finished_at"),
        ),
        sa.CheckConstraint(
            "(state IN ('sent', 'delivered', 'seen', 'bounced')) = (accepted_at IS NOT NULL)",
            name=op.f("ck_delivery_accepted_at"),
        ),
        sa.CheckConstraint(
            "phase IS NULL OR (state = 'sending' AND phase = 'content')", name=op.f("ck_delivery_phase")
        ),
        sa.CheckConstraint("state <> 'unknown' OR unknowns >= 1", name=op.f("ck_delivery_unknowns")),
        sa.CheckConstraint(
            "state IN ('held', 'pending', 'sending', 'sent', 'unknown', "
            "'refused', 'expired', 'cancelled', 'bounced', 'delivered', 'seen')",
            name=op.f("ck_delivery_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('pending', 'sending') OR next_at IS NOT NULL", name=op.f("ck_delivery_next_at")
        ),
        sa.CheckConstraint("to_or_cc IN ('to', 'cc')", name=op.f("ck_delivery_to_or_cc")),
        sa.ForeignKeyConstraint(["letter"], ["letter.id"], name=op.f("fk_delivery_letter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("letter", "version", "person", "channel", name="uq_delivery_envelope"),
    )
    op.create_index(
        "ix_delivery_next_at",
        "delivery",
        ["next_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('held', 'pending', 'sending', 'unknown')"),
    )
    op.create_table(
        "letter_item",
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("milestone", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("first", sa.Boolean(), nullable=False),
        sa.Column("crossed", sa.Boolean(), nullable=False),
        sa.Column("waits_for", sa.Text(), nullable=False),
        sa.Column("due_at", sa.Text(), nullable=False),
        sa.Column("last_day", sa.Text(), nullable=False),
        sa.Column("hour_precise", sa.Boolean(), nullable=False),
        sa.Column("opens_on", sa.Text(), nullable=True),
        sa.Column("estimated", sa.Boolean(), nullable=False),
        sa.Column("dropped_in", sa.Integer(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 5", name=op.f("ck_letter_item_level")),
        sa.CheckConstraint("withdrawn = 0 OR dropped_in IS NOT NULL", name=op.f("ck_letter_item_dropped_in")),
        sa.CheckConstraint("withdrawn IN (0, 1)", name=op.f("ck_letter_item_withdrawn")),
        sa.ForeignKeyConstraint(["letter"], ["letter.id"], name=op.f("fk_letter_item_letter")),
        sa.PrimaryKeyConstraint("letter", "position", name=op.f("pk_letter_item")),
    )
    op.create_index(
        "uq_letter_item_step",
        "letter_item",
        ["plan", "milestone", "period", "agency", "term", "step", "occurrence", "tier"],
        unique=True,
        sqlite_where=sa.text("withdrawn = 0 AND kind = 'reminder'"),
    )
    op.create_table(
        "attempt",
        sa.Column("delivery", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["delivery"], ["delivery.id"], name=op.f("fk_attempt_delivery")),
        sa.PrimaryKeyConstraint("delivery", "n", name=op.f("pk_attempt")),
    )
    for trigger in TRIGGERS.values():
        op.execute(trigger)
