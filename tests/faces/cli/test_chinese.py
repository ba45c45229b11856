"""The command line is Chinese: help texts, click's own words, errors and results."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask import Flask

from consult.faces.cli.click_messages import _messages
from consult.faces.cli.groups import GROUPS
from tests.faces.cli.console import run
from tests.world import open_consultation

HAN = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(r"\b[A-Za-z]{4,}\b")
PLACEHOLDERS = re.compile(r"\{(\w+)(?:![rs])?\}")
WRONG = (
    ("consultation create", "缺少选项 '--title'"),
    ("consultation show", "缺少参数 'SLUG'"),
    ("consultation", "用法:"),
    ("consultation list --state x", "可选：'drafting'"),
    ("consultation extend a --reason b --until 20", "格式不对"),
    ("consultation lst", "没有命令“lst”"),
    ("consultation list --stat x", "没有选项“--stat”"),
    ("consultation list --state", "选项“--state”缺少值"),
    ("consultation list --json=1", "不带值"),
    ("consultation list a b", "多出参数：a b"),
    ("consultees list --limit x", "不是数字"),
    ("worker run --threads 99", "99 超出范围"),
    ("consultation show nowhere", "没有编号为“nowhere”的征求意见"),
    ("submissions import missing.csv --consultation a --channel web", "没有这个文件"),
    ("draft outline missing.docx", "没有这个文件"),
    ("draft outline .", "这是一个文件夹"),
    ("nothing", "没有命令“nothing”"),
)
"""Commands that go wrong, and what is printed."""


def _commands(app: Flask) -> Iterator[tuple[str, click.Command]]:
    """Yield every group and command of ours, with the words that call it."""
    for name in GROUPS:
        group = app.cli.commands[name]
        assert isinstance(group, click.Group)
        yield name, group
        context = click.Context(group)
        for inner in group.list_commands(context):
            command = group.get_command(context, inner)
            assert command is not None
            yield f"{name} {inner}", command


def test_every_group_command_option_and_argument_has_its_help_in_chinese(app: Flask) -> None:
    without = []
    for words, command in _commands(app):
        helps = {"": command.help} | {param.opts[0]: getattr(param, "help", None) for param in command.params}
        without += [f"{words} {part}" for part, text in helps.items() if not HAN.search(text or "")]
    assert without == []


def test_no_line_of_a_list_of_commands_is_cut(app: Flask) -> None:
    for name in ("", *GROUPS):
        listed = run(app, *name.split(), "--help").output
        assert "..." not in listed.rpartition("命令:")[2], listed


def test_help_texts_hold_no_english_but_names_of_options_and_values(app: Flask) -> None:
    for words, command in _commands(app):
        printed = run(app, *words.split(), "--help").output
        first, *lines = printed.splitlines()
        assert first.startswith("用法: "), printed
        headings = {line for line in lines if line.endswith(":")}
        assert headings <= {"选项:", "命令:", "参数:"}, printed
        assert "显示帮助。" in printed
        assert command.help is not None
        assert command.help.split("。")[0] in printed


@pytest.mark.parametrize(("words", "printed"), WRONG)
def test_wrong_usage_is_answered_in_chinese(app: Flask, words: str, printed: str) -> None:
    result = run(app, *words.split())
    assert result.exit_code in (1, 2)
    assert printed in result.output
    named = set(ENGLISH.findall(words)) | {"flask", "OPTIONS", "COMMAND", "ARGS", "SLUG", "FILES", "PATH", "help"}
    for line in result.output.splitlines():
        unquoted = re.sub(r"['“][^'”]*['”]|--[a-z-]+", "", line)
        assert HAN.search(line) or not set(ENGLISH.findall(unquoted)) - named, line


def test_results_are_printed_in_chinese(app: Flask, tmp_path: Path) -> None:
    slug = open_consultation().slug
    for words in (f"consultation show {slug}", f"report build {slug} --out {tmp_path}", "jobs list", "ledger verify"):
        first = run(app, *words.split()).output.splitlines()[0]
        assert HAN.search(first), first
    assert "预览" in run(app, "report", "build", slug, "--out", str(tmp_path)).output


def test_the_messages_are_those_of_the_click_that_is_installed() -> None:
    sources = set()
    for path in Path(click.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "ngettext"):
                sources |= {leaf.value for leaf in ast.walk(node) if isinstance(leaf, ast.Constant)}
    assert {message for message in _messages() if message not in sources} <= {"required"}


def test_a_translated_message_has_no_place_that_click_does_not_fill() -> None:
    for message, words in _messages().items():
        assert set(PLACEHOLDERS.findall(words)) <= set(PLACEHOLDERS.findall(message)), message
