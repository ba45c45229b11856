"""What stands around the site: the data folder's mode and the file for search engines."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from flask.testing import FlaskClient

from config import ROOT, Settings
from consult.app import create_app


def test_the_data_folder_is_open_to_its_own_account_only(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    create_app(Settings(data_dir=folder, secret_key="k"))
    assert folder.stat().st_mode & 0o777 == 0o700


A_DAY = """
from consult.app import create_app
app = create_app()
from consult import clock
from consult.faces import jobs, worker
from consult.ledger import checkpoints
from consult.ledger.upkeep import Upkeep
with app.app_context():
    Upkeep().round(clock.now())
    checkpoints.checkpoint(clock.now())
    for name in jobs.known():
        jobs.run(name)
worker.attach(app).storage.enqueue(b"x")
assert app.test_client().get("/").status_code == 200
"""


def test_what_is_written_in_a_day_is_its_own_accounts_only(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    environment = os.environ | {"DATA_DIR": str(folder), "DATABASE_URL": "", "FLASK_APP": "wsgi:app"}
    environment.pop("KEYS_FILE", None)
    before = os.umask(0o000)
    try:
        for command in (
            ["-m", "flask", "db", "upgrade"],
            ["-m", "flask", "demo", "load"],
            ["-m", "flask", "keys", "rotate"],
            ["-c", A_DAY],
        ):
            subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=True, capture_output=True)
    finally:
        os.umask(before)
    written = {path.relative_to(folder): path.stat().st_mode & 0o777 for path in folder.rglob("*")}
    assert {
        "consult.sqlite3",
        "keys.json",
        "queue.sqlite3",
        "ledger_key",
        "blobs",
        "outbox",
        "ledger",
        "checkpoints",
    } <= {path.parts[0] for path in written}
    open_to_others = {str(path): oct(mode) for path, mode in written.items() if mode & 0o077}
    assert open_to_others == {}


def test_files_that_an_earlier_version_left_open_are_closed_at_the_start(tmp_path: Path) -> None:
    database, outside = tmp_path / "data" / "consult.sqlite3", tmp_path / "outside"
    database.parent.mkdir()
    for path in (database, outside):
        path.touch()
        path.chmod(0o644)
    (tmp_path / "data" / "link").symlink_to(outside)
    create_app(Settings(data_dir=tmp_path / "data", secret_key="k"))
    assert database.stat().st_mode & 0o777 == 0o600
    assert outside.stat().st_mode & 0o777 == 0o644, "what lies elsewhere is left alone"


def test_search_engines_are_kept_to_the_public_pages(client: FlaskClient) -> None:
    answer = client.get("/robots.txt")
    assert answer.mimetype == "text/plain"
    assert "Disallow: /desk/" in answer.text
