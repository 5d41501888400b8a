"""Rebuilds of a whole book have no moment from which they began."""

from alembic import op

from ledger.migrate import revision_sql, run_script

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(op.get_bind(), revision_sql("0004", "upgrade"))


def downgrade() -> None:
    run_script(op.get_bind(), revision_sql("0004", "downgrade"))
