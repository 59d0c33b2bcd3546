"""Loaded by pytest before Django (`-p tests.environment`): a closed world of its own, never the instance in `var/`.

Fixed keys, a throw-away data folder, no network, undefined template variables that fail. `DATABASE_URL` alone is taken from outside: it chooses
the engine (SQLite in the throw-away folder when absent).
"""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIELD_KEY = "ZmllbGQta2V5LW9mLXRoZS10ZXN0cy0zMi1ieXRlcyE="  # Fernet: 32 bytes in URL-safe base 64
LOCAL = {"127.0.0.1", "::1", "localhost", "0.0.0.0", ""}  # noqa: S104 (to recognise it)


def _data_dir() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="fund-tests-"))
    owner = os.getpid()
    atexit.register(lambda: os.getpid() == owner and shutil.rmtree(folder, ignore_errors=True))
    return folder


def _set_environment() -> None:
    for name in (
        "MEDIA_ROOT",
        "STORAGE_URL",
        "EMAIL_URL",
        "CACHE_URL",
        "CLAMD_URL",
        "ALLOWED_HOSTS",
        "PUBLIC_BASE_URL",
        "PORT",
        "TRUSTED_PROXIES",
        "DEBUG",
    ):
        os.environ.pop(name, None)
    os.environ.update(
        DJANGO_SETTINGS_MODULE="fund.settings",
        SECRET_KEY="tests-only-secret-key-of-more-than-fifty-characters-0123456789",
        FIELD_KEYS=FIELD_KEY,
        LEDGER_KEY="11" * 32,
        DATA_DIR=str(_data_dir()),
        FUND_DEMO="1",
        RATE_LIMIT_SCALE="1000",
        LOG_FORMAT="text",
        ALLOWED_HOSTS="127.0.0.1,localhost,testserver",
    )


class NetworkUsed(AssertionError):
    """A test tried to reach another machine."""


def _is_local(address) -> bool:
    return not isinstance(address, tuple) or str(address[0]) in LOCAL or str(address[0]).startswith("127.")


def _close_network() -> None:
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded(original):
        def call(self, address):
            if not _is_local(address):
                raise NetworkUsed(f"tests use no network, and this one connects to {address!r}")
            return original(self, address)

        return call

    def lookup(host, *args, **kwargs):
        if host is not None and not _is_local((host.decode() if isinstance(host, bytes) else host,)):
            raise NetworkUsed(f"tests use no network, and this one looks up {host!r}")
        return getaddrinfo(host, *args, **kwargs)

    socket.socket.connect = guarded(connect)
    socket.socket.connect_ex = guarded(connect_ex)
    socket.getaddrinfo = lookup


class UndefinedVariable(AssertionError):
    """A template of ours shows a variable that nobody gave it."""


class _Undefined(str):
    """Django's `string_if_invalid`: raises for a variable of our own templates, stays empty for those of the libraries.

    `{{ name|default:… }}` says by itself that the name is optional, and gets its default as in production.
    """

    def __bool__(self):
        frame = sys._getframe(1)
        expression = frame.f_locals.get("self")
        if type(expression).__name__ != "FilterExpression" or frame.f_code.co_name != "resolve":
            return False
        filters = [function.__name__ for function, _arguments in expression.filters]
        return filters[:1] not in (["default"], ["default_if_none"]) and _origin(frame).startswith(
            str(ROOT / "templates")
        )

    def __contains__(self, text):
        return True

    def __mod__(self, variable):
        raise UndefinedVariable(f"{{{{ {variable} }}}} is undefined in {_origin(sys._getframe(1))}")


def _origin(frame) -> str:
    """Path of the template being rendered: that of the innermost node on the stack."""
    while frame is not None:
        holder = frame.f_locals.get("self")
        origin = getattr(holder, "origin", None)
        if origin is not None and hasattr(holder, "token"):
            return str(getattr(origin, "name", ""))
        frame = frame.f_back
    return ""


def prepare_settings() -> None:
    """Called once Django's settings are readable: quick hashes, plain static files, undefined variables that fail."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.CACHES = {**settings.CACHES, "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.WHITENOISE_AUTOREFRESH = True
    settings.TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = _Undefined()
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):  # a real file: threads and the browser lane see what production sees
        database.setdefault("TEST", {})["NAME"] = str(Path(settings.DATA_DIR) / "test.sqlite3")
        return
    # A thread of the live server serves one socket of a browser: ten people keep sixty open.
    database["CONN_MAX_AGE"] = 0
    if template := os.environ.get("TEST_TEMPLATE"):  # already migrated (scripts/test.py): copied, not migrated again
        database.setdefault("TEST", {})["TEMPLATE"] = template


_set_environment()
_close_network()
