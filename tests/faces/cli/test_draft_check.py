"""`flask draft check` and `flask draft register`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask

from consult.drafting import instruments
from tests.faces.cli.console import run

TEXT = (
    "某市停车管理办法\n第一条 根据《某省停车管里条例》，制定本办法。\n第二条 依照本办法第八条处理。\n"
    "第三条 本办法自2027年1月1日起施行，有效期五年。\n"
)
REGISTER = "level,name,adopted_on,in_force_from,expired\n地方性法规,某省停车管理条例,2020-01-01,2020-05-01,0\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    draft, register = tmp_path / "draft.txt", tmp_path / "register.csv"
    draft.write_text(TEXT)
    register.write_text(REGISTER)
    return str(draft), str(register)


def test_a_draft_with_something_to_put_right_leaves_with_one(app: Flask, files: tuple[str, str]) -> None:
    result = run(app, "draft", "check", files[0], "--instruments", files[1], "--json")
    document = json.loads(result.stdout)
    codes = {finding["code"] for finding in document["findings"]}
    assert codes == {"citation_misspelt", "dangling_reference"}
    assert document["citations"][0]["suggestion"] == "某省停车管理条例"
    assert result.exit_code == 1


def test_a_sound_draft_leaves_with_nothing(app: Flask, files: tuple[str, str]) -> None:
    Path(files[0]).write_text(TEXT.replace("管里", "管理").replace("第八条", "第一条"))
    result = run(app, "draft", "check", files[0], "--instruments", files[1])
    assert result.exit_code == 0
    assert "未发现问题" in result.stdout


def test_what_kind_of_document_it_is_decides_what_must_stand_in_it(app: Flask, files: tuple[str, str]) -> None:
    Path(files[0]).write_text(TEXT.replace("，有效期五年", ""))
    normative = run(app, "draft", "check", files[0]).stdout
    rules_draft = run(app, "draft", "check", files[0], "--kind", "rules-draft").stdout
    assert "有效期" in normative
    assert "有效期" not in rules_draft
    assert run(app, "draft", "check", files[0], "--kind", "poem").exit_code == 1


def test_the_stored_register_is_what_drafts_are_checked_against(app: Flask, files: tuple[str, str]) -> None:
    taken = json.loads(run(app, "draft", "register", files[1], "--json").stdout)
    assert (taken["added"], taken["refused"]) == (1, [])
    assert instruments.count() == 1
    assert "是否应为《某省停车管理条例》" in run(app, "draft", "check", files[0]).stdout


def test_a_file_that_isnt_there_is_refused_without_a_traceback(app: Flask, files: tuple[str, str]) -> None:
    for arguments in (("register", "missing.csv"), ("check", "missing.txt"), ("register", files[0])):
        result = run(app, "draft", *arguments)
        assert result.exit_code == 1
        assert "Traceback" not in result.output
        assert result.stderr.strip()
