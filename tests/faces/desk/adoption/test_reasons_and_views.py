"""Reasons of the library beside an opinion and on their page; views that are saved, opened, renamed and removed."""

from __future__ import annotations

import re

from flask import Flask

from consult.adoption import service
from consult.adoption.models import Decision, Outcome
from consult.store import db
from tests.builders import an_open_consultation
from tests.faces.cli.console import run
from tests.faces.desk.adoption.test_workspace import DESK
from tests.faces.desk.conftest import SignIn, Staff
from tests.world import AFTER, PUBLISHED, accepted, opinions_of

WORDS = "{条款}对此已有规定，不再重复。"


def link(page: str, words: str) -> str:
    """Return the address of the link that has these words."""
    match = re.search(rf'(?s)<a\s[^>]*?href="([^"]+)"[^>]*>(?:(?!</a>).)*?{words}', page)
    assert match is not None, words
    return match[1].replace("&amp;", "&")


def test_a_reason_is_added_chosen_without_script_and_shown_where_it_was_used(
    app: Flask, staff: Staff, signed_in: SignIn
) -> None:
    consultation = an_open_consultation(staff.of("drafter"), staff.of("publisher"), at=PUBLISHED, slug="canteens")
    opinion = opinions_of(accepted(consultation, ("art-3", "菜价要公示。")))[0]
    key, client = opinion.id, signed_in("drafter")
    data = {"outcome": "explained", "words": WORDS, "basis": ""}
    assert client.post("/desk/reasons", data=data | {"words": "无"}).status_code == 400
    assert client.post("/desk/reasons", data=data).status_code == 303
    page = client.get(f"{DESK}?at=all&open=o{key}").text
    chosen = client.get(link(page, "第三条对此已有规定")).text
    form = chosen.split('id="decision"')[1]
    template = re.search(r'name="template"[^>]*value="(\d+)"', form)
    assert template is not None
    assert ">\n第三条对此已有规定，不再重复。</textarea>" in form.replace("\r", "")
    decided = {"outcome": "explained", "reason": "第三条对此已有规定，不再重复。", "template": template[1]}
    assert client.post(f"{DESK}/opinions/{key}/decide?at=all", data=decided).status_code == 303
    shown = client.get(f"/desk/reasons/{template[1]}").text
    assert "使用 1 次" in shown
    assert f"open=o{key}" in shown
    assert signed_in("other_drafter").get(f"/desk/reasons/{template[1]}").status_code == 404
    changed = client.post(f"/desk/reasons/{template[1]}", data=data | {"words": "草案已经写明，不再重复。"})
    assert changed.status_code == 303
    assert client.post(changed.headers["Location"] + "/retire").status_code == 303
    assert "理由库 0 条" in run(app, "adoption", "reasons", "--by", "drafter").stdout
    assert db.session.scalars(db.select(Decision)).one().template_id == int(template[1])


def test_a_reason_is_chosen_for_several_opinions_at_once(staff: Staff, signed_in: SignIn) -> None:
    consultation = an_open_consultation(staff.of("drafter"), staff.of("publisher"), at=PUBLISHED, slug="canteens")
    for anchor, words in (("art-3", "菜价要公示。"), ("art-4", "饭菜要留样。")):
        accepted(consultation, (anchor, words))
    client, several = signed_in("drafter"), [("opinion", opinion.id) for opinion in opinions_of(consultation)]
    data = {"outcome": "explained", "words": "对{意见}，{条款}已有规定，不再重复。", "basis": ""}
    assert client.post("/desk/reasons", data=data).status_code == 303
    filled = "对所提意见，第三条、第四条已有规定，不再重复。"
    chosen = client.get(link(client.get(f"{DESK}/together", query_string=several).text, filled)).text
    form = chosen.split('id="decision"')[1]
    assert f">\n{filled}</textarea>" in form.replace("\r", "")
    template = re.search(r'name="template"[^>]*value="(\d+)"', form)
    assert template is not None
    fields = {"verb": "decide", "outcome": "explained", "reason": filled, "template": template[1]}
    sent = fields | {"opinion": [key for _, key in several]}
    assert client.post(f"{DESK}/together", data=sent).status_code == 303
    assert [row.template_id for row in db.session.scalars(db.select(Decision))] == [int(template[1])] * 2


def test_a_view_is_an_address_under_a_name_shared_with_the_division_and_changed_by_its_owner_only(
    app: Flask, staff: Staff, signed_in: SignIn
) -> None:
    consultation = an_open_consultation(staff.of("drafter"), staff.of("publisher"), at=PUBLISHED, slug="canteens")
    for n in range(2):
        accepted(consultation, ("art-3", f"第{n}条意见。"))
    service.decide(staff.of("drafter"), opinions_of(consultation)[0], Outcome.ADOPTED, "", at=AFTER)
    drafter = signed_in("drafter")
    place = "at=all&show=undecided&channel=web"
    assert drafter.post(f"{DESK}/views?{place}", data={"name": "待办网站", "shared": "y"}).status_code == 303
    drafter.post(f"{DESK}/views?at=art-3&show=all", data={"name": "第三条"})
    page = drafter.get(DESK).text
    opened = drafter.get(link(page, "待办网站")).text
    assert "第1条意见" in opened
    assert "第0条意见" not in opened.split('id="work"')[0]
    assert re.search(r'aria-current="true"[^>]*>待办网站', opened)
    second = an_open_consultation(staff.of("drafter"), staff.of("publisher"), at=PUBLISHED, slug="second")
    elsewhere = drafter.get(f"/desk/consultations/{second.slug}/adoption").text
    assert ("待办网站" in elsewhere, ">第三条<" in elsewhere) == (True, False), "a provision is one of its own draft"

    colleague = signed_in("colleague")
    page = colleague.get(DESK).text
    assert "待办网站" in page
    assert "（共用）" in page
    keys = re.findall(r"/views/(\d+)/rename", drafter.get(DESK).text)
    assert len(keys) == 2
    assert not re.findall(r"/views/(\d+)/rename", page)
    for key in keys:
        colleague.post(f"{DESK}/views/{key}/remove")
        colleague.post(f"{DESK}/views/{key}/rename", data={"name": "改了"})
    assert "改了" not in drafter.get(DESK).text
    drafter.post(f"{DESK}/views/{keys[0]}/rename", data={"name": "网站来的"})
    drafter.post(f"{DESK}/views/{keys[1]}/remove")
    page = drafter.get(DESK).text
    assert ("网站来的" in page, len(re.findall(r"/views/(\d+)/rename", page))) == (True, 1)
    for name in ("", "名" * 41):
        drafter.post(f"{DESK}/views?{place}", data={"name": name})
    assert len(re.findall(r"/views/(\d+)/rename", drafter.get(DESK).text)) == 1
    assert "待办网站" not in signed_in("other_drafter").get(DESK).text
