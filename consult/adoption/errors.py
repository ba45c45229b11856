"""Errors of adoption."""

from __future__ import annotations

from typing import TYPE_CHECKING

from consult.accounts.errors import NotAllowed, Refused

if TYPE_CHECKING:
    from consult.adoption.models import Decision


class DecisionRefused(Refused):
    """A decision lacks its reason, or can't be made in the current state."""


class DecisionChanged(DecisionRefused):
    """Somebody else decided since the page or the sheet was made; nothing was overwritten."""

    def __init__(self, decision: Decision | None) -> None:
        self.decision = decision
        if decision is None:
            super().__init__("这条意见的处理刚刚被撤回，现为待处理，未保存您的处理。请核对后再提交。")
            return
        who = decision.author.name if decision.author is not None else "其他人员"
        super().__init__(
            f"您打开之后，{who}已作出处理（{decision.outcome.label.words}，{decision.state.label.words}），未覆盖。"
            "您填写的内容保留在下面，核对后仍需变更的，再次提交即可。"
        )


class OpinionRefused(Refused):
    """An opinion can't be placed, split or grouped as asked."""


class SelectionChanged(Refused):
    """What waits for a reviewer isn't what the page had shown; nothing was confirmed."""


class SameReviewer(Refused):
    """The reviewer must not be the author of the decision."""


class CommentRefused(Refused):
    """A comment can't be stored or struck out as asked."""


class StandardRefused(Refused):
    """A standard of what is concentrated can't be set as asked."""


class TemplateRefused(Refused):
    """A reason can't be put into the library, changed or retired as asked."""


class ViewRefused(Refused):
    """A view can't be saved or renamed as asked."""


class ReferralRefused(Refused):
    """Something can't be passed on, answered or taken back as asked; ``field`` names the invalid field, if any."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class ThemeRefused(Refused):
    """A theme can't be made, changed or put on something as asked."""


class AssignmentRefused(Refused):
    """Work can't be given, handed over or taken back as asked; ``field`` names the invalid field, if any."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class NotGiven(NotAllowed):
    """A drafter of another division may decide on the opinions given to them or their division only."""
