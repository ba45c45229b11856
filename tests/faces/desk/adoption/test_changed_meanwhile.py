"""Two people on one row: the second is shown what the first wrote, and loses nothing typed."""

from __future__ import annotations

import html
import re

from flask.testing import FlaskClient

from consult.adoption import service
from consult.adoption.models import Outcome
from tests.faces.desk.adoption.test_workspace import DESK, canteens, decisions, fresh, send
from tests.faces.desk.conftest import SignIn, Staff
from tests.world import AFTER

__all__ = ["canteens"]
WHY, TYPED = "现行法规已有规定。", "第四条将增加公示的位置。"


def seen_on(client: FlaskClient, address: str, name: str = "seen") -> str:
    page = client.get(f"{DESK}{address}").text
    (version,) = re.findall(rf'name="{name}" value="([^"]*)"', page)
    return html.unescape(version)


def test_a_colleague_s_decision_is_shown_beside_what_was_typed(
    canteens: dict[str, int], staff: Staff, signed_in: SignIn
) -> None:
    client, key = signed_in("drafter"), canteens["first"]
    seen = seen_on(client, f"?at=art-3&open=o{key}")
    service.decide(staff.of("drafter"), fresh(key), Outcome.NOT_ADOPTED, WHY, at=AFTER)
    fields = {"outcome": "partly_adopted", "reason": TYPED, "proposed_text": "公示于入口处"}
    status, page, _ = send(client, f"opinions/{key}/decide?at=art-3", seen=seen, **fields)
    assert (status, "已作出处理" in page, WHY in page, TYPED in page, "公示于入口处" in page) == (400,) + (True,) * 4
    assert [decision.outcome for decision in decisions()] == [Outcome.NOT_ADOPTED]
    (again,) = re.findall(r'name="seen" value="([^"]*)"', page)
    assert send(client, f"opinions/{key}/decide?at=art-3", seen=again, **fields)[0] == 303
    assert [decision.proposed_text for decision in decisions()] == ["", "公示于入口处"]


def test_several_at_once_carry_what_was_seen_of_each(canteens: dict[str, int], staff: Staff, signed_in: SignIn) -> None:
    client = signed_in("drafter")
    both = [canteens["first"], canteens["second"]]
    address = f"/together?opinion={both[0]}&opinion={both[1]}"
    seen = {f"seen-{key}": seen_on(client, address, f"seen-{key}") for key in both}
    service.decide(staff.of("drafter"), fresh(both[1]), Outcome.NOT_ADOPTED, WHY, at=AFTER)
    status, page, _ = send(client, "together", opinion=both, outcome="adopted", reason=TYPED, **seen)
    assert (status, "已作出处理" in page, TYPED in page) == (400, True, True)
    assert len(decisions()) == 1


def test_the_page_of_changes_says_what_is_missing(canteens: dict[str, int], signed_in: SignIn) -> None:
    page = signed_in("drafter").get(f"{DESK}/changes").text
    assert "还没有征求意见之后的文稿" in page
