"""The database of record: one repository a noun, over SQLite (WAL) through SQLAlchemy, migrated by Alembic."""
