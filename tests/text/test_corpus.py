"""Real statutes and notices read as their answer sheets say."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from consult.text.outline import outline
from consult.text.provisions import parse

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
HEADINGS = ("parts", "subparts", "chapters", "sections")

pytestmark = pytest.mark.corpus


def texts(folder):
    found = sorted((CORPUS / folder).glob("*.txt"))
    assert found or not os.environ.get("CI"), f"the corpus is not at {CORPUS}"
    if not found:
        pytest.skip(f"the corpus is not at {CORPUS}")
    return found


def compact(headings):
    return ["".join(heading.split()) for heading in headings]


def sheet(path):
    return json.loads(path.with_suffix("").with_name(path.stem + ".outline.json").read_text("utf-8"))


@pytest.mark.parametrize("folder", ["statutes", "notices"])
def test_the_outline_of_a_real_text_equals_its_answer_sheet(folder):
    for path in texts(folder):
        found = outline(parse(path.read_text("utf-8")))
        for key, answer in sheet(path).items():
            if key in HEADINGS:
                assert compact(found[key]) == compact(answer), (path.name, key)
            else:
                assert found[key] == answer, (path.name, key)


@pytest.mark.parametrize("folder", ["statutes", "notices"])
def test_nothing_of_a_real_text_is_lost(folder):
    for path in texts(folder):
        text = path.read_text("utf-8")
        kept = "".join(node.written + node.text for node in parse(text).in_source_order())
        assert "".join(kept.split()) == "".join(text.split()), path.name


@pytest.mark.parametrize("folder", ["statutes", "notices"])
def test_no_two_provisions_of_a_real_text_share_an_anchor(folder):
    for path in texts(folder):
        anchors = [step.provision.anchor for step in parse(path.read_text("utf-8")).walk()]
        assert len(anchors) == len(set(anchors)), path.name
