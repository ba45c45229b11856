"""Tables that staff upload, how far their import is, and the account of their rows

Revision ID: 0016
Revises: 0015
Create Date: 2026-11-26 12:06:10.991628

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

# revision identifiers, used by Alembic.
revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "table_import",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("consultation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "channel",
            sa.Enum(
                "web",
                "mailbox",
                "portal",
                "letter",
                "phone",
                "hotline",
                "new_media",
                "meeting",
                name="channel",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("columns", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "choosing",
                "checking",
                "checked",
                "taking",
                "taken",
                "refused",
                "given_up",
                name="importstage",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("already", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("notable", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("account_bytes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultation.id"], name=op.f("fk_table_import_consultation_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_table_import_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_table_import")),
    )
    with op.batch_alter_table("table_import", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_table_import_consultation_id"), ["consultation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_table_import_stage"), ["stage"], unique=False)


def downgrade():
    with op.batch_alter_table("table_import", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_table_import_stage"))
        batch_op.drop_index(batch_op.f("ix_table_import_consultation_id"))

    op.drop_table("table_import")
