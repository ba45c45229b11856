"""A library of reasons, and views of the workspace that are saved

Revision ID: 0045
Revises: 0044
Create Date: 2026-11-30 21:20:00

"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _key(table, column, of):
    return sa.ForeignKeyConstraint([column], [f"{of}.id"], name=op.f(f"fk_{table}_{column}_{of}"))


def upgrade():
    template, view = "reason_template", "saved_view"
    op.create_table(
        template,
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("division_id", BIG),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", BIG),
        sa.Column("origin_id", BIG),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_by_id", BIG),
        _key(template, "division_id", "division"),
        _key(template, "by_id", "user_account"),
        _key(template, "origin_id", template),
        _key(template, "ended_by_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reason_template")),
    )
    for column in ("division_id", "origin_id"):
        op.create_index(op.f(f"ix_reason_template_{column}"), template, [column])
    op.create_table(
        view,
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("division_id", BIG),
        sa.Column("consultation_id", BIG),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("query", sa.String(length=600), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        _key(view, "user_id", "user_account"),
        _key(view, "division_id", "division"),
        _key(view, "consultation_id", "consultation"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
    )
    for column in ("user_id", "division_id"):
        op.create_index(op.f(f"ix_saved_view_{column}"), view, [column])
    key = "fk_decision_template_id_reason_template"
    if op.get_bind().dialect.name == "sqlite":  # a foreign key beside its column: the table isn't copied
        op.execute(
            f"ALTER TABLE decision ADD COLUMN template_id INTEGER CONSTRAINT {key} REFERENCES reason_template (id)"
        )
    else:
        op.add_column("decision", sa.Column("template_id", BIG))
        op.create_foreign_key(key, "decision", template, ["template_id"], ["id"])
    op.create_index(op.f("ix_decision_template_id"), "decision", ["template_id"])


def downgrade():
    op.drop_index(op.f("ix_decision_template_id"), "decision")
    with op.batch_alter_table("decision") as batch:
        batch.drop_column("template_id")
    op.drop_table("saved_view")
    op.drop_table("reason_template")
