"""The archive package: whole on another machine with the standard library alone, and whatever is forged in it found."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask

from consult import clock
from consult.accounts.errors import NotAllowed, Refused
from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM
from consult.adoption import themes
from consult.archive import service
from consult.archive.package import CHECKSUMS, INDEX
from consult.archive.rebuild import OWN, RESTATED, article_of
from consult.demo.scenario import load_demo
from consult.drafting.models import Consultation
from consult.intake import ledger_statement
from consult.moderation import service as moderation
from consult.reporting import report_files
from consult.reporting import service as reporting
from consult.reporting.errors import ReportAltered
from consult.reporting.models import FeedbackReport
from consult.store import db
from consult.text import anchors
from tests.builders import an_actor
from tests.snapshot import Kept, kept
from tests.world import submission

Row = dict[str, Any]


def build(consultation: Consultation, folder: Path, at: datetime | None = None) -> Path:
    path = folder / f"{consultation.slug}.zip"
    service.build(SYSTEM, consultation, path, at=at or clock.now(), describe=lambda entry: (entry.act, ""))
    return path


def rebuilt(path: Path, folder: Path) -> tuple[int, dict[str, Any], str]:
    """Run the script of a package where there is nothing of the project; return exit code, JSON and errors."""
    script = folder / "elsewhere" / "rebuild.py"
    script.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path) as package:
        script.write_bytes(package.read("rebuild.py"))
    command = [sys.executable, "-I", "-S", str(script), str(path), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=script.parent, timeout=120)
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr


def lines(package: zipfile.ZipFile, name: str) -> list[Row]:
    return [json.loads(line) for line in package.read(f"data/{name}.jsonl").splitlines()]


def loaded() -> None:
    """The demonstration, with the files of its reports."""
    load_demo(clock.now())
    for report in list(report_files.unfinished()):
        report_files.finish(report, at=clock.now())


@pytest.fixture(scope="module")
def world(session_app: Flask) -> Iterator[Kept[None]]:
    with kept(session_app, loaded) as world:
        yield world


@pytest.fixture
def demo(world: Kept[None]) -> Iterator[dict[str, Consultation]]:
    with world.turn():
        yield {consultation.slug: consultation for consultation in db.session.scalars(db.select(Consultation))}


def test_every_figure_of_every_state_is_rebuilt_elsewhere(demo: dict[str, Consultation], tmp_path: Path) -> None:
    counted = {}
    for slug, consultation in demo.items():
        code, result, errors = rebuilt(build(consultation, tmp_path), tmp_path)
        assert (code, result["faults"], errors) == (0, [], "")
        counted[slug] = result["figures"]
    published = db.session.scalars(db.select(FeedbackReport).where(FeedbackReport.published_at.is_not(None)))
    for report in published:
        assert counted[report.consultation.slug][str(report.version)] > len(report.snapshot["figures"])


def test_what_is_in_it_is_named_and_can_be_read(demo: dict[str, Consultation], tmp_path: Path) -> None:
    consultation = demo["jia-zhuang-dian-ti"]
    path = build(consultation, tmp_path)
    with zipfile.ZipFile(path) as package:
        names = package.namelist()
        index = list(csv.DictReader(io.StringIO(package.read(f"{INDEX}.csv").decode("utf-8-sig"))))
        metadata = ElementTree.fromstring(package.read("元数据.xml"))
        words = package.read("说明.txt").decode()
        acts = package.read("05-审批记录/审批记录.csv").decode("utf-8-sig")
        sums = dict(line.split("  ", 1)[::-1] for line in package.read(CHECKSUMS).decode().splitlines())
        for row in index:
            content = package.read(row["计算机文件名"])
            assert hashlib.sha256(content).hexdigest() == row["SHA-256"] == sums[row["计算机文件名"]]
            assert len(content) == int(row["大小（字节）"])
    assert len(names) == len(set(names)) == len(sums) + 1
    assert {name.partition("/")[0] for name in names if "/" in name} >= {
        *(
            "01-征求意见公告和文稿",
            "02-原始来件",
            "03-采纳表",
            "04-意见采纳情况反馈",
            "05-审批记录",
            "06-上会材料",
            "data",
        )
    }
    indexed = {row["计算机文件名"] for row in index}
    assert {name for name in names if name[:2].isdigit()} == indexed
    assert len(metadata.findall("文件实体")) == len(index)
    assert consultation.title in words
    assert "report.publish" in acts
    assert {f"04-意见采纳情况反馈/第1版/report.{ending}" for ending in ("docx", "pdf", "sig.json")} <= indexed


def test_themes_that_are_merged_and_renamed_later_keep_the_figures(
    demo: dict[str, Consultation], tmp_path: Path
) -> None:
    changed = 0
    for report in db.session.scalars(db.select(FeedbackReport).where(FeedbackReport.published_at.is_not(None))).all():
        printed = report.snapshot.get("themes") or []
        standing = themes.themes_of(report.consultation_id)
        if not printed or len(standing) < 2:
            continue
        at = clock.now() + timedelta(minutes=1)
        themes.rename(SYSTEM, standing[1], "另一个名称", at=at)
        themes.merge(SYSTEM, standing[0], standing[1], at=at)
        code, result, errors = rebuilt(build(report.consultation, tmp_path, at), tmp_path)
        assert (code, result["faults"], errors) == (0, [], "")
        changed += 1
    assert changed


def test_versions_after_one_another_keep_their_figures(demo: dict[str, Consultation], tmp_path: Path) -> None:
    """What comes after publication changes neither version: late letters, screenings undone, a correction."""
    consultation = demo["jia-zhuang-dian-ti"]
    now = clock.now()
    came = submission(consultation, "逾期补充一条。", at=now + timedelta(minutes=1))
    moderation.accept(SYSTEM, came, at=now + timedelta(minutes=2))
    code, result, _ = rebuilt(build(consultation, tmp_path, now + timedelta(minutes=3)), tmp_path)
    assert (code, result["faults"]) == (0, [])


def repacked(path: Path, changes: dict[str, Callable[[bytes], bytes | None]]) -> None:
    """Change files of a package as a forger would, the list of digests with them; None leaves one out."""
    with zipfile.ZipFile(path) as package:
        contents = {name: package.read(name) for name in package.namelist() if name != CHECKSUMS}
    for name, change in changes.items():
        changed = change(contents.pop(name))
        if changed is not None:
            contents[name] = changed
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in contents.items())
    with zipfile.ZipFile(path, "w") as package:
        for name, content in {**contents, CHECKSUMS: sums.encode()}.items():
            package.writestr(name, content)


def each(change: Callable[[Row], Row | None]) -> Callable[[bytes], bytes]:
    """Return what changes every line of a file by ``change``."""

    def changed(data: bytes) -> bytes:
        rows = [change(json.loads(line)) for line in data.splitlines()]
        return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows if row is not None)

    return changed


def first(**values: Any) -> Callable[[bytes], bytes]:
    """Return what changes the first line of a file."""
    rest = iter((values,))
    return each(lambda row: {**row, **next(rest, {})})


FORGERIES: dict[str, tuple[dict[str, Callable[[bytes], bytes | None]], str]] = {
    "a submission left out": ({"data/submissions.jsonl": lambda data: data.partition(b"\n")[2]}, "不在包内"),
    "a word of a submission": ({"data/submissions.jsonl": first(subject="另一个题目")}, "摘要不符"),
    "another channel": ({"data/submissions.jsonl": first(channel="hotline")}, "摘要不符"),
    "a row's outcome": ({"data/report-1-rows.jsonl": first(outcome="adopted")}, "第 1 版"),
    "a row's place": ({"data/report-1-rows.jsonl": first(anchor="art-1")}, "第 1 版"),
    "a row left out": ({"data/report-1-rows.jsonl": lambda data: data.partition(b"\n")[2]}, "不连续"),
    "both eyes one person's": (
        {"data/decisions.jsonl": each(lambda row: {**row, "reviewer_id": row["author_id"]})},
        "",
    ),
    "no decisions": ({"data/decisions.jsonl": lambda _: b""}, "没有经另一人复核的决定"),
    "no acts": ({"data/record.jsonl": lambda _: b""}, "没有登记的记录"),
    "a published file": ({"04-意见采纳情况反馈/第1版/report.csv": lambda data: data + b"1"}, "公布的文件"),
    "a published file gone": ({"04-意见采纳情况反馈/第1版/report.pdf": lambda _: None}, "公布的文件"),
}


@pytest.fixture
def package(demo: dict[str, Consultation], tmp_path: Path) -> Path:
    return build(demo["jia-zhuang-dian-ti"], tmp_path)


def test_what_a_forger_changes_is_named(package: Path, tmp_path: Path) -> None:
    whole = package.read_bytes()
    for name, (changes, words) in FORGERIES.items():
        package.write_bytes(whole)
        repacked(package, changes)
        code, result, _ = rebuilt(package, tmp_path)
        assert code == 1, name
        assert any(words in fault for fault in result["faults"]), (name, result["faults"])


def test_every_printed_figure_is_held_against_the_rows(package: Path, tmp_path: Path) -> None:
    """A forger who also writes new digests is found by counting."""
    whole = package.read_bytes()
    with zipfile.ZipFile(package) as archive:
        (report,) = lines(archive, "reports")
        rows = lines(archive, "report-1-rows")
    missed = []
    for name in report["snapshot"]["figures"]:
        package.write_bytes(whole)
        forged = json.loads(json.dumps(report))
        forged["snapshot"]["figures"][name] += 1
        forged["digest"] = reporting.content_digest(
            forged["snapshot"],
            forged["statement"],
            iter([{key: row[key] for key in row if key not in ("report_id", "number")} for row in rows]),
        )
        was, now = report["digest"].encode(), forged["digest"].encode()
        repacked(
            package,
            {
                "data/reports.jsonl": lambda _, forged=forged: json.dumps(forged, ensure_ascii=False).encode() + b"\n",
                "data/record.jsonl": lambda data, was=was, now=now: data.replace(was, now),
            },
        )
        code, result, _ = rebuilt(package, tmp_path)
        if code != 1 or not any(name in fault for fault in result["faults"]):
            missed.append((name, result["faults"]))
    assert missed == []


def test_a_file_that_is_added_or_changed_is_named(package: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(package, "a") as archive:
        archive.writestr("data/more.jsonl", b"{}")
    code, result, _ = rebuilt(package, tmp_path)
    assert (code, result["faults"]) == (1, ["校验清单之外的文件：data/more.jsonl"])


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x05\x06" + bytes(18), b"\x00" * 4096])
def test_what_is_no_package_is_refused_in_words(package: Path, tmp_path: Path, content: bytes) -> None:
    script = tmp_path / "rebuild.py"
    with zipfile.ZipFile(package) as archive:
        script.write_bytes(archive.read("rebuild.py"))
    package.write_bytes(content)
    command = [sys.executable, "-I", "-S", str(script), str(package)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "不是平台的归档包" in done.stderr
    assert "Traceback" not in done.stderr


def test_who_may_not_take_submissions_out_gets_none(demo: dict[str, Consultation], tmp_path: Path) -> None:
    consultation = demo["jia-zhuang-dian-ti"]
    out = tmp_path / "a.zip"
    with pytest.raises(NotAllowed):
        service.build(an_actor(Role.MODERATOR), consultation, out, at=clock.now(), describe=lambda _: ("", ""))
    for bad in (tmp_path / "a.tar", tmp_path / "nowhere" / "a.zip"):
        with pytest.raises(Refused):
            service.build(SYSTEM, consultation, bad, at=clock.now(), describe=lambda _: ("", ""))
    assert list(tmp_path.iterdir()) == []


def test_an_altered_report_is_not_archived(demo: dict[str, Consultation], tmp_path: Path) -> None:
    consultation = demo["jia-zhuang-dian-ti"]
    report = db.session.scalars(
        db.select(FeedbackReport).where(FeedbackReport.consultation_id == consultation.id)
    ).one()
    report.files = {**report.files, "csv": report.files["pdf"]}
    db.session.commit()
    with pytest.raises(ReportAltered):
        build(consultation, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_gone_is_said_and_the_rest_is_there(
    world: Kept[None], demo: dict[str, Consultation], tmp_path: Path
) -> None:
    consultation = demo["jia-zhuang-dian-ti"]
    version = consultation.versions[0]
    world.snapshot.lose_blob(version.file_digest)
    path = build(consultation, tmp_path)
    with zipfile.ZipFile(path) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("-缺失.txt") and name.startswith("01-")]
        assert version.file_digest in archive.read(name).decode()
    assert rebuilt(path, tmp_path)[0] == 0


def test_the_script_says_what_the_platform_says() -> None:
    assert OWN == ledger_statement.OWN
    assert RESTATED == ledger_statement.RESTATING
    for anchor in ("", "draft", "art-12", "art-12-1", "art-12-para-2-item-3", "head-2-para-1", "ch-1-art-3-x2-para-1"):
        assert article_of(anchor) == anchors.article_of(anchor)
