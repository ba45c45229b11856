"""Who left an address gets receipt and decisions, who subscribed hears the news, each once; one click ends it."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from consult import clock
from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM
from consult.adoption import service as adoption
from consult.adoption.models import Outcome
from consult.app_context import settings
from consult.drafting import publication
from consult.drafting import service as drafting
from consult.drafting.models import Consultation
from consult.intake.models import Submission
from consult.mail_queue import service as mail_queue
from consult.mail_queue.models import MailState, OutgoingMail
from consult.moderation import service as moderation
from consult.privacy import requests
from consult.reporting import service as reporting
from consult.store import db
from consult.subscriptions import decision_letters, news, receipt_letters, service
from consult.subscriptions.errors import SubscriptionRefused
from consult.subscriptions.models import LetterWish, Scope, Subscription
from tests.builders import an_actor, an_open_consultation
from tests.post import Post, a_mail_server
from tests.together import both
from tests.world import AFTER, DURING, PUBLISHED, opinions_of, submission


@pytest.fixture
def post(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    with a_mail_server(monkeypatch) as handler:
        monkeypatch.setattr(settings(), "public_url", "https://zq.example.gov.cn")
        yield handler


def letters(post: Post) -> list[tuple[str, EmailMessage]]:
    """Send what is due; return and forget what the mail server took."""
    mail_queue.deliver(clock.now())
    taken = [
        (envelope.rcpt_tos[0], email.message_from_bytes(envelope.content, policy=email.policy.default))
        for envelope in post.taken
    ]
    post.taken.clear()
    return taken


def open_consultation(title: str = "社区食堂管理办法", slug: str = "canteens", days_ago: int = 1) -> Consultation:
    at = clock.now() - timedelta(days=days_ago)
    people = an_actor(Role.DRAFTER, f"d-{slug}"), an_actor(Role.PUBLISHER, f"p-{slug}")
    return an_open_consultation(*people, at=at, slug=slug, title=title)


def extend(consultation: Consultation) -> None:
    last = consultation.last_day
    assert last is not None
    who = an_actor(Role.PUBLISHER, "extending")
    publication.extend_period(
        who, consultation, last_day=last + timedelta(days=20), reason="来信较多。", at=clock.now()
    )


def subscribed(address: str, scope: Scope = Scope.ALL, **asked: Any) -> Subscription:
    at = clock.now() - timedelta(days=30)
    service.subscribe(address, scope, at=at, **asked)
    made = db.session.scalars(db.select(Subscription).order_by(Subscription.id.desc())).first()
    assert made is not None
    service.confirm(made, at=at)
    return made


def test_nothing_goes_to_an_address_whose_holder_has_not_confirmed(client: FlaskClient, post: Post) -> None:
    answer = client.post("/subscribe", data={"address": "Wang@Example.cn", "scope": "all"})
    assert "请到邮箱里打开" in answer.text
    open_consultation(days_ago=0)
    assert news.announce(clock.now()) == 0
    ((to, letter),) = letters(post)
    assert to == "wang@example.cn"
    assert letter["List-Unsubscribe"] is None
    (link,) = re.findall(r"https://zq\.example\.gov\.cn(/subscribe/\S+)", letter.get_content())
    assert "确认订阅" in client.get(link).text
    assert db.session.query(Subscription).one().confirmed_at is None  # a program that looks at links confirms nothing
    assert "已经确认" in client.post(link).text
    assert "已经确认" in client.post(link).text
    assert client.post("/subscribe/nonsense").status_code == 404


def test_each_subscriber_hears_of_what_is_theirs_once(post: Post) -> None:
    subscribed("a@example.cn")
    subscribed("b@example.cn", Scope.WORDS, words="食堂")
    subscribed("c@example.cn", Scope.WORDS, words="電梯")
    consultation = open_consultation(days_ago=0)
    for _ in range(2):
        news.announce(clock.now())
    assert [to for to, _ in letters(post)] == ["a@example.cn", "b@example.cn"]
    open_consultation("老旧小区加装电梯办法", "lifts", days_ago=0)
    news.announce(clock.now())
    assert {to for to, _ in letters(post)} == {"a@example.cn", "c@example.cn"}
    subscribed("d@example.cn", Scope.CONSULTATION, consultation=consultation)
    extend(consultation)
    news.announce(clock.now())
    sent = dict(letters(post))
    assert set(sent) == {"a@example.cn", "b@example.cn", "d@example.cn"}
    assert "来信较多" in sent["d@example.cn"].get_content()
    assert consultation.closes_at is not None
    soon = consultation.closes_at - timedelta(days=2)
    news.announce(soon)
    news.announce(soon + timedelta(days=1))
    mail_queue.deliver(soon)
    assert len(post.taken) == 3


def test_one_click_ends_it_without_a_page(client: FlaskClient, post: Post, app: Flask) -> None:
    subscribed("a@example.cn")
    consultation = open_consultation(days_ago=0)
    news.announce(clock.now())
    ((_, letter),) = letters(post)
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "news" in letter["List-Id"]
    way_out = letter["List-Unsubscribe"].strip("<>").removeprefix("https://zq.example.gov.cn")
    assert client.get(way_out).status_code == 200
    assert db.session.query(Subscription).one().ended_at is None
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        assert client.post(way_out, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    ended = db.session.query(Subscription).populate_existing().one()
    assert (ended.address, ended.ended_at is None) == ("", False)
    assert client.post(way_out).status_code == 200
    extend(consultation)
    assert news.announce(clock.now()) == 0


def test_a_letter_that_waited_too_long_or_was_ended_meanwhile_isnt_sent(post: Post) -> None:
    subscription = subscribed("a@example.cn")
    consultation = open_consultation(days_ago=0)
    news.announce(clock.now())
    drafting.withdraw(an_actor(Role.PUBLISHER, "again"), consultation, "另行起草。", at=clock.now())
    assert letters(post) == []
    assert (
        db.session.query(OutgoingMail)
        .filter_by(subject=f"subscription:{subscription.id}/opened/{consultation.id}")
        .one()
        .state
        is MailState.POINTLESS
    )


@pytest.mark.parametrize(
    "address",
    [
        *("", "wang", "wang@", "@example.cn", "a b@example.cn", "a@b", "王@example.cn"),
        *("a@example.cn\nBcc: x@y.cn", "x" * 400 + "@example.cn"),
    ],
)
def test_what_is_no_address_is_refused(app: Flask, client: FlaskClient, address: str) -> None:
    with pytest.raises(SubscriptionRefused):
        service.subscribe(address, Scope.ALL, at=clock.now())
    assert client.post("/subscribe", data={"address": address, "scope": "all"}).status_code == 400
    assert db.session.query(OutgoingMail).count() == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"scope": "words", "words": "一"},
        {"scope": "consultation"},
        {"scope": "nobody"},
        {"scope": "words", "words": "长" * 41},
    ],
)
def test_what_can_t_be_subscribed_to_is_refused(client: FlaskClient, fields: dict[str, str]) -> None:
    assert client.post("/subscribe", data={"address": "a@example.cn", **fields}).status_code == 400


def test_nobody_is_flooded_and_nobody_learns_who_is_subscribed(client: FlaskClient, post: Post) -> None:
    subscribed("a@example.cn")
    db.session.query(OutgoingMail).delete()
    db.session.commit()
    asked = [{"address": f"{who}@example.cn", "scope": "all"} for who in "ab" for _ in range(9)]
    assert len({client.post("/subscribe", data=fields).text for fields in asked}) == 1
    assert len(letters(post)) == service.MAX_PER_DAY


def test_two_clicks_at_once_make_one_subscription(app: Flask) -> None:
    ask = partial(service.subscribe, "a@example.cn", Scope.ALL, at=clock.now())
    both(app, ask, ask)
    assert db.session.query(Subscription).count() == 1


def test_an_unconfirmed_address_is_deleted_after_its_term(app: Flask) -> None:
    service.subscribe("a@example.cn", Scope.ALL, at=clock.now() - timedelta(days=9))
    before = clock.now() - timedelta(days=7)
    assert service.count_unconfirmed(before) == service.end_unconfirmed(before, clock.now()) == 1
    assert db.session.query(Subscription).one().address == ""


def send(client: FlaskClient, **more: str) -> TestResponse:
    fields = {
        "pieces-0-anchor": "art-3",
        "pieces-0-content": "价格要公示。",
        "contact": "手机 13812345678，wang@example.cn",
        "token": "t" * 20,
        "by_mail": "y",
    }
    return client.post("/consultations/canteens/comment", data={**fields, **more}, follow_redirects=True)


def test_the_receipt_goes_to_who_asked_for_it_on_the_web(client: FlaskClient, post: Post) -> None:
    open_consultation()
    page = send(client)
    assert "回执会发到您的邮箱" in page.text
    ((to, letter),) = letters(post)
    number = db.session.query(Submission).one().number
    assert to == "wang@example.cn"
    assert number in letter["Subject"]
    (link,) = re.findall(r"https://zq\.example\.gov\.cn(/receipts/\S+)", letter.get_content())
    assert client.get(link, follow_redirects=True).status_code == 200
    assert letters(post) == []


def test_without_an_address_or_a_tick_nothing_is_mailed_and_nothing_typed_is_lost(
    client: FlaskClient, post: Post
) -> None:
    open_consultation()
    page = send(client, contact="13812345678")
    assert page.status_code == 400
    assert "请在“联系方式”里写邮箱" in page.text
    assert "价格要公示。" in page.text
    send(client, by_mail="")
    assert db.session.query(Submission).count() == 1
    assert letters(post) == []


def test_one_address_gets_three_receipts_a_day_whoever_types_it(client: FlaskClient, post: Post) -> None:
    open_consultation()
    pages = [send(client, token=str(n) * 20).text for n in range(5)]
    assert len(letters(post)) == 3
    assert ["回执没有发到邮箱" in page for page in pages] == [False, False, False, True, True]
    assert db.session.query(Submission).count() == 5


def published(consultation: Consultation) -> None:
    who = an_actor(Role.LEGAL, "legal"), an_actor(Role.PUBLISHER, "publishing")
    report = reporting.compile_report(who[1], consultation, at=AFTER)
    reporting.submit_for_review(who[1], report, at=AFTER)
    reporting.review(who[0], report, at=AFTER)
    reporting.publish(an_actor(Role.PUBLISHER, "third"), report, at=AFTER)


def an_answered_consultation() -> tuple[Consultation, list[Submission]]:
    people = an_actor(Role.DRAFTER, "d"), an_actor(Role.PUBLISHER, "p")
    consultation = an_open_consultation(*people, at=PUBLISHED, slug="canteens")
    came = [submission(consultation, f"建议第{n}条写清楚。", at=DURING) for n in range(3)]
    for each in came:
        receipt_letters.ask(each.number, f"{each.id}@example.cn", at=DURING)
    moderation.accept(SYSTEM, came[0], at=AFTER)
    moderation.reject(SYSTEM, came[1], reason_id=moderation.rejection_reasons()[0].id, reason="广告", at=AFTER)
    moderation.accept(SYSTEM, came[2], at=AFTER)
    for opinion in opinions_of(consultation):
        decision = adoption.decide(SYSTEM, opinion, Outcome.NOT_ADOPTED, "现行规定已有要求，不再重复。", at=AFTER)
        adoption.review(an_actor(Role.LEGAL, f"r{opinion.id}"), decision, at=AFTER)
    db.session.query(OutgoingMail).delete()
    db.session.commit()
    return consultation, came


def test_everybody_who_left_an_address_reads_what_became_of_their_own(post: Post) -> None:
    consultation, came = an_answered_consultation()
    service.end(db.session.get_one(LetterWish, came[2].id), at=AFTER)
    published(consultation)
    for _ in range(2):
        decision_letters.queue(AFTER + timedelta(minutes=1))
    mail_queue.deliver(AFTER + timedelta(minutes=1))
    sent = letters(post)
    texts = {to: letter.get_content() for to, letter in sent}
    assert set(texts) == {f"{came[0].id}@example.cn", f"{came[1].id}@example.cn"}
    first = texts[f"{came[0].id}@example.cn"]
    assert "采纳情况：未采纳。现行规定已有要求" in first
    assert "/consultations/canteens/report/rows/1" in first
    assert "广告" in texts[f"{came[1].id}@example.cn"]
    assert "建议第2条" not in first


def test_erased_data_take_the_letters_with_them(post: Post) -> None:
    consultation, came = an_answered_consultation()
    published(consultation)
    decision_letters.queue(AFTER + timedelta(minutes=1))
    requests.erase(SYSTEM, came[0], "本人提出。", at=AFTER)
    mail_queue.deliver(AFTER + timedelta(minutes=1))
    assert {to for to, _ in letters(post)} == {f"{came[1].id}@example.cn", f"{came[2].id}@example.cn"}
    assert db.session.get_one(LetterWish, came[0].id, populate_existing=True).address == ""
    assert not db.session.query(OutgoingMail).filter_by(address=f"{came[0].id}@example.cn").count()
