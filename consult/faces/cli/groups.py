"""The command groups by name: their help, the one home of it, and the modules that hold their commands.

Importing a group's module imports its stages; ``flask --help`` and the other groups do without.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import MappingProxyType
from typing import Any

import click
from flask.cli import AppGroup

from consult.platform import Platform


@dataclass(frozen=True)
class Listed:
    """A group as ``flask --help`` lists it.

    ``modules`` lie in this package: the first has ``<name>_cli``, each further one adds commands to it. ``light`` names
    commands in modules of their own that are loaded without the rest, because they are run often and need little.
    """

    help: str
    modules: tuple[str, ...]
    light: Mapping[str, str] = field(default_factory=dict)


GROUPS: Mapping[str, Listed] = MappingProxyType(
    {
        "draft": Listed("文稿：列出条文、比较、核对引用、检查。", ("draft", "draft_check")),
        "consultation": Listed(
            "征求意见：创建、公布、延长、撤回、查看。", ("consultation",), {"show": "consultation_show"}
        ),
        "submissions": Listed("来件：导入、导出、批量审核、查看。", ("submissions",)),
        "mailbox": Listed("征集信箱：读取邮件，设置邮箱。", ("mailbox",)),
        "mail": Listed("发出的信：查看，重发，不再发送。", ("mail",)),
        "consultees": Listed("征求意见对象：导入名录、发函、提醒、确认复函。", ("consultees", "responses", "letters")),
        "adoption": Listed("意见的归并、承办和采纳情况。", ("adoption", "assignments", "referrals", "themes")),
        "report": Listed("意见采纳情况反馈：编制、审核、公布、生成文件。", ("report",)),
        "review": Listed("合法性审核、公平竞争审查、风险评估、专家论证、保密审查：登记与查看。", ("review",)),
        "meeting": Listed("上会：检查前置条件，例外情形报批，生成材料。", ("meeting",)),
        "archive": Listed("归档：一件征求意见的全部材料。", ("archive",)),
        "publicity": Listed("宣传材料：长图、海报、转发预览图。", ("publicity",)),
        "ledger": Listed("记录：核验、归入、签署检查点。", ("ledger",)),
        "backup": Listed("备份：创建，恢复，核对，迁移数据库。", ("backup",)),
        "keys": Listed("密钥：查看，换新。", ("keys",)),
        "calendar": Listed("放假安排：查看、登记国务院办公厅的通知，顺延期限。", ("calendar",)),
        "privacy": Listed("个人信息：保存期限，到期删除，暂停删除。", ("privacy",)),
        "user": Listed("账号：创建、停用、改密码。", ("user",)),
        "demo": Listed("演示内容。", ("demo",)),
        "worker": Listed("后台任务。", ("worker",)),
        "jobs": Listed("定时任务：查看，逐个运行。", ("jobs",)),
        "sender": Listed("接口密钥：给代收意见的系统（热线、新媒体平台等）。", ("sender",)),
    }
)


class LazyGroup(AppGroup):
    """A group that ``flask`` lists without importing it; asked for a command, it sets the application up first."""

    def __init__(self, app: Platform, name: str) -> None:
        super().__init__(name, help=GROUPS[name].help)
        self._app = app
        self._listed = GROUPS[name]
        self._loaded: click.Group | None = None

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the group's commands."""
        return self.load().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command of the group."""
        if self._loaded is None and cmd_name in self._listed.light:
            self._app.set_up_base()
            command: click.Command = getattr(_module(self._listed.light[cmd_name]), cmd_name)
            return command
        return self.load().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, and seal what it wrote to the ledger, however it ends."""
        if self.name != "backup":
            _module("unfinished").check(self._app)
        try:
            return super().invoke(ctx)
        finally:
            _module("sealing").seal_written(self._app)

    def load(self) -> click.Group:
        """Return the group that the modules fill, imported on the first call."""
        if self._loaded is None:
            self._app.set_up_base()
            first, *more = self._listed.modules
            loaded: click.Group = getattr(_module(first), f"{self.name}_cli")
            for name in more:
                _module(name)
            self._loaded = loaded
        return self._loaded


def _module(name: str) -> Any:
    return import_module(f"consult.faces.cli.{name}")
