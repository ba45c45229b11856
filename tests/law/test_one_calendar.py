"""Nothing counts working days but by the calendar in force."""

import re

import pytest

from config import ROOT

STAGES = sorted(path for path in (ROOT / "consult").rglob("*.py") if "law" not in path.parts)
FORBIDDEN = {
    r"\brules\(\)\.calendar\b": "the rules alone don't know what was entered",
    r"\bnational\(\)\.calendar\b": "the national rules alone don't know what was entered",
    r"\bweekday\(\) *[<>=]": "a weekday is no working day",
    r"\bchinese_calendar\b": "the package's calendar isn't the one in force",
    r"\bpublished\(\)": "the published calendar isn't the one in force",
}


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_every_stage_and_face_goes_by_the_calendar_in_force(pattern):
    offenders = [str(path.relative_to(ROOT)) for path in STAGES if re.search(pattern, path.read_text("utf-8"))]
    assert offenders == [], FORBIDDEN[pattern]
