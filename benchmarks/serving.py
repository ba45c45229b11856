"""The application with one more route: the baseline of a bare durable INSERT on the same database."""

from __future__ import annotations

from sqlalchemy import text

from consult.app import create_app
from consult.faces.guards import csrf
from consult.store import db

app = create_app()


@app.post("/bare")
@csrf.exempt
def bare() -> str:
    """Insert one row durably and say so."""
    with db.engine.connect() as connection:
        connection.execute(text("INSERT INTO bare (content) VALUES (:content)"), {"content": "建议延长办理时间。"})
        connection.commit()
    return "ok"
