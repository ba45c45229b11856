"""Mail to the holder of an account about what another did to it, at the address that they left."""

from __future__ import annotations

from datetime import datetime

from consult import outgoing_mail
from consult.accounts.models import User
from consult.app_context import settings
from consult.clock import local
from consult.files.mail.compose import AddressRefused, message


def write_to_holder(user: User, *, by: str, title: str, did: str, advice: str, at: datetime) -> bool:
    """Write who did what to an account, once it is done; what fails here undoes nothing.

    Arguments:
        by: the name of who did it.
        did: what was done, after the name and the moment.
        advice: what the holder has to know or do.

    Returns:
        Whether a mail went out: only where the holder left an address.
    """
    if not user.email:
        return False
    config = settings()
    moment = f"{local(at):%Y年%m月%d日%H:%M}"
    try:
        mail = message(
            sender=config.mail_sender,
            sender_name=config.department,
            to=user.email,
            subject=f"{title}（{config.site_name}）",
            text=f"{by}于{moment}{did}。\n\n{advice}不是您要求的，请立即向单位反映。",
            at=at,
        )
        outgoing_mail.send(mail)
    except (outgoing_mail.MailNotSent, AddressRefused, OSError):
        return False
    return True
