"""What every test can ask for."""

from __future__ import annotations

import os
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import settings
from django.test import Client, TransactionTestCase
from django.utils.translation.reloader import translation_file_changed

from core.catalogues import compile_all
from tests import environment

environment.prepare_settings()
if compile_all(settings.BASE_DIR):  # French on screen, also when some import has read a catalogue already
    translation_file_changed(None, settings.BASE_DIR / "django.mo")
PARIS = ZoneInfo("Europe/Paris")
LONG = {"journeys", "proofs", "test_seed_demo.py", "test_twin_worlds.py", "test_screens.py", "test_backups.py"}
_flush = TransactionTestCase._fixture_teardown


def _flush_append_only(self):
    """Tables that only grow refuse the flush after a transactional test: their triggers go first, post_migrate puts them back."""
    from core import append_only

    append_only.remove()
    _flush(self)
    append_only.install()


TransactionTestCase._fixture_teardown = _flush_append_only


def pytest_collection_modifyitems(items):
    """A test that touches no database, or counts the queries of the one it has, need not run on both engines. The long journeys begin at once."""
    for item in items:
        asks_a_database = item.get_closest_marker("django_db") or {"db", "transactional_db"} & set(item.fixturenames)
        if not asks_a_database or "django_assert_num_queries" in item.fixturenames:
            item.add_marker("one_engine")
    items[:] = _longest_first(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def _longest_first(items: list, workers: int) -> list:
    """Each process gets an equal run of this list: what takes minutes stands at the head, else the last of it is waited for by all the others."""
    long = [item for item in items if LONG & {*item.path.parts}]
    rest = [item for item in items if not LONG & {*item.path.parts}]
    found, share = [], -(-len(items) // workers)
    for worker in range(workers):
        head = long[worker::workers]
        found += head + rest[: share - len(head)]
        rest = rest[share - len(head) :]
    return found + rest


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The tests' database. PostgreSQL drops none that a thread of a live server still talks to: those talks end first."""
    yield
    from django.db import connection

    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(autouse=True)
def clean_slate():
    """Language, cache and mails start anew for every test."""
    from django.core.cache import cache
    from django.utils import translation

    cache.clear()
    with translation.override(settings.LANGUAGE_CODE):
        yield
    cache.clear()


@pytest.fixture
def at():
    """An instant, Tuesday 24 November 2026 at 09:00 in Paris, at which the fund's clock stands still for the test."""
    instant = datetime(2026, 11, 24, 9, 0, tzinfo=PARIS)
    with time_machine.travel(instant, tick=False):
        yield instant


@pytest.fixture
def as_user():
    """`as_user(user)` is a browser in which this person is signed in."""

    def sign_in(user, **defaults) -> Client:
        browser = Client(**defaults)
        browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return browser

    return sign_in


@pytest.fixture
def browser(monkeypatch):
    """A real Chromium (`CHROMIUM` says where), for pages of `live_server`; without one the test is skipped."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright keeps an event loop in this thread
    sync_api = pytest.importorskip("playwright.sync_api")
    executable = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    if not os.path.exists(executable):
        pytest.skip("no chromium on this machine")
    with sync_api.sync_playwright() as engine:
        running = engine.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def api():
    """`api(user)` is an API client acting for this person; `api()` for nobody."""
    from rest_framework.test import APIClient

    def client_of(user=None, **defaults) -> APIClient:
        client = APIClient(**defaults)
        if user is not None:
            client.force_authenticate(user)
        return client

    return client_of
