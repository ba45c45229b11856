"""Encryption of a small secret as an age file (https://age-encryption.org/v1), which the program ``age`` opens too."""

from __future__ import annotations

from pathlib import Path

from consult.files.errors import UnreadableFile


def encrypt(data: bytes, *, passphrase: str = "", recipient: str = "") -> bytes:
    """Encrypt for a recipient (``age1…``) where one is given, else with a passphrase.

    Raises:
        UnreadableFile: the recipient isn't one.
    """
    import pyrage  # for its cost: only backups need it

    if not recipient:
        return bytes(pyrage.passphrase.encrypt(data, passphrase))
    try:
        known = pyrage.x25519.Recipient.from_str(recipient.strip())
    except pyrage.RecipientError:
        raise UnreadableFile("BACKUP_RECIPIENT 不是 age 公钥（age1 开头）。请核对。") from None
    return bytes(pyrage.encrypt(data, [known]))


def decrypt(data: bytes, *, passphrase: str = "", identity_file: Path | None = None) -> bytes:
    """Decrypt with the identities (``AGE-SECRET-KEY-1…``) of a file, or with a passphrase.

    Raises:
        UnreadableFile: neither opens it; the sentence says what is missing or wrong.
    """
    import pyrage

    if b"-> scrypt " in data[:200]:
        if not passphrase:
            raise UnreadableFile("备份里的密钥用口令加密。请设置 BACKUP_PASSPHRASE 后重新运行。")
        try:
            return bytes(pyrage.passphrase.decrypt(data, passphrase))
        except pyrage.DecryptError:
            raise UnreadableFile("BACKUP_PASSPHRASE 不对，打不开备份里的密钥。请核对口令。") from None
    if identity_file is None:
        raise UnreadableFile("备份里的密钥用 age 公钥加密。请把 BACKUP_IDENTITY 设为私钥文件的路径后重新运行。")
    try:
        lines = identity_file.read_text(encoding="utf-8").splitlines()
        known = [pyrage.x25519.Identity.from_str(line.strip()) for line in lines if line.startswith("AGE-SECRET-KEY-")]
        return bytes(pyrage.decrypt(data, known))
    except OSError as error:
        raise UnreadableFile(f"私钥文件 {identity_file} 读不出：{error.strerror}。") from None
    except (pyrage.DecryptError, pyrage.IdentityError, UnicodeError):
        raise UnreadableFile(f"私钥文件 {identity_file} 打不开备份里的密钥。请核对 BACKUP_IDENTITY。") from None
