"""`flask mail …`: letters on their way out."""

from __future__ import annotations

import click

from consult.clock import local, now
from consult.faces.cli.console import ROW_ID, actor_named, by_option, choice_of, command_group, show
from consult.mail_queue import service
from consult.mail_queue.models import MailState, OutgoingMail

mail_cli = command_group("mail")
SHOWN = 200


@mail_cli.command("queue", help="列出待发送和未能送达的信及原因；可以重发，或者不再发送。")
@click.option("--retry", type=ROW_ID, help="立即重发这一封（编号）。")
@click.option("--give-up", type=ROW_ID, help="不再发送这一封（编号）。")
@click.option("--state", type=choice_of(MailState), help="只列一种状态。")
@click.option("--release", is_flag=True, help="恢复备份后核对完毕，继续发信。")
@by_option
def queue(
    retry: int | None, give_up: int | None, state: str | None, release: bool, username: str | None, as_json: bool
) -> None:
    """Print what waits to go out, what failed and why; or have one letter tried again or given up, or let all out."""
    if sum((retry is not None, give_up is not None, release)) > 1:
        raise click.UsageError("--retry、--give-up 和 --release 只能用一个。")
    actor = actor_named(username)
    if release:
        released = service.release(actor, at=now())
        show({"released": released}, f"已继续发信，{released} 封信将在一分钟内发出。", as_json)
    elif retry is not None:
        _show_one(service.retry(actor, retry, at=now()), as_json)
    elif give_up is not None:
        _show_one(service.give_up(actor, give_up, at=now()), as_json)
    else:
        letters = service.listed(state=MailState(state) if state else None, limit=SHOWN)
        counts = {each.value: n for each, n in service.counts().items()}
        named = "，".join(f"{each.label.words} {n}" for each, n in service.counts().items())
        held = service.held()
        lines = [f"{named}。", *map(_line, letters)]
        if held is not None:
            lines.insert(1, f"系统从备份恢复后暂停发信，{held.letters} 封待核对；核对后用 --release 继续发信。")
        show(
            {"counts": counts, "held": held.letters if held else 0, "letters": [_facts(letter) for letter in letters]},
            "\n".join(lines),
            as_json,
        )


def _show_one(letter: OutgoingMail, as_json: bool) -> None:
    show(_facts(letter), _line(letter), as_json)


def _facts(letter: OutgoingMail) -> dict[str, object]:
    return {
        "id": letter.id,
        "purpose": letter.purpose.value,
        "subject": letter.subject,
        "address": letter.address,
        "state": letter.state.value,
        "attempts": letter.attempts,
        "queued_at": local(letter.queued_at).isoformat(timespec="seconds"),
        "next_at": local(letter.next_at).isoformat(timespec="seconds") if letter.next_at else None,
        "why": letter.answer,
    }


def _line(letter: OutgoingMail) -> str:
    tried = f"，已试 {letter.attempts} 次" if letter.attempts else ""
    why = f"：{letter.answer}" if letter.answer else ""
    return (
        f"第 {letter.id} 封　{letter.purpose.label.words}　{letter.address or '（地址已删除）'}　"
        f"{letter.state.label.words}{tried}{why}"
    )
