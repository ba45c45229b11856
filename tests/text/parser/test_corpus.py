"""Real statutes and notices read as their answer sheets say."""

from __future__ import annotations

import json
import os

import pytest

from consult.text.parser.outline import outline
from consult.text.parser.provisions import parse
from tests.conftest import CORPUS, missing
from tests.text.drafts import in_source_order

HEADINGS = ("parts", "subparts", "chapters", "sections")

pytestmark = pytest.mark.corpus


def texts(folder):
    paths = sorted((CORPUS / folder).glob("*.txt"))
    assert paths or not os.environ.get("CI"), f"the corpus is not at {CORPUS}"
    if not paths:
        missing(f"the corpus is not at {CORPUS}")
    return paths


def compact(headings):
    return ["".join(heading.split()) for heading in headings]


def sheet(path):
    return json.loads(path.with_suffix("").with_name(path.stem + ".outline.json").read_text("utf-8"))


@pytest.mark.parametrize("folder", ["statutes", "notices"])
def test_the_outline_of_a_real_text_equals_its_answer_sheet(folder):
    for path in texts(folder):
        structure = outline(parse(path.read_text("utf-8")))
        for key, answer in sheet(path).items():
            if key in HEADINGS:
                assert compact(structure[key]) == compact(answer), (path.name, key)
            else:
                assert structure[key] == answer, (path.name, key)


@pytest.mark.parametrize("folder", ["statutes", "notices"])
def test_nothing_of_a_real_text_is_lost(folder):
    for path in texts(folder):
        text = path.read_text("utf-8")
        kept = "".join(node.written + node.text for node in in_source_order(parse(text)))
        assert "".join(kept.split()) == "".join(text.split()), path.name


@pytest.mark.parametrize("folder", ["statutes", "notices"])
def test_no_two_provisions_of_a_real_text_share_an_anchor(folder):
    for path in texts(folder):
        anchors = [step.provision.anchor for step in parse(path.read_text("utf-8")).walk()]
        assert len(anchors) == len(set(anchors)), path.name
