"""Submissions carry the name of who wrote them; receipts go there or nowhere."""

from __future__ import annotations

import json
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from flask import Flask

from consult.app_context import settings
from consult.intake.models import Submission
from consult.mailbox import acknowledgement, erasure, message_store, queries, service, verification
from consult.mailbox.message_store import RawMessage
from consult.mailbox.models import MailMessage, Outcome
from consult.store import db, transaction
from tests.conftest import missing
from tests.files.mail.builders import file, multipart_message, part
from tests.mailbox.letters import OPINION, a_letter, canteens, ingest, stored
from tests.world import DURING

ABOUT = "对《社区食堂管理办法（征求意见稿）》的意见"
OFFICE = "信访科 <xinfang@dept.example.gov.cn>"
HEAD = "发件人： {}\n发送时间： 2026-10-12 09:30\n收件人： xinfang@dept.example.gov.cn\n主题： 意见"


@pytest.fixture(autouse=True)
def _empty_outbox(app: Flask) -> None:
    for old in (settings().data_dir / "outbox").glob("*"):
        old.unlink()


def recipients() -> list[str]:
    files = sorted((settings().data_dir / "outbox").glob("*.eml"))
    return sorted(str(message_from_bytes(path.read_bytes(), policy=policy.default)["To"]) for path in files)


def test_a_forward_counts_for_its_writer_and_nobody_else_gets_the_receipt() -> None:
    canteens()
    raw = a_letter("转发: 意见", f"请阅处。\n\n信访科\n\n{HEAD.format('赵某')}\n\n{ABOUT}：{OPINION}", sender=OFFICE)
    ingested = ingest(raw)
    submission = stored(ingested)
    assert (submission.name, submission.contact) == ("赵某", "")
    assert "请阅处" not in submission.parts[0].content
    assert ingested.submissions == (service.Became("canteens", ingested.number or "", "赵某"),)
    assert acknowledgement.acknowledge(DURING) == 0
    (remark,) = queries.remarks([submission.id])[submission.id]
    assert "转来" in remark
    assert "xinfang@dept.example.gov.cn" in remark


def test_the_receipt_of_a_forward_or_form_goes_to_the_writer() -> None:
    canteens()
    ingest(a_letter("转发: 意见", f"{HEAD.format('赵某 <zhao@mail.example>')}\n\n{ABOUT}：{OPINION}", sender=OFFICE))
    ingest(
        a_letter(
            ABOUT,
            f"姓名：周某\n意见：{OPINION}",
            sender="网站 <noreply@county.gov.cn>",
            Reply_To="周某 <zhou@mail.example>",
        )
    )
    assert acknowledgement.acknowledge(DURING) == 2
    assert recipients() == ["zhao@mail.example", "zhou@mail.example"]


def three(boundary: str = "=_cut") -> bytes:
    letters = [a_letter(ABOUT, f"{OPINION}{n}", sender=f"来信人{n} <w{n}@mail.example>") for n in range(3)]
    files = [file(f"来信{n}.eml", raw) for n, raw in enumerate(letters)]
    return multipart_message(
        "mixed", part("现将来信三封转去，请阅处。"), *files, file("清单.txt", b"1 2 3"), sender=OFFICE, subject="转来信"
    )


def test_three_enclosed_letters_are_three_submissions() -> None:
    canteens()
    raw = three()
    ingested = ingest(raw)
    assert ingested.outcome is Outcome.STORED
    assert [became.sender for became in ingested.submissions] == [f"来信人{n} <w{n}@mail.example>" for n in range(3)]
    assert {became.consultation for became in ingested.submissions} == {"canteens"}
    assert (ingested.consultation, ingested.number) == ("canteens", ingested.submissions[0].number)
    assert "另附的 1 个文件" in ingested.why
    assert acknowledgement.acknowledge(DURING) == 3
    assert recipients() == [f"w{n}@mail.example" for n in range(3)]
    again = ingest(raw)
    assert (again.outcome, again.submissions) == (Outcome.DUPLICATE, ingested.submissions)
    assert db.session.query(Submission).count() == 3
    assert list(verification.faults()) == []
    first = stored(ingested)
    assert "xinfang@dept.example.gov.cn" in queries.remarks([first.id])[first.id][0]


def test_letters_whose_sorting_was_cut_off_are_sorted_later(monkeypatch: pytest.MonkeyPatch) -> None:
    canteens()
    kept = message_store.store([RawMessage(three())], at=DURING)
    with monkeypatch.context() as patch:
        whole = service.classify
        patch.setattr(service, "classify", lambda ids, **more: None if len(ids) == 3 else whole(ids, **more))
        service.classify([kept[0].id], at=DURING)
    assert db.session.query(Submission).count() == 0
    service.resume(at=DURING)
    assert len(service.outcomes(kept)[0].submissions) == 3


def test_who_is_erased_leaves_the_message_that_enclosed_the_letter_too() -> None:
    canteens()
    submission = stored(ingest(three()))
    with transaction():
        erasure.erase_sender(submission, at=DURING)
    outer = db.session.query(MailMessage).filter(MailMessage.enclosed_in.is_(None)).one()
    assert (outer.body, outer.sender) == (None, "")
    assert list(verification.faults()) == []


CASES = Path(__file__).resolve().parents[3] / "shared" / "cases" / "mail"


@pytest.mark.corpus
def test_the_cases_of_the_command_line(app: Flask) -> None:
    if not CASES.is_dir():
        missing("the cases aren't beside this checkout")
    canteens()
    arguments = ["mailbox", "ingest", *(str(path) for path in sorted(CASES.glob("*.eml"))), "--json"]
    lines = app.test_cli_runner().invoke(args=arguments).output.splitlines()
    outcome = {Path(line["file"]).name.split("-")[0]: line for line in map(json.loads, lines)}
    assert outcome["10b"]["outcome"] == outcome["18"]["outcome"] == "automatic"
    assert outcome["24"]["submissions"][0]["sender"] == "赵六"
    assert outcome["32"]["submissions"][0]["sender"] == "周八 <zhoub@139.com>"
