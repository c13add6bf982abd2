"""The Alembic revisions, one file each, the newest last."""
