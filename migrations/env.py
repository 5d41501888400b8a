"""Runs the migrations on the connection that `ledger.migrate` hands over, in its transaction."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    version_table="revision",
    version_table_schema="ledger_migrations",
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
