"""A draft file between its upload and its confirmation: kept as a blob, named by a signed token."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.datastructures import FileStorage

from consult.accounts.permissions import Actor
from consult.drafting import reading, versions
from consult.drafting.errors import DraftRefused
from consult.drafting.versions import DraftSource
from consult.settings import blobs

KEPT_SECONDS = 24 * 3600
"""How long a preview can be confirmed."""
NAME_CHARACTERS = 200


@dataclass(frozen=True)
class Upload:
    """An uploaded draft that was read: its name, bytes and parse."""

    name: str
    data: bytes
    source: DraftSource

    @property
    def draft(self) -> reading.Draft:
        """The draft as it will be read on the page."""
        return reading.read(versions.flat_rows(self.source.draft))


def take(file: FileStorage | None) -> Upload:
    """Read an uploaded draft for the first time; what has been read once is read again without more ado.

    Raises:
        DraftRefused, UnreadableFile: no file was chosen, or it is no draft; says what to do.
    """
    name = ((file.filename if file is not None else "") or "").replace("\\", "/").rpartition("/")[2][-NAME_CHARACTERS:]
    if file is None or not name:
        raise DraftRefused("请先选择文稿文件。", "file")
    data = file.stream.read()
    return Upload(name, data, versions.read_for_the_first_time(name, data))


def keep(upload: Upload, actor: Actor) -> str:
    """Keep an uploaded draft for its uploader; return its token."""
    return _serializer().dumps([upload.name, blobs().put(upload.data), actor.id])


def again(token: str, actor: Actor) -> Upload:
    """Return what ``keep`` kept.

    Raises:
        DraftRefused: the token is not the actor's, or too old.
    """
    try:
        name, digest, owner = _serializer().loads(token, max_age=KEPT_SECONDS)
    except BadSignature:
        raise DraftRefused("预览已经过期，请重新上传文稿。", "file") from None
    if owner != actor.id:
        raise DraftRefused("这份预览是别的账号上传的，请自己上传文稿。", "file")
    data = blobs().get(digest)
    return Upload(name, data, versions.read_draft(name, data))


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="desk-upload")
