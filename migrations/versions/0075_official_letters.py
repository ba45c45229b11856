"""Official letters: number, signer, copies, sealed files, templates; rounds, and letters asked for on paper

Revision ID: 0075
Revises: 0071
Create Date: 2026-11-30 23:30:00

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0075"
down_revision = "0071"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
REFERENCE = "fk_invitation_letter_id_official_letter"


def _person():
    return sa.ForeignKey("user_account.id")


def upgrade():
    op.create_table(
        "letter_template",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("division_id", BIG, sa.ForeignKey("division.id"), nullable=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", BIG, _person(), nullable=True),
        sa.Column("retired_at", MOMENT, nullable=True),
    )
    op.create_index("ix_letter_template_division_id", "letter_template", ["division_id"])
    op.create_index("ix_letter_template_digest", "letter_template", ["digest"])
    op.create_table(
        "letter_series",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("mark", sa.String(40), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.UniqueConstraint("mark", "year"),
    )
    op.create_table(
        "official_letter",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("consultation_id", BIG, sa.ForeignKey("consultation.id"), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("version_id", BIG, sa.ForeignKey("draft_version.id"), nullable=False),
        sa.Column("number", sa.String(80), nullable=False),
        sa.Column("series_id", BIG, sa.ForeignKey("letter_series.id"), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("number_source", sa.String(32), nullable=False),
        sa.Column("signer", sa.String(40), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("contact_name", sa.String(40), nullable=False),
        sa.Column("contact_phone", sa.String(40), nullable=False),
        sa.Column("addressee", sa.String(200), nullable=False),
        sa.Column("copies", JSON, nullable=False),
        sa.Column("urgency", sa.String(32), nullable=False),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.Column("annexes", sa.String(32), nullable=False),
        sa.Column("template_id", BIG, sa.ForeignKey("letter_template.id"), nullable=True),
        sa.Column("replaces_id", BIG, sa.ForeignKey("official_letter.id"), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", BIG, _person(), nullable=True),
    )
    op.create_index("ix_official_letter_consultation_id", "official_letter", ["consultation_id"])
    op.create_index("ix_official_letter_series_id", "official_letter", ["series_id"])
    op.create_table(
        "sealed_letter",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("letter_id", BIG, sa.ForeignKey("official_letter.id"), nullable=False),
        sa.Column("invitation_id", BIG, sa.ForeignKey("invitation.id"), nullable=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", BIG, _person(), nullable=True),
    )
    for column in ("letter_id", "invitation_id", "digest"):
        op.create_index(f"ix_sealed_letter_{column}", "sealed_letter", [column])
    if op.get_bind().dialect.name == "sqlite":  # a copy of the table would drop it while other rows refer to it
        op.execute(
            f"ALTER TABLE invitation ADD COLUMN letter_id INTEGER CONSTRAINT {REFERENCE} REFERENCES official_letter (id)"
        )
    else:
        op.add_column("invitation", sa.Column("letter_id", BIG, nullable=True))
        op.create_foreign_key(op.f(REFERENCE), "invitation", "official_letter", ["letter_id"], ["id"])
    op.create_index("ix_invitation_letter_id", "invitation", ["letter_id"])
    op.add_column("invitation", sa.Column("round", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("invitation", sa.Column("sent_digest", sa.String(64), nullable=False, server_default=""))
    op.add_column("invitation", sa.Column("paper_asked_at", MOMENT, nullable=True))
    op.add_column("invitation", sa.Column("paper_address", sa.String(300), nullable=False, server_default=""))
    op.add_column("invitation", sa.Column("paper_sent_at", MOMENT, nullable=True))


def downgrade():
    with op.batch_alter_table("invitation") as table:
        table.drop_index("ix_invitation_letter_id")
        if op.get_bind().dialect.name != "sqlite":  # where it goes with its column
            table.drop_constraint(op.f(REFERENCE), type_="foreignkey")
        for column in ("paper_sent_at", "paper_address", "paper_asked_at", "sent_digest", "round", "letter_id"):
            table.drop_column(column)
    for table in ("sealed_letter", "official_letter", "letter_series", "letter_template"):
        op.drop_table(table)
