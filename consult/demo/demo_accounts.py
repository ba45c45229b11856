"""The demonstration accounts: one for each role, and a second drafter in another division."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from consult.accounts import service as accounts
from consult.accounts.models import Role
from consult.accounts.passwords import DEMONSTRATION
from consult.accounts.permissions import SYSTEM, Actor

PASSWORD = DEMONSTRATION
RENEWAL, HOUSING = "城市更新处", "住房保障处"


@dataclass(frozen=True)
class Account:
    """A demonstration account."""

    username: str
    name: str
    role: Role
    division: str

    @property
    def words(self) -> str:
        """The role and the division in Chinese."""
        return f"{self.role.label.words}（{self.division}）"


ACCOUNTS = (
    Account("qicao", "演示起草员", Role.DRAFTER, RENEWAL),
    Account("qicao2", "演示起草员乙", Role.DRAFTER, HOUSING),
    Account("shenhe", "演示审核员", Role.MODERATOR, RENEWAL),
    Account("fabu", "演示发布员", Role.PUBLISHER, "办公室"),
    Account("fagui", "演示法规员", Role.LEGAL, "法规处"),
    Account("guanli", "演示管理员", Role.ADMIN, "信息中心"),
    Account("shenji", "演示审计员", Role.AUDITOR, "审计处"),
)


def open_accounts(at: datetime) -> dict[str, Actor]:
    """Create the accounts and return the actors by username."""
    return {
        account.username: Actor.of(
            accounts.create_user(
                SYSTEM,
                username=account.username,
                name=account.name,
                role=account.role,
                division=account.division,
                password=PASSWORD,
                at=at,
            )
        )
        for account in ACCOUNTS
    }
