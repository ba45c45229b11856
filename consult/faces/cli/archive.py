"""`flask archive …`: the archive package of a consultation."""

from __future__ import annotations

from pathlib import Path

import click

from consult.archive import service
from consult.clock import now
from consult.faces.audit_wording import act_and_facts
from consult.faces.cli.console import actor_named, by_option, command_group, consultation_named, show, slug_argument

archive_cli = command_group("archive")


@archive_cli.command("build", help="生成归档包（ZIP）：原始来件、采纳表、反馈、审批记录、上会材料和校验清单。")
@slug_argument
@click.option("--out", required=True, type=click.Path(path_type=Path), help="写入的 ZIP 文件。")
@by_option
def build(slug: str, out: Path, username: str | None, as_json: bool) -> None:
    """Write the archive package of SLUG; ``rebuild.py`` in it counts every figure of the report again."""
    consultation = consultation_named(slug)
    built = service.build(actor_named(username), consultation, out, at=now(), describe=act_and_facts)
    facts = {
        "file": str(out),
        "files": built.files,
        "documents": built.documents,
        "submissions": built.submissions,
        "reports": built.reports,
        "sha256": built.sha256,
    }
    words = (
        f"已生成归档包：{out}，文件 {built.files} 个，来件 {built.submissions} 件，反馈 {built.reports} 版。\n"
        f"SHA-256 {built.sha256}\n取出其中的 rebuild.py，运行 python3 rebuild.py {out.name} 核对。"
    )
    show({"consultation": slug, **facts}, words, as_json)
