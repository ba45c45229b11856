"""Messages that a mail server keeps back

Revision ID: 0015
Revises: 0014
Create Date: 2026-11-26 12:30:00.000000

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "mail_withheld",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("mailbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("ending", sa.Enum("came", "gone", name="ending", native_enum=False, length=32), nullable=True),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_mail_withheld_mailbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_withheld")),
        sa.UniqueConstraint(
            "mailbox_id", "uidvalidity", "uid", name=op.f("uq_mail_withheld_mailbox_id_uidvalidity_uid")
        ),
    )
    with op.batch_alter_table("mailbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("broke_at", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("breaks", sa.Integer(), server_default="0", nullable=False))


def downgrade():
    with op.batch_alter_table("mailbox", schema=None) as batch_op:
        batch_op.drop_column("breaks")
        batch_op.drop_column("broke_at")
    op.drop_table("mail_withheld")
