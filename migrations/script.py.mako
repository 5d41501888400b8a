"""${message}"""

from alembic import op

from ledger.migrate import revision_sql, run_script

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(op.get_bind(), revision_sql("${up_revision}", "upgrade"))


def downgrade() -> None:
    run_script(op.get_bind(), revision_sql("${up_revision}", "downgrade"))
