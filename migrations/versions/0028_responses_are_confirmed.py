"""Responses are proposed and confirmed; what the register said is kept with them

Revision ID: 0028
Revises: 0027
Create Date: 2026-11-29 18:30:00.000000

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

# revision identifiers, used by Alembic.
revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
STANDING = sa.Enum(
    "proposed",
    "opinion",
    "no_opinion",
    "not_an_answer",
    "replaced",
    name="responsestanding",
    native_enum=False,
    length=32,
)
WAY = sa.Enum("portal", "mail", "paper", "telephone", "meeting", name="way", native_enum=False, length=32)

RESPONSES = """
SELECT r.id, r.invitation_id, r.no_opinion, r.at, s.channel
FROM response r JOIN submission s ON s.id = r.submission_id ORDER BY r.invitation_id, r.version
"""
WAYS = {"portal": "portal", "mailbox": "mail", "phone": "telephone", "meeting": "meeting"}
HEARD = """
SELECT l.id, l.consultation_id, l.consultee_id, l.answer_by, l.counted
FROM consultation_consultee l WHERE l.standing IN ('heard', 'no_opinion') ORDER BY l.id
"""
ANSWERED = """
SELECT i.consultation_id, i.consultee_id, r.standing
FROM response r JOIN invitation i ON i.id = r.invitation_id JOIN submission s ON s.id = r.submission_id
WHERE r.standing IN ('opinion', 'no_opinion') AND s.consultation_id = i.consultation_id AND (s.state IN ('received', 'screening', 'accepted') OR (s.state = 'duplicate' AND EXISTS (
  SELECT 1 FROM submission o WHERE o.id = s.duplicate_of_id AND o.state IN ('received', 'screening', 'accepted'))))
"""
SPOKE = """
SELECT g.consultation_id, a.consultee_id
FROM gathering_attendance a JOIN gathering g ON g.id = a.gathering_id JOIN submission s ON s.id = a.submission_id
WHERE a.consultee_id IS NOT NULL AND a.came AND g.kind = 'symposium' AND g.minutes_digest <> ''
  AND s.consultation_id = g.consultation_id AND (s.state IN ('received', 'screening', 'accepted') OR (s.state = 'duplicate' AND EXISTS (
  SELECT 1 FROM submission o WHERE o.id = s.duplicate_of_id AND o.state IN ('received', 'screening', 'accepted'))))
"""
INVITED = """
SELECT i.consultation_id, i.consultee_id, i.revoked_at, i.declined_at, i.bounced_at, i.sent_at, i.opened_at
FROM invitation i ORDER BY i.id
"""


def upgrade():
    op.create_table(
        "consultee_correction",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("consultee_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changes", JSON, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["user_account.id"], name=op.f("fk_consultee_correction_by_id")),
        sa.ForeignKeyConstraint(["consultee_id"], ["consultee.id"], name=op.f("fk_consultee_correction_consultee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultee_correction")),
    )
    with op.batch_alter_table("consultee_correction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consultee_correction_consultee_id"), ["consultee_id"], unique=False)
    op.create_table(
        "mail_hook_failure",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_mail_hook_failure_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_hook_failure")),
    )
    with op.batch_alter_table("mail_hook_failure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mail_hook_failure_submission_id"), ["submission_id"], unique=False)
    with op.batch_alter_table("gathering_attendance", schema=None) as batch_op:
        batch_op.add_column(sa.Column("heard_as", JSON, nullable=True))
    _add_columns()
    connection = op.get_bind()
    _say_what_each_response_is(connection)
    _count_again(connection)


def _add_columns():
    with op.batch_alter_table("response", schema=None) as batch_op:
        batch_op.add_column(sa.Column("standing", STANDING, server_default="proposed", nullable=False))
        batch_op.add_column(sa.Column("proposed_as", STANDING, nullable=True))
        batch_op.add_column(sa.Column("because", JSON, server_default="[]", nullable=False))
        batch_op.add_column(sa.Column("way", WAY, server_default="mail", nullable=False))
        batch_op.add_column(sa.Column("entered_by_id", ID, nullable=True))
        batch_op.add_column(sa.Column("confirmed_by_id", ID, nullable=True))
        batch_op.add_column(sa.Column("confirmed_at", MOMENT, nullable=True))
        batch_op.add_column(sa.Column("replaces_id", ID, nullable=True))
        batch_op.add_column(sa.Column("adds_to_id", ID, nullable=True))
        batch_op.add_column(sa.Column("caller_name", sa.String(length=80), server_default="", nullable=False))
        batch_op.add_column(sa.Column("caller_phone", sa.String(length=40), server_default="", nullable=False))
        batch_op.add_column(sa.Column("called_at", MOMENT, nullable=True))
        batch_op.add_column(sa.Column("heard_as", JSON, nullable=True))
        batch_op.create_index("ix_response_standing", ["standing", "invitation_id"], unique=False)
        batch_op.create_index("ix_response_replaces_id", ["replaces_id"], unique=False)
        for column, table in (
            ("entered_by_id", "user_account"),
            ("confirmed_by_id", "user_account"),
            ("replaces_id", "response"),
            ("adds_to_id", "response"),
        ):
            batch_op.create_foreign_key(batch_op.f(f"fk_response_{column}"), table, [column], ["id"])


def _say_what_each_response_is(connection):
    """Let answers by the portal count as they did; what came by mail or was typed in waits to be confirmed.

    Of several answers to one invitation each later one replaced the one before.
    """
    response = sa.table(
        "response",
        *(sa.column(name) for name in ("id", "standing", "proposed_as", "way", "replaces_id")),
        sa.column("confirmed_at", MOMENT),
    )
    rows = connection.execute(sa.text(RESPONSES).columns(at=MOMENT)).all()
    last = {row.invitation_id: row.id for row in rows}
    previous = {}
    for row in rows:
        what = "no_opinion" if row.no_opinion else "opinion"
        by_portal = row.channel == "portal"
        standing = "replaced" if last[row.invitation_id] != row.id else what if by_portal else "proposed"
        values = {
            "standing": standing,
            "proposed_as": None if by_portal else what,
            "way": WAYS.get(row.channel, "paper"),
            "replaces_id": previous.get(row.invitation_id),
            "confirmed_at": row.at if by_portal else None,
        }
        connection.execute(response.update().where(response.c.id == row.id).values(**values))
        previous[row.invitation_id] = row.id


def _count_again(connection):
    """Count those as heard no longer whose answer waits to be confirmed, or whose submission is not in force."""
    answers = {}
    for row in connection.execute(sa.text(ANSWERED)):
        key = (row.consultation_id, row.consultee_id)
        answers[key] = (
            "heard" if "opinion" in (row.standing, answers.get(key)) or answers.get(key) == "heard" else "no_opinion"
        )
    answers |= {tuple(row): "heard" for row in connection.execute(sa.text(SPOKE))}
    newest = {(row.consultation_id, row.consultee_id): row for row in connection.execute(sa.text(INVITED))}
    listed = sa.table("consultation_consultee", *(sa.column(name) for name in ("id", "standing", "counted")))
    tally = sa.table("tally", *(sa.column(name) for name in ("consultation_id", "facet", "value", "n")))
    for row in connection.execute(sa.text(HEARD).columns(answer_by=MOMENT)).all():
        key = (row.consultation_id, row.consultee_id)
        standing = answers.get(key) or _standing(newest.get(key))
        waits = row.answer_by is not None and standing in ("sent", "opened")
        until = f"{row.answer_by:%Y%m%dT%H%M}" if waits else ""
        kind, size, sector, _, _, *traits = row.counted.split("/") if row.counted else [""] * 5
        counted = "/".join((kind, size, sector, standing, until, *traits)) if row.counted else ""
        connection.execute(listed.update().where(listed.c.id == row.id).values(standing=standing, counted=counted))
        if counted != row.counted:
            for value, n in ((row.counted, -1), (counted, 1)):
                count = {"consultation_id": row.consultation_id, "facet": "hearing", "value": value, "n": n}
                connection.execute(tally.insert().values(**count))


def _standing(invitation):
    if invitation is None:
        return "none"
    for name, standing in (("revoked_at", "revoked"), ("declined_at", "declined"), ("bounced_at", "bounced")):
        if getattr(invitation, name) is not None:
            return standing
    if invitation.sent_at is None:
        return "prepared"
    return "opened" if invitation.opened_at is not None else "sent"


def downgrade():
    with op.batch_alter_table("response", schema=None) as batch_op:
        for column in ("entered_by_id", "confirmed_by_id", "replaces_id", "adds_to_id"):
            batch_op.drop_constraint(batch_op.f(f"fk_response_{column}"), type_="foreignkey")
        batch_op.drop_index("ix_response_replaces_id")
        batch_op.drop_index("ix_response_standing")
        for column in (
            "heard_as",
            "called_at",
            "caller_phone",
            "caller_name",
            "adds_to_id",
            "replaces_id",
            "confirmed_at",
            "confirmed_by_id",
            "entered_by_id",
            "way",
            "because",
            "proposed_as",
            "standing",
        ):
            batch_op.drop_column(column)
    with op.batch_alter_table("gathering_attendance", schema=None) as batch_op:
        batch_op.drop_column("heard_as")
    op.drop_table("mail_hook_failure")
    op.drop_table("consultee_correction")
