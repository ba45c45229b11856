"""A draft file between its upload and its confirmation: kept as a blob, named by a signed token."""

from __future__ import annotations

import io
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.datastructures import FileStorage

from consult import keys
from consult.accounts.permissions import Actor
from consult.app_context import blobs
from consult.drafting import draft_units, versions
from consult.drafting.errors import DraftRefused
from consult.drafting.versions import DraftSource
from consult.files import drafts
from consult.files.uploaded_files import copied

KEPT_SECONDS = 24 * 3600
"""How long a preview can be confirmed."""
NAME_CHARACTERS = 200


@dataclass(frozen=True)
class Upload:
    """An uploaded draft that was read: its name, the digest of its bytes, and its parse."""

    name: str
    digest: str
    source: DraftSource

    @property
    def data(self) -> bytes:
        """Its bytes."""
        return blobs().get(self.digest)

    @property
    def draft(self) -> draft_units.Draft:
        """The draft as it will be read on the page."""
        return draft_units.read(self.source.rows)


def take(file: FileStorage | None) -> Upload:
    """Read and parse an uploaded draft; what was read is kept with the file, so that nothing reads it again.

    Raises:
        DraftRefused, UnreadableFile: no file was chosen, or it is no draft; says what to do.
    """
    name = ((file.filename if file is not None else "") or "").replace("\\", "/").rpartition("/")[2][-NAME_CHARACTERS:]
    if file is None or not name:
        raise DraftRefused("请先选择文稿文件。", "file")
    drafts.refuse_size(name, file.stream.seek(0, io.SEEK_END))
    with copied(file.stream) as path:
        source = versions.read_in_sandbox(name, path)
    file.stream.seek(0)
    return Upload(name, blobs().put_stream(file.stream, drafts.MAX_BYTES), source)


def keep(upload: Upload, actor: Actor) -> str:
    """Keep an uploaded draft, and what was read in it, for its uploader; return its token."""
    return _serializer().dumps([upload.name, upload.digest, blobs().put(upload.source.as_json()), actor.id])


def again(token: str, actor: Actor) -> Upload:
    """Return what ``keep`` kept.

    Raises:
        DraftRefused: the token is not the actor's, or too old.
    """
    try:
        name, file, read, owner = _serializer().loads(token, max_age=KEPT_SECONDS)
    except (BadSignature, ValueError):  # or a token of the release before, of three parts
        raise DraftRefused("预览已过期，请重新上传文稿。", "file") from None
    if owner != actor.id:
        raise DraftRefused("该预览由其他账号上传，请自行上传文稿。", "file")
    return Upload(name, file, DraftSource.from_json(blobs().get(read)))


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(keys.of_sessions(), salt="desk-upload")
