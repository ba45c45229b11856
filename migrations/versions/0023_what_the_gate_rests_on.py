"""What the gate rests on: postings, questions and answers, papers and second persons, what was submitted

Revision ID: 0023
Revises: 0022
Create Date: 2026-11-29 18:21:28

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

# revision identifiers, used by Alembic.
revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "consultation_question",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("consultation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "topic", sa.Enum("competition", "own", name="questiontopic", native_enum=False, length=32), nullable=False
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_consultation_question_by_id")),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_consultation_question_consultation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation_question")),
        sa.UniqueConstraint("consultation_id", "number", name=op.f("uq_consultation_question_consultation_id_number")),
    )
    op.create_table(
        "gate_snapshot",
        sa.Column("consultation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checks", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_gate_snapshot_consultation_id")
        ),
        sa.PrimaryKeyConstraint("consultation_id", name=op.f("pk_gate_snapshot")),
    )
    op.create_table(
        "notice_posting",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("consultation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "medium",
            sa.Enum("new_media", "press", "broadcast", name="medium", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("account", sa.String(length=200), nullable=False),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("link", sa.String(length=1000), nullable=False),
        sa.Column("picture_name", sa.String(length=200), nullable=False),
        sa.Column("picture_digest", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_notice_posting_by_id")),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_notice_posting_consultation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_posting")),
    )
    with op.batch_alter_table("notice_posting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_posting_consultation_id"), ["consultation_id"], unique=False)

    op.create_table(
        "submission_answer",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("submission_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("question_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["question_id"], ["consultation_question.id"], name=op.f("fk_submission_answer_question_id")
        ),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_submission_answer_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission_answer")),
        sa.UniqueConstraint(
            "submission_id", "question_id", name=op.f("uq_submission_answer_submission_id_question_id")
        ),
    )
    with op.batch_alter_table("submission_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_submission_answer_question_id"), ["question_id"], unique=False)

    with op.batch_alter_table("meeting_fact", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("confirmed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.add_column(sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_meeting_fact_confirmed_by_id"), "user_account", ["confirmed_by_id"], ["id"]
        )

    with op.batch_alter_table("precondition_override", schema=None) as batch_op:
        batch_op.add_column(sa.Column("document_name", sa.String(length=200), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("document_digest", sa.String(length=64), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column("approved_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_precondition_override_approved_by_id"), "user_account", ["approved_by_id"], ["id"]
        )

    # what was submitted before keeps its state: nothing is known of what the gate said then
    op.execute(
        "INSERT INTO gate_snapshot (consultation_id, at, checks) SELECT id, changed_at, NULL FROM consultation"
        " WHERE stage IN ('submitted_to_meeting', 'promulgated')"
    )


def downgrade():
    with op.batch_alter_table("precondition_override", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_precondition_override_approved_by_id"), type_="foreignkey")
        batch_op.drop_column("approved_by_id")
        batch_op.drop_column("approved_at")
        batch_op.drop_column("document_digest")
        batch_op.drop_column("document_name")

    with op.batch_alter_table("meeting_fact", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_meeting_fact_confirmed_by_id"), type_="foreignkey")
        batch_op.drop_column("confirmed_at")
        batch_op.drop_column("confirmed_by_id")

    with op.batch_alter_table("submission_answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_submission_answer_question_id"))

    op.drop_table("submission_answer")
    with op.batch_alter_table("notice_posting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notice_posting_consultation_id"))

    op.drop_table("notice_posting")
    op.drop_table("gate_snapshot")
    op.drop_table("consultation_question")
