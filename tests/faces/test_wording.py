"""The register of the desk, the portal, letters and the console: what officials found odd doesn't come back."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ODD = (
    "办到了这一步", "持函人", "就这样答复", "也请点一下", "要看一眼", "没有发现断号", "条文没有问题", "还没有定",
    "从头看一遍", "都有着落", "没有取用", "放行", "留下细看", "细看中", "一起通过", "一起处理", "单独看",
    "自己列入", "列入勾选", "为什么请这一家", "算一算", "如果在这一天", "怎么来的", "怎么算的", "怎么送达",
    "写于公布之前", "这把钥匙", "旁人", "比上一个", "树根", "你们", "第几稿", "有几处需要改", "没有做成",
    "没有办成", "改天再写", "接着写", "写的都还在", "谁说的", "看一看", "看得到", "替您",
)  # fmt: skip
"""Phrases that a reader from an office marked; each has its sober form on the pages."""
TEMPLATES = ("desk", "portal", "components")
MODULES = (
    "consult/faces/desk",
    "consult/faces/portal",
    "consult/faces/cli",
    "consult/files/invitation_letter.py",
    "consult/files/reply_form.py",
    "consult/drafting",
)
STAGES = (
    "consult/intake",
    "consult/moderation",
    "consult/consultees",
    "consult/adoption",
    "consult/reporting",
    "consult/meeting",
)


def sources() -> list[Path]:
    """Return every template and module that speaks to officials and enterprises."""
    pages = [path for name in TEMPLATES for path in (ROOT / "templates" / name).rglob("*.html")]
    modules = [
        path for name in (*MODULES, *STAGES) for path in (*(ROOT / name).rglob("*.py"), ROOT / name) if path.is_file()
    ]
    return sorted({*pages, *(path for path in modules if path.suffix == ".py")})


def spoken(path: Path) -> str:
    """Return what a source says: a template whole without its comments, of a module its strings."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        return re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)
    constants = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
    return "\n".join(node.value for node in constants if isinstance(node.value, str))


@pytest.mark.parametrize("phrase", ODD)
def test_an_odd_phrase_is_nowhere(phrase: str, everything: dict[str, str]) -> None:
    assert [name for name, words in everything.items() if phrase in words] == []


@pytest.fixture(scope="module")
def everything() -> dict[str, str]:
    """What every source says, by its path."""
    return {str(path.relative_to(ROOT)): spoken(path) for path in sources()}


def test_the_sources_are_found(everything: dict[str, str]) -> None:
    assert {
        "templates/desk/home/home.html",
        "consult/files/invitation_letter.py",
        "consult/intake/validation.py",
    } <= set(everything)
    assert len(everything) > 150
