"""What people say of possible counterparts in two versions of a draft

Revision ID: 0071
Revises: 0070
Create Date: 2026-11-30 23:40:00

"""

import sqlalchemy as sa
from alembic import op

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "provision_match",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("old_version_id", BIG, nullable=False),
        sa.Column("new_version_id", BIG, nullable=False),
        sa.Column("old_anchor", sa.String(length=80), nullable=False),
        sa.Column("new_anchor", sa.String(length=80), nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_provision_match_by_id_user_account")),
        sa.ForeignKeyConstraint(
            ["new_version_id"], ["draft_version.id"], name=op.f("fk_provision_match_new_version_id_draft_version")
        ),
        sa.ForeignKeyConstraint(
            ["old_version_id"], ["draft_version.id"], name=op.f("fk_provision_match_old_version_id_draft_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provision_match")),
    )
    op.create_index("ix_provision_match_versions", "provision_match", ["old_version_id", "new_version_id"])


def downgrade():
    op.drop_index("ix_provision_match_versions", "provision_match")
    op.drop_table("provision_match")
