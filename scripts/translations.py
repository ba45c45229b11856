"""The catalogues of the interface: collected from the sources, drafted in traditional characters, checked.

``make translations`` collects every marked sentence, keeps what is translated, drafts what is new in traditional
characters (OpenCC) and leaves what is new in English empty, for a person. The tests call ``complaints()``.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import opencc
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import write_po
from jinja2 import Environment, nodes

from consult.faces import i18n
from scripts import labels

ROOT = Path(__file__).resolve().parent.parent
TRADITIONAL, ENGLISH = "zh_Hant", "en"
SOURCES = (("consult/**/*.py", "python"), ("templates/**/*.html", "jinja2"), ("static/*.js", "javascript"))
SCRIPTS = "static/public/*.js"
RULES = "consult/law/rules.toml"
NAMED_ROWS = ("period", "rejection")
"""Rows of the rules whose names the public reads."""
KEYWORDS: dict[str, Any] = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2), "sentence": None}
CALLS = re.compile(rb"\b(gettext|sentence)\(")
JINJA = {"trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true"}
SPOKEN = ("templates/base.html", "templates/errors", "templates/public", "templates/portal", "templates/components")
SPOKEN_MODULES = ("consult/faces/public", "consult/faces/portal")
CHINESE_ALONE = ("consult/faces/public/feeds.py",)
"""Subscriptions have one copy for all, in Chinese."""
HAN = re.compile(r"[\u3400-\u9fff]")
PLACES = re.compile(r"%\(\w+\)[sd]|<[^>]+>|%%")
AS_LAW_WRITES = ("公佈", "公布")
"""How statutes write it on both sides, whatever the character standard says."""
EMPTY_HEADS = re.compile(
    rb'"(Project-Id-Version|Report-Msgid-Bugs-To|POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team'
    rb'|Generated-By): [^"]*"\n'
)
AS_SHOWN = re.compile(r"繁體|简体|“[^”]*”")
"""Chinese that an English sentence may hold: the languages' own names, and what a program prints."""
DRAFTER = "s2tw"
"""Traditional characters as Taiwan's standard writes them; the words stay, for terms of law have no other."""


@cache
def collected() -> Catalog:
    """Return a catalogue of every sentence that the sources mark for translation."""
    catalog = Catalog(charset="utf-8")
    for name, line, source, context in _marked():
        catalog.add(source, locations=[(name, line)], context=context)
    return catalog


def _marked() -> Iterator[tuple[str, int, Any, str | None]]:
    for pattern, method in (*SOURCES, (SCRIPTS, "javascript")):
        for path in sorted(ROOT.glob(pattern)):
            if method == "python" and not CALLS.search(path.read_bytes()):
                continue  # reading a module whole takes long
            messages = extract_from_file(method, path, KEYWORDS, (), JINJA if method == "jinja2" else {}, True)
            for line, source, _comments, context in messages:
                yield path.relative_to(ROOT).as_posix(), line, source, context
    rules = tomllib.loads((ROOT / RULES).read_text(encoding="utf-8"))
    for table in NAMED_ROWS:
        for row in rules[table]:
            yield RULES, 0, row["name"], None
    for enumeration in labels.labelled():
        for words in labels.public_words(enumeration):
            yield f"{enumeration.__module__.replace('.', '/')}.py", 0, words, None


def updated(locale: str) -> Catalog:
    """Return a language's catalogue with the sentences of today: old ones gone, new ones drafted or empty."""
    known = i18n.read_catalogue(locale) if i18n.catalogue_path(locale).exists() else Catalog(locale=locale)
    catalog = Catalog(locale=locale, charset="utf-8", fuzzy=False, header_comment=f"# The interface in {locale}.")
    for message in collected():
        if message.id:
            before = known.get(message.id, message.context)
            translation = before.string if before is not None and _is_whole(before) else _drafted(locale, message)
            catalog.add(message.id, translation, locations=message.locations, context=message.context)
    return catalog


def _is_whole(message: Message) -> bool:
    words = message.string if isinstance(message.string, tuple) else (message.string,)
    return all(words) and not message.fuzzy


def _drafted(locale: str, message: Message) -> str | tuple[str, ...]:
    several = isinstance(message.id, tuple)
    if locale != TRADITIONAL:
        return ("", "") if several else ""
    words = _converter().convert(message.id[0] if several else message.id).replace(*AS_LAW_WRITES)
    return (words,) if several else words


@cache
def _converter() -> Any:
    return opencc.OpenCC(DRAFTER)


def written(catalog: Catalog) -> bytes:
    """Return a catalogue as its file is: sorted, without the lines and dates that change by themselves."""
    out = BytesIO()
    write_po(out, catalog, width=0, sort_output=True, include_lineno=False, omit_header=False)
    return EMPTY_HEADS.sub(b"", out.getvalue())


def complaints() -> list[str]:
    """Return what is wrong: sentences not marked, not in a catalogue, left over, empty, or unlike their source."""
    wrong = [*_unmarked_in_templates(), *_unmarked_in_modules()]
    sources = _keys(collected())
    for locale in (TRADITIONAL, ENGLISH):
        catalog = i18n.read_catalogue(locale)
        wrong += [f"{locale}: not in the catalogue: {source}" for source in sorted(sources - _keys(catalog))]
        wrong += [f"{locale}: no longer in the sources: {source}" for source in sorted(_keys(catalog) - sources)]
        wrong += faults(locale, catalog)
    return wrong


def _keys(catalog: Catalog) -> set[str]:
    return {f"{message.id} {message.context or ''}" for message in catalog if message.id}


def faults(locale: str, catalog: Catalog) -> Iterator[str]:
    """Yield what is wrong with the translations of a catalogue, one sentence each."""
    for message in catalog:
        if not message.id:
            continue
        sources = message.id if isinstance(message.id, tuple) else (message.id,)
        words = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.fuzzy or not all(words):
            yield f"{locale}: not translated: {sources[0]}"
        elif isinstance(message.id, tuple) and len(words) != catalog.num_plurals:
            yield f"{locale}: not every plural: {sources[0]}"
        elif any(sorted(PLACES.findall(text)) != sorted(PLACES.findall(sources[0])) for text in words):
            yield f"{locale}: other places or tags than its source: {sources[0]}"
        elif locale == ENGLISH and any(HAN.search(AS_SHOWN.sub("", text)) for text in words):
            yield f"{locale}: still Chinese: {sources[0]}"


def jinja() -> Environment:
    """Return an environment that reads templates as the application does."""
    return Environment(extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True, autoescape=True)


def _unmarked_in_templates() -> Iterator[str]:
    environment = jinja()
    for path in _files(SPOKEN, "*.html"):
        tree = environment.parse(path.read_text(encoding="utf-8"))
        for words, line in bare_words(tree):
            yield f"{path.relative_to(ROOT)}:{line}: not marked for translation: {words.strip()[:60]}"


def bare_words(node: nodes.Node) -> Iterator[tuple[str, int]]:
    """Yield the Chinese words of a template that stand outside every marking call, with their lines."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in KEYWORDS:
        node = nodes.List([keyword.value for keyword in node.kwargs])
    if isinstance(node, nodes.Assign) and isinstance(node.target, nodes.Name) and node.target.name == "desk_texts":
        return
    words = node.data if isinstance(node, nodes.TemplateData) else node.value if isinstance(node, nodes.Const) else ""
    if isinstance(words, str) and HAN.search(words):
        yield words, node.lineno
    for child in node.iter_child_nodes():
        yield from bare_words(child)


def _unmarked_in_modules() -> Iterator[str]:
    for path in _files(SPOKEN_MODULES, "*.py"):
        name = path.relative_to(ROOT).as_posix()
        if name in CHINESE_ALONE:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        spared = {id(part) for node in ast.walk(tree) if _is_spared(node) for part in ast.walk(node)}
        for node in ast.walk(tree):
            text = node.value if isinstance(node, ast.Constant) and id(node) not in spared else ""
            if isinstance(text, str) and HAN.search(text):
                yield f"{name}:{node.lineno}: not marked for translation: {text[:60]}"


def _is_spared(node: ast.AST) -> bool:
    """Say whether a node is a marking call or a docstring."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in KEYWORDS
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _files(places: Iterable[str], pattern: str) -> Iterator[Path]:
    for place in places:
        path = ROOT / place
        yield from sorted(path.rglob(pattern)) if path.is_dir() else [path]


def main() -> int:
    """Bring the catalogues up to date and say what is left to do."""
    for locale in (TRADITIONAL, ENGLISH):
        path = i18n.catalogue_path(locale)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written(updated(locale)))
    wrong = complaints()
    print("\n".join(wrong) or "Every sentence is translated.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
