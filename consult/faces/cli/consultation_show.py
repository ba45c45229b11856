"""``flask consultation show``: in a module of its own, which imports little, because scripts run it often."""

from __future__ import annotations

from consult.clock import now
from consult.faces.cli import console
from consult.faces.cli.consultation_description import described, in_lines

consultation_cli = console.command_group("consultation")


@consultation_cli.command("show", help="查看状态、期限及其依据、来件数量。")
@console.slug_argument
def show(slug: str, as_json: bool) -> None:
    """Show state, period with its legal basis, and counts by channel and state."""
    document = described(console.consultation_named(slug), now())
    console.show(document, "" if as_json else in_lines(document), as_json)
