"""The database: the only home of SQLAlchemy. Functions take a session first, and take and return
core values; who calls them owns the transaction (see ``db.Database``)."""
