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


REFERENCE = "fk_mail_message_enclosed_in_mail_message"


def upgrade():
    if op.get_bind().dialect.name == "sqlite":  # a copy of the table would drop it while other rows refer to it
        op.execute(
            f"ALTER TABLE mail_message ADD COLUMN enclosed_in INTEGER CONSTRAINT {REFERENCE} REFERENCES mail_message (id)"
        )
    else:
        op.add_column("mail_message", sa.Column("enclosed_in", BIG, nullable=True))
        op.create_foreign_key(op.f(REFERENCE), "mail_message", "mail_message", ["enclosed_in"], ["id"])
    op.add_column("mail_message", sa.Column("answer_held", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_mail_message_enclosed_in", "mail_message", ["enclosed_in"])
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
        if op.get_bind().dialect.name != "sqlite":  # where it goes with its column
            table.drop_constraint(op.f(REFERENCE), type_="foreignkey")
        table.drop_column("answer_held")
        table.drop_column("enclosed_in")
