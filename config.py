"""Every setting of the platform, once, typed, with a default that works on a laptop.

An environment variable of the same name (upper case) overrides each. With none set, everything the platform
writes lies under ``instance/``.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent


class Settings(BaseSettings):
    """Settings read from the environment; see each field for its unit and default."""

    model_config = SettingsConfigDict(env_file=None, extra="ignore")

    data_dir: Path = ROOT / "instance"
    """Folder for blobs, queue, keys and the default database."""

    database_url: str = ""
    """SQLAlchemy URL; empty means SQLite in ``data_dir``."""

    sqlite_synchronous: Literal["FULL", "NORMAL", "OFF"] = "FULL"
    """How SQLite waits for the disk; anything but FULL can lose a promised receipt to a power cut."""

    secret_key: str = ""
    """Signs sessions and derives receipt keys; empty means a key kept in ``data_dir/secret_key``."""

    port: int = 8000
    """TCP port of the web server."""

    bind_host: str = "127.0.0.1"
    """Address that the web server listens on; ``0.0.0.0`` where a proxy on another host stands in front."""

    web_workers: int = 2
    """Processes of the web server, each with four threads."""

    metrics_token: str = ""
    """What ``/metrics`` asks for as ``Authorization: Bearer …``; empty means that only this host may read it."""

    public_url: str = ""
    """The address the public uses, as ``https://host``; printed in receipts, mails and feeds."""

    department: str = "某省住房和城乡建设厅"
    """Name of the department, printed on every page and document."""

    site_name: str = "决策意见征集"
    """Name of the site."""

    language_from_browser: Literal["script", "any"] = "script"
    """What a browser's own languages decide: ``script``, simplified or traditional characters; ``any``, English too."""

    trusted_proxies: int = 0
    """Reverse proxies in front whose X-Forwarded headers are believed."""

    cookie_secure: bool = False
    """Send cookies over HTTPS only; set it wherever the site is served over HTTPS."""

    ratelimit_enabled: bool = True
    """Whether requests are counted and refused beyond the limits below."""

    ratelimit_storage_url: str = "memory://"
    """Where request counts live; ``redis://…`` when several hosts serve the site."""

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

    rules_file: Path | None = None
    """A TOML file whose rows override or extend the rules that come with the platform."""

    attachment_count: int = 5
    """Attachments taken with one submission."""

    attachment_bytes: int = 20 * 1024 * 1024
    """Largest attachment, in bytes."""

    request_bytes: int = 110 * 1024 * 1024
    """Largest request body, in bytes."""

    comment_characters: int = Field(default=20_000)
    """Longest text of one opinion, in characters."""

    retention_days: int = 3 * 365
    """Days after a consultation's end after which personal data may be removed."""

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
        path = self.data_dir / "secret_key"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_name(f"secret_key.{os.getpid()}")
            fresh.write_text(secrets.token_urlsafe(48), encoding="ascii")
            fresh.chmod(0o600)
            try:
                path.hardlink_to(fresh)
            except FileExistsError:
                pass  # another process was first; its key is the key
            finally:
                fresh.unlink()
        return path.read_text(encoding="ascii").strip()
