"""The department's identity provider (OpenID Connect): asked by redirect, its answer checked in every respect.

Nothing is asked of it unless ``OIDC_ISSUER`` is set and somebody signs in by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import structlog
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth
from flask import current_app, request, session
from joserfc.errors import JoseError
from requests import RequestException
from werkzeug.wrappers import Response

from consult.accounts.errors import SignInRefused
from consult.app_context import settings

log = structlog.get_logger()

NAME = "identity"
SECONDS = 10
"""How long the provider may take for one answer."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures that only the provider can make: neither ``none`` nor those with the client's own secret."""
FAILED = "统一身份认证未通过或者已超时，请重新登录。仍不能登录的，请联系管理员。"
UNREACHABLE = "暂时不能连接统一身份认证，请稍后再试，或者用密码登录。"


@dataclass(frozen=True)
class Named:
    """Whom the provider named, and whether it asked for a second factor."""

    subject: str
    second_factor: bool


def ask(redirect_uri: str) -> Response:
    """Return the redirect to the provider, with state, nonce and PKCE challenge kept in Flask's signed session.

    Raises:
        SignInRefused: the provider can't be reached, or isn't the one that is set.
    """
    try:
        return cast(Response, _provider().authorize_redirect(redirect_uri))
    except (RequestException, OAuthError, ValueError, RuntimeError) as error:
        log.warning("identity_provider", failed=type(error).__name__)
        raise SignInRefused(UNREACHABLE) from None


def answer() -> Named:
    """Return whom the provider named in the present request.

    Raises:
        SignInRefused: the answer isn't one to this browser's question, or isn't the provider's for this site.
    """
    config = settings()
    issued_by = request.args.get("iss", config.oidc_issuer)  # RFC 9207
    expected = {
        "iss": {"essential": True, "value": config.oidc_issuer},
        "aud": {"essential": True, "value": config.oidc_client_id},
    }
    try:
        if issued_by != config.oidc_issuer:
            raise OAuthError("issuer")
        token = _provider().authorize_access_token(claims_options=expected)
        claims = token.get("userinfo") or {}
    except (RequestException, OAuthError, JoseError, ValueError, RuntimeError, KeyError, TypeError) as error:
        log.warning("identity_provider", failed=type(error).__name__)
        raise SignInRefused(FAILED) from None
    subject = claims.get(config.oidc_claim)
    if not isinstance(subject, str) or not subject:
        log.warning("identity_provider", failed="claim_missing", claim=config.oidc_claim)
        raise SignInRefused(FAILED)
    return Named(subject, _second_factor(claims))


def forget_questions() -> None:
    """Forget what this browser was going to ask the provider: an answer that comes later is none."""
    for key in [key for key in session if key.startswith(f"_state_{NAME}_")]:
        session.pop(key)


def _second_factor(claims: dict[str, Any]) -> bool:
    """Say whether the provider's ``acr`` or ``amr`` is among those that count as a second factor."""
    counting = settings().oidc_counts_as_second_factor()
    methods = claims.get("amr")
    stated = {claims.get("acr"), *(methods if isinstance(methods, list) else ())}
    return bool(counting & {value for value in stated if isinstance(value, str)})


def _provider() -> FlaskOAuth2App:
    """Return the client of the provider; what the provider says of itself has to name the issuer that is set."""
    config = settings()
    asked_for = (config.oidc_issuer, config.oidc_client_id, config.oidc_client_secret, config.oidc_scope)
    kept_for, known = current_app.extensions.get("consult.identity_provider", (None, None))
    if kept_for != asked_for:
        known = OAuth(current_app).register(
            NAME,
            client_id=config.oidc_client_id,
            client_secret=config.oidc_client_secret or None,
            server_metadata_url=f"{config.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": config.oidc_scope,
                "code_challenge_method": "S256",
                "default_timeout": SECONDS,
            },
        )
        metadata = known.load_server_metadata()
        if metadata.get("issuer") != config.oidc_issuer:
            raise ValueError("another issuer")
        offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        metadata["id_token_signing_alg_values_supported"] = [alg for alg in offered if alg in ALGORITHMS]
        current_app.extensions["consult.identity_provider"] = (asked_for, known)
    return cast(FlaskOAuth2App, known)
