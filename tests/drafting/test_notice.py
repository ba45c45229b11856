"""Writing the notice, sending it for review, giving it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.drafting import publication, versions
from consult.drafting import service as drafting
from consult.drafting.errors import ChangedMeanwhile, FieldMissing, FieldTooLong, WrongState
from consult.drafting.models import Consultation, Stage, VersionKind
from consult.drafting.service import Notice
from tests.builders import DRAFT, NOON, a_consultation, an_actor, docx_of


def notice_of(consultation: Consultation, **changes: object) -> Notice:
    """Return what is written now, with changes."""
    now = Notice(
        title=consultation.title,
        kind=consultation.kind,
        enterprise_related=consultation.enterprise_related,
        summary=consultation.summary,
        notice_html=consultation.notice_html,
        explanation_html=consultation.explanation_html,
        mail_phrase=consultation.mail_phrase,
        contact=consultation.contact,
    )
    return replace(now, **changes)  # type: ignore[arg-type]


def test_what_is_pasted_is_stored_without_what_could_run(app: Flask) -> None:
    author = an_actor(Role.DRAFTER)
    consultation = a_consultation(author)
    pasted = (
        '<p onclick="x()">现公布<script>alert(1)</script>草案</p><a href="javascript:x()">点</a>'
        "<table><tr><td>一</td></tr></table>"
    )
    drafting.write_notice(author, consultation, notice_of(consultation, explanation_html=pasted), at=NOON)
    stored = consultation.explanation_html
    assert "现公布草案" in stored
    assert "<td>一</td>" in stored
    for bad in ("script", "onclick", "javascript", "alert"):
        assert bad not in stored


def test_plain_words_become_paragraphs(app: Flask) -> None:
    author = an_actor(Role.DRAFTER)
    consultation = a_consultation(author)
    drafting.write_notice(author, consultation, notice_of(consultation, explanation_html="第一段\n\n第二段"), at=NOON)
    assert consultation.explanation_html == "<p>第一段</p><p>第二段</p>"


def test_a_notice_nobody_touched_follows_the_title_and_contact(app: Flask) -> None:
    author = an_actor(Role.DRAFTER)
    consultation = a_consultation(author)
    as_an_editor_sends_it = consultation.notice_html.replace("</p>", "</p>\n").replace("“", "&ldquo;")
    change = notice_of(
        consultation, title="社区助餐管理办法", contact="某市一路1号，邮编100000", notice_html=as_an_editor_sends_it
    )
    drafting.write_notice(author, consultation, change, at=NOON)
    assert "《社区助餐管理办法》" in consultation.notice_html
    assert "某市一路1号" in consultation.notice_html


def test_a_notice_in_the_drafters_own_words_stays_as_it_is(app: Flask) -> None:
    author = an_actor(Role.DRAFTER)
    consultation = a_consultation(author)
    handwritten = notice_of(consultation, title="社区助餐管理办法", notice_html="<p>自己写的公告。</p>")
    drafting.write_notice(author, consultation, handwritten, at=NOON)
    assert consultation.notice_html == "<p>自己写的公告。</p>"


@pytest.mark.parametrize(
    ("changes", "field", "error"),
    [
        ({"title": " 　"}, "title", FieldMissing),
        ({"title": "长" * 201}, "title", FieldTooLong),
        ({"kind": "novel"}, "kind", FieldMissing),
        ({"summary": "长" * 301}, "summary", FieldTooLong),
        ({"mail_phrase": "长" * 81}, "mail_phrase", FieldTooLong),
        ({"contact": "长" * 301}, "contact", FieldTooLong),
        ({"notice_html": "长" * 100_001}, "notice_html", FieldTooLong),
        ({"explanation_html": "长" * 100_001}, "explanation_html", FieldTooLong),
    ],
)
def test_each_field_says_what_is_wrong_with_it_and_nothing_is_stored(
    app: Flask, changes: dict[str, object], field: str, error: type[Exception]
) -> None:
    author = an_actor(Role.DRAFTER)
    consultation = a_consultation(author)
    changed_at = consultation.changed_at
    with pytest.raises(error) as refusal:
        drafting.write_notice(author, consultation, notice_of(consultation, **changes), at=NOON.replace(hour=9))
    assert refusal.value.field == field  # type: ignore[attr-defined]
    assert consultation.changed_at == changed_at


def test_after_it_was_sent_for_review_only_a_return_opens_it_again(app: Flask) -> None:
    author, publisher = an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER)
    consultation = a_consultation(author)
    drafting.submit_for_review(author, consultation, at=NOON)
    assert consultation.stage is Stage.IN_REVIEW
    with pytest.raises(WrongState, match="送审之后"):
        drafting.write_notice(author, consultation, notice_of(consultation), at=NOON)
    with pytest.raises(WrongState, match="只有起草中的"):
        drafting.submit_for_review(author, consultation, at=NOON)
    with pytest.raises(FieldMissing, match="退回的理由"):
        drafting.return_to_drafter(publisher, consultation, "  ", at=NOON)
    drafting.return_to_drafter(publisher, consultation, "第三条第三项的标准不明确。", at=NOON)
    assert consultation.returned_reason == "第三条第三项的标准不明确。"
    drafting.write_notice(author, consultation, notice_of(consultation, summary="改过了"), at=NOON)
    drafting.submit_for_review(author, consultation, at=NOON)
    assert consultation.returned_reason == ""


def test_what_was_sent_for_review_is_taken_back_changed_and_sent_again(app: Flask) -> None:
    author, publisher = an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER)
    consultation = a_consultation(author)
    with pytest.raises(WrongState, match="只有送审中的"):
        drafting.take_back(author, consultation, at=NOON)
    drafting.submit_for_review(author, consultation, at=NOON)
    seen = consultation.changed_at
    with pytest.raises(NotAllowed):
        drafting.take_back(publisher, consultation, at=NOON)
    drafting.take_back(author, consultation, at=NOON + timedelta(minutes=1))
    assert (consultation.stage, consultation.returned_reason) == (Stage.DRAFTING, "")
    with pytest.raises(WrongState, match="只有送审中的"):
        publication.publish(publisher, consultation, at=NOON)
    drafting.write_notice(author, consultation, notice_of(consultation, summary="改过了"), at=NOON)
    drafting.submit_for_review(author, consultation, at=NOON + timedelta(minutes=2))
    with pytest.raises(WrongState, match="已作修改"):
        publication.publish(publisher, consultation, at=NOON, seen=seen)
    publication.publish(publisher, consultation, at=NOON)
    with pytest.raises(WrongState, match="已经审核发布"):
        drafting.take_back(author, consultation, at=NOON)


def test_without_a_notice_nothing_is_sent_for_review(app: Flask) -> None:
    author = an_actor(Role.DRAFTER)
    consultation = a_consultation(author)
    drafting.write_notice(author, consultation, notice_of(consultation, notice_html="  "), at=NOON)
    with pytest.raises(FieldMissing, match="公告"):
        drafting.submit_for_review(author, consultation, at=NOON)


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.PUBLISHER, Role.LEGAL, Role.AUDITOR])
def test_nobody_but_drafters_and_administrators_writes_or_submits(app: Flask, role: Role) -> None:
    consultation = a_consultation(an_actor(Role.DRAFTER))
    other = an_actor(role, "x")
    with pytest.raises(NotAllowed):
        drafting.write_notice(other, consultation, notice_of(consultation), at=NOON)
    with pytest.raises(NotAllowed):
        drafting.submit_for_review(other, consultation, at=NOON)


@pytest.mark.parametrize("role", [Role.DRAFTER, Role.MODERATOR, Role.LEGAL, Role.AUDITOR])
def test_nobody_but_publishers_and_administrators_returns(app: Flask, role: Role) -> None:
    author = an_actor(Role.DRAFTER)
    consultation = a_consultation(author)
    drafting.submit_for_review(author, consultation, at=NOON)
    with pytest.raises(NotAllowed):
        drafting.return_to_drafter(an_actor(role, "x"), consultation, "理由", at=NOON)


def test_what_another_wrote_meanwhile_is_not_overwritten_unseen(app: Flask) -> None:
    author, colleague = an_actor(Role.DRAFTER), an_actor(Role.DRAFTER, "colleague")
    consultation = a_consultation(author)
    begun = drafting.notice_digest(consultation)
    drafting.write_notice(colleague, consultation, notice_of(consultation, contact="某市一路1号"), at=NOON, seen=begun)
    late = notice_of(consultation, contact="某市二路2号")
    with pytest.raises(ChangedMeanwhile, match=colleague.name):
        drafting.write_notice(author, consultation, late, at=NOON, seen=begun)
    assert consultation.contact == "某市一路1号"
    drafting.write_notice(author, consultation, late, at=NOON, seen=drafting.notice_digest(consultation))
    assert consultation.contact == "某市二路2号"


def test_the_same_form_sent_twice_is_no_conflict_nor_is_another_act_on_the_consultation(app: Flask) -> None:
    author = an_actor(Role.DRAFTER)
    consultation = a_consultation(author)
    begun = drafting.notice_digest(consultation)
    versions.add_version(
        author, consultation, kind=VersionKind.FOR_COMMENT, file_name="b.docx", data=docx_of(DRAFT), at=NOON
    )
    for _ in range(2):
        change = notice_of(consultation, contact="某市一路1号", notice_html="<p>公告</p>")
        drafting.write_notice(author, consultation, change, at=NOON, seen=begun)
    assert consultation.contact == "某市一路1号"
