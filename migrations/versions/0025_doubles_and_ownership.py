"""Doubles on the register by their names, ownership of enterprises

Revision ID: 0025
Revises: 0024
Create Date: 2026-11-29 18:40:00

"""

from collections import defaultdict
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from consult.text.organisation_names import keys, parse, why_alike

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT_ONCE = 1000


def upgrade():
    ownership = sa.Enum("state", "private", "foreign", "collective", name="ownership", native_enum=False, length=32)
    with op.batch_alter_table("consultee") as batch_op:
        batch_op.add_column(sa.Column("ownership", ownership, nullable=True))
        batch_op.add_column(sa.Column("labour_intensive", sa.Boolean(), nullable=True))
    name_key = op.create_table(
        "consultee_name_key",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("consultee_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["consultee_id"], ["consultee.id"], name=op.f("fk_consultee_name_key_consultee_id_consultee")
        ),
        sa.PrimaryKeyConstraint("key", "consultee_id", name=op.f("pk_consultee_name_key")),
    )
    op.create_index(op.f("ix_consultee_name_key_consultee_id"), "consultee_name_key", ["consultee_id"])
    double = op.create_table(
        "consultee_suspected_double",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("first_id", BIG, nullable=False),
        sa.Column("second_id", BIG, nullable=False),
        sa.Column("because", sa.String(length=80), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("distinct_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("distinct_by_id", BIG, nullable=True),
        sa.Column("distinct_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["distinct_by_id"],
            ["user_account.id"],
            name=op.f("fk_consultee_suspected_double_distinct_by_id_user_account"),
        ),
        sa.ForeignKeyConstraint(
            ["first_id"], ["consultee.id"], name=op.f("fk_consultee_suspected_double_first_id_consultee")
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["consultee.id"], name=op.f("fk_consultee_suspected_double_second_id_consultee")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultee_suspected_double")),
        sa.UniqueConstraint("first_id", "second_id", name=op.f("uq_consultee_suspected_double_first_id_second_id")),
    )
    op.create_index(op.f("ix_consultee_suspected_double_second_id"), "consultee_suspected_double", ["second_id"])
    op.create_index("ix_consultee_suspected_double_open", "consultee_suspected_double", ["distinct_at", "id"])
    _find_doubles(name_key, double)


def _find_doubles(name_key, double):
    """Look the whole register through once; from now on every new name is looked up as it comes."""
    bind = op.get_bind()
    consultee = sa.table("consultee", *map(sa.column, ("id", "name", "credit_code", "merged_into_id")))
    query = sa.select(consultee.c.id, consultee.c.name, consultee.c.credit_code)
    rows = bind.execute(query.where(consultee.c.merged_into_id.is_(None)).order_by(consultee.c.id)).all()
    with_key = defaultdict(list)
    pairs = {}
    for row in rows:
        for key in keys(row.name):
            for other in with_key[key]:
                if (other.id, row.id) not in pairs:
                    pairs[other.id, row.id] = _why(row, other)
            with_key[key].append(row)
    _insert(bind, name_key, [{"key": key, "consultee_id": row.id} for key, found in with_key.items() for row in found])
    at = datetime.now(UTC)
    _insert(
        bind,
        double,
        [
            {"first_id": first, "second_id": second, "because": why, "found_at": at, "distinct_reason": ""}
            for (first, second), why in sorted(pairs.items())
            if why
        ],
    )


def _why(row, other):
    two_codes = row.credit_code and other.credit_code
    if two_codes and (parse(row.name).branch is None) == (parse(other.name).branch is None):
        return ""
    return why_alike(row.name, other.name)


def _insert(bind, table, rows):
    for start in range(0, len(rows), AT_ONCE):
        bind.execute(table.insert(), rows[start : start + AT_ONCE])


def downgrade():
    op.drop_table("consultee_suspected_double")
    op.drop_table("consultee_name_key")
    with op.batch_alter_table("consultee") as batch_op:
        batch_op.drop_column("labour_intensive")
        batch_op.drop_column("ownership")
