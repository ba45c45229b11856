"""The draft as files for everybody, and beside the text in force; what is internal stays inside."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from consult.drafting import service as drafting
from consult.drafting import versions
from consult.drafting.models import Consultation, VersionKind
from tests.builders import NOON, a_consultation
from tests.drafting.test_version_comparison import IN_FORCE, REVISED
from tests.faces.public.conftest import Staff


@pytest.fixture
def revision(staff: Staff) -> Consultation:
    """A consultation on the revision of a text in force, whose revised draft is there as well."""
    consultation = a_consultation(staff.drafter, slug="revision", at=NOON - timedelta(days=2))

    def add(kind: VersionKind, text: str) -> None:
        versions.add_version(staff.drafter, consultation, kind=kind, file_name="x.txt", data=text.encode(), at=NOON)

    add(VersionKind.IN_FORCE, IN_FORCE)
    drafting.submit_for_review(staff.drafter, consultation, at=NOON - timedelta(days=1))
    drafting.publish(staff.publisher, consultation, at=NOON)
    add(VersionKind.REVISED, REVISED)
    return consultation


def test_the_draft_is_compared_with_the_text_in_force(revision: Consultation, client: FlaskClient) -> None:
    assert "与现行规定对照" in client.get("/consultations/revision").get_data(as_text=True)
    page = client.get("/consultations/revision/compare/in-force").get_data(as_text=True)
    assert "<del>八</del>" in page
    assert "<ins>七</ins>" in page
    assert "/consultations/revision#art-3" in page
    assert "免费场地" not in page
    assert client.get("/consultations/revision/compare/in-force.docx").data[:2] == b"PK"


def test_nothing_of_the_revised_draft_leaves_the_house(revision: Consultation, client: FlaskClient) -> None:
    addresses = ("", "/draft.md", "/draft.json", "/draft.xml", "/compare/in-force?all=1")
    for address in addresses:
        answer = client.get(f"/consultations/revision{address}")
        assert answer.status_code == 200
        assert "免费场地" not in answer.get_data(as_text=True)
    assert client.get("/consultations/revision/compare/promulgated").status_code == 404
    assert client.get("/consultations/revision/compare/promulgated.docx").status_code == 404
    assert client.get("/consultations/revision/compare/revised").status_code == 404


def test_without_a_text_in_force_there_is_nothing_to_compare_with(canteen: Consultation, client: FlaskClient) -> None:
    assert client.get("/consultations/canteen/compare/in-force").status_code == 404
    assert "对照" not in client.get("/consultations/canteen").get_data(as_text=True)


def test_the_draft_can_be_taken_away_in_every_format(canteen: Consultation, client: FlaskClient) -> None:
    page = client.get("/consultations/canteen").get_data(as_text=True)
    for extension in ("docx", "xml", "json", "md"):
        assert f"/consultations/canteen/draft.{extension}" in page
        assert "attachment" in client.get(f"/consultations/canteen/draft.{extension}").headers["Content-Disposition"]
    assert json.loads(client.get("/consultations/canteen/draft.json").data)["form"] == "statute"


def test_a_draft_that_hasnt_opened_has_no_files(staff: Staff, client: FlaskClient) -> None:
    a_consultation(staff.drafter, slug="inside")
    assert client.get("/consultations/inside/draft.docx").status_code == 404
    assert client.get("/consultations/inside/compare/in-force").status_code == 404
