"""Trades of earlier systems, to be compared with the ledger's."""

from alembic import op

from ledger.migrate import revision_sql, run_script

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(op.get_bind(), revision_sql("0002", "upgrade"))


def downgrade() -> None:
    run_script(op.get_bind(), revision_sql("0002", "downgrade"))
