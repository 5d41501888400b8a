"""The ledger's tables."""

from alembic import op

from ledger.migrate import revision_sql, run_script

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(op.get_bind(), revision_sql("0001", "upgrade"))


def downgrade() -> None:
    run_script(op.get_bind(), revision_sql("0001", "downgrade"))
