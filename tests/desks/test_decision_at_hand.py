"""Who was refused finds the decision, the time to contest it and where the appeal stands."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from applications.models import Application
from desks import awaited
from reviews.queries import appeal_until
from reviews.transitions import appeals
from tests.factories import payments as money
from tests.factories.reviews import decided, notified, reviewed

pytestmark = pytest.mark.django_db


@pytest.fixture
def refusal():
    made = reviewed()
    return notified(made, decided(made, made.files[0], "rejected"))


def tasks(user, at):
    with translation.override("en"):
        return [task for task in awaited.of_applicant(user, at) if task.url.endswith("/decision/")]


def test_the_refused_reads_and_contests_then_follows_the_appeal(as_user, refusal):
    application, until = refusal.application, appeal_until(refusal)
    here, browser = f"/dossiers/{application.reference}/decision/", as_user(application.lead)
    page = browser.get(f"/dossiers/{application.reference}/").content.decode()
    assert page.count(here) >= 2 and "Lire la décision" in page and "contester" in page and "/lire/" in page
    [task] = tasks(application.lead, timezone.now())
    assert task.url == here and task.due_at == until
    assert tasks(application.lead, until - timedelta(seconds=1)) and not tasks(application.lead, until)
    appeals.file(decision=refusal, actor=application.lead, text="Relisez la page 3.")
    assert not tasks(application.lead, timezone.now())
    page = browser.get(f"/dossiers/{application.reference}/").content.decode()
    assert "Recours reçu par le fonds" in page and "vaut rejet" in page and "contester si" not in page


def test_nobody_is_told_before_the_notification(as_user):
    made = reviewed()
    decision = decided(made, made.files[0], "rejected")
    lead = decision.application.lead
    assert "/decision/" not in as_user(lead).get(f"/dossiers/{decision.application.reference}/").content.decode()
    assert not tasks(lead, timezone.now())


@pytest.mark.parametrize("files", [1, 20])
def test_refusals_cost_the_same_at_any_number(django_assert_num_queries, files):
    made = reviewed(files=files)
    for application in made.files:
        notified(made, decided(made, application, "rejected"))
    lead = made.files[0].lead
    Application.objects.update(lead=lead)
    with django_assert_num_queries(8):
        found = tasks(lead, timezone.now())
    assert len(found) == files


def test_the_file_leads_to_its_grant(at, as_user):
    """A recipient finds agreement, account, treasurer's page and reports from the life of his file, at every stage; nobody else is led there."""
    people = money.People()
    row = money.signed(people, at=at)
    page = as_user(row.application.lead).get(f"/dossiers/{row.reference}/").content.decode()
    for path in ("convention/", "convention/tresorerie/", "comptes-rendus/"):
        assert f'href="/dossiers/{row.reference}/{path}"' in page
    assert "convention/tresorerie/" not in as_user(people.officer).get(f"/dossiers/{row.reference}/").content.decode()
