"""Kits say what the public pages say, are out of date when these change, and are shown only as they were drawn."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pypdfium2
import pytest
from flask import Flask, g
from sqlalchemy import func, select, update

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.app_context import blobs
from consult.clock import local
from consult.drafting import postings, publication
from consult.drafting import service as drafting
from consult.drafting.errors import FieldMissing, WrongState
from consult.drafting.models import Consultation, Medium, NoticePosting, PublicText
from consult.faces.cli.ledger import everything_wrong
from consult.files.publicity import FILES, Kit, draw
from consult.files.sandbox import ReaderDied
from consult.ledger.verification import CheckedCounts
from consult.meeting import facts
from consult.publicity import service, words
from consult.publicity.errors import NotPublic
from consult.publicity.models import PublicityKit
from consult.reporting.models import FeedbackReport
from consult.store import db
from tests.builders import NOON, a_consultation, a_user, an_actor, an_open_consultation
from tests.faces.cli.console import run
from tests.issuance.test_issuance import AFTER, issued, submitted
from tests.meeting.green import Green
from tests.signed_in import sign_in_as
from tests.snapshot import Kept, kept

LATER = NOON + timedelta(hours=1)


def drawn_now(consultation: Consultation, at: datetime, about: PublicText = PublicText.NOTICE) -> PublicityKit:
    service.draw_due(at)
    kit = service.drawn(consultation, about)
    assert kit is not None
    return kit


def text_of(kit: PublicityKit) -> str:
    return blobs().get(kit.files["text.txt"]).decode()


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(PublicityKit)) or 0


def test_what_opens_gets_its_kit_by_itself_and_once(app: Flask) -> None:
    consultation = an_open_consultation(an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER))
    kit = drawn_now(consultation, LATER)
    assert consultation.title in text_of(kit)
    assert f"/consultations/{consultation.slug}" in text_of(kit)
    assert service.draw_due(LATER + timedelta(minutes=1)) == 0
    assert count() == 1
    answer = app.test_client().get(f"/consultations/{consultation.slug}/card.png")
    assert answer.data == blobs().get(kit.files["card.png"])
    page = app.test_client().get(f"/consultations/{consultation.slug}").text
    assert f'/consultations/{consultation.slug}/card.png"' in page
    assert 'property="og:title"' in page


def test_what_is_scheduled_has_no_kit_before_it_opens(app: Flask) -> None:
    author, publisher = an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER)
    consultation = a_consultation(author)
    drafting.submit_for_review(author, consultation, at=NOON)
    opens = local(NOON).date() + timedelta(days=3)
    publication.publish(publisher, consultation, at=NOON, opens=opens)
    assert service.draw_due(LATER) == 0
    with pytest.raises(NotPublic):
        service.ask(publisher, consultation, PublicText.NOTICE, at=LATER)
    assert service.draw_due(NOON + timedelta(days=4)) == 1


def test_an_extension_makes_the_kit_out_of_date_and_it_is_drawn_again(app: Flask) -> None:
    publisher = an_actor(Role.PUBLISHER)
    consultation = an_open_consultation(an_actor(Role.DRAFTER), publisher)
    before = drawn_now(consultation, LATER)
    assert consultation.last_day is not None
    last_day = consultation.last_day + timedelta(days=1)
    while publication.rest_day_note(last_day):
        last_day += timedelta(days=1)
    at = LATER + timedelta(minutes=1)
    publication.extend_period(publisher, consultation, last_day=last_day, reason="来件很多，需要时间。", at=at)
    assert not service.is_current(before, at)
    after = drawn_now(consultation, at + timedelta(minutes=1))
    assert after.id != before.id
    assert service.is_current(after, at)
    assert "来件很多，需要时间。" in text_of(after)
    assert f"{last_day.day}日24时" in text_of(after)


def test_a_change_that_the_pages_do_not_show_draws_nothing(app: Flask) -> None:
    author = an_actor(Role.DRAFTER)
    consultation = an_open_consultation(author, an_actor(Role.PUBLISHER))
    drawn_now(consultation, LATER)
    drafting.grant_access(
        author, consultation, a_user(Role.MODERATOR, "m", division="另一处室"), at=LATER + timedelta(minutes=1)
    )
    assert service.draw_due(LATER + timedelta(minutes=2)) == 0
    assert count() == 1


def test_what_is_withdrawn_is_made_known_no_more(app: Flask) -> None:
    publisher = an_actor(Role.PUBLISHER)
    consultation = an_open_consultation(an_actor(Role.DRAFTER), publisher)
    kit = drawn_now(consultation, LATER)
    drafting.withdraw(publisher, consultation, "上位法修改。", at=LATER + timedelta(minutes=1))
    assert not service.is_current(kit, LATER)
    with pytest.raises(NotPublic):
        service.ask(publisher, consultation, PublicText.NOTICE, at=LATER)
    assert service.draw_due(LATER + timedelta(minutes=2)) == 0
    address = f"/consultations/{consultation.slug}"
    assert app.test_client().get(f"{address}/card.png").status_code == 404
    page = app.test_client().get(address).text
    assert 'property="og:title"' in page
    assert "card.png" not in page


def test_a_kit_that_breaks_in_an_unforeseen_way_does_not_keep_the_others_waiting(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    author, publisher = an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER)
    first = an_open_consultation(author, publisher)
    second = an_open_consultation(author, publisher)
    real = service.draw

    def breaks(kit: Kit) -> dict[str, bytes]:
        if kit.url.endswith(first.slug):
            raise KeyError("没有想到的错误")
        return real(kit)

    monkeypatch.setattr(service, "draw", breaks)
    assert service.draw_due(LATER) == 1
    assert service.drawn(second, PublicText.NOTICE) is not None
    broken = service.newest(first, PublicText.NOTICE)
    assert broken is not None
    assert broken.failed == service.FAILED
    assert service.draw_due(LATER) == 0


@pytest.mark.parametrize("title", ["A" * 200, "管" * 200, "\u202e倒\u200b\x01\x08\ufffe😀👨‍👩‍👧#read($x$)"])
def test_a_title_without_breaks_or_of_odd_characters_stays_on_its_card(title: str) -> None:
    kit = Kit(
        "公开征求意见", title, "某厅", "某网", "", (), (), "", (), (), "扫码", "https://example.cn/consultations/x"
    )
    files = draw(kit)
    assert len(pypdfium2.PdfDocument(files["poster-a4.pdf"])) == 1
    with pypdfium2.PdfDocument(files["poster-a4.pdf"]) as document:
        page = document[0]
        text = page.get_textpage()
        assert all(text.get_charbox(n)[2] <= page.get_width() for n in range(text.count_chars()))


def test_a_kit_that_cannot_be_drawn_says_so_and_is_tried_when_asked(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    author = an_actor(Role.DRAFTER)
    consultation = an_open_consultation(author, an_actor(Role.PUBLISHER))

    def dies(_kit: object) -> dict[str, bytes]:
        raise ReaderDied("ended with 1")

    with monkeypatch.context() as patch:
        patch.setattr(service, "draw", dies)
        assert service.draw_due(LATER) == 0
        assert service.draw_due(LATER + timedelta(minutes=1)) == 0
    kit = service.newest(consultation, PublicText.NOTICE)
    assert kit is not None
    assert "未能生成" in kit.failed
    assert count() == 1
    service.ask(author, consultation, PublicText.NOTICE, at=LATER + timedelta(minutes=2))
    service.ask(author, consultation, PublicText.NOTICE, at=LATER + timedelta(minutes=2))
    assert count() == 2
    assert service.draw_due(LATER + timedelta(minutes=3)) == 1


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.LEGAL, Role.AUDITOR])
def test_who_may_not_post_does_not_ask_for_kits(app: Flask, role: Role) -> None:
    consultation = an_open_consultation(an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER))
    with pytest.raises(NotAllowed):
        service.ask(an_actor(role, "x"), consultation, PublicText.NOTICE, at=LATER)


def test_files_put_in_another_ones_place_are_not_shown_and_found(app: Flask) -> None:
    consultation = an_open_consultation(an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER))
    kit = drawn_now(consultation, LATER)
    assert list(everything_wrong(CheckedCounts())) == []
    forged = {**kit.files, "card.png": kit.files["card-square.png"]}
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.execute(update(PublicityKit.__table__).values(files=forged))
    db.session.rollback()
    assert app.test_client().get(f"/consultations/{consultation.slug}/card.png").status_code == 404
    assert "宣传材料" in "".join(fault.message for fault in everything_wrong(CheckedCounts()))


# ------------------------------------------------------------------ the end of the road


@pytest.fixture(scope="module")
def world(session_app: Flask) -> Iterator[Kept[Green]]:
    with kept(session_app, submitted) as world:
        yield world


@pytest.fixture
def green(world: Kept[Green]) -> Iterator[Green]:
    with world.turn() as green:
        yield green


def test_report_and_issued_text_have_kits_with_their_figures_and_answers(green: Green) -> None:
    document = issued(green)
    report = text_of(drawn_now(green.consultation, AFTER, PublicText.REPORT))
    printed = db.session.scalars(select(FeedbackReport)).one()
    assert "/consultations/green/report" in report
    figures = printed.snapshot["figures"]
    assert f"{figures['received']} 件来件，{figures['opinions']} 条意见，采纳 {figures['outcome.adopted']} 条" in report
    for line in printed.snapshot["main_opinions"]:
        assert line["title"] in report
        assert line["reason"] in report
    text = text_of(drawn_now(green.consultation, AFTER, PublicText.ISSUED))
    assert document.document_number in text
    assert document.published_in in text


def test_the_card_of_the_latest_text_is_shown(green: Green, session_app: Flask) -> None:
    issued(green)
    kit = drawn_now(green.consultation, AFTER, PublicText.ISSUED)
    answer = session_app.test_client().get("/consultations/green/card.png")
    assert answer.data == blobs().get(kit.files["card.png"])


def test_a_forged_report_gets_no_kit(green: Green) -> None:
    printed = db.session.scalars(select(FeedbackReport)).one()
    snapshot = {**printed.snapshot, "figures": {**printed.snapshot["figures"], "outcome.adopted": 999}}
    with db.engine.begin() as connection:
        connection.execute(update(FeedbackReport.__table__).values(snapshot=snapshot))
    db.session.rollback()
    service.draw_due(AFTER)
    assert service.drawn(green.consultation, PublicText.REPORT) is None
    kit = service.newest(green.consultation, PublicText.REPORT)
    assert kit is None or "不符" in kit.failed


def post(green: Green, about: PublicText, **more: object) -> NoticePosting:
    values = {
        "medium": Medium.NEW_MEDIA,
        "account": "某某发布",
        "link": "https://example.cn/a",
        "posted_on": AFTER.date(),
    }
    since = words.public_day(green.consultation, about, AFTER)
    return postings.add(
        green.publisher,
        green.consultation,
        about=about,
        public_since=since,
        at=AFTER,
        **(values | more),  # type: ignore[arg-type]
    )


def test_a_posting_is_about_one_text_and_after_that_became_public(green: Green) -> None:
    with pytest.raises(WrongState, match="印发的文件尚未公布"):
        post(green, PublicText.ISSUED)
    issued(green)
    with pytest.raises(FieldMissing, match="早于公布日期"):
        post(green, PublicText.ISSUED, posted_on=AFTER.date() - timedelta(days=1))
    posting = post(green, PublicText.ISSUED)
    assert postings.of(green.consultation, PublicText.ISSUED) == [posting]
    assert posting not in postings.of(green.consultation)
    postings.withdraw(green.publisher, green.consultation, posting, "登记有误。", at=AFTER)
    assert postings.of(green.consultation, PublicText.ISSUED) == []
    with pytest.raises(WrongState, match="已经撤销"):
        postings.withdraw(green.publisher, green.consultation, posting, "再次。", at=AFTER)


def test_posting_the_report_is_no_evidence_that_the_notice_was_posted(green: Green) -> None:
    for posting in postings.of(green.consultation):
        postings.withdraw(green.publisher, green.consultation, posting, "登记有误。", at=AFTER)
    before = facts.collect(green.consultation, AFTER).notice_channels
    post(green, PublicText.REPORT)
    assert facts.collect(green.consultation, AFTER).notice_channels == before


def test_the_page_shows_kits_words_and_postings_and_each_role_what_it_may(green: Green, session_app: Flask) -> None:
    issued(green)
    drawn_now(green.consultation, AFTER, PublicText.ISSUED)
    posting = post(green, PublicText.REPORT, account="厅公众号")
    publisher = sign_in_as(session_app.test_client(), green.publisher.id)
    g.pop("_login_user", None)
    page = publisher.get("/desk/consultations/green/publicity").text
    assert page.index("印发的文件</h2>") < page.index("意见采纳情况反馈</h2>") < page.index("征求意见公告</h2>")
    assert "厅公众号" in page
    assert "登记发布情况" in page
    assert "已不在征求意见期间" in page
    kit = service.drawn(green.consultation, PublicText.ISSUED)
    assert kit is not None
    for name in kit.files:
        answer = publisher.get(f"/desk/consultations/green/publicity/{kit.id}/{name}")
        assert answer.data == blobs().get(kit.files[name])
        assert answer.headers["Content-Disposition"].startswith("attachment")
    assert publisher.get(f"/desk/consultations/green/publicity/{kit.id}/../{kit.id}").status_code == 404
    assert publisher.get("/desk/consultations/green/publicity/99999/card.png").status_code == 404
    assert posting.id


def test_a_kit_whose_file_is_gone_leaves_the_page_and_is_drawn_again(green: Green, session_app: Flask) -> None:
    issued(green)
    kit = drawn_now(green.consultation, AFTER, PublicText.ISSUED)
    blobs().remove(kit.files["text.txt"])
    publisher = sign_in_as(session_app.test_client(), green.publisher.id)
    g.pop("_login_user", None)
    db.session.rollback()
    page = publisher.get("/desk/consultations/green/publicity")
    assert page.status_code == 200
    service.ask(green.publisher, green.consultation, PublicText.ISSUED, at=AFTER + timedelta(minutes=1))
    again = drawn_now(green.consultation, AFTER + timedelta(minutes=1), PublicText.ISSUED)
    assert again.id != kit.id
    assert text_of(again)
    db.session.rollback()
    assert "生成" in publisher.get("/desk/consultations/green/publicity").text


def test_the_command_writes_the_kit_into_a_folder(green: Green, session_app: Flask, tmp_path: Path) -> None:
    written = run(session_app, "publicity", "build", "green", "--about", "report", "--out", str(tmp_path), "--json")
    assert written.exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)
    refused = run(session_app, "publicity", "build", "green", "--about", "issued", "--out", str(tmp_path))
    assert refused.exit_code == 1
    assert "尚未公布" in refused.stderr
