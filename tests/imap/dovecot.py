"""Dovecot as the tests need it: one process tree, a folder of its own, free ports, any number of accounts.

It runs with the rights of whoever starts it. Started by root it hands the mail to ``nobody``, because Dovecot lets no
root read mail.
"""

from __future__ import annotations

import grp
import imaplib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PASSWORD = "a password of the tests"
SECONDS = 20
_accounts = count(1)

CONFIG = """\
protocols = imap
listen = 127.0.0.1
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/dovecot.log
instance_name = tests
login_greeting = ready
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_uid = {mail_uid}
mail_gid = {mail_gid}
first_valid_uid = 1
mail_location = maildir:{home}/mail/%u
mail_fsync = never
disable_plaintext_auth = no
auth_failure_delay = 0
ssl = yes
ssl_cert = <{home}/cert.pem
ssl_key = <{home}/key.pem
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={mail_uid} gid={mail_gid} home={home}/mail/%u allow_all_users=yes
}}
service imap-login {{
  chroot =
  client_limit = 100
  process_min_avail = 1
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""


@dataclass
class Dovecot:
    """A running server: its ports on 127.0.0.1, and the certificate that signs its own, for who would trust it."""

    home: Path
    port: int
    tls_port: int
    certificate: Path
    _process: subprocess.Popen[bytes] = field(repr=False)

    @classmethod
    def start(cls) -> Dovecot:
        """Start a server and wait until it answers."""
        home = Path(tempfile.mkdtemp(prefix="consult-dovecot-"))
        home.chmod(0o755)
        ports = _free_ports(2)
        _certify(home)
        (home / "mail").mkdir()
        (home / "mail").chmod(0o777)
        reader = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        settings = {
            "home": home,
            "user": reader.pw_name,
            "group": grp.getgrgid(reader.pw_gid).gr_name,
            "mail_uid": reader.pw_uid,
            "mail_gid": reader.pw_gid,
            "password": PASSWORD.replace(" ", "-"),
            "port": ports[0],
            "tls_port": ports[1],
        }
        (home / "dovecot.conf").write_text(CONFIG.format(**settings), encoding="utf-8")
        program = shutil.which("dovecot") or "/usr/sbin/dovecot"
        process = subprocess.Popen(
            [program, "-F", "-c", str(home / "dovecot.conf")],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        server = cls(home, ports[0], ports[1], home / "cert.pem", process)
        try:
            server._wait()
        except BaseException:
            server.stop()
            raise
        return server

    def _wait(self) -> None:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as line:
                    if line.recv(100).startswith(b"* OK"):
                        return
            except OSError:
                pass
            time.sleep(0.02)
        log = self.home / "dovecot.log"
        raise RuntimeError(f"Dovecot doesn't start: {log.read_text() if log.exists() else self._process.poll()}")

    def stop(self) -> None:
        """Stop the server, all its processes at once, and throw its mail away."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def account(self, *messages: bytes) -> Account:
        """Return a fresh account with these messages in its INBOX."""
        account = Account(self, f"yijian{next(_accounts)}@dept.example.gov.cn")
        account.put(*messages)
        return account


@dataclass(frozen=True)
class Account:
    """An account on the server and what a test does with its INBOX, as other programs would."""

    server: Dovecot
    user: str
    password: str = PASSWORD.replace(" ", "-")

    def put(
        self, *messages: bytes, at: Iterable[datetime | None] = (), folder: str = "INBOX", make: bool = False
    ) -> None:
        """Append messages, each taken by the server at the moment of the same place in ``at``, else now."""
        moments = list(at)
        with self._client() as client:
            if make:
                client.create(folder)
            for place, raw in enumerate(messages):
                moment = moments[place] if place < len(moments) else None
                noted = imaplib.Time2Internaldate(moment) if moment else ""
                status, answer = client.append(folder, "", noted, raw)
                assert status == "OK", answer

    def remove(self, *uids: int) -> None:
        """Delete messages for good."""
        with self._client() as client:
            client.select("INBOX")
            client.uid("STORE", ",".join(map(str, uids)), "+FLAGS.SILENT", "(\\Deleted)")
            client.expunge()

    def lock_up(self, *places: int, mode: int = 0) -> None:
        """Take the right to read the messages at these places from the server, or give it back (``mode`` 0o600)."""
        folder = self.server.home / "mail" / self.user
        files = {file.name.partition(":")[0]: file for part in ("new", "cur") for file in (folder / part).iterdir()}
        _, *lines = (folder / "dovecot-uidlist").read_text(encoding="latin-1").splitlines()
        in_order = [line.partition(" :")[2].partition(":")[0] for line in lines]  # names tell no order within a second
        for place in places:
            files[in_order[place]].chmod(mode)

    def renumber(self, order: Iterable[int] | None = None) -> int:
        """Give the INBOX another UIDVALIDITY and hand out UIDs from 1 again; return the new UIDVALIDITY.

        ``order`` names the present places, from 0, in the order in which they get their new UIDs.
        """
        folder = self.server.home / "mail" / self.user
        head, *lines = (folder / "dovecot-uidlist").read_text(encoding="latin-1").splitlines()
        validity = int(next(word[1:] for word in head.split() if word.startswith("V"))) + 7
        there = {file.name.partition(":")[0] for part in ("new", "cur") for file in (folder / part).iterdir()}
        lines = [line for line in lines if line.partition(" :")[2].partition(":")[0] in there]
        lines = [lines[place] for place in order] if order is not None else lines
        entries = [f"{uid} :{line.partition(':')[2]}" for uid, line in enumerate(lines, 1)]
        guid = next(word for word in head.split() if word.startswith("G"))
        for index in folder.glob("dovecot.index*"):
            index.unlink()
        text = "\n".join([f"3 V{validity} N{len(entries) + 1} {guid}", *entries, ""])
        (folder / "dovecot-uidlist").write_text(text, encoding="latin-1")
        return validity

    def validity(self) -> int:
        """Return the UIDVALIDITY of the INBOX."""
        with self._client() as client:
            client.select("INBOX", readonly=True)
            return int(client.response("UIDVALIDITY")[1][0] or 0)

    def flags(self) -> list[bytes]:
        """Return the flags of each message."""
        with self._client() as client:
            client.select("INBOX", readonly=True)
            answer = client.uid("FETCH", "1:*", "(FLAGS)")
            return [item.partition(b"FLAGS ")[2].partition(b")")[0] for item in answer[1] if isinstance(item, bytes)]

    def _client(self) -> imaplib.IMAP4:
        client = imaplib.IMAP4("127.0.0.1", self.server.port, timeout=SECONDS)
        client.login(self.user, self.password)
        return client


def _free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [listener.getsockname()[1] for listener in sockets]
    for listener in sockets:
        listener.close()
    return ports


def _certify(home: Path) -> None:
    """Write a key and a certificate for ``localhost`` that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=3650))
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (home / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    (home / "key.pem").touch(mode=0o600)
    (home / "key.pem").write_bytes(pem)
