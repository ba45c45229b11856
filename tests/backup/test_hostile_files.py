"""What is refused before anything is written: damaged and altered files, other keys, places that aren't empty."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest

from consult.store import db
from tests.backup.sites import Site, Sites, faults_of, rows_of
from tests.backup.test_restore import CHANGED_BY_THE_RESTORE, made, restored
from tests.builders import a_division

Change = Callable[[dict[str, bytes]], None]


def rewritten(path: Path, to: Path, change: Change) -> Path:
    """Write a backup again with other contents."""
    with zipfile.ZipFile(path) as original:
        contents = {name: original.read(name) for name in original.namelist()}
    change(contents)
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as written:
        for name, data in contents.items():
            written.writestr(name, data)
    return to


def is_untouched(place: Site) -> bool:
    """Say whether nothing was written but the settings' own files."""
    with place.inside():
        tables = db.inspect(db.engine).get_table_names()
    left = {path.name for path in place.settings.data_dir.iterdir()}
    harmless = {"secret_key", "keys.json", "keys.lock", "mailbox_key", "ledger_key"}
    return not tables and left - {name for name in left if name.startswith("ratelimit")} <= harmless


def alter_row(contents: dict[str, bytes]) -> None:
    contents["tables/submission"] = (
        contents["tables/submission"].replace(b"canteens", b"xanteens").replace(b"web", b"wbe")
    )


def alter_manifest(contents: dict[str, bytes]) -> None:
    manifest = json.loads(contents["manifest.json"])
    manifest["leaves"] = 1
    contents["manifest.json"] = json.dumps(manifest).encode()


def out_of_the_folder(contents: dict[str, bytes]) -> None:
    contents["../../etc/cron.d/x"] = b"* * * * * root true\n"


def out_of_the_folder_in_the_manifest(contents: dict[str, bytes]) -> None:
    out_of_the_folder(contents)
    manifest = json.loads(contents["manifest.json"])
    manifest["parts"]["../../etc/cron.d/x"] = {"size": 20, "sha256": "0" * 64}
    contents["manifest.json"] = json.dumps(manifest).encode()


def without_a_table(contents: dict[str, bytes]) -> None:
    del contents["tables/submission"]


def without_a_manifest(contents: dict[str, bytes]) -> None:
    del contents["manifest.json"]


def newer(contents: dict[str, bytes]) -> None:
    manifest = json.loads(contents["manifest.json"])
    manifest["revision"] = "9999"
    contents["manifest.json"] = json.dumps(manifest).encode()


def of_another_format(contents: dict[str, bytes]) -> None:
    contents["manifest.json"] = b'{"format": "other/1", "parts": {}}'


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (alter_row, "校验值"),
        (alter_manifest, "签名不符"),
        (out_of_the_folder, "不该有"),
        (out_of_the_folder_in_the_manifest, "不该有"),
        (without_a_table, "与清单不符"),
        (without_a_manifest, "不是完整的备份"),
        (newer, "比本平台的程序新"),
        (of_another_format, "不是本平台能读的备份"),
    ],
)
def test_an_altered_file_is_refused(sites: Sites, tmp_path: Path, change: Change, words: str) -> None:
    site, _ = sites.filled()
    made(site, tmp_path / "backup.zip")
    altered = rewritten(tmp_path / "backup.zip", tmp_path / "altered.zip", change)
    place = sites.empty()
    result = place.command("backup", "restore", str(altered))
    assert (result.exit_code, result.exception.__class__) == (1, SystemExit), result.output
    assert words in result.stderr
    assert is_untouched(place)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_file_is_refused(sites: Sites, tmp_path: Path, share: float) -> None:
    site, _ = sites.filled()
    made(site, tmp_path / "backup.zip")
    data = (tmp_path / "backup.zip").read_bytes()
    (tmp_path / "cut.zip").write_bytes(data[: int(len(data) * share)])
    place = sites.empty()
    result = place.command("backup", "restore", str(tmp_path / "cut.zip"))
    assert result.exit_code == 1
    assert "备份" in result.stderr
    assert is_untouched(place)


def test_a_byte_that_has_flipped_is_refused_or_changes_nothing(sites: Sites, tmp_path: Path) -> None:
    site, _ = sites.filled()
    made(site, tmp_path / "backup.zip")
    data = bytearray((tmp_path / "backup.zip").read_bytes())
    before = rows_of(site)
    place = sites.empty()
    refused = 0
    for at in range(200, len(data) - 1, len(data) // 12):
        flipped = bytearray(data)
        flipped[at] ^= 0x40
        (tmp_path / "flipped.zip").write_bytes(flipped)
        result = place.command("backup", "restore", str(tmp_path / "flipped.zip"))
        refused += result.exit_code == 1
        if result.exit_code == 0:  # in what a ZIP says twice
            after = rows_of(place)
            same = before.keys() - CHANGED_BY_THE_RESTORE
            assert {name: after[name] for name in same} == {name: before[name] for name in same}
            place = sites.empty()
        else:
            assert result.exception.__class__ is SystemExit, result.exception
    assert refused >= 8


def test_keys_are_sealed_by_a_passphrase(sites: Sites, tmp_path: Path) -> None:
    site, _ = sites.filled(backup_passphrase="correct horse")
    assert made(site, tmp_path / "backup.zip")["keys"] == "passphrase"
    with zipfile.ZipFile(tmp_path / "backup.zip") as file:
        assert "keys.json" not in file.namelist()
        assert pyrage.passphrase.decrypt(file.read("keys.age"), "correct horse")
    for settings, words in (({}, "BACKUP_PASSPHRASE"), ({"backup_passphrase": "wrong"}, "不对")):
        place = sites.empty(**settings)
        result = place.command("backup", "restore", str(tmp_path / "backup.zip"))
        assert result.exit_code == 1
        assert words in result.stderr
        assert is_untouched(place)
    place = sites.empty(backup_passphrase="correct horse")
    restored(place, tmp_path / "backup.zip")
    assert faults_of(place)[0] == []


def test_keys_are_sealed_for_a_recipient(sites: Sites, tmp_path: Path) -> None:
    identity = pyrage.x25519.Identity.generate()
    site, _ = sites.filled(backup_recipient=str(identity.to_public()))
    assert made(site, tmp_path / "backup.zip")["keys"] == "recipient"
    (tmp_path / "identity").write_text(f"# created today\n{identity}\n", encoding="utf-8")
    (tmp_path / "other").write_text(f"{pyrage.x25519.Identity.generate()}\n", encoding="utf-8")
    for settings in ({}, {"backup_identity": tmp_path / "other"}, {"backup_identity": tmp_path / "none"}):
        result = sites.empty(**settings).command("backup", "restore", str(tmp_path / "backup.zip"))
        assert result.exit_code == 1
        assert "BACKUP_IDENTITY" in result.stderr or "私钥文件" in result.stderr
    place = sites.empty(backup_identity=tmp_path / "identity")
    restored(place, tmp_path / "backup.zip")
    assert faults_of(place)[0] == []
    wrong = sites.working(backup_recipient="age1nonsense")
    result = wrong.command("backup", "create", str(tmp_path / "wrong.zip"))
    assert result.exit_code == 1
    assert "BACKUP_RECIPIENT" in result.stderr
    assert list(tmp_path.glob("*wrong.zip*")) == []


def test_plain_keys_are_said(sites: Sites, tmp_path: Path) -> None:
    site, _ = sites.filled()
    result = site.command("backup", "create", str(tmp_path / "backup.zip"))
    assert "没有加密" in result.stderr
    again = site.command("backup", "create", str(tmp_path / "backup.zip"))
    assert again.exit_code == 1
    assert "已经存在" in again.stderr


def test_a_place_with_anything_in_it_is_refused(sites: Sites, tmp_path: Path) -> None:
    site, _ = sites.filled()
    made(site, tmp_path / "backup.zip")
    before = rows_of(site)
    assert site.command("backup", "restore", str(tmp_path / "backup.zip")).exit_code == 1
    assert rows_of(site) == before
    fresh = sites.working()
    with fresh.inside():
        a_division()
    assert fresh.command("backup", "restore", str(tmp_path / "backup.zip")).exit_code == 1
    with_files = sites.empty()
    shutil.copytree(site.settings.data_dir / "blobs", with_files.settings.data_dir / "blobs")
    assert "blobs" in with_files.command("backup", "restore", str(tmp_path / "backup.zip")).stderr
    upgraded = sites.working()
    restored(upgraded, tmp_path / "backup.zip")
    assert faults_of(upgraded)[0] == []


def test_a_folder_of_journals_that_isnt_mounted_is_asked_for(sites: Sites, tmp_path: Path) -> None:
    site, _ = sites.filled()
    made(site, tmp_path / "backup.zip")
    place = sites.empty(journal_folder=tmp_path / "not-mounted")
    result = place.command("backup", "restore", str(tmp_path / "backup.zip"))
    assert result.exit_code == 1
    assert "JOURNAL_FOLDER" in result.stderr


def test_a_schema_out_of_date_isnt_backed_up(sites: Sites, tmp_path: Path) -> None:
    result = sites.empty().command("backup", "create", str(tmp_path / "backup.zip"))
    assert result.exit_code == 1
    assert "flask db upgrade" in result.stderr
    assert list(tmp_path.glob("*backup.zip*")) == []
