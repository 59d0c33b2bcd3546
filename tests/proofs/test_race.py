"""Awards and payments pressed by many processes at once. `make prove` does it with a thousand presses on PostgreSQL, two hundred on SQLite."""

import pytest
from django.db import connection

from tests.at_once import many_connections
from tests.proofs.ground import program

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def test_a_tenth_of_the_races_of_a_release():
    number = {"postgresql": 100, "sqlite": 20}[connection.vendor]
    with many_connections():
        found = program("race", "--number", str(number))
    assert found["awards"]["presses"] == number <= found["payments"]["presses"]
    assert found["awards"]["answers"]["done"] == found["awards"]["places"]
