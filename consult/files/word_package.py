"""Finds the parts of a Word package by their relations, whatever they are called, in both kinds of Open XML."""

from __future__ import annotations

import posixpath
from typing import Final
from urllib.parse import unquote

from lxml import etree

from consult.files.errors import UnreadableFile
from consult.files.office_packages import Package

OFFICE: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_RELATIONS: Final = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_MAIN: Final = "word/document.xml"
_STRICT: Final = b"http://purl.oclc.org/ooxml/"
_TRANSITIONAL: Final = (  # ISO/IEC 29500-1 names → those of Part 4, which Word writes by default
    (b"http://purl.oclc.org/ooxml/officeDocument/relationships", b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"),
    (b"http://purl.oclc.org/ooxml/officeDocument/math", b"http://schemas.openxmlformats.org/officeDocument/2006/math"),
    (b"http://purl.oclc.org/ooxml/wordprocessingml/main", b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"),
    (b"http://purl.oclc.org/ooxml/drawingml/main", b"http://schemas.openxmlformats.org/drawingml/2006/main"),
    (b"http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing", b"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"),
    (b"http://purl.oclc.org/ooxml/drawingml/picture", b"http://schemas.openxmlformats.org/drawingml/2006/picture"),
    (b"http://purl.oclc.org/ooxml/drawingml/chart", b"http://schemas.openxmlformats.org/drawingml/2006/chart"),
)  # fmt: skip


class WordPackage:
    """The main part of a .docx, and what it relates to."""

    def __init__(self, data: bytes, name: str) -> None:
        """Open the package; raises UnreadableFile if it has no main part."""
        self._package = Package(data, name)
        self.main_part = self._main_part()
        if self.main_part not in self._package:
            raise UnreadableFile(f"“{name}”不是 Word 文档（缺少正文部分）。请用 Word 或 WPS 另存为 .docx 后重新上传。")
        self.main = self._package.xml(self.main_part, _transitional)
        self._targets = self._relations(self.main_part)

    def related(self, kind: str) -> etree._Element | None:
        """The root of the part related as `kind` (styles, numbering, footnotes, endnotes), or None."""
        part = next((target for relation, target in self._targets.values() if relation == kind), None)
        return self._package.optional_xml(part or f"word/{kind}.xml", _transitional)

    def part_of(self, relation: str) -> tuple[str, bytes] | None:
        """The name and bytes of the part that the relation with this id leads to; None if it isn't in the package."""
        _, part = self._targets.get(relation, ("", ""))
        return (part, self._package.read(part)) if part in self._package else None

    def _main_part(self) -> str:
        targets = self._relations("")
        return next((target for kind, target in targets.values() if kind == "officeDocument"), _MAIN)

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """The relations of a part, or of the package: id → kind and the part's name."""
        folder, base = posixpath.split(part)
        root = self._package.optional_xml(posixpath.join(folder, "_rels", f"{base}.rels"), _transitional)
        targets: dict[str, tuple[str, str]] = {}
        for relation in root.iter(_RELATIONS) if root is not None else ():
            if relation.get("TargetMode") == "External":
                continue
            target = unquote(relation.get("Target", ""))
            name = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            targets[relation.get("Id", "")] = relation.get("Type", "").rpartition("/")[2], name
        return targets


def _transitional(content: bytes) -> bytes:
    """A part in the names of transitional Open XML."""
    if _STRICT in content[:8192]:
        for strict, transitional in _TRANSITIONAL:
            content = content.replace(strict, transitional)
    return content
