"""Traditional and simplified characters are searched as one: the worker indexes everything again

Revision ID: 0039
Revises: 0038
Create Date: 2026-11-30 14:00:00

"""

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("DELETE FROM submission_token")
    op.execute("DELETE FROM submission_text")


def downgrade():
    upgrade()
