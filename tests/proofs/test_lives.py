"""Whole grants lived at random. `make prove` lives a hundred thousand steps on each engine; here a sample, the same for every run of the tests."""

import pytest
from django.db import connection

from tests.proofs.ground import program

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def test_a_sample_of_the_lives_of_a_release():
    assert connection.vendor in ("sqlite", "postgresql")
    seen = program("lives", "--steps", "400", "--same")["seen"]
    assert seen["refused"] > 20 and seen["accidents"] > 0, seen
