"""Migrations: up from empty, and the models they lead to are the models in the code."""

from __future__ import annotations

from pathlib import Path

from flask_migrate import check, downgrade, upgrade

from config import Settings
from consult.app import create_app


def test_migrations_lead_from_an_empty_database_to_the_models_and_back(empty_database_url: str, tmp_path: Path) -> None:
    app = create_app(Settings(database_url=empty_database_url, data_dir=tmp_path))
    with app.app_context():
        upgrade()
        check()
        downgrade(revision="base")
        upgrade()


def test_flask_db_is_there_though_it_is_loaded_late(empty_database_url: str, tmp_path: Path) -> None:
    app = create_app(Settings(database_url=empty_database_url, data_dir=tmp_path))
    assert app.test_cli_runner().invoke(args=["db", "upgrade"]).exit_code == 0
    assert "upgrade" in app.test_cli_runner().invoke(args=["db", "--help"]).stdout
    assert app.test_client().get("/readyz").status_code == 200
