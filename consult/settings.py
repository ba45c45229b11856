"""The running application's settings and blob storage, for stages."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import current_app

from config import Settings
from consult.files.blobs import BlobStore

if TYPE_CHECKING:
    from consult.law import rules as law_rules


def settings() -> Settings:
    """Return the settings of the running application."""
    return cast(Settings, current_app.config["SETTINGS"])


def blobs() -> BlobStore:
    """Return the blob storage of the running application."""
    store = current_app.extensions.get("consult.blobs")
    if store is None:
        store = current_app.extensions["consult.blobs"] = BlobStore(settings().data_dir / "blobs")
    return cast(BlobStore, store)


def rules() -> law_rules.Rules:
    """Return the rules of the platform with the department's own rows."""
    loaded = current_app.extensions.get("consult.rules")
    if loaded is None:
        from consult.law import rules as law_rules  # reads calendars: heavy, and not needed by every page

        loaded = current_app.extensions["consult.rules"] = law_rules.load(settings().rules_file)
    return cast("law_rules.Rules", loaded)
