"""``flask mailbox …``: messages from files and from IMAP, and the mailboxes themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from consult.accounts.errors import Refused
from consult.clock import now
from consult.faces.cli.console import actor_named, by_option, json_option, refusals, show
from consult.faces.cli.words import local_iso
from consult.intake.mailbox import boxes, fetching, service, withheld
from consult.intake.mailbox.boxes import Terms
from consult.intake.mailbox.errors import MailboxRefused
from consult.intake.mailbox.keeping import Letter
from consult.intake.mailbox.models import Encryption, Mailbox, Outcome
from consult.store import db

mailbox_cli = AppGroup("mailbox", help="征集信箱：读取邮件，设置邮箱。")

OUTCOME_WORDS = {
    Outcome.STORED: "已收",
    Outcome.UNASSIGNED: "待归类",
    Outcome.DUPLICATE: "重复",
    Outcome.AUTOMATIC: "自动邮件",
    Outcome.QUARANTINED: "隔离",
}
TOGETHER = 32
TOGETHER_BYTES = 16 << 20


@mailbox_cli.command("ingest")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
@refusals
def ingest(files: tuple[Path, ...], as_json: bool) -> None:
    """Take messages from files (.eml); each is kept, whatever it holds, and accounted for."""
    service.resume(at=now())
    missing = False
    for batch in _batches(files):
        letters = [(path, what) for path, what in batch if isinstance(what, bytes)]
        taken = iter(service.ingest_many([Letter(raw, path.name) for path, raw in letters], at=now()))
        for path, what in batch:
            if isinstance(what, str):
                missing = True
                click.echo(what, err=True)
            else:
                _tell({"file": str(path)}, next(taken), as_json)
    if missing:
        sys.exit(1)


def _resume(as_json: bool) -> None:
    """Finish what an earlier fetch was killed at, and tell it as it would have been told there."""
    for one in service.resume(at=now()):
        if one.uid is not None:
            _tell({"uid": one.uid, "mailbox": one.mailbox_id}, one.ingested, as_json)


def _batches(files: Sequence[Path]) -> Iterator[list[tuple[Path, bytes | str]]]:
    """Read files a few at a time; one that can't be read comes with the reason."""
    batch: list[tuple[Path, bytes | str]] = []
    size = 0
    for path in files:
        what = _read(path)
        batch.append((path, what))
        size += len(what)
        if len(batch) >= TOGETHER or size >= TOGETHER_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _read(path: Path) -> bytes | str:
    if path.is_dir():
        return f"{path} 是文件夹，请写里面的邮件文件，例如 {path}/*.eml。"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return f"没有这个文件：{path}。请检查路径。"
    except (OSError, ValueError) as error:
        return f"文件读不出来：{path}（{getattr(error, 'strerror', None) or error}）。"


def _tell(place: dict[str, Any], one: service.Ingested, as_json: bool) -> None:
    facts = {
        **place,
        "outcome": one.outcome.value,
        "consultation": one.consultation,
        "number": one.number,
        "why": one.why,
    }
    where = next(iter(place.values()))
    words = "  ".join(
        part for part in (str(where), OUTCOME_WORDS[one.outcome], one.number, one.consultation, one.why) if part
    )
    show(facts, words, as_json)


@mailbox_cli.command("fetch")
@json_option
@refusals
def fetch(as_json: bool) -> None:
    """Read all mailboxes; one that is away is told and doesn't hold up the others."""
    at = now()
    _resume(as_json)
    ids = [mailbox.id for mailbox in boxes.in_use()]
    if not ids:
        raise Refused("还没有设置邮箱。请用 flask mailbox add，或者在工作台的“征集信箱”里设置。")
    failed = False
    for id_ in ids:
        mailbox = db.session.get_one(Mailbox, id_)
        try:
            for one in fetching.fetch(mailbox, at=at):
                _tell({"uid": one.uid, "mailbox": id_}, one.ingested, as_json)
        except MailboxRefused as refusal:
            failed = True
            click.echo(str(refusal), err=True)
        for words in _kept_back(mailbox):
            click.echo(words, err=True)
    if failed:
        sys.exit(1)


def _kept_back(mailbox: Mailbox) -> Iterator[str]:
    """Say which messages the server kept back at this fetch or before."""
    for row in withheld.waited_for([mailbox]).get(mailbox.id, []):
        what_next = "已不再自动再取，可以在工作台的“征集信箱”里重新再取" if withheld.is_given_up(row) else "会再取"
        yield f"{mailbox.user} 的 UID {row.uid}：邮件服务器没有给出这封邮件（{row.said}），{what_next}。"


@mailbox_cli.command("add")
@click.option("--host", required=True, help="邮件服务器。")
@click.option("--user", required=True, help="用户名，通常是邮箱地址。")
@click.option("--password", prompt="密码", hide_input=True, envvar="MAILBOX_PASSWORD", help="密码或者授权码。")
@click.option("--port", type=int, help="端口；不写按加密方式。")
@click.option("--encryption", type=click.Choice([one.value for one in Encryption]), default="tls", show_default=True)
@click.option("--folder", default="INBOX", show_default=True, help="文件夹。")
@click.option("--address", default="", help="公众写信用的地址，与用户名不同时写。")
@by_option
@json_option
@refusals
def add(
    host: str,
    user: str,
    password: str,
    port: int | None,
    encryption: str,
    folder: str,
    address: str,
    username: str | None,
    as_json: bool,
) -> None:
    """Set a mailbox up."""
    terms = Terms(host, user, password, port, Encryption(encryption), folder, address)
    mailbox = boxes.add(actor_named(username), terms, at=now())
    show(_document(mailbox), f"已设置邮箱 {mailbox.id}：{_place(mailbox)}", as_json)


@mailbox_cli.command("list")
@json_option
@refusals
def list_all(as_json: bool) -> None:
    """List the mailboxes and how their last fetch went."""
    found = boxes.everything()
    kept_back = {id_: [row.uid for row in rows] for id_, rows in withheld.waited_for(found).items()}
    lines = [f"{one.id}  {_place(one)}  {_standing(one, len(kept_back.get(one.id, [])))}" for one in found]
    documents = [_document(one) | {"kept_back": kept_back.get(one.id, [])} for one in found]
    show({"mailboxes": documents}, "\n".join(lines) or "还没有设置邮箱。", as_json)


@mailbox_cli.command("test")
@click.argument("mailbox_id", type=int)
@json_option
@refusals
def test(mailbox_id: int, as_json: bool) -> None:
    """Connect to a mailbox and say what was found."""
    mailbox = db.session.get(Mailbox, mailbox_id)
    if mailbox is None:
        raise Refused(f"没有编号为 {mailbox_id} 的邮箱。用 flask mailbox list 查看。")
    words = fetching.test(mailbox)
    show({"id": mailbox_id, "ok": True, "message": words}, words, as_json)


def _place(mailbox: Mailbox) -> str:
    return f"{mailbox.user}  {mailbox.host}:{mailbox.port}（{mailbox.encryption.value}）  {mailbox.folder}"


def _standing(mailbox: Mailbox, kept_back: int) -> str:
    if not mailbox.active:
        return "已停用"
    if mailbox.error:
        return f"上次没有读成：{mailbox.error}"
    rest = f"，{kept_back} 封邮件服务器没有给出" if kept_back else ""
    return f"上次读取 {local_iso(mailbox.fetched_at)}{rest}" if mailbox.fetched_at else "还没有读取过"


def _document(mailbox: Mailbox) -> dict[str, Any]:
    return {
        "id": mailbox.id,
        "host": mailbox.host,
        "port": mailbox.port,
        "encryption": mailbox.encryption.value,
        "user": mailbox.user,
        "folder": mailbox.folder,
        "address": mailbox.address,
        "active": mailbox.active,
        "fetched_at": local_iso(mailbox.fetched_at),
        "error": mailbox.error,
    }
