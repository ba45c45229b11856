"""A consultation from a draft file: what is taken, what is refused, what is stored."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.app_context import blobs
from consult.drafting import service as drafting
from consult.drafting import versions
from consult.drafting.errors import DraftRefused, FieldMissing, FieldTooLong, WrongState
from consult.drafting.models import Consultation, DraftVersion, FrozenText, ProvisionRow, Stage, VersionKind
from consult.files.drafts import DraftText
from consult.files.errors import UnreadableFile
from consult.ledger.queries import entries
from consult.store import db
from consult.text.parser.provisions import parse
from tests.builders import DRAFT, NOON, a_consultation, an_actor, an_open_consultation, docx_of


def test_the_draft_is_stored_as_provisions_and_as_its_file(app: Flask) -> None:
    consultation = a_consultation(an_actor(Role.DRAFTER))
    version = consultation.public_version
    assert version is not None
    articles = [row.number for row in version.provisions if row.kind == "article"]
    assert articles == ["第一条", "第二条", "第三条", "第四条", "第五条"]
    assert [row.position for row in version.provisions] == list(range(len(version.provisions)))
    assert blobs().get(version.file_digest)[:2] == b"PK"
    assert consultation.stage is Stage.DRAFTING
    assert [entry.act for entry in entries()] == ["consultation.create"]


def test_the_title_comes_from_the_draft_when_none_is_given(app: Flask) -> None:
    assert a_consultation(an_actor(Role.DRAFTER), title="").title == "社区食堂管理办法（征求意见稿）"


def test_the_mail_phrase_is_the_title_without_its_bracketed_tail(app: Flask) -> None:
    consultation = a_consultation(an_actor(Role.DRAFTER))
    assert consultation.mail_phrase == "社区食堂管理办法"
    assert "社区食堂管理办法" in consultation.notice_html


def test_slugs_count_on_within_the_year_and_a_taken_one_is_refused(app: Flask) -> None:
    author = an_actor(Role.DRAFTER)
    assert [a_consultation(author).slug for _ in range(2)] == ["2026-001", "2026-002"]
    with pytest.raises(FieldMissing, match="已经用过"):
        a_consultation(author, slug="2026-002")
    with pytest.raises(FieldMissing, match="小写字母"):
        a_consultation(author, slug="Nicht/So")


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.PUBLISHER, Role.LEGAL, Role.AUDITOR])
def test_only_a_drafter_or_an_administrator_creates(app: Flask, role: Role) -> None:
    with pytest.raises(NotAllowed, match="起草处室"):
        a_consultation(an_actor(role))


@pytest.mark.parametrize(
    ("file_name", "data", "words"),
    [
        ("empty.txt", b"", "空文件"),
        ("notes.txt", "这是一份没有条文的说明。\n没有编号。".encode(), "未找到条文"),
        ("broken.docx", docx_of(DRAFT)[:2000], "broken.docx"),
        ("locked.docx", bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le") * 40, "locked.docx"),
        ("picture.docx", b"\x89PNG\r\n\x1a\n" + bytes(200), "picture.docx"),
    ],
)
def test_a_file_that_is_no_draft_is_refused_by_name_and_nothing_is_stored(
    app: Flask, file_name: str, data: bytes, words: str
) -> None:
    author = an_actor(Role.DRAFTER)
    with pytest.raises((DraftRefused, UnreadableFile), match=words):
        drafting.create(author, title="某办法", kind="normative-document", file_name=file_name, data=data, at=NOON)
    assert db.session.scalar(select(func.count()).select_from(Consultation)) == 0
    assert db.session.scalar(select(func.count()).select_from(DraftVersion)) == 0


def test_an_unknown_kind_of_document_is_named_with_those_there_are(app: Flask) -> None:
    with pytest.raises(FieldMissing, match=r"没有“novel”这一类文件.*normative-document"):
        a_consultation(an_actor(Role.DRAFTER), kind="novel")


def test_a_title_that_is_too_long_is_refused_not_cut(app: Flask) -> None:
    with pytest.raises(FieldTooLong, match="标题有 201 字，最多 200 字") as refusal:
        a_consultation(an_actor(Role.DRAFTER), title="长" * 201)
    assert refusal.value.field == "title"


def test_what_was_done_to_a_word_file_on_the_way_is_kept_with_the_parsers_warnings(app: Flask) -> None:
    gap = DRAFT.replace("第四条", "第七条")
    consultation = a_consultation(an_actor(Role.DRAFTER), text=gap)
    assert consultation.public_version is not None
    assert {warning["code"] for warning in consultation.public_version.warnings} >= {"gap"}
    text = DraftText("", "text/plain", ("修订已按接受处理。",))
    source = versions.DraftSource.of(text, parse(DRAFT))
    assert source.warnings[0] == {"code": "file", "message": "修订已按接受处理。", "line": 0, "anchor": ""}


def test_another_draft_is_another_version_and_the_first_stays_as_it_was(app: Flask) -> None:
    author = an_actor(Role.DRAFTER)
    consultation = a_consultation(author)
    first = consultation.public_version
    assert first is not None
    before = (first.text, first.file_digest, [(row.anchor, row.text) for row in first.provisions])
    second = versions.add_version(
        author,
        consultation,
        kind=VersionKind.FOR_COMMENT,
        file_name="second.txt",
        data=DRAFT.replace("七十周岁", "六十五周岁").encode(),
        at=NOON,
    )
    assert consultation.public_version is second
    assert [version.number for version in consultation.versions] == [1, 2]
    db.session.expire_all()
    assert (first.text, first.file_digest, [(row.anchor, row.text) for row in first.provisions]) == before


@pytest.mark.parametrize("what", ["version", "provision"])
def test_a_stored_version_never_changes(app: Flask, what: str) -> None:
    version = a_consultation(an_actor(Role.DRAFTER)).public_version
    assert version is not None
    if what == "version":
        version.text += "又加一句。"
    else:
        db.session.execute(select(ProvisionRow)).scalars().first().text = "改了"  # type: ignore[union-attr]
    with pytest.raises(FrozenText):
        db.session.commit()
    db.session.rollback()


def test_which_version_may_be_added_follows_from_the_state(app: Flask) -> None:
    author, publisher = an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER)

    def add(consultation: Consultation, kind: VersionKind) -> DraftVersion:
        return versions.add_version(author, consultation, kind=kind, file_name="next.txt", data=DRAFT.encode(), at=NOON)

    drafted = a_consultation(author)
    with pytest.raises(WrongState, match="修改稿等公布之后"):
        add(drafted, VersionKind.REVISED)
    drafting.submit_for_review(author, drafted, at=NOON)
    with pytest.raises(WrongState, match="送审后不能更换"):
        add(drafted, VersionKind.FOR_COMMENT)

    out = an_open_consultation(author, publisher)
    public = out.public_version
    assert add(out, VersionKind.REVISED).number == 2
    assert out.public_version is public, "what people comment on stays the text for comment"
    with pytest.raises(WrongState, match="送审后不能更换"):
        add(out, VersionKind.FOR_COMMENT)
    drafting.withdraw(publisher, out, "上位法已经修改。", at=NOON)
    with pytest.raises(WrongState, match="已经结束"):
        add(out, VersionKind.REVISED)


def test_a_drafter_of_another_division_adds_nothing(app: Flask) -> None:
    consultation = a_consultation(an_actor(Role.DRAFTER))
    stranger = an_actor(Role.DRAFTER, "stranger", "燃气处")
    with pytest.raises(NotAllowed, match="不归您的处室办理"):
        versions.add_version(
            stranger, consultation, kind=VersionKind.FOR_COMMENT, file_name="x.txt", data=DRAFT.encode(), at=NOON
        )
