"""Staff decide requests about personal data on one page; deletion waits for a second person; holds are placed there."""

from __future__ import annotations

import pytest
from flask import Flask

from consult.intake.models import Submission
from consult.privacy import holds, requests
from consult.privacy.models import RequestKind, RequestState
from tests.builders import a_submission
from tests.faces.desk.conftest import SignIn
from tests.world import DURING, open_consultation


@pytest.fixture
def came(app: Flask) -> Submission:
    """A submission with name and contact."""
    return a_submission(open_consultation(), "价格要公示。", at=DURING, name="赵一", contact="13812345678").submission


def test_a_deletion_goes_through_two_accounts(came: Submission, signed_in: SignIn) -> None:
    asked = requests.ask(came, RequestKind.ERASE, "不想留下", at=DURING)
    legal = signed_in("legal")
    page = legal.get("/desk/privacy").text
    assert "不想留下" in page
    legal.post(f"/desk/privacy/{asked.id}/grant", data={"reason": "可以删除。"})
    assert asked.state is RequestState.PROPOSED
    refused = legal.post(f"/desk/privacy/{asked.id}/confirm", follow_redirects=True).text
    assert "不能自己复核" in refused
    signed_in("publisher").post(f"/desk/privacy/{asked.id}/confirm")
    assert (asked.state, came.name) == (RequestState.GRANTED, "")


def test_a_refused_reason_is_still_there(came: Submission, signed_in: SignIn) -> None:
    asked = requests.ask(came, RequestKind.ERASE, "", at=DURING)
    legal = signed_in("legal")
    legal.post("/desk/privacy/holds/place", data={"slug": "canteens", "reason": "行政复议。"})
    page = legal.post(f"/desk/privacy/{asked.id}/grant", data={"reason": "可以删除。"}, follow_redirects=True).text
    assert "可以删除。" in page
    assert "暂停删除" in page
    legal.post("/desk/privacy/holds/lift", data={"slug": "canteens", "reason": "办结。"})
    assert came.consultation is not None
    assert holds.in_force(came.consultation) is None


def test_an_unknown_consultation_is_named(signed_in: SignIn, came: Submission) -> None:
    page = signed_in("legal").post(
        "/desk/privacy/holds/place", data={"slug": "x", "reason": "y"}, follow_redirects=True
    )
    assert "没有这个编号的征求意见" in page.text


@pytest.mark.parametrize("name", ["drafter", "moderator", "auditor"])
def test_who_may_not_decide_does_not_see_the_page(signed_in: SignIn, came: Submission, name: str) -> None:
    asked = requests.ask(came, RequestKind.ERASE, "", at=DURING)
    assert signed_in(name).get("/desk/privacy").status_code == 403
    assert signed_in(name).post(f"/desk/privacy/{asked.id}/grant", data={"reason": "x"}).status_code == 403
