"""What delivery that can be trusted keeps: tables beside the outbox; nothing older is changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the new tables."""
    op.create_table(
        "channel_pause",
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("silent", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("probe_at", sa.Text(), nullable=False),
        sa.Column("told_at", sa.Text(), nullable=True),
        sa.Column("over_at", sa.Text(), nullable=True),
        sa.Column("failed_at", sa.Text(), nullable=True),
        sa.CheckConstraint("silent IN (0, 1)", name=op.f("ck_channel_pause_silent")),
        sa.PrimaryKeyConstraint("route", name=op.f("pk_channel_pause")),
    )
    op.create_table(
        "bounce_key",
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.CheckConstraint("one = 1", name=op.f("ck_bounce_key_one")),
        sa.CheckConstraint("length(secret) = 32", name=op.f("ck_bounce_key_secret")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_bounce_key")),
    )
    op.create_table(
        "mailbox_place",
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("validity", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("folder", name=op.f("pk_mailbox_place")),
    )
    op.create_table(
        "mailbox_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("arrived_at", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("doubt", sa.Text(), nullable=True),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("letter", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox_note")),
    )
    op.create_index("ix_mailbox_note_arrived_at", "mailbox_note", ["arrived_at"])
    op.create_table(
        "address_fault",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("last_at", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("mended_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("person", "channel", name=op.f("pk_address_fault")),
    )
    op.create_table(
        "foreseen",
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("milestone", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("term", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("approved_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "plan", "milestone", "period", "agency", "term", "step", "occurrence", "tier", name=op.f("pk_foreseen")
        ),
    )
    op.create_table(
        "held_letter",
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["letter"], ["letter.id"], name=op.f("fk_held_letter_letter")),
        sa.PrimaryKeyConstraint("letter", name=op.f("pk_held_letter")),
    )
    op.create_table(
        "accepted_files",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("accepted_at", sa.Text(), nullable=False),
        sa.Column("by_whom", sa.Text(), nullable=False),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_accepted_files_digest")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_accepted_files")),
    )
    op.create_table(
        "clock_state",
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("held_since", sa.Text(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("accepted_until", sa.Text(), nullable=True),
        sa.CheckConstraint("one = 1", name=op.f("ck_clock_state_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_clock_state")),
    )
    op.create_table(
        "failing",
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("grave", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.CheckConstraint("grave IN (0, 1)", name=op.f("ck_failing_grave")),
        sa.PrimaryKeyConstraint("matter", name=op.f("pk_failing")),
    )
    op.create_table(
        "zalo_token",
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("oa", sa.Text(), nullable=False),
        sa.Column("access", sa.Text(), nullable=False),
        sa.Column("refresh", sa.Text(), nullable=False),
        sa.Column("renew_at", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Text(), nullable=True),
        sa.Column("lease_by", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.Text(), nullable=True),
        sa.Column("saved_at", sa.Text(), nullable=False),
        sa.CheckConstraint("generation >= 1 AND asked >= 0", name=op.f("ck_zalo_token_counts")),
        sa.CheckConstraint("(lease_by IS NULL) = (lease_until IS NULL)", name=op.f("ck_zalo_token_lease")),
        sa.PrimaryKeyConstraint("app", "oa", name=op.f("pk_zalo_token")),
    )
    op.create_table(
        "zalo_link_code",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("by_whom", sa.Text(), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Text(), nullable=False),
        sa.Column("used_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_zalo_link_code")),
    )
    op.create_table(
        "zalo_link",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("linked_at", sa.Text(), nullable=False),
        sa.Column("by_whom", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_zalo_link")),
    )
