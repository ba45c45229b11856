"""Whether a file is one of a published report: by its signature, offline, and by the record where there is one."""

from __future__ import annotations

import hashlib
import io
import json
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from sqlalchemy.exc import SQLAlchemyError

from config import ROOT
from consult.ledger.signing_key import public_keys
from consult.reporting import publication_check, signatures
from consult.reporting.errors import ReportAltered, ReportRefused
from consult.store import db

SCRIPT = ROOT / "static" / "transparency" / "verify.py"
"""What the public checks with; the platform checks with the same."""
LARGEST_SIGNATURE = 1 << 20


@dataclass(frozen=True)
class Verified:
    """What was found about a file."""

    file: str
    is_valid: bool
    why: str
    report: str = ""
    version: int = 0
    signature: bool | None = None
    """Whether the signature is valid and names the file; None where none was given."""
    record: bool | None = None
    """Whether this site's record has published the file; None where there is no record."""


@cache
def _script() -> Any:
    spec = spec_from_file_location("consult_verify_script", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_signature(path: Path) -> dict[str, Any]:
    """Return the content of a signature file.

    Raises:
        ReportRefused: it can't be read, or is no signature.
    """
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(LARGEST_SIGNATURE))
    except (OSError, ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or document.get("kind") != signatures.KIND:
        raise ReportRefused(f"“{path}”不是反馈的签名文件（report.sig.json），或者打不开。")
    return document


def verify(path: Path, signed: dict[str, Any] | None, key: str) -> Verified:
    """Check a file.

    Arguments:
        signed: a signature file's content; the record alone decides without one.
        key: public keys from elsewhere, parted by commas; empty: this site's.
    """
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return Verified(str(path), is_valid=False, why="打不开这个文件。")
    in_record, named = _in_record(digest)
    if signed is None:
        why = {True: "本站公布的记录里有这个文件。", False: "本站公布的记录里没有这个文件。", None: _NO_RECORD}[
            in_record
        ]
        return Verified(str(path), is_valid=in_record is True, why=why, record=in_record, **named)
    try:
        ours = "" if in_record is None else ",".join(public_keys())
        with redirect_stdout(io.StringIO()):
            statement = _script().check_report(signed, [digest], key or ours)
    except (InvalidSignature, AssertionError) as error:
        why = str(error) or "签名不对"
        return Verified(str(path), is_valid=False, why=f"{why}。", signature=False, record=in_record, **named)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
        return Verified(str(path), is_valid=False, why="签名文件已经损坏。", signature=False, record=in_record, **named)
    named = {"report": statement["title"], "version": statement["version"]}
    if in_record is False:
        return Verified(str(path), is_valid=False, why=_NOT_HERE, signature=True, record=False, **named)
    unknown = "" if key else f"请把公钥 {signed['public_key']} 与部门公布的公钥对照；"
    why = "签名有效，" + ("本站的记录也相符。" if in_record else f"{unknown}未与记录核对：这里没有公布它的数据库。")
    return Verified(str(path), is_valid=True, why=why, signature=True, record=in_record, **named)


_NO_RECORD = "没有给出签名文件，这里也没有可以核对的记录。请用 --signature 给出 report.sig.json。"
_NOT_HERE = "签名有效，但是本站的记录里没有公布过这个文件。"


def _in_record(digest: str) -> tuple[bool | None, dict[str, Any]]:
    """Return whether a published, unaltered report has the file, with its title and version; None without a record."""
    try:
        report = signatures.with_file(digest)
        if report is None:
            return (False if signatures.has_published() else None), {}
        publication_check.require_unaltered(report)
    except ReportAltered:
        return False, {}
    except SQLAlchemyError:
        db.session.rollback()
        return None, {}
    return True, {"report": report.snapshot["title"], "version": report.version}
