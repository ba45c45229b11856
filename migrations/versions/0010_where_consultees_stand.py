"""Where consultees stand, kept on the list and counted

Revision ID: 0010
Revises: 0009
Create Date: 2026-11-26 08:00:00.000000

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

LISTED = """
SELECT l.id, l.consultation_id, l.consultee_id, l.removed_at, c.kind, c.size, c.sector
FROM consultation_consultee l JOIN consultee c ON c.id = l.consultee_id
"""
INVITED = """
SELECT i.consultation_id, i.consultee_id, i.answer_by, i.revoked_at, i.declined_at, i.bounced_at, i.sent_at, i.opened_at
FROM invitation i ORDER BY i.id
"""
ANSWERED = """
SELECT i.consultation_id, i.consultee_id, r.no_opinion
FROM response r JOIN invitation i ON i.id = r.invitation_id ORDER BY r.id
"""
SPOKE = """
SELECT g.consultation_id, a.consultee_id FROM gathering_attendance a JOIN gathering g ON g.id = a.gathering_id
WHERE a.submission_id IS NOT NULL AND a.consultee_id IS NOT NULL
"""
MOMENT = sa.DateTime(timezone=True)


def upgrade():
    with op.batch_alter_table("consultation_consultee", schema=None) as batch_op:
        batch_op.add_column(sa.Column("standing", sa.String(length=20), server_default="none", nullable=False))
        batch_op.add_column(sa.Column("answer_by", MOMENT, nullable=True))
        batch_op.add_column(sa.Column("counted", sa.String(length=80), server_default="", nullable=False))
        batch_op.create_index("ix_consultation_consultee_standing", ["consultation_id", "standing", "id"], unique=False)
    with op.batch_alter_table("precondition_override", schema=None) as batch_op:
        batch_op.add_column(sa.Column("found", sa.Text(), server_default="", nullable=False))
    _count_what_is_there(op.get_bind())


def _count_what_is_there(connection):
    """Give every row of a list its standing, and the tally its counts."""
    asked = sa.text(INVITED).columns(answer_by=MOMENT)
    newest = {(row.consultation_id, row.consultee_id): row for row in connection.execute(asked)}
    answers = {(row.consultation_id, row.consultee_id): row for row in connection.execute(sa.text(ANSWERED))}
    spoke = {tuple(row) for row in connection.execute(sa.text(SPOKE))}
    listed = sa.table(
        "consultation_consultee",
        *(sa.column(name) for name in ("id", "standing", "counted")),
        sa.column("answer_by", MOMENT),
    )
    tally = sa.table("tally", *(sa.column(name) for name in ("consultation_id", "facet", "value", "n")))
    for row in connection.execute(sa.text(LISTED)).all():
        key = (row.consultation_id, row.consultee_id)
        invitation = newest.get(key)
        standing = _standing(invitation, answers.get(key), key in spoke)
        answer_by = invitation.answer_by if invitation is not None else None
        until = f"{answer_by:%Y%m%dT%H%M}" if answer_by is not None and standing in ("sent", "opened") else ""
        counted = "" if row.removed_at else "/".join((row.kind, row.size or "", row.sector, standing, until))
        values = {"standing": standing, "answer_by": answer_by, "counted": counted}
        connection.execute(listed.update().where(listed.c.id == row.id).values(**values))
        if counted:
            count = {"consultation_id": row.consultation_id, "facet": "hearing", "value": counted, "n": 1}
            connection.execute(tally.insert().values(**count))


def _standing(invitation, answer, spoke):
    if answer is not None:
        return "no_opinion" if answer.no_opinion else "heard"
    if spoke:
        return "heard"
    if invitation is None:
        return "none"
    for name, standing in (("revoked_at", "revoked"), ("declined_at", "declined"), ("bounced_at", "bounced")):
        if getattr(invitation, name) is not None:
            return standing
    if invitation.sent_at is None:
        return "prepared"
    return "opened" if invitation.opened_at is not None else "sent"


def downgrade():
    op.execute("DELETE FROM tally WHERE facet = 'hearing'")
    with op.batch_alter_table("precondition_override", schema=None) as batch_op:
        batch_op.drop_column("found")
    with op.batch_alter_table("consultation_consultee", schema=None) as batch_op:
        batch_op.drop_index("ix_consultation_consultee_standing")
        batch_op.drop_column("counted")
        batch_op.drop_column("answer_by")
        batch_op.drop_column("standing")
