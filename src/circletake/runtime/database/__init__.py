"""The database of record: one repository a noun, over SQLite or PostgreSQL, by SQLAlchemy and Alembic."""
