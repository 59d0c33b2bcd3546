"""A server that dies at any moment neither loses nor doubles a payment. `make prove` kills it at every statement."""

import pytest
from django.db import connection

from tests.proofs.ground import program

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def test_killed_at_every_third_write_and_commit():
    assert connection.vendor in ("sqlite", "postgresql")
    found = program("kill", "--stride", "3")
    assert set(found["by step"]) == set(found["points"]), found
    assert found["kills"] >= 30 and found["seen"]["lease respected"] >= 15 and found["seen"]["answer replayed"] >= 3
