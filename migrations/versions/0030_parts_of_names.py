"""Parts of consultees' names are looked up, and the retired ones

Revision ID: 0030
Revises: 0029
Create Date: 2026-11-29 22:00:00

"""

import sqlalchemy as sa
from alembic import op

from consult.text.fingerprint import normalise

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT_ONCE = 1000
LENGTHS = (1, 2, 3)


def upgrade():
    run = op.create_table(
        "consultee_name_run",
        sa.Column("run", sa.String(length=3), nullable=False),
        sa.Column("consultee_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["consultee_id"], ["consultee.id"], name=op.f("fk_consultee_name_run_consultee_id_consultee")
        ),
        sa.PrimaryKeyConstraint("run", "consultee_id", name=op.f("pk_consultee_name_run")),
    )
    op.create_index(op.f("ix_consultee_name_run_consultee_id"), "consultee_name_run", ["consultee_id"])
    op.create_index(
        "ix_consultee_retired",
        "consultee",
        ["id"],
        sqlite_where=sa.text("retired_at IS NOT NULL"),
        postgresql_where=sa.text("retired_at IS NOT NULL"),
    )
    consultee = sa.table("consultee", sa.column("id"), sa.column("name"))
    bind = op.get_bind()
    rows = [
        {"run": part, "consultee_id": row.id}
        for row in bind.execute(sa.select(consultee.c.id, consultee.c.name).order_by(consultee.c.id))
        for part in sorted(_runs(normalise(row.name)))
    ]
    for start in range(0, len(rows), AT_ONCE):
        bind.execute(run.insert(), rows[start : start + AT_ONCE])


def _runs(name):
    return {name[start : start + n] for n in LENGTHS for start in range(len(name) - n + 1)}


def downgrade():
    op.drop_index("ix_consultee_retired", table_name="consultee")
    op.drop_table("consultee_name_run")
