"""What delivery that can be trusted keeps: tables beside the outbox; nothing older is changed."""

from __future__ import annotations

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the new tables."""
