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
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("probe_at", sa.Text(), nullable=False),
        sa.Column("told_at", sa.Text(), nullable=True),
        sa.Column("over_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_channel_pause")),
    )
