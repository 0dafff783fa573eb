"""Alembic's entry: run the migrations over the connection that `engine.store.database.migrate` opened."""

from alembic import context
from sqlmodel import SQLModel

from engine.store import tx

connection = context.config.attributes["connection"]
assert tx  # importing it declares every table
context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
