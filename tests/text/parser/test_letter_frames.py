"""The frames of real letters, as a person read them: titles, addressees and annexes as digests of what stands there."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path

import pytest

from consult.files import drafts
from consult.text.parser.closings import DATE
from consult.text.parser.frame import frame_of
from consult.text.parser.outline import outline
from consult.text.parser.provisions import parse
from consult.text.parser.tree import FRAME, Kind
from tests.conftest import CORPUS, missing

SHEET = json.loads((Path(__file__).parent / "letter_frames.json").read_text("utf-8"))
DIGESTED = ("title", "addressee", "attachments", "annexes")

pytestmark = pytest.mark.corpus


def letters():
    paths = sorted((CORPUS / "letters").glob("*.txt"))
    assert paths or not os.environ.get("CI"), f"the corpus is not at {CORPUS}"
    if not paths:
        missing(f"the corpus is not at {CORPUS}")
    return paths


def digest(value):
    """A text without its spaces as the sheet has it: sixteen digits of its SHA-256; the same for each of a list."""
    if value is None or isinstance(value, list):
        return value and [digest(text) for text in value]
    return hashlib.sha256("".join(value.split()).encode()).hexdigest()[:16]


def test_a_frame_is_read_as_a_person_reads_it():
    read = {path.name[:3]: frame_of(drafts.read(path.name, path.read_bytes()).draft()).as_json() for path in letters()}
    for number, expected in SHEET.items():
        frame = read[number]
        shown = {name: digest(value) if name in DIGESTED else value for name, value in frame.items()}
        shown["signers"] = ["".join(name.split()) for name in frame["signers"]]
        assert shown == expected, (number, frame)


def test_no_signature_date_note_or_list_of_annexes_stands_in_the_body_of_a_letter():
    odd = re.compile(rf"{DATE}$|[（(](?:此件|本文有删减)|扫一扫|附\s*件?\s*[：:]")
    for path in letters():
        draft = parse(path.read_text("utf-8"))
        body = [step.provision for step in draft.walk() if step.provision.kind not in FRAME | {Kind.ANNEX}]
        assert [node.text for node in body if odd.match(node.text)] == [], path.name


def test_every_letter_has_a_title_a_number_who_signs_and_a_date():
    for path in letters():
        frame = frame_of(parse(path.read_text("utf-8")))
        assert frame.title, path.name
        assert path.stem[4:].startswith("".join(frame.title.split())[:20]), path.name
        assert frame.document_number, path.name
        assert frame.signers, path.name
        assert frame.date, path.name


def test_nothing_of_a_letter_is_lost_in_its_tree():
    for path in letters():
        text = path.read_text("utf-8")
        stack = list(outline(parse(text), tree=True)["tree"])
        words = ""
        while stack:
            node = stack.pop(0)
            words += f"{node['number']}{node['heading']}{node['text']}"
            stack[:0] = node["children"]
        assert "".join(words.split()) == "".join(text.split()), path.name
