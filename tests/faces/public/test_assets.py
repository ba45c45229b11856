"""Nothing that a page needs comes from another host; nothing breaks the strict content policy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config import ROOT

FILES = [
    *(path for path in (ROOT / "templates").rglob("*.html")),
    *(
        path
        for ending in ("css", "js", "svg")
        for path in (ROOT / "static").rglob(f"*.{ending}")
        if "vendor" not in path.parts
    ),
]
NAMESPACES = ("http://www.w3.org/",)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_or_asset_names_no_other_host_and_carries_no_inline_style_or_script(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    addresses = [
        address for address in re.findall(r"""https?://[^\s"'<>)]+""", text) if not address.startswith(NAMESPACES)
    ]
    assert addresses == []
    if path.suffix == ".html":
        assert not re.search(r"<[^>{]*\s(style|on\w+)=", text)
        assert not re.search(r"<script(?![^>]*\bsrc=)", text)


def test_no_script_imports_one_that_pages_load_by_an_address_of_their_own() -> None:
    """A module under two addresses runs twice, and two guards against a double click let nothing through."""
    pages = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "templates").rglob("*.html"))
    loaded = {Path(name).name for name in re.findall(r"filename='([^']+\.js)'", pages)}
    assert "app.js" in loaded
    imported = {
        Path(name).name
        for path in (ROOT / "static").rglob("*.js")
        for name in re.findall(r'from "([^"]+)"', path.read_text(encoding="utf-8"))
    }
    assert loaded & imported == set()
