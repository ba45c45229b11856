"""Questions that those who are heard are asked: chosen while drafting; their answers, question by question."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from consult import clock
from consult.accounts.permissions import Act, may
from consult.drafting import questions
from consult.drafting.models import QuestionTopic, Stage
from consult.faces.desk import form_values
from consult.faces.desk.blueprint import consultation_or_404, current_actor, desk, refusals_to_flash
from consult.faces.desk.navigation import inside
from consult.faces.row_ids import row_id
from consult.moderation import answers, private_data, service

PAGE = 50


@desk.get("/consultations/<slug>/questions", endpoint="notice_questions")
def questions_page(slug: str) -> str:
    """Show the questions, to choose while it is drafted; afterwards each with how many answered it."""
    consultation, actor = consultation_or_404(slug), current_actor()
    asked = questions.of(consultation)
    return render_template(
        "desk/consultation/questions.html",
        desk_nav=inside(actor, consultation),
        consultation=consultation,
        state=consultation.state(clock.now()).value,
        now=clock.now(),
        questions=asked,
        own=sum(question.topic is QuestionTopic.OWN for question in asked),
        most=questions.MAX_OWN,
        characters=questions.CHARACTERS,
        asks_competition=questions.asks_competition(consultation),
        counts=answers.counts(consultation),
        writable=consultation.stage is Stage.DRAFTING and may(actor, Act.EDIT_CONSULTATION, consultation),
        may_read=may(actor, Act.SEE_SUBMISSIONS, consultation),
    )


@desk.post("/consultations/<slug>/questions/<any('add', 'remove'):verb>", endpoint="notice_questions_act")
def questions_act(slug: str, verb: str) -> Response:
    """Add a question, or take one out."""
    consultation = consultation_or_404(slug, Act.EDIT_CONSULTATION)
    with refusals_to_flash() as tried:
        if verb == "add":
            topic = form_values.one_of(QuestionTopic, request.form.get("topic", ""), QuestionTopic.OWN, "问题的类别")
            questions.add(current_actor(), consultation, topic, request.form.get("text", "")[:2000], at=clock.now())
        else:
            number = row_id(request.form.get("number", ""))
            question = next((question for question in questions.of(consultation) if question.number == number), None)
            questions.remove(current_actor(), consultation, question or abort(404), at=clock.now())
    if tried.ok:
        flash("已增加。" if verb == "add" else "已删除。", "success")
    return redirect(url_for(".notice_questions", slug=slug), 303)


@desk.get("/consultations/<slug>/questions/<int:number>", endpoint="notice_question")
def question_page(slug: str, number: int) -> str:
    """Show what was answered to one question, newest first."""
    consultation = consultation_or_404(slug, Act.SEE_SUBMISSIONS)
    question = next((row for row in questions.of(consultation) if row.number == number), None) or abort(404)
    before = row_id(request.args.get("before", ""))
    rows = answers.page(question, before=before, limit=PAGE + 1)
    shown = rows[:PAGE]
    detected = private_data.of_many(submission for _, submission in shown)
    return render_template(
        "desk/consultation/question.html",
        desk_nav=inside(current_actor(), consultation),
        consultation=consultation,
        state=consultation.state(clock.now()).value,
        now=clock.now(),
        question=question,
        rows=[
            (answer, submission, service.masked_answer(answer, detected[submission.id])) for answer, submission in shown
        ],
        next=url_for(".notice_question", slug=slug, number=number, before=shown[-1][0].id)
        if len(rows) > PAGE
        else None,
        first=url_for(".notice_question", slug=slug, number=number) if before else None,
    )
