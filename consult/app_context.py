"""What the running application has for stages: its settings, blob storage and rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import current_app

from config import Settings
from consult.files.blobs import BlobStore

if TYPE_CHECKING:
    from consult.files.sandbox import Sandbox
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


def sandbox() -> Sandbox:
    """Return a sandbox with the limits of the settings, for reading one file."""
    from consult.files.sandbox import Sandbox  # loads multiprocessing, which few commands need

    return Sandbox(settings().reading_seconds, settings().reading_bytes)


def rules() -> law_rules.Rules:
    """Return the rules of the platform with the department's own rows."""
    loaded = current_app.extensions.get("consult.rules")
    if loaded is None:
        from consult.law import loading  # reads calendars: heavy, and not needed by every page

        loaded = current_app.extensions["consult.rules"] = loading.load(settings().rules_file)
    return cast("law_rules.Rules", loaded)
