"""An identity provider whose answers can be bent in every respect."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, redirect, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server
from werkzeug.wrappers import Response


class CrookedProvider:
    """Answers as a provider does, with ``claims`` over the right ones; ``None`` leaves a claim out."""

    def __init__(self) -> None:
        self.key, self.other_key = (RSAKey.generate_key(2048, {"kid": "k"}) for _ in range(2))
        self.url, self.issuer = "", ""
        self.claims: dict[str, Any] = {}
        self.signed_by, self.algorithm = self.key, "RS256"
        self.asked: dict[str, str] = {}
        self.tokens_asked = self.issued = 0

    def pages(self) -> Flask:
        pages = Flask(__name__)

        @pages.get("/.well-known/openid-configuration")
        def configuration() -> dict[str, Any]:
            places = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
            return {
                "issuer": self.issuer,
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
                **{name: f"{self.url}/{path}" for name, path in places.items()},
            }

        @pages.get("/authorize")
        def authorize() -> Response:
            self.asked = request.args.to_dict()
            return redirect(f"{request.args['redirect_uri']}?code=c0de&state={request.args['state']}")

        @pages.post("/token")
        def token() -> dict[str, Any]:
            self.tokens_asked += 1
            verifier = hashlib.sha256(request.form["code_verifier"].encode()).digest()
            assert (_encoded(verifier), self.asked["code_challenge_method"]) == (self.asked["code_challenge"], "S256")
            signed = self.id_token()
            self.issued += 1
            return {"access_token": "a", "token_type": "Bearer", "id_token": signed}

        @pages.get("/jwks")
        def jwks() -> dict[str, Any]:
            return {"keys": [self.key.as_dict(private=False)]}

        return pages

    def id_token(self) -> str:
        now = int(time.time())
        right = {
            "iss": self.issuer,
            "aud": "consult",
            "sub": "u-1",
            "iat": now,
            "exp": now + 300,
            "nonce": self.asked["nonce"],
        }
        claims = {name: value for name, value in (right | self.claims).items() if value is not None}
        if self.algorithm == "none":
            parts = (b'{"alg":"none"}', json.dumps(claims).encode(), b"")
            return ".".join(map(_encoded, parts))
        if self.algorithm == "HS256":
            header = _encoded(b'{"alg":"HS256","kid":"k"}')
            signed = f"{header}.{_encoded(json.dumps(claims).encode())}"
            public = self.key.as_pem(private=False)
            return f"{signed}.{_encoded(hmac.digest(public, signed.encode(), 'sha256'))}"
        return jwt.encode({"alg": self.algorithm, "kid": "k"}, claims, self.signed_by)


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@contextmanager
def running() -> Iterator[CrookedProvider]:
    """Serve a crooked provider on this machine."""
    provider = CrookedProvider()
    server = make_server("127.0.0.1", 0, provider.pages(), threaded=True)
    provider.url = provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
