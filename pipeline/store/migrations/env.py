"""Alembic's entry: runs on the connection, and inside the transaction, that pipeline.store.migrate hands over."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table="schema_version",
    version_table_schema="entrega",
)
with context.begin_transaction():
    context.run_migrations()
