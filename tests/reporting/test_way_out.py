"""What looks private doesn't leave: wherever it stands a report is refused, until it is masked or released."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, update

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM, Actor
from consult.adoption import groups
from consult.adoption import service as adoption
from consult.adoption.models import Outcome
from consult.app_context import blobs, settings
from consult.drafting.models import Consultation
from consult.faces.cli.ledger import everything_wrong
from consult.ledger.verification import CheckedCounts
from consult.moderation import service as moderation
from consult.reporting import private_decisions, private_finds, private_scan, report_files, service, way_out
from consult.reporting.errors import PrivateDataFound, ReportRefused
from consult.reporting.models import FeedbackReport, FindChoice, FindDecision, ReportScan
from consult.store import db
from consult.text.privacy.kinds import Kind
from tests.world import AFTER, accepted, actor, open_consultation, opinions_of, submission

PLANTED = {
    Kind.IDENTITY: "身份证号110101199003078515",
    Kind.BANK_CARD: "卡号6222021234567890128",
    Kind.PHONE: "手机13812345678",
    Kind.EMAIL: "邮箱wangxm@163.com",
    Kind.PASSPORT: "台胞证号12345678",
    Kind.WECHAT: "微信号wxid_abc123",
    Kind.QQ: "QQ号123456789",
    Kind.PLATE: "车牌浙A12345",
    Kind.PROPERTY: "浙（2020）杭州市不动产权第0012345号",
    Kind.COORDINATES: "东经120.123456，北纬30.123456",
    Kind.IP_ADDRESS: "IP地址192.168.10.25",
    Kind.ADDRESS: "东水村3组12号",
    Kind.NAME: "联系人：欧阳建国",
}
LANDLINE = "0571-88886666"


class World:
    """A consultation whose opinions are decided, with a compiler, a reviewer and a publisher."""

    def __init__(self) -> None:
        self.consultation: Consultation = open_consultation()
        self.drafter, self.legal, self.publisher = actor(Role.DRAFTER), actor(Role.LEGAL), actor(Role.PUBLISHER)

    def opinion(self, content: str, reason: str = "现行规定已有。", public: str = "", **fields: object) -> None:
        """An opinion whose public text the moderator wrote, decided with a reason and reviewed."""
        came = submission(self.consultation, content, **fields)
        moderation.accept(SYSTEM, came, at=AFTER, public_texts={came.parts[0].id: public} if public else None)
        for opinion in opinions_of(came):
            decision = adoption.decide(SYSTEM, opinion, Outcome.EXPLAINED, reason, at=AFTER)
            adoption.review(self.legal, decision, at=AFTER)

    def compile(self, **words: str) -> FeedbackReport:
        return service.compile_report(self.drafter, self.consultation, at=AFTER, **words)

    def published(self, report: FeedbackReport) -> FeedbackReport:
        service.submit_for_review(self.drafter, report, at=AFTER)
        service.review(self.legal, report, at=AFTER)
        service.publish(self.publisher, report, at=AFTER)
        report_files.finish(report, at=AFTER)
        return report

    def listed(self) -> list[private_finds.Listed]:
        private_finds.scan(self.drafter, self.consultation)
        return private_finds.with_places(self.consultation, private_finds.listed(self.consultation))

    def decide(self, choice: FindChoice, reason: str = "") -> None:
        for entry in private_finds.undecided(self.listed()):
            private_finds.decide(self.drafter, self.consultation, entry.digest, choice, at=AFTER, reason=reason)


@pytest.fixture
def world(app: Flask) -> World:
    return World()


def test_all_kinds_are_found_wherever_they_stand_and_nothing_comes_out(world: World) -> None:
    for planted in PLANTED.values():
        world.opinion("建议延长营业时间。", f"见{planted}，已经办理。", public=f"请看{planted}。")
    with pytest.raises(PrivateDataFound) as refused:
        world.compile()
    there = {(way_out.where(find).split()[-1], find.datum.kind) for find in refused.value.finds}
    assert there >= {(column, kind) for column in ("意见内容", "理由") for kind in Kind}
    assert not db.session.scalars(db.select(FeedbackReport)).all()
    for planted in PLANTED.values():
        with pytest.raises(PrivateDataFound) as typed:
            world.compile(statement=f"说明：{planted}。")
        assert typed.value.field == "statement"
    made = private_finds.mask_kinds(world.drafter, world.consultation, list(Kind), at=AFTER)
    assert made
    report = world.published(world.compile(statement="感谢参与。"))
    for extension, digest in report.files.items():
        content = blobs().get(digest)
        for planted in ("13812345678", "wangxm", "wxid_abc123", "110101199003078515", "0012345"):
            assert planted.encode() not in content, extension
    printed = json.loads(blobs().get(report.files["json"]))
    assert "【电话】" in json.dumps(printed, ensure_ascii=False)
    stored = "".join(str(row.__dict__) for row in db.session.scalars(db.select(FindDecision)))
    assert "13812345678" not in stored
    assert "欧阳建国" not in stored
    assert list(everything_wrong(CheckedCounts())) == []


def test_titles_extension_reasons_groups_and_consented_names_are_looked_at(world: World) -> None:
    for _ in range(20):
        world.opinion("菜价应当公示。", name="王小明 13912345678", publish_name=True)
    group = groups.create_group(world.drafter, opinions_of(world.consultation), "找联系人：赵国强13712345678", at=AFTER)
    group.concentrated = True
    world.consultation.title = "社区食堂服务规范（13612345678）"
    world.consultation.shortened_reason = "请致电0571-88886666"
    db.session.commit()
    with pytest.raises(PrivateDataFound):
        world.compile()
    where = {way_out.where(place.find).split()[-1] for entry in world.listed() for place in entry.places}
    assert {"标题", "抬头", "类标题", "反馈人"} <= where
    world.decide(FindChoice.MASK)
    report = world.compile()
    assert report.snapshot["title"].startswith("《社区食堂服务规范（【电话】）")
    assert {row.sender for row in db.session.scalars(db.select(service.ReportRow))} == {"王小明 【电话】"}


def test_a_number_is_released_once_with_a_reason_however_it_is_written(world: World) -> None:
    world.opinion("建议。", f"请致电{LANDLINE}咨询。")
    world.opinion("意见。", "请致电（0571）8888 6666咨询。")
    (entry,) = world.listed()
    assert (entry.kind, entry.n, entry.decision) == (Kind.PHONE, 2, None)
    with pytest.raises(ReportRefused, match="写明理由"):
        private_finds.decide(world.drafter, world.consultation, entry.digest, FindChoice.RELEASE, at=AFTER)
    with pytest.raises(ReportRefused, match="不得写个人信息"):
        world.decide(FindChoice.RELEASE, "是13812345678的")
    world.decide(FindChoice.RELEASE, "本单位对外公开的办公电话。")
    report = world.compile(statement=f"联系电话：{LANDLINE}")
    assert LANDLINE in report.statement
    (release,) = private_decisions.releases(world.consultation.id)
    assert (release.shown, LANDLINE in release.shown) == ("057******666", False)
    assert list(everything_wrong(CheckedCounts())) == []
    world.published(report)


def test_what_changes_after_the_review_is_not_published(world: World) -> None:
    world.opinion("建议。", f"请致电{LANDLINE}咨询。")
    private_decisions.release_text(world.drafter, world.consultation, LANDLINE, reason="办公电话。", at=AFTER)
    report = world.compile()
    service.submit_for_review(world.drafter, report, at=AFTER)
    service.review(world.legal, report, at=AFTER)
    world.listed()
    entry = private_finds.listed(world.consultation)[0]
    later = AFTER + timedelta(hours=1)
    mine = (world.drafter, world.consultation, entry.digest)
    private_finds.decide(*mine, FindChoice.MASK, at=later)
    with pytest.raises(ReportRefused, match="有变化"):
        service.publish(world.publisher, report, at=later)
    private_finds.decide(*mine, FindChoice.RELEASE, at=later, reason="又准予公开。")
    with pytest.raises(ReportRefused, match="未经审核"):
        service.publish(world.publisher, report, at=later)
    assert db.session.scalar(db.select(db.func.count()).select_from(FindDecision)) == 3


def test_another_detector_finds_at_publication_what_the_first_did_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.opinion("建议。", "请向甲乙丙丁咨询。")
    report = world.compile()
    service.submit_for_review(world.drafter, report, at=AFTER)
    service.review(world.legal, report, at=AFTER)
    present = private_scan.found
    datum = private_scan.PrivateDatum(Kind.NAME, 2, 6, "甲乙丙丁")
    monkeypatch.setattr(private_scan, "version", lambda: "newer")
    monkeypatch.setattr(
        private_scan, "found", lambda text, known=(): (datum,) if "甲乙丙丁" in text else present(text, known)
    )
    with pytest.raises(PrivateDataFound, match="甲"):
        service.publish(world.publisher, report, at=AFTER)


def test_a_scan_that_was_forged_or_deleted_hides_nothing(world: World) -> None:
    world.opinion("建议。", "手机13812345678。")
    world.listed()
    db.session.execute(update(ReportScan).values(finds=""))
    db.session.commit()
    with pytest.raises(PrivateDataFound):
        world.compile()
    db.session.execute(delete(ReportScan))
    db.session.commit()
    with pytest.raises(PrivateDataFound):
        world.compile()


def test_bulk_masking_masks_what_was_shown_and_nothing_that_came_since(world: World) -> None:
    world.opinion("建议。", "手机13812345678。")
    world.opinion("建议。", "邮箱wangxm@163.com。")
    shown = private_finds.undecided(world.listed(), [Kind.PHONE])
    assert private_finds.by_kind(shown) == {Kind.PHONE: (1, 1)}
    seen = private_finds.seen_digest(shown)
    world.opinion("意见。", "手机13912345678。")
    world.listed()
    mask = (world.drafter, world.consultation, [Kind.PHONE])
    with pytest.raises(ReportRefused, match="有变化"):
        private_finds.mask_kinds(*mask, at=AFTER, seen=seen)
    assert len(private_finds.mask_kinds(*mask, at=AFTER)) == 2
    assert [entry.kind for entry in private_finds.undecided(world.listed())] == [Kind.EMAIL]


def test_who_may_not_compile_decides_on_nothing(world: World) -> None:
    world.opinion("建议。", "手机13812345678。")
    (entry,) = world.listed()
    outsider: Actor = actor(Role.DRAFTER, "别的处室")
    for other in (outsider, actor(Role.MODERATOR), world.legal):
        with pytest.raises(NotAllowed):
            private_finds.decide(other, world.consultation, entry.digest, FindChoice.MASK, at=AFTER)


def test_names_are_masked_in_the_form_that_the_department_set(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    for name in ("朱国祥", "张三", "欧阳建国", "阿依古丽·买买提", "John Smith", "朱"):
        world.opinion("建议。", name=name)
    senders = db.select(service.ReportRow.sender).order_by(service.ReportRow.report_id, service.ReportRow.number)
    world.compile()
    assert list(db.session.scalars(senders)) == ["朱**", "张*", "欧阳**", "阿**", "J**", "朱*"]
    monkeypatch.setattr(settings(), "masked_names", "ends")
    world.compile()
    assert list(db.session.scalars(senders))[6:] == ["朱*祥", "张*", "欧阳*国", "阿**", "J**", "朱*"]


def test_a_build_refuses_and_writes_nothing(world: World, app: Flask, tmp_path: Path) -> None:
    world.opinion("建议。", "手机13812345678。")
    run = app.test_cli_runner().invoke
    out = tmp_path / "out"
    refused = run(args=["report", "build", "canteens", "--out", str(out), "--json"])
    assert refused.exit_code == 1
    assert json.loads(refused.stdout)["private"] == [{"where": "序号 1 理由", "kind": "phone", "text": "13812345678"}]
    assert not out.exists()
    assert "遮盖" in refused.stderr
    listed = run(args=["report", "private", "canteens", "--json"])
    assert [find["text"] for find in json.loads(listed.stdout)["finds"]] == ["13812345678"]
    assert "电话 1 个" in run(args=["report", "mask", "canteens", "--dry-run"]).stdout
    assert run(args=["report", "mask", "canteens", "--kind", "phone"]).exit_code == 0
    assert run(args=["report", "build", "canteens", "--out", str(out)]).exit_code == 0
    assert "【电话】" in (out / "report.json").read_text()
    released = run(
        args=["report", "release", "canteens", "--text", "13812345678", "--reason", "本单位的值班电话", "--json"]
    )
    assert json.loads(released.stdout)["released"] == 1
    assert run(args=["report", "compile", "canteens", "--statement", "值班电话13812345678"]).exit_code == 0


def test_a_version_compiled_before_there_was_a_guard_is_not_built(world: World, app: Flask, tmp_path: Path) -> None:
    world.opinion("建议。")
    world.compile()
    db.session.execute(update(FeedbackReport).values(statement="手机13812345678"))
    db.session.execute(update(service.ReportRow).values(reason="邮箱wangxm@163.com"))
    db.session.commit()
    refused = app.test_cli_runner().invoke(args=["report", "build", "canteens", "--out", str(tmp_path / "o"), "--json"])
    assert refused.exit_code == 1
    assert {find["kind"] for find in json.loads(refused.stdout)["private"]} == {"phone", "email"}


def test_a_name_by_consent_is_printed_and_that_of_others_is_not(world: World) -> None:
    world.opinion("建议。", name="韩梅梅", publish_name=True)
    accepted(world.consultation, "我叫李雷，赞成。")
    for opinion in opinions_of(world.consultation)[1:]:
        adoption.review(
            world.legal, adoption.decide(SYSTEM, opinion, Outcome.EXPLAINED, "现行规定已有。", at=AFTER), at=AFTER
        )
    world.compile()
    rows = list(db.session.scalars(db.select(service.ReportRow).order_by(service.ReportRow.number)))
    assert rows[0].sender == "韩梅梅"
    assert rows[1].content == "我叫【姓名】，赞成。"
