"""A member of the panel who is a case officer too: a recusal closes the officers' door as well (DESIGN §5.3, §5.5)."""

from __future__ import annotations

import pytest

from applications.models import Application
from core.transitions import Refusal
from fund.enums import Role
from fund.models import RoleGrant
from reviews.models import Declaration, Score
from reviews.transitions import decisions, declarations
from tests.factories import reviews as make
from tests.reviews.test_reading_pages import pages_of

pytestmark = pytest.mark.django_db


def also_officer(made, user):
    model = RoleGrant.objects.get(user=made.officer, role=Role.CASE_OFFICER)
    model.pk = None
    model.user = user
    model.save(force_insert=True)


def recused_officer(made, application):
    user = made.members[make.CIVIL][1]
    also_officer(made, user)
    row = Declaration.objects.get(user=user, application=application)
    declarations.declare_interest(declaration=row, actor=user, ground="family_tie", detail="Ma sœur.")
    return user


def officer_paths(made) -> list[str]:
    slug = made.call.slug
    return [
        "/instruction/",
        "/instruction/dossiers/",
        "/instruction/dossiers/?state=all",
        *[f"/instruction/dossiers/{row.reference}/" for row in made.files],
        f"/instruction/commission/{slug}/",
        f"/instruction/commission/{slug}/classement/",
        f"/instruction/decisions/{slug}/",
    ]


def test_the_officers_pages_say_nothing_of_a_file_from_which_the_officer_is_recused(at):
    made = make.reviewed(make.world(files=3))
    closed = made.files[0]
    user = recused_officer(made, closed)
    paths = officer_paths(made)
    before = pages_of(user, paths)
    assert all(closed.title not in page for _status, page in before)
    assert any(closed.reference in page for _status, page in before)
    Application.objects.filter(pk=closed.pk).update(
        title="CANARI", summary="CANARI", requested_amount=999_900, commune="Canari", applicant_name="CANARI"
    )
    Score.objects.filter(assignment__application=closed).update(half_points=0, justification="CANARI")
    assert pages_of(user, paths) == before


def test_who_is_recused_from_a_file_does_not_notify_the_call(at):
    made = make.reviewed(make.world(files=2))
    for row in made.files:
        make.signed(made, make.decided(made, row, "rejected"))
    user = recused_officer(made, made.files[0])
    with pytest.raises(Refusal) as refused:
        decisions.notify_call(made.call, user)
    assert refused.value.code == "officer_has_interest"
    assert len(decisions.notify_call(made.call, made.officer)) == 2
