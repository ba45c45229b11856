"""`flask publicity …`: kits for new media."""

from __future__ import annotations

from pathlib import Path

import click

from consult.clock import now
from consult.drafting.models import PublicText
from consult.faces.cli.console import choice_of, command_group, consultation_named, show, slug_argument
from consult.files.publicity import FILES, draw
from consult.publicity import words

publicity_cli = command_group("publicity")


@publicity_cli.command("build", help="生成宣传材料：文字、公众号图文、长图、海报（A4、A3）、转发预览图。")
@slug_argument
@click.option(
    "--about", type=choice_of(PublicText), default=PublicText.NOTICE.value, show_default=True, help="宣传哪一项。"
)
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="写入的文件夹。")
def build(slug: str, about: str, out: Path, as_json: bool) -> None:
    """Draw the kit about a public text of SLUG into a folder; it says what the public pages say."""
    kit = words.compose(consultation_named(slug), PublicText(about), now())
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, data in draw(kit).items():
        (out / name).write_bytes(data)
        written.append(str(out / name))
    lines = [f"{FILES[Path(path).name]}：{path}" for path in written]
    show({"consultation": slug, "about": about, "files": written}, "\n".join(lines), as_json)
