"""The first page of the desk: what waits for whom."""

from __future__ import annotations

from flask import render_template

from consult.faces.desk.blueprint import desk


@desk.get("/")
def home() -> str:
    """Show what waits for the account that is signed in."""
    return render_template("desk/home.html")
