"""The preview of a sheet between its upload and its confirmation: kept as a blob, named by a signed token."""

from __future__ import annotations

from itsdangerous import BadSignature, URLSafeTimedSerializer

from consult import keys
from consult.accounts.permissions import Actor
from consult.adoption.errors import DecisionRefused
from consult.adoption.spreadsheet import Preview
from consult.app_context import blobs
from consult.drafting.models import Consultation
from consult.files.blobs import BlobError

KEPT_SECONDS = 24 * 3600
"""How long a preview can be confirmed."""


def keep(preview: Preview, actor: Actor, consultation: Consultation) -> str:
    """Keep a preview for whoever uploaded the sheet; return its token."""
    return _serializer().dumps([blobs().put(preview.as_json()), actor.id, consultation.id])


def again(token: str, actor: Actor, consultation: Consultation) -> Preview:
    """Return what ``keep`` kept.

    Raises:
        DecisionRefused: the token is not the actor's, of another consultation, or too old.
    """
    try:
        digest, owner, of = _serializer().loads(token, max_age=KEPT_SECONDS)
        if (owner, of) == (actor.id, consultation.id):
            return Preview.from_json(blobs().get(digest))
    except (BadSignature, ValueError, BlobError):
        pass
    raise DecisionRefused("预览已过期，或者由其他账号上传。未导入任何一行，请重新上传表格。")


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(keys.of_sessions(), salt="desk-decisions")
