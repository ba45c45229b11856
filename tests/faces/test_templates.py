"""Names in templates: none of them hides another that somebody meant.

What a page imports or defines at its top is seen in the blocks of every page that extends it, before the names that the
view gives and in place of macros that the other page imported under the same name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import meta, nodes

from scripts import translations

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates"
NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
READER = translations.jinja()
Bound = dict[str, str]
"""Names, each with where it comes from."""


@cache
def tree(name: str) -> nodes.Template:
    """Return a template as it is parsed."""
    return READER.parse((TEMPLATES / name).read_text(encoding="utf-8"))


def ancestors(name: str) -> Iterator[str]:
    """Return the templates that a template extends, the nearest first."""
    for extends in tree(name).find_all(nodes.Extends):
        parent = extends.template.as_const()
        yield parent
        yield from ancestors(parent)


def included(name: str) -> set[str]:
    """Return the templates that a template includes."""
    return {include.template.as_const() for include in tree(name).find_all(nodes.Include)}


@cache
def bound(name: str) -> Bound:
    """Return what a template imports, defines or sets at its top."""
    origins: Bound = {}
    for node in tree(name).body:
        if isinstance(node, nodes.FromImport):
            for imported in node.names:
                known, called = imported if isinstance(imported, tuple) else (imported, imported)
                origins[called] = f"{node.template.as_const()}:{known}"
        elif isinstance(node, nodes.Import):
            origins[node.target] = node.template.as_const()
        elif isinstance(node, nodes.Macro):
            origins[node.name] = f"{name}:{node.name}"
        elif isinstance(node, nodes.Assign):
            origins |= {
                target.name: f"{name}:{target.name}" for target in node.find_all(nodes.Name) if target.ctx == "store"
            }
    return origins


@cache
def wanted(name: str) -> frozenset[str]:
    """Return the names that a template, with what it includes, expects from outside."""
    used = meta.find_undeclared_variables(tree(name)).union(*map(wanted, included(name)))
    return frozenset(used - bound(name).keys())


def given() -> Iterator[tuple[str, str, str]]:
    """Return (module, template, name) of everything that a view says it gives to a template."""
    for path in sorted((ROOT / "consult" / "faces").rglob("*.py")):
        module = ast.parse(path.read_text(encoding="utf-8"))
        functions = {node.name: node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)}
        for call in ast.walk(module):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "render_template":
                for template in called_on(call):
                    for name in names_in(call, functions):
                        yield path.stem, template, name


def called_on(call: ast.Call) -> set[str]:
    """Return the templates that a call may render."""
    return {node.value for node in ast.walk(call.args[0]) if isinstance(node, ast.Constant) and node.value in NAMES}


def names_in(call: ast.Call, functions: dict[str, ast.FunctionDef]) -> Iterator[str]:
    """Return the keywords of a call, and the keys of mappings that it spreads."""
    for keyword in call.keywords:
        if keyword.arg is not None:
            yield keyword.arg
            continue
        made = [functions.get(node.id) for node in ast.walk(keyword.value) if isinstance(node, ast.Name)]
        for source in (keyword.value, *filter(None, made)):
            for mapping in ast.walk(source):
                if isinstance(mapping, ast.Dict):
                    yield from (key.value for key in mapping.keys if isinstance(key, ast.Constant))


@pytest.fixture(autouse=True)
def everywhere(app: Flask) -> set[str]:
    """The names that every template may use."""
    READER.filters.update(app.jinja_env.filters)
    return set(app.jinja_env.globals)


def test_what_a_page_imports_is_what_it_gets() -> None:
    for name in NAMES:
        for parent in ancestors(name):
            same = bound(name).keys() & bound(parent).keys()
            assert {macro: bound(name)[macro] for macro in same} == {macro: bound(parent)[macro] for macro in same}, (
                name,
                parent,
            )
            assert wanted(name).isdisjoint(bound(parent)), (name, parent)


def test_what_a_view_gives_is_not_hidden_by_a_macro() -> None:
    for module, template, name in given():
        for page in (template, *ancestors(template)):
            assert name not in bound(page), f"{module} gives {name} to {template}, where {page} has {bound(page)[name]}"


def test_no_template_hides_what_every_template_may_use(everywhere: set[str]) -> None:
    for name in NAMES:
        stored = {node.name for node in tree(name).find_all(nodes.Name) if node.ctx != "load"}
        assert everywhere.isdisjoint(stored | bound(name).keys()), name


def test_what_a_template_imports_it_uses() -> None:
    for name in NAMES:
        here = {node.name for node in tree(name).find_all(nodes.Name) if node.ctx == "load"}
        used = here.union(*map(wanted, included(name)))
        imported = {macro for macro, origin in bound(name).items() if not origin.startswith(f"{name}:")}
        assert imported <= used, name
