"""What a fill does to its book, as a type."""

from alembic import op

from ledger.migrate import revision_sql, run_script

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(op.get_bind(), revision_sql("0005", "upgrade"))


def downgrade() -> None:
    run_script(op.get_bind(), revision_sql("0005", "downgrade"))
