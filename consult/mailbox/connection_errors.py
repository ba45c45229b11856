"""Errors of the connection to a mail server, described in Chinese with what to do."""

from __future__ import annotations

import errno
import imaplib
import socket
import ssl

from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError

from consult.mailbox.models import Mailbox

FAILURES = (OSError, imaplib.IMAP4.error, ImapToolsError, EOFError, UnicodeError)
"""Exceptions of a mail server connection; a host name that can't be encoded raises UnicodeError."""

_BROKEN = (imaplib.IMAP4.abort, EOFError, ConnectionResetError, BrokenPipeError)
_WHY = {
    errno.ECONNREFUSED: "对方没有开这个端口",
    errno.EHOSTUNREACH: "网络不通",
    errno.ENETUNREACH: "网络不通",
}
_SHOWN = 200  # characters of the server's message


def describe(error: BaseException, mailbox: Mailbox) -> str:
    """Describe an error of a mailbox in Chinese, and what to do."""
    place, text = f"{mailbox.host}:{mailbox.port}", str(error)
    if isinstance(error, ssl.SSLError):
        return _of_encryption(error, place)
    if isinstance(error, TimeoutError):
        return f"{place} 没有应答。请检查地址、端口、加密方式和防火墙。"
    if "STARTTLS" in text.upper() or "TLS not supported" in text:
        return f"{place} 不支持 STARTTLS。请改用 TLS（通常是 993 端口），或者询问邮箱的管理员。"
    if isinstance(error, _BROKEN):
        return f"与 {place} 的连接中断。已经收到的都保存了，下次从断开的地方继续。"
    if isinstance(error, socket.gaierror | UnicodeError):
        return f"连不上 {place}：找不到这台服务器。请检查地址。"
    if isinstance(error, OSError):
        why = _WHY.get(error.errno or 0) or error.strerror or text
        return f"连不上 {place}：{why}。请检查地址和端口。"
    if isinstance(error, MailboxLoginError) or "AUTHENTICATIONFAILED" in text.upper():
        return f"{mailbox.user} 登录被拒绝。请检查用户名和密码（有的邮箱要用授权码，并且要先开通 IMAP）。"
    if isinstance(error, MailboxFolderSelectError):
        return f"无法打开文件夹“{mailbox.folder}”。请检查名称。服务器说：{text[:_SHOWN]}"
    return f"邮件服务器 {place} 拒绝了请求：{text[:_SHOWN]}"


def _of_encryption(error: ssl.SSLError, place: str) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{place} 的证书不可信（{error.verify_message}）。请检查服务器地址，或者让系统信任单位的根证书。"
    return f"与 {place} 不能建立加密连接。请检查端口和加密方式是否相配。"
