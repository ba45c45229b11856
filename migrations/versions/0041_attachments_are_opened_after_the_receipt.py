"""Attachments of the public form are opened after the receipt; those from before were when they came

Revision ID: 0041
Revises: 0040
Create Date: 2026-11-30 16:00:00

"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "attachment_opening",
        sa.Column("attachment_id", BIG, autoincrement=False, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refusal", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attachment_id"], ["attachment.id"], name=op.f("fk_attachment_opening_attachment_id_attachment")
        ),
        sa.PrimaryKeyConstraint("attachment_id", name=op.f("pk_attachment_opening")),
    )
    op.execute(
        "INSERT INTO attachment_opening (attachment_id, opened_at, refusal) SELECT attachment.id, recorded_at, '' "
        "FROM attachment JOIN submission ON submission.id = attachment.submission_id WHERE channel = 'web'"
    )


def downgrade():
    op.drop_table("attachment_opening")
