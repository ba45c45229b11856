"""The questions of a consultation: on competition, and the drafting division's own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from consult.accounts.permissions import Act, Actor, require
from consult.drafting.audit import record_act
from consult.drafting.errors import FieldMissing, WrongState
from consult.drafting.models import Consultation, Question, QuestionTopic, Stage
from consult.store import db, transaction
from consult.store.locking import lock_row

MAX_OWN = 10
"""Maximum of the drafting division's own questions in one consultation."""
CHARACTERS = 300
COMPETITION = (
    "您认为本文件对公平竞争有何影响（市场准入和退出、商品和要素自由流动、生产经营成本、生产经营行为）？"
    "没有影响的，请写“没有影响”。"
)
"""The question on competition (《公平竞争审查条例》第八条至第十一条、第十六条)."""


def add(actor: Actor, consultation: Consultation, topic: QuestionTopic, text: str, *, at: datetime) -> Question:
    """Add a question while the consultation is being drafted.

    Raises:
        FieldMissing: no text, too long, or too many questions.
        WrongState: it was sent for review.
    """
    require(actor, Act.EDIT_CONSULTATION, consultation)
    text = text.strip() or (COMPETITION if topic is QuestionTopic.COMPETITION else "")
    if not text:
        raise FieldMissing("请写明要问的问题。", "question")
    if len(text) > CHARACTERS:
        raise FieldMissing(f"每个问题不超过 {CHARACTERS} 字。", "question")
    with transaction():
        lock_row(consultation)
        if consultation.stage is not Stage.DRAFTING:
            raise WrongState("送审后不能再增加或者删除问题。需要的，请先退回起草处室。")
        asked = of(consultation)
        if topic is QuestionTopic.COMPETITION and asks_competition(consultation):
            raise FieldMissing("已有关于公平竞争影响的问题。", "question")
        if topic is QuestionTopic.OWN and sum(question.topic is QuestionTopic.OWN for question in asked) >= MAX_OWN:
            raise FieldMissing(f"自拟的问题不超过 {MAX_OWN} 个。", "question")
        question = store(consultation, topic, text, actor, at)
        record_act(actor, "consultation.add_question", consultation, at, question=question.id, text=text)
    return question


def store(consultation: Consultation, topic: QuestionTopic, text: str, actor: Actor, at: datetime) -> Question:
    """Store a question, in the caller's transaction."""
    last = db.session.scalar(select(func.max(Question.number)).where(Question.consultation_id == consultation.id))
    question = Question(
        consultation_id=consultation.id, number=(last or 0) + 1, topic=topic, text=text, at=at, by_id=actor.id
    )
    db.session.add(question)
    db.session.flush()
    return question


def remove(actor: Actor, consultation: Consultation, question: Question, *, at: datetime) -> None:
    """Remove a question while the consultation is being drafted.

    Raises:
        WrongState: it was sent for review.
    """
    require(actor, Act.EDIT_CONSULTATION, consultation)
    with transaction():
        lock_row(consultation)
        if consultation.stage is not Stage.DRAFTING:
            raise WrongState("送审后不能再增加或者删除问题。需要的，请先退回起草处室。")
        question.removed_at = at
        record_act(actor, "consultation.remove_question", consultation, at, question=question.id)


def of(consultation: Consultation) -> list[Question]:
    """Return the questions of a consultation, in their order."""
    query = select(Question).where(Question.consultation_id == consultation.id, Question.removed_at.is_(None))
    return list(db.session.scalars(query.order_by(Question.number)))


def ever_asked_competition(consultation: Consultation) -> bool:
    """Say whether a consultation asks about the effect on competition, or did before the question was removed."""
    query = select(Question.id).where(
        Question.consultation_id == consultation.id, Question.topic == QuestionTopic.COMPETITION
    )
    return db.session.scalar(query.limit(1)) is not None


def asks_competition(consultation: Consultation) -> bool:
    """Say whether a consultation asks about the effect on competition."""
    return any(question.topic is QuestionTopic.COMPETITION for question in of(consultation))
