"""The one reader of the environment: every setting of an installation, its type, its default and what it is for.

A value is looked for in the process environment, then in `var/env` of the repository. A value that cannot be read, or a required one that is
missing, stops the start with the name of the setting. `docs/settings.md` is checked against `OPTIONS`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parent.parent
REQUIRED = object()


def _boolean(text: str) -> bool:
    values = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    return values[text.strip().lower()]


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number <= 10_000:
        raise ValueError(text)
    return number


def _port(text: str) -> int:
    number = int(text)
    if not 0 < number < 65536:
        raise ValueError(text)
    return number


def _format(text: str) -> str:
    if text not in ("json", "text"):
        raise ValueError(text)
    return text


def _prefix(text: str) -> str:
    if not (text.isascii() and text.replace("-", "").isalnum()):
        raise ValueError(text)
    return text.removeprefix("360G-")


def _base_url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError(text)
    return text.rstrip("/")


@dataclass(frozen=True)
class Option:
    """One setting: `read` turns its text into a value and raises ValueError or KeyError on nonsense."""

    name: str
    read: Callable[[str], Any]
    default: Any
    help: str
    expects: str


OPTIONS = [
    Option("SECRET_KEY", str, REQUIRED, "Signs sessions, links and forms. At least 50 random characters.", "text"),
    Option("DEBUG", _boolean, False, "Shows technical error pages. Never in production.", "0 or 1"),
    Option("FUND_DEMO", _boolean, False, "Allows the demo accounts, the demo data and the demo mailbox.", "0 or 1"),
    Option(
        "ALLOWED_HOSTS", _words, ["127.0.0.1", "localhost"], "Host names the fund answers to.", "comma separated names"
    ),
    Option(
        "PUBLIC_BASE_URL",
        _base_url,
        "http://127.0.0.1:8000",
        "Start of every link in mails, letters and QR codes.",
        "http(s) address",
    ),
    Option("PORT", _port, 8000, "Port that `make run` listens on.", "1-65535"),
    Option("DATA_DIR", Path, ROOT / "var", "Where the embedded database, media and mails are kept.", "folder"),
    Option(
        "DATA_GOUV_DATASET",
        _base_url,
        "",
        "Dataset of data.gouv.fr kept like the catalogue of open data, by the address of its API; nothing is sent when absent.",
        "https://www.data.gouv.fr/api/1/datasets/…",
    ),
    Option("DATA_GOUV_KEY", str, "", "API key of data.gouv.fr that may change this dataset.", "text"),
    Option("DATABASE_URL", str, None, "Database; SQLite in DATA_DIR when absent.", "postgres://… or sqlite:///…"),
    Option("MEDIA_ROOT", Path, None, "Folder of documents and attachments; DATA_DIR/media when absent.", "folder"),
    Option(
        "STORAGE_URL",
        str,
        "",
        "Object storage instead of MEDIA_ROOT (needs django-storages).",
        "s3://bucket?endpoint=…",
    ),
    Option(
        "EMAIL_URL", str, None, "Mail server; files in DATA_DIR/mail when absent.", "smtp+tls://user:password@host:587"
    ),
    Option(
        "CACHE_URL",
        str,
        "",
        "Shared cache for limits and one-time codes; the database when absent.",
        "redis://host:6379/0",
    ),
    Option("CLAMD_URL", str, "", "Antivirus; attachments are checked by type only when absent.", "tcp://host:3310"),
    Option("FIELD_KEYS", _words, REQUIRED, "Fernet keys of encrypted columns, newest first.", "comma separated keys"),
    Option(
        "GIVING_PREFIX",
        _prefix,
        "",
        "Prefix of publisher that 360Giving allotted; made of the fund’s SIREN when absent.",
        "exemple",
    ),
    Option("LEDGER_KEY", str, REQUIRED, "Ed25519 key that signs the ledger's checkpoints, 64 hex digits.", "hex"),
    Option("LOG_FORMAT", _format, "json", "Shape of the log lines.", "json or text"),
    Option(
        "RATE_LIMIT_SCALE", _positive, 1.0, "Multiplies every rate limit; only for tests and load measures.", "number"
    ),
    Option(
        "REGISTER_URL",
        _base_url,
        "",
        "Official register asked for a body’s name and address by its SIRET; nothing is asked when absent.",
        "https://recherche-entreprises.api.gouv.fr/search",
    ),
    Option("TRUSTED_PROXIES", int, 0, "How many reverse proxies stand in front and set X-Forwarded-For.", "0, 1, 2…"),
]


def _from_file(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    pairs = (
        line.split("=", 1)
        for line in path.read_text().splitlines()
        if "=" in line and not line.lstrip().startswith("#")
    )
    return {name.strip(): value.strip() for name, value in pairs}


def read_environment() -> dict[str, Any]:
    """All options by name, typed. Raises ImproperlyConfigured naming the setting that is missing or unreadable."""
    stored = _from_file(Path(os.environ.get("DATA_DIR", ROOT / "var")) / "env")
    values: dict[str, Any] = {}
    for option in OPTIONS:
        text = os.environ.get(option.name, stored.get(option.name))
        if text is None or text == "":
            if option.default is REQUIRED:
                raise ImproperlyConfigured(
                    f"The setting {option.name} is missing ({option.help}) Run `make run` once, or set it."
                )
            values[option.name] = option.default
            continue
        try:
            values[option.name] = option.read(text)
        except (ValueError, KeyError) as error:
            raise ImproperlyConfigured(
                f"The setting {option.name} cannot be read: expected {option.expects}."
            ) from error
    values["MEDIA_ROOT"] = values["MEDIA_ROOT"] or values["DATA_DIR"] / "media"
    explicit_scale = "RATE_LIMIT_SCALE" in os.environ or "RATE_LIMIT_SCALE" in stored
    if values["RATE_LIMIT_SCALE"] != 1.0 and not explicit_scale:
        raise ImproperlyConfigured("The setting RATE_LIMIT_SCALE must be set explicitly.")
    return values


def database_config(url: str | None, data_dir: Path) -> dict[str, Any]:
    """Django's DATABASES entry. SQLite: WAL, immediate transactions, full sync (a commit survives a power cut)."""
    config = environ.Env.db_url_config(url or f"sqlite:///{data_dir / 'db.sqlite3'}")
    if config["ENGINE"].endswith("sqlite3"):
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;",
        }
    else:
        config["CONN_MAX_AGE"] = 60
        config["CONN_HEALTH_CHECKS"] = True
        # A half-read server-side cursor that the garbage collector closes inside another query waits for itself for ever.
        config["DISABLE_SERVER_SIDE_CURSORS"] = True
    return config


def mail_config(url: str | None, data_dir: Path) -> dict[str, Any]:
    """Django's EMAIL_* settings; without a server, mails become files in DATA_DIR/mail."""
    if not url:
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": str(data_dir / "mail"),
        }
    return environ.Env.email_url_config(url)
