"""Settings, blobs and rules of the running application."""

from __future__ import annotations

from flask import Flask

from consult.app_context import blobs, rules


def test_rules_and_blob_storage_are_made_once_for_an_application(app: Flask) -> None:
    assert rules() is rules()
    assert blobs() is blobs()
