"""The attachments of a table's rows: files of a ZIP archive that the rows name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from consult.app_context import blobs, settings
from consult.files import attachments
from consult.files.attachments import AttachmentRefused, CheckedAttachment
from consult.files.tables import Named, TableRefused, Tally
from consult.files.zip_limits import Archive, ArchiveRefused

_BETWEEN = re.compile(r"[;；、,，|\n\r]+")
_JUNK = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
NOT_NAMED = "表中没有行写明这个文件，未导入"


class RowFiles:
    """The files of an archive, each stored when a row first names it.

    Arguments:
        data: the archive; none where none was given.
        store: whether files are stored; a check stores nothing.

    Raises:
        TableRefused: the archive can't be read.
    """

    def __init__(self, data: bytes | None = None, *, store: bool = True) -> None:
        self.given, self._store = data is not None, store
        try:
            self._archive = Archive(data) if data is not None else None
        except ArchiveRefused as refusal:
            raise TableRefused(f"附件压缩包不能使用：{refusal}。请重新压缩为 ZIP 后上传。") from refusal
        names = self._archive.names if self._archive is not None else []
        self._names = [name for name in names if not name.startswith(_JUNK[0]) and not name.endswith(_JUNK[1:])]
        self._read: dict[str, CheckedAttachment | str] = {}

    def of_row(self, words: str) -> tuple[tuple[CheckedAttachment, ...], str]:
        """Return the files that a cell names, and what is wrong with it."""
        if not words:
            return (), ""
        if not self.given:
            return (), "没有随表格上传附件压缩包，附件未导入"
        files: list[CheckedAttachment] = []
        missing: list[str] = []
        wrong: list[str] = []
        for name in self._split(words):
            member = self._find(name)
            file = self._checked(member) if member else None
            if isinstance(file, CheckedAttachment):
                files.append(file)
            elif file is None:
                missing.append(name)
            else:
                wrong.append(file)
        if missing:
            wrong.append(f"压缩包里没有（或者不止一个）“{'”“'.join(missing[:3])}”")
        return tuple(files), "；".join(wrong)

    def tally(self) -> Tally:
        """Return the account of the archive's files, once the rows are read."""
        named = []
        for name in self._names:
            file = self._read.get(name, NOT_NAMED)
            if isinstance(file, str):
                named.append(Named(name, file))
        return Tally(len(self._names), len(self._names) - len(named), named)

    def _split(self, words: str) -> Sequence[str]:
        """Return the names in a cell; a name may hold a comma itself."""
        if self._find(words):
            return [words]
        return [name for name in map(str.strip, _BETWEEN.split(words)) if name]

    def _find(self, name: str) -> str | None:
        """Return the file of this name, with or without folder and ending; none where several may be meant."""
        wanted = _plain(name)
        for key in (_plain, lambda member: _plain(member).rpartition("/")[2], _stem):
            fits = [member for member in self._names if key(member) == wanted]
            if len(fits) == 1:
                return fits[0]
        return None

    def _checked(self, member: str) -> CheckedAttachment | str:
        if member not in self._read:
            self._read[member] = self._check(member)
        return self._read[member]

    def _check(self, member: str) -> CheckedAttachment | str:
        assert self._archive is not None
        try:
            data = self._archive.read(member)
            checked = attachments.check(member, data, max_bytes=settings().attachment_bytes)
        except (ArchiveRefused, AttachmentRefused) as refusal:
            return str(refusal).rstrip("。")
        if self._store:
            blobs().put(data)
        return checked


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).replace("\\", "/").casefold().strip()


def _stem(name: str) -> str:
    return _plain(name).rpartition("/")[2].rpartition(".")[0]
