"""Letters enclosed in mail are messages of their own; receipts that collect, and receipts held back

Revision ID: 0065
Revises: 0053
Create Date: 2026-11-30 23:00:00

"""

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0053"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    with op.batch_alter_table("mail_message") as table:
        table.add_column(sa.Column("enclosed_in", BIG, nullable=True))
        table.add_column(sa.Column("answer_held", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.create_foreign_key(
            op.f("fk_mail_message_enclosed_in_mail_message"), "mail_message", ["enclosed_in"], ["id"]
        )
        table.create_index("ix_mail_message_enclosed_in", ["enclosed_in"])
    with op.batch_alter_table("mail_acknowledgement") as table:
        table.add_column(sa.Column("over_limit", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("collected_in", sa.String(200), nullable=True))
        table.create_index("ix_mail_acknowledgement_collected_in", ["collected_in"])


def downgrade():
    with op.batch_alter_table("mail_acknowledgement") as table:
        table.drop_index("ix_mail_acknowledgement_collected_in")
        table.drop_column("collected_in")
        table.drop_column("over_limit")
    with op.batch_alter_table("mail_message") as table:
        table.drop_index("ix_mail_message_enclosed_in")
        table.drop_constraint(op.f("fk_mail_message_enclosed_in_mail_message"), type_="foreignkey")
        table.drop_column("answer_held")
        table.drop_column("enclosed_in")
