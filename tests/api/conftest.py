"""Clients with a real token, as programs outside have them."""

import pytest
from django.core.cache import caches
from rest_framework.test import APIClient

from core.tokens import make_token


@pytest.fixture(autouse=True)
def no_request_counted():
    caches["process"].clear()


@pytest.fixture
def token(at):
    """`token(user)` is a client that sends this person's bearer token."""

    def client_of(user, *, may_write: bool = True) -> APIClient:
        secret = make_token(user, at=at, label="essai", may_write=may_write)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return client

    return client_of


@pytest.fixture
def nobody() -> APIClient:
    return APIClient()
