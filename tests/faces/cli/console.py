"""Run a command as a script would, in the test's application."""

from __future__ import annotations

from click.testing import Result
from flask import Flask


def run(app: Flask, *arguments: str) -> Result:
    """Return what ``flask …`` printed and its exit code."""
    return app.test_cli_runner().invoke(args=list(arguments))
