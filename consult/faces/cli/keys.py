"""``flask keys``: which generation of each key is in force, and new ones."""

from __future__ import annotations

import click

from consult import keys
from consult.clock import local, now
from consult.faces.cli.console import actor_named, by_option, choice_of, command_group, show
from consult.keys import Purpose
from consult.ledger import key_rotation, key_times

keys_cli = command_group("keys")


@keys_cli.command("list", help="列出每种用途的密钥用到第几代、何时启用。不显示密钥。")
def list_(as_json: bool) -> None:
    """Print the generation in force for each purpose."""
    since = {known.purpose: known for known in key_times.recorded()}
    rows = [
        {
            "purpose": purpose.value,
            "title": purpose.label.words,
            "generation": keys.newest(purpose),
            "fingerprint": keys.fingerprint(purpose, keys.newest(purpose)),
            "since": since[purpose].at.isoformat() if purpose in since else None,
        }
        for purpose in Purpose
    ]
    faults = [fault.message for fault in key_rotation.faults()]
    lines = [f"密钥文件 {keys.path()}"]
    for row, purpose in zip(rows, Purpose, strict=True):
        day = f"，{local(since[purpose].at):%Y-%m-%d} 登记" if purpose in since else ""
        lines.append(f"{purpose.value}\t{purpose.label.words}\t第 {row['generation']} 代{day}")
    show({"file": str(keys.path()), "keys": rows, "faults": faults}, "\n".join([*lines, *faults]), as_json)


@keys_cli.command("rotate", help="换用新密钥；不写用途的，全部换新。原有的回执、链接、封印继续有效，所有人须重新登录。")
@click.argument("purposes", nargs=-1, type=choice_of(Purpose), metavar="[用途]…", help="密钥的用途；不写的，全部。")
@by_option
def rotate(purposes: tuple[str, ...], username: str | None, as_json: bool) -> None:
    """Bring the next generation into force, of all keys or of those named."""
    chosen = [Purpose(purpose) for purpose in purposes] or list(Purpose)
    rotated = key_rotation.rotate(actor_named(username), chosen, at=now())
    lines = [f"{purpose.label.words}：第 {number} 代密钥已启用。" for purpose, number in rotated.items()]
    lines.append(f"请备份密钥文件 {keys.path()}；多台主机的，都要用同一份。")
    document = {"keys": [{"purpose": purpose.value, "generation": number} for purpose, number in rotated.items()]}
    show(document, "\n".join(lines), as_json)
