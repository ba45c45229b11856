"""Every setting of the platform, once, typed, with a default that works on a laptop.

An environment variable of the same name (upper case) overrides each. With none set, everything the platform
writes lies under ``instance/``.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
import sys
from datetime import date
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from consult import by_role
from consult.files.key_file import read_or_make

ROOT = Path(__file__).resolve().parent
THIS_MACHINE = ("localhost", "127.0.0.1")
"""Names of this machine in a request; Werkzeug compares no IPv6 address."""


ALL_ROLES = "all"


def _listed(text: str) -> frozenset[str]:
    return frozenset(item.strip() for item in text.split(",") if item.strip())


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Say whether a name or an address is this machine's own."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def split(text: str) -> list[str]:
    """Return the parts of a setting with commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


class Settings(BaseSettings):
    """Settings read from the environment; see each field for its unit and default."""

    model_config = SettingsConfigDict(env_file=None, extra="ignore", env_ignore_empty=True)

    data_dir: Path = ROOT / "instance"
    """Folder for blobs, queue, keys and the default database."""

    database_url: str = ""
    """SQLAlchemy URL; empty means SQLite in ``data_dir``."""

    sqlite_synchronous: Literal["FULL", "NORMAL", "OFF"] = "FULL"
    """How SQLite waits for the disk; anything but FULL can lose a promised receipt to a power cut."""

    host_name: str = ""
    """Name of this host in the record's journal; empty means that of the system. Give containers one that stays."""

    journal_folder: Path | None = None
    """Folder that all hosts share, for copies of each host's journal and tree heads; by default in ``data_dir``."""

    tree_heads_folder: Path | None = None
    """A second place for signed tree heads, out of reach of the database's owner; empty for none."""

    tree_head_mail: str = ""
    """Address of an auditor who gets the newest signed tree head by mail, once a day at most; empty for none."""

    seal_seconds: int = Field(default=2, ge=1, le=10)
    """Seconds between two rounds of the worker: journals shipped, new entries sealed, the tree head signed."""

    secret_key: str = ""
    """Signs sessions, and was generation 1 of every key; empty means a key kept in ``data_dir/secret_key``."""

    keys_file: Path | None = None
    """File of the keys, which all hosts need; by default ``keys.json`` in ``data_dir``."""

    backup_passphrase: str = ""
    """Encrypts the keys in a backup, and opens them at its restore; empty: not by a passphrase."""

    backup_recipient: str = ""
    """Public age key (``age1…``) that encrypts the keys in a backup; goes before the passphrase; empty for none."""

    backup_identity: Path | None = None
    """File with the age identity (``AGE-SECRET-KEY-1…``) that opens such keys at a restore."""

    operator_mail: str = ""
    """Address of the operator, who is written to when something has been red for a while; empty for none."""

    operator_mail_minutes: int = Field(default=15, ge=1, le=1440)
    """Minutes that something is red before the operator is written to."""

    port: int = 8000
    """TCP port of the web server."""

    bind_host: str = "127.0.0.1"
    """Address that the web server listens on; ``0.0.0.0`` where a proxy on another host stands in front."""

    web_workers: int = 2
    """Processes of the web server, each with four threads."""

    metrics_token: str = ""
    """What ``/metrics`` asks for as ``Authorization: Bearer …``; empty: only this host, and nobody behind a proxy."""

    public_url: str = ""
    """The address the public uses, as ``https://host``; printed in receipts, mails and feeds."""

    trusted_hosts: str = ""
    """Names that requests may ask for, parted by commas (``.gov.cn`` for all below it); by default that of
    ``public_url`` and this machine's; any, where the site listens to others and has no ``public_url``."""

    security_contact: str = ""
    """Where weaknesses are reported, parted by commas (``mailto:…``, ``https://…``); empty: no ``security.txt``."""

    security_expires: date | None = None
    """Day after which ``security.txt`` is no longer valid and no longer served (RFC 9116, 2.5.5)."""

    security_languages: str = "zh, en"
    """Languages of reports, the preferred one first."""

    department: str = "某省住房和城乡建设厅"
    """Name of the department, printed on every page and document."""

    masked_names: Literal["surname", "ends"] = "surname"
    """How names are masked in print: ``surname``, 朱**; ``ends``, 朱*祥."""

    report_template: Path | None = None
    """TOML file with the sections of a feedback report, their order and headings, and its fonts; empty: the usual."""

    site_name: str = "决策意见征集"
    """Name of the site."""

    language_from_browser: Literal["script", "any"] = "script"
    """What a browser's own languages decide: ``script``, simplified or traditional characters; ``any``, English too."""

    trusted_proxies: int = 0
    """Reverse proxies in front whose X-Forwarded headers are believed."""

    cookie_secure: bool = False
    """Send cookies over HTTPS only; by default where ``public_url`` begins with ``https``."""

    session_idle_minutes: str = "240, admin=60, portal=240"
    """Minutes without a request after which a session ends: everybody's, then those of roles that have another."""

    session_hours: str = "12, link=4"
    """Hours after signing in at which a session ends in any case, written as ``session_idle_minutes`` is."""

    second_factor_roles: str = ""
    """Roles that have to use two-step sign-in, parted by commas (``admin, publisher``), or ``all``; empty for none."""

    oidc_issuer: str = ""
    """Issuer of the department's identity provider (OpenID Connect), as it names itself; empty for none."""

    oidc_client_id: str = ""
    """What the identity provider knows this site by."""

    oidc_client_secret: str = ""
    """The secret that goes with it; empty for a public client (PKCE is used in any case)."""

    oidc_scope: str = "openid"
    """Scopes to ask for, parted by blanks; ``openid`` among them."""

    oidc_claim: str = "sub"
    """Claim of the ID token that names the user; one that is never given to another person."""

    oidc_second_factor: str = ""
    """Values of ``acr`` or ``amr``, parted by commas, that count as the second factor; empty for none."""

    ratelimit_enabled: bool = True
    """Whether requests are counted and refused beyond the limits below."""

    ratelimit_storage_url: str = ""
    """Where request counts live: empty for a file in ``data_dir``; ``redis://…`` when several hosts serve the site."""

    ratelimit_submit: str = "30 per hour"
    """Submissions accepted from one address without proof of work."""

    ratelimit_proven: str = "120 per hour"
    """Submissions accepted from one address with proof of work: a whole office or village may share one."""

    proof_of_work: Literal["on", "off"] = "on"
    """Whether the comment form's script proves work; without proof a submission is marked for the moderator."""

    proof_of_work_hashes: int = Field(default=50_000, ge=1, le=5_000_000)
    """Hashes that a sender's device tries at most, half of them on average: about a second on a phone."""

    proof_of_work_minutes: int = Field(default=60, ge=1)
    """Minutes that a challenge, and so its solution, is good for; the form's script renews it by itself."""

    ratelimit_read: str = "1200 per 10 minutes"
    """Requests that read the JSON interface from one address."""

    ratelimit_trusted: str = "20000 per hour"
    """Submissions accepted by the JSON interface from one trusted sender."""

    ratelimit_receipt: str = "60 per hour"
    """Receipt look-ups from one address."""

    ratelimit_sign_in: str = "20 per 15 minutes"
    """Sign-in attempts from one address."""

    redis_url: str = ""
    """Redis for the job queue; empty means a SQLite queue in ``data_dir``."""

    mail_sender: str = "zqyj@example.gov.cn"
    """Address that acknowledgements and invitations come from, and that notices print."""

    mailbox_hosts: str = ""
    """Mail servers that mailboxes may be on, parted by commas (``imap.a.gov.cn, *.b.gov.cn``); empty for any."""

    mail_trusted_hosts: str = ""
    """Names, parted by commas, under which the department's mail servers state what they found about senders."""

    clamd_address: str = ""
    """ClamAV's daemon that scans attachments and files of the desk: ``host:port`` or its socket; empty for none."""

    clamd_seconds: int = Field(default=30, ge=1)
    """Seconds that the scanner may take for one step."""

    smtp_host: str = ""
    """Mail server for outgoing mail; empty means messages are kept in ``data_dir/outbox``."""

    smtp_port: int = 25
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_starttls: bool = False
    smtp_tls: bool = False
    """TLS from the first byte (port 465), as most mail providers in China have it; else see SMTP_STARTTLS."""

    rules_file: Path | None = None
    """A TOML file whose rows override or extend the rules that come with the platform."""

    reading_bytes: int = Field(default=512 * 1024 * 1024, ge=256 * 1024 * 1024)
    """Memory of a process that reads one uploaded file, in bytes of its address space."""

    reading_seconds: int = Field(default=30, ge=1)
    """Seconds that reading one uploaded file may take."""

    attachment_count: int = 5
    """Attachments taken with one submission."""

    attachment_bytes: int = 20 * 1024 * 1024
    """Largest attachment, in bytes."""

    request_bytes: int = 110 * 1024 * 1024
    """Largest request body, in bytes."""

    comment_characters: int = Field(default=20_000)
    """Longest text of one opinion, in characters."""

    submission_characters: int = Field(default=100_000)
    """Longest text of one submission, all its opinions and answers together, in characters."""

    retention_days: int | None = Field(default=None, ge=1, le=3650)
    """Days after a consultation's end for which names and contacts of senders are kept; overrides the row
    ``sender-contact`` of the rules."""

    @field_validator("session_idle_minutes", "session_hours")
    @classmethod
    def _check_numbers(cls, text: str) -> str:
        by_role.read(text)
        return text

    @field_validator("oidc_issuer")
    @classmethod
    def _check_issuer(cls, text: str) -> str:
        parts = urlsplit(text)
        safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
        if text and not (safe and parts.hostname and not parts.query and not parts.fragment):
            raise ValueError("应当是 https:// 开头的地址，没有参数（只有本机可以用 http://）")
        return text

    @model_validator(mode="after")
    def _check_client(self) -> Settings:
        if self.oidc_issuer and not self.oidc_client_id:
            raise ValueError("设置了 OIDC_ISSUER，还要设置 OIDC_CLIENT_ID")
        if "openid" not in self.oidc_scope.split():
            raise ValueError("OIDC_SCOPE 要包括 openid")
        return self

    def oidc_counts_as_second_factor(self) -> frozenset[str]:
        """Return the values of ``acr`` and ``amr`` that count as the second factor."""
        return _listed(self.oidc_second_factor)

    def passkey_origin(self, asked: str) -> str:
        """Return the address of the pages that may ask for passkeys; empty where browsers wouldn't let them.

        Arguments:
            asked: the address that the request came to, as ``http://host:port``; counts on ``localhost`` only.
        """
        parts = urlsplit(self.public_url or asked)
        named = parts.hostname == "localhost" or (bool(self.public_url) and parts.scheme == "https")
        return f"{parts.scheme}://{parts.netloc}" if named and not _is_address(parts.hostname or "") else ""

    @field_validator("second_factor_roles")
    @classmethod
    def _check_roles(cls, text: str) -> str:
        unknown = _listed(text) - by_role.ROLES - {ALL_ROLES}
        if unknown:
            known = "、".join(sorted(by_role.ROLES))
            raise ValueError(f"没有“{min(unknown)}”这个角色，可以用：{known}，或者 {ALL_ROLES}（全部）")
        return text

    def roles_with_second_factor(self) -> frozenset[str]:
        """Return the roles that have to use two-step sign-in."""
        listed = _listed(self.second_factor_roles)
        return by_role.ROLES if ALL_ROLES in listed else listed

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if "cookie_secure" not in self.model_fields_set:
            self.cookie_secure = self.public_url.lower().startswith("https://")
        if self.public_url and not re.fullmatch(r"https?://[^/\s]+(/\S*)?", self.public_url, re.IGNORECASE):
            raise ValueError("PUBLIC_URL 要写成 https://域名。")
        if self.smtp_host and not self.public_url:
            raise ValueError("设了 SMTP_HOST，没有设 PUBLIC_URL：邮件里的链接会打不开。请把它设为公众访问的网址。")
        if self.security_contact and self.security_expires is None:
            raise ValueError("设了 SECURITY_CONTACT，还要设 SECURITY_EXPIRES（有效期，一年以内的日期）。")
        for contact in split(self.security_contact):
            if not re.match(r"(mailto:|https://|tel:)\S+$", contact):
                raise ValueError("SECURITY_CONTACT 要写成 mailto:、https:// 或者 tel: 开头的地址。")
        return self

    def hosts(self) -> list[str] | None:
        """Return the names that requests may ask for; None for any."""
        if self.trusted_hosts:
            return split(self.trusted_hosts)
        public = urlsplit(self.public_url).hostname
        if public is None and (not is_loopback(self.bind_host) or ":" in self.bind_host):
            return None
        return [*([public] if public else []), *THIS_MACHINE]

    def on_this_machine_alone(self) -> bool:
        """Say whether only this machine reaches the site: on loopback, no proxy, no public address."""
        host = urlsplit(self.public_url).hostname or "localhost"
        return is_loopback(self.bind_host) and is_loopback(host) and self.trusted_proxies == 0

    def database(self) -> str:
        """Return the SQLAlchemy URL; ``postgresql://`` is taken as psycopg 3."""
        url = self.database_url or f"sqlite:///{self.data_dir.resolve() / 'consult.sqlite3'}"
        for short in ("postgresql://", "postgres://"):
            if url.startswith(short):
                return "postgresql+psycopg://" + url.removeprefix(short)
        return url

    def secret(self) -> str:
        """Return the secret key, making and keeping one in ``data_dir`` on first use."""
        if self.secret_key:
            return self.secret_key
        return read_or_make(self.data_dir / "secret_key", lambda: secrets.token_urlsafe(48))


def from_environment() -> Settings:
    """Return the settings of the environment; leave with a sentence for each that can't be."""
    try:
        return Settings()
    except ValidationError as error:
        sys.exit("\n".join(_sentence(wrong["loc"], wrong["msg"]) for wrong in error.errors()))


def _sentence(where: tuple[int | str, ...], why: str) -> str:
    why = why.removeprefix("Value error, ")
    return f"设置 {'.'.join(str(part) for part in where).upper()} 不对：{why}" if where else f"设置不对：{why}"
