"""Pressing keys on the desk's pages as a person does: once the page listens."""

from __future__ import annotations

from playwright.sync_api import Page


def press(page: Page, key: str) -> None:
    """Press a shortcut on a page whose keyboard script is at work."""
    page.wait_for_selector("html[data-keys=listening]", state="attached")
    page.keyboard.press(key)
