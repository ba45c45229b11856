"""``flask mailbox …``: messages from files and from IMAP, and the mailboxes themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from consult.accounts.errors import Refused
from consult.accounts.permissions import SYSTEM
from consult.clock import now
from consult.faces.cli.console import ROW_ID, actor_named, by_option, choice_of, command_group, show, unreadable
from consult.faces.cli.wording import local_iso
from consult.mailbox import fetching, retries, service, settings
from consult.mailbox.errors import MailboxRefused
from consult.mailbox.message_store import RawMessage
from consult.mailbox.models import Encryption, Mailbox
from consult.mailbox.settings import MailboxSettings
from consult.store import db

mailbox_cli = command_group("mailbox")

TOGETHER = 32
TOGETHER_BYTES = 16 << 20


@mailbox_cli.command("ingest", help="读入邮件文件（.eml），逐封保存并报告。")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), help="邮件文件，.eml。")
def ingest(files: tuple[Path, ...], as_json: bool) -> None:
    """Take messages from files (.eml); each is kept, whatever it holds, and accounted for."""
    service.resume(at=now())
    missing = False
    for batch in _batches(files):
        letters = [(path, what) for path, what in batch if isinstance(what, bytes)]
        taken = iter(service.ingest_many([RawMessage(raw, path.name) for path, raw in letters], at=now()))
        for path, what in batch:
            if isinstance(what, str):
                missing = True
                click.echo(what, err=True)
            else:
                _print({"file": str(path)}, next(taken), as_json)
    if missing:
        sys.exit(1)


def _resume(as_json: bool) -> None:
    """Finish what a killed fetch left behind, and print it as that fetch would have."""
    for resumed in service.resume(at=now()):
        if resumed.uid is not None:
            _print({"uid": resumed.uid, "mailbox": resumed.mailbox_id}, resumed.ingested, as_json)


def _batches(files: Sequence[Path]) -> Iterator[list[tuple[Path, bytes | str]]]:
    """Yield files a few at a time; in place of one that can't be read, the reason."""
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
    except OSError as error:
        return unreadable(path, error)


def _print(place: dict[str, Any], ingested: service.Ingested, as_json: bool) -> None:
    facts = {
        **place,
        "outcome": ingested.outcome.value,
        "consultation": ingested.consultation,
        "number": ingested.number,
        "why": ingested.why,
        "submissions": [asdict(became) for became in ingested.submissions],
    }
    where, outcome = str(next(iter(place.values()))), ingested.outcome.label.words
    words = (where, outcome, ingested.number, ingested.consultation, ingested.why)
    show(facts, "  ".join(filter(None, words)), as_json)


@mailbox_cli.command("fetch", help="读取全部信箱；一个信箱连接不上，不影响其他信箱。")
def fetch(as_json: bool) -> None:
    """Read all mailboxes; one that can't be reached is reported and doesn't stop the others."""
    at = now()
    _resume(as_json)
    ids = [mailbox.id for mailbox in settings.active_mailboxes()]
    if not ids:
        raise Refused("尚未设置信箱。请用 flask mailbox add，或者在工作台的“征集信箱”中设置。")
    failed = False
    for id_ in ids:
        mailbox = db.session.get_one(Mailbox, id_)
        try:
            for fetched in fetching.fetch(mailbox, at=at):
                _print({"uid": fetched.uid, "mailbox": id_}, fetched.ingested, as_json)
        except MailboxRefused as refusal:
            failed = True
            click.echo(str(refusal), err=True)
        for words in _kept_back(mailbox):
            click.echo(words, err=True)
    if failed:
        sys.exit(1)


def _kept_back(mailbox: Mailbox) -> Iterator[str]:
    """Yield a line for each message that the server has not returned so far."""
    for row in retries.withheld([mailbox]).get(mailbox.id, []):
        what_next = "不再自动读取，可以在工作台的“征集信箱”中重新读取" if retries.is_given_up(row) else "将自动重新读取"
        yield f"{mailbox.user} 的 UID {row.uid}：邮件服务器未返回这封邮件（{row.server_words}），{what_next}。"


@mailbox_cli.command("add", help="设置信箱。")
@click.option("--host", required=True, help="邮件服务器。")
@click.option("--user", required=True, help="用户名，通常是邮箱地址。")
@click.option("--password", prompt="密码", hide_input=True, envvar="MAILBOX_PASSWORD", help="密码或者授权码。")
@click.option("--port", type=int, help="端口；不写按加密方式。")
@click.option("--encryption", type=choice_of(Encryption), default="tls", show_default=True, help="加密方式。")
@click.option("--folder", default="INBOX", show_default=True, help="文件夹。")
@click.option("--address", default="", help="公众写信用的地址，与用户名不同时写。")
@by_option
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
    terms = MailboxSettings(host, user, password, port, Encryption(encryption), folder, address)
    mailbox = settings.add(actor_named(username), terms, at=now())
    show(_document(mailbox), f"已设置信箱 {mailbox.id}：{_place(mailbox)}", as_json)


@mailbox_cli.command("list", help="列出信箱和最近一次读取情况。")
def list_all(as_json: bool) -> None:
    """List the mailboxes and how their last fetch went."""
    mailboxes = settings.all_mailboxes()
    kept_back = {id_: [row.uid for row in rows] for id_, rows in retries.withheld(mailboxes).items()}
    lines = [f"{box.id}  {_place(box)}  {_fetch_words(box, len(kept_back.get(box.id, [])))}" for box in mailboxes]
    documents = [_document(box) | {"kept_back": kept_back.get(box.id, [])} for box in mailboxes]
    show({"mailboxes": documents}, "\n".join(lines) or "尚未设置信箱。", as_json)


@mailbox_cli.command("test", help="试连信箱，报告结果。")
@click.argument("mailbox_id", type=ROW_ID, help="信箱的编号。")
def test(mailbox_id: int, as_json: bool) -> None:
    """Connect to a mailbox and say what was found."""
    mailbox = db.session.get(Mailbox, mailbox_id)
    if mailbox is None:
        raise Refused(f"没有编号为 {mailbox_id} 的信箱。用 flask mailbox list 查看。")
    words = fetching.test(SYSTEM, mailbox)
    show({"id": mailbox_id, "ok": True, "message": words}, words, as_json)


def _place(mailbox: Mailbox) -> str:
    return f"{mailbox.user}  {mailbox.host}:{mailbox.port}（{mailbox.encryption.label.words}）  {mailbox.folder}"


def _fetch_words(mailbox: Mailbox, kept_back: int) -> str:
    if not mailbox.active:
        return "已停用"
    if mailbox.error:
        return f"上次读取失败：{mailbox.error}"
    rest = f"，{kept_back} 封邮件服务器未返回" if kept_back else ""
    return f"上次读取 {local_iso(mailbox.fetched_at)}{rest}" if mailbox.fetched_at else "尚未读取"


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
