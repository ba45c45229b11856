"""What can be wrong with an account or with what an actor asks for."""

from __future__ import annotations


class Refused(Exception):
    """A verb of any stage refused; the text says what and why in the user's language.

    Every stage's errors descend from it, so that a face can show any of them: as a form message, a page or exit code 1.
    """

    @property
    def message(self) -> str:
        """The sentence for the user."""
        return str(self)


class NotAllowed(Refused):
    """The actor's role or division doesn't allow this act."""


class AccountRefused(Refused):
    """An account can't be made or changed as asked."""


class SignInRefused(Refused):
    """Name or password is wrong, or the account is closed, or there were too many attempts."""
