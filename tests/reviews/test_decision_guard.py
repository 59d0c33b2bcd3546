"""The content of a decision is written once: the database itself refuses any other, on both engines."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from core import append_only, checks
from fund.models import RuleVersion
from reviews.models import Decision
from tests.factories import reviews as make
from tests.factories.core import no_guard

pytestmark = pytest.mark.django_db
CONTENT = {
    "amount": 1_000_000,
    "outcome": "reserve",
    "rank": 1,
    "reserve_rank": 4,
    "grounds": "Un autre motif.",
    "article": "art. 3",
    "details": {"a": 1},
    "published_score": "5.00",
    "decided_at": "2026-01-01T00:00:00Z",
    "kind": "promotion",
}


@pytest.fixture
def decision(at):
    made = make.reviewed(files=2)
    make.decided(made, made.files[1])
    return make.decided(made, made.files[0])


def refused(change) -> str:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        change()
    return str(caught.value)


def test_no_content_is_changed_even_in_sql(decision):
    rows = Decision.objects.filter(pk=decision.pk)
    other = Decision.objects.exclude(pk=decision.pk).get()
    version = RuleVersion.objects.exclude(pk=decision.rule_version_id).first() or RuleVersion(
        pk=decision.rule_version_id + 1
    )
    changes = CONTENT | {"cites": other, "rule_version": version, "application": other.application}
    for name, value in changes.items():
        assert "written once" in refused(lambda name=name, value=value: rows.update(**{name: value})), name
    assert Decision.objects.get(pk=decision.pk).amount == decision.amount


def test_no_decision_goes(decision):
    def delete():
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM reviews_decision WHERE id = %s", [decision.pk])

    assert "reviews_decision" in refused(delete)


def test_what_lives_on_goes_on(decision):
    """Its state, its paper and its instants are no content; saving it whole changes nothing of it."""
    decision.save()
    assert make.rendered(decision).pk == decision.pk


def test_doctor_misses_the_guard_and_one_that_looks_at_too_little(decision):
    assert append_only.missing() == []
    with no_guard():
        assert "reviews_decision" in append_only.missing()
        (found,) = checks.run(["append_only"])
        assert not found.ok and "reviews_decision" in found.detail
    assert append_only.missing() == [] and checks.run(["append_only"])[0].ok
    kept = append_only.FROZEN["reviews.Decision"]
    append_only.FROZEN["reviews.Decision"] = (*kept, "drafted_by")
    try:
        assert append_only.missing() == ["reviews_decision"]
    finally:
        append_only.FROZEN["reviews.Decision"] = kept
