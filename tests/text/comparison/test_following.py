"""References within a document, as they read once it is renumbered."""

from __future__ import annotations

import pytest

from consult.text.comparison.following import followed

ANCHORS = {
    "art-4": "art-6",
    "art-4-para-1": "art-6-para-1",
    "art-4-para-2": "art-7-para-1",
    "art-4-para-1-item-3": "art-6-para-1-item-2",
    "art-12-1": "art-14",
    "art-9": "art-9",
    "art-9-para-2": "art-9-para-3",
}


@pytest.mark.parametrize(
    ("written", "follows"),
    [
        ("依照本法第四条的规定", "依照本法第六条的规定"),
        ("依照本办法第四条第二款办理", "依照本办法第七条第一款办理"),
        ("本条例第十二条之一规定的", "本条例第十四条规定的"),
        ("本法第四条第三项所列", "本法第六条第一款第二项所列"),
        ("本条第二款规定的期限", "本条第三款规定的期限"),
        ("宪法第四条", "宪法第四条"),
        ("《立法法》第四条", "《立法法》第四条"),
        ("本法第八条", "本法第八条"),  # gone, or never there
        ("本办法第二章", "本办法第二章"),
    ],
)
def test_a_reference_follows_the_provision_that_it_names(written: str, follows: str) -> None:
    assert followed(written, "art-9", ANCHORS) == follows
