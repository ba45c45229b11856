"""The pages on which the department sets from when opinions are concentrated."""

from __future__ import annotations

from flask import Flask

from consult.adoption import concentration
from tests.builders import an_open_consultation
from tests.faces.cli.console import run
from tests.faces.desk.adoption.test_workspace import DESK
from tests.faces.desk.conftest import SignIn, Staff
from tests.world import PUBLISHED

WHY = "本部门工作规则第八条的规定。"


def test_the_standard_is_set_for_all_and_for_one_and_shown_with_who_set_it(
    app: Flask, staff: Staff, signed_in: SignIn
) -> None:
    consultation = an_open_consultation(staff.of("drafter"), staff.of("publisher"), at=PUBLISHED, slug="canteens")
    legal = signed_in("legal")
    assert legal.post("/desk/concentration", data={"senders": "8", "standard_reason": WHY}).status_code == 303
    assert "8 人以上" in legal.get("/desk/concentration").text
    address = f"{DESK}/concentration"
    refused = legal.post(f"{address}/set", data={"senders": "6", "share": "20", "standard_reason": "无"})
    assert (refused.status_code, 'value="20"' in refused.text) == (400, True)
    wrong = legal.post(f"{address}/set", data={"senders": "many", "standard_reason": WHY})
    assert wrong.status_code == 400
    data = {"senders": "6", "share": "20", "share_senders": "4", "standard_reason": WHY}
    assert legal.post(f"{address}/set", data=data).status_code == 303
    page = signed_in("drafter").get(address).text
    assert "6 人以上，或者达到 4 人且占该条文提出人的 20% 以上" in page
    assert "部门标准为8 人以上" in page
    assert 'name="senders"' not in page, "who decides on opinions doesn't set it"
    assert signed_in("drafter").post(f"{address}/set", data=data).status_code == 403
    assert legal.post(f"{address}/follow", data={"standard_reason": ""}).status_code == 400
    assert legal.post(f"{address}/follow", data={"standard_reason": "与其他文件的标准一致。"}).status_code == 303
    assert concentration.in_force(consultation.id).senders == 8
    answer = run(app, "adoption", "concentration", "canteens", "--senders", "7", "--share", "30", "--reason", WHY)
    assert "7 人以上" in answer.stdout
