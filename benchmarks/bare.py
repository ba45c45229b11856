"""A Flask application of one route that inserts one row durably: what any submission must be measured against."""

from __future__ import annotations

from typing import Any

from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event, text

from config import Settings

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = Settings().database()
db = SQLAlchemy(app)


def durable(connection: Any, _record: Any) -> None:
    """Have SQLite wait for the disk and for other writers, as the platform does."""
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


with app.app_context():
    if db.engine.dialect.name == "sqlite":
        event.listen(db.engine, "connect", durable)


@app.post("/bare")
def bare() -> str:
    """Insert one row durably and say so."""
    with db.engine.begin() as connection:
        connection.execute(text("INSERT INTO bare (content) VALUES (:content)"), {"content": request.form["content"]})
    return "ok"
