"""Formulas of Office (OMML) on one line: m/n, x^2, √(a+b)."""

from __future__ import annotations

from typing import Final

from lxml import etree

M: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_SIMPLE: Final = frozenset("+-−×÷·/=<>≤≥ ")


def formula(element: etree._Element) -> str:
    """A formula's text (m:oMath): fractions as m/n, powers as x^2, indices as x_i, in brackets where needed."""
    name = str(element.tag).removeprefix(M)
    if name == "t":
        return element.text or ""
    if name == "f":
        return f"{_grouped(_part(element, 'num'))}/{_grouped(_part(element, 'den'))}"
    if name in ("sSup", "sSub", "sSubSup"):
        below = _part(element, "sub") if "Sub" in name else ""
        above = _part(element, "sup") if "Sup" in name else ""
        index, power = f"_{_grouped(below)}" if below else "", f"^{_grouped(above)}" if above else ""
        return f"{_grouped(_part(element, 'e'))}{index}{power}"
    if name == "rad":
        return f"{_part(element, 'deg')}√({_part(element, 'e')})"
    if name == "nary":
        sign = _property(element, "chr", "∫")
        below, above = _part(element, "sub"), _part(element, "sup")
        return f"{sign}{f'({below}→{above})' if below or above else ''}{_part(element, 'e')}"
    if name == "d":
        inner = _property(element, "sepChr", "，").join(formula(part) for part in element.iterfind(f"{M}e"))
        return f"{_property(element, 'begChr', '(')}{inner}{_property(element, 'endChr', ')')}"
    if name in ("m", "eqArr"):
        rows = element.iterfind(f"{M}mr" if name == "m" else f"{M}e")
        return "；".join(" ".join(formula(cell) for cell in row) if name == "m" else formula(row) for row in rows)
    return "".join(formula(child) for child in element if not str(child.tag).endswith("Pr"))


def _part(element: etree._Element, name: str) -> str:
    part = element.find(f"{M}{name}")
    return "" if part is None else formula(part)


def _property(element: etree._Element, name: str, default: str) -> str:
    sign = element.find(f"{element.tag!s}Pr/{M}{name}")
    return default if sign is None else sign.get(f"{M}val", default)


def _grouped(words: str) -> str:
    """Words in brackets where an operation is in them."""
    return f"({words})" if len(words) > 1 and any(sign in words[1:] for sign in _SIMPLE) else words
