"""Fills without a foreign key to their book."""

from alembic import op

from ledger.migrate import revision_sql, run_script

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(op.get_bind(), revision_sql("0003", "upgrade"))


def downgrade() -> None:
    run_script(op.get_bind(), revision_sql("0003", "downgrade"))
