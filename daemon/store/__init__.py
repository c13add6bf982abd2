"""The database: what is recorded, what is to be sent, and what became of it."""
