"""SQLModel tables, queries and migrations: the only SQL, behind one writer."""
