"""Consultations on how an issued document works, and how the public was heard otherwise

Revision ID: 0073
Revises: 0076
Create Date: 2026-11-30 21:50:00

"""

import sqlalchemy as sa
from alembic import op

revision = "0073"
down_revision = "0076"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REFERENCE = "fk_consultation_evaluates_id_consultation"


def upgrade():
    if op.get_bind().dialect.name == "sqlite":  # a copy of the table would drop it while other rows refer to it
        op.execute(
            f"ALTER TABLE consultation ADD COLUMN evaluates_id INTEGER CONSTRAINT {REFERENCE} REFERENCES consultation (id)"
        )
    else:
        op.add_column("consultation", sa.Column("evaluates_id", BIG, nullable=True))
        op.create_foreign_key(op.f(REFERENCE), "consultation", "consultation", ["evaluates_id"], ["id"])
    op.create_index("ix_consultation_evaluates_id", "consultation", ["evaluates_id"])
    op.add_column("document_act", sa.Column("heard", sa.Text(), nullable=False, server_default=""))


def downgrade():
    op.drop_column("document_act", "heard")
    with op.batch_alter_table("consultation") as table:
        table.drop_index("ix_consultation_evaluates_id")
        if op.get_bind().dialect.name != "sqlite":  # where it goes with its column
            table.drop_constraint(op.f(REFERENCE), type_="foreignkey")
        table.drop_column("evaluates_id")
