"""The words of submissions, and the pairs of characters by which they are found

Revision ID: 0017
Revises: 0016
Create Date: 2026-11-26 12:50:49.143547

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "submission_text",
        sa.Column(
            "submission_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_submission_text_submission_id")),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_submission_text")),
    )
    op.create_table(
        "submission_token",
        sa.Column("token", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column(
            "submission_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.PrimaryKeyConstraint("token", "submission_id", name=op.f("pk_submission_token")),
        sqlite_with_rowid=False,
    )


def downgrade():
    op.drop_table("submission_token")
    op.drop_table("submission_text")
