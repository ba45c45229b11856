"""What passkeys are bound to on this site."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request

from consult.accounts.passkeys import Site
from consult.app_context import settings


def passkey_site() -> Site | None:
    """Return what passkeys are bound to on this site; nothing where browsers don't let its pages ask for them."""
    origin = settings().passkey_origin(request.host_url)
    return Site(urlsplit(origin).hostname or "", origin) if origin else None
