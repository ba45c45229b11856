"""Commands for operators and scripts."""

from __future__ import annotations

from consult.faces.cli.click_messages import use_chinese
from consult.faces.cli.groups import GROUPS, LazyGroup
from consult.migration_commands import offer_migrations
from consult.platform import Platform


def register(app: Platform) -> None:
    """Add the command groups to the application; none of their modules is imported."""
    use_chinese()
    offer_migrations(app)
    for name in GROUPS:
        app.cli.add_command(LazyGroup(app, name))
