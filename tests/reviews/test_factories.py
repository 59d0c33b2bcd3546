"""What the factories write in bulk is what the verbs leave: else every test of the panel would stand on another ground than the product."""

import pytest
from django.apps import apps
from django.core import serializers
from django.db import transaction

from reviews.models import Assignment, Declaration
from reviews.transitions import declarations
from tests.factories import reviews

pytestmark = [pytest.mark.django_db, pytest.mark.one_engine]


def left_by(act) -> list:
    """Every row of every table once `act` was done, without its own number; then all of it is undone."""
    with transaction.atomic():
        act()
        found = [
            (plain["model"], sorted(plain["fields"].items(), key=lambda pair: pair[0]))
            for model in apps.get_models()
            for plain in serializers.serialize("python", model._default_manager.order_by("pk"))
        ]
        transaction.set_rollback(True)
    return sorted(found, key=repr)


def test_reviews_filed_in_bulk(at):
    made = reviews.reading(files=2)

    def readings():
        rows = Assignment.objects.order_by("application", "pk").select_related("seat__user", "application__call")
        return {row: 9 - row.application_id % 2 for row in rows}

    def one_by_one():
        for row, points in readings().items():
            reviews.file_review(row, points)

    assert left_by(lambda: reviews.file_all(made, readings())) == left_by(one_by_one) != left_by(lambda: None)


def test_interests_declared_in_bulk(at):
    made = reviews.under_review(declare=False, files=2)

    def one_by_one():
        for row in Declaration.objects.filter(state="required").order_by("pk"):
            declarations.declare_none(declaration=row, actor=row.user)

    assert left_by(lambda: reviews.declare_all(made)) == left_by(one_by_one) != left_by(lambda: None)
