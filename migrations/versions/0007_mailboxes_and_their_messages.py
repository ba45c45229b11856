"""mailboxes and their messages

Revision ID: 0007
Revises: 0006
Create Date: 2026-11-24 03:56:02.085681

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

# revision identifiers, used by Alembic.
revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "mailbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column(
            "encryption",
            sa.Enum("tls", "starttls", "none", name="encryption", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("user", sa.String(length=254), nullable=False),
        sa.Column("password_sealed", sa.Text(), nullable=False),
        sa.Column("folder", sa.String(length=255), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=True),
        sa.Column("last_uid", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox")),
        sa.UniqueConstraint("host", "port", "user", "folder", name=op.f("uq_mailbox_host_port_user_folder")),
    )
    op.create_table(
        "mail_acknowledgement",
        sa.Column("submission_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("skipped", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_mail_acknowledgement_submission_id")
        ),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_mail_acknowledgement")),
        sa.UniqueConstraint("message_id", name=op.f("uq_mail_acknowledgement_message_id")),
    )
    with op.batch_alter_table("mail_acknowledgement", schema=None) as batch_op:
        batch_op.create_index("ix_mail_acknowledgement_address", ["address", "due_at"], unique=False)

    op.create_table(
        "mail_message",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("blob", sa.String(length=64), nullable=True),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("server_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "stored",
                "unassigned",
                "duplicate",
                "automatic",
                "quarantined",
                name="outcome",
                native_enum=False,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("message_id", sa.String(length=500), nullable=False),
        sa.Column("sender", sa.String(length=320), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("automatic", sa.String(length=20), nullable=False),
        sa.Column("facts", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("answer_due", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_mail_message_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_message")),
        sa.UniqueConstraint("digest", name=op.f("uq_mail_message_digest")),
        sa.UniqueConstraint("submission_id", name=op.f("uq_mail_message_submission_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("mail_message", schema=None) as batch_op:
        batch_op.create_index("ix_mail_message_answer_due", ["answer_due", "id"], unique=False)
        batch_op.create_index("ix_mail_message_outcome", ["outcome", "id"], unique=False)

    op.create_table(
        "mail_refused_file",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("mail_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["mail_id"], ["mail_message.id"], name=op.f("fk_mail_refused_file_mail_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_refused_file")),
    )
    with op.batch_alter_table("mail_refused_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mail_refused_file_mail_id"), ["mail_id"], unique=False)

    op.create_table(
        "mail_sighting",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("mailbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("mail_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["mail_id"], ["mail_message.id"], name=op.f("fk_mail_sighting_mail_id")),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_mail_sighting_mailbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_sighting")),
        sa.UniqueConstraint(
            "mailbox_id",
            "uidvalidity",
            "uid",
            "mail_id",
            name=op.f("uq_mail_sighting_mailbox_id_uidvalidity_uid_mail_id"),
        ),
    )
    with op.batch_alter_table("mail_sighting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mail_sighting_mail_id"), ["mail_id"], unique=False)


def downgrade():
    with op.batch_alter_table("mail_sighting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mail_sighting_mail_id"))

    op.drop_table("mail_sighting")
    with op.batch_alter_table("mail_refused_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mail_refused_file_mail_id"))

    op.drop_table("mail_refused_file")
    with op.batch_alter_table("mail_message", schema=None) as batch_op:
        batch_op.drop_index("ix_mail_message_outcome")
        batch_op.drop_index("ix_mail_message_answer_due")

    op.drop_table("mail_message")
    with op.batch_alter_table("mail_acknowledgement", schema=None) as batch_op:
        batch_op.drop_index("ix_mail_acknowledgement_address")

    op.drop_table("mail_acknowledgement")
    op.drop_table("mailbox")
