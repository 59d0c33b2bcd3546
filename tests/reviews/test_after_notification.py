"""Once results are notified: the ranking shows decisions, the page of the call its results, the page of a project why it got less."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from core import reauth
from reviews.models import Decision, Meeting
from reviews.transitions import decisions, meetings, minutes
from tests.factories import meetings as hold
from tests.factories import reviews as make

pytestmark = pytest.mark.django_db


def read(client, path) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode().replace("\xa0", " ").replace("\u202f", " ")


def held(made=None):
    """Two files: the first gets half of what it requested, the second is rejected; the minutes are adopted, nothing is notified."""
    made, meeting, at = hold.opened(made or make.reviewed(files=2))
    first, second = meeting.items.filter(application__isnull=False).select_related("application").order_by("position")
    hold.agreed(made, first, at, amount=first.application.requested_amount - 100)
    hold.agreed(made, second, at, proposal="rejected")
    meeting = meetings.adopt_list(meeting=Meeting.objects.get(pk=meeting.pk), actor=made.presidents[0], at=at)
    for president in made.presidents:
        meeting = meetings.close(meeting=meeting, actor=president, at=at)
    meeting = hold.rendered(meeting)
    for president in made.presidents:
        meeting = minutes.sign_minutes(meeting=meeting, actor=president, at=at, evidence={"method": "password"})
    return made, first.application, second.application


def test_results_are_told_on_the_page_of_the_call_once_notified_and_not_before():
    made, first, second = held()
    page = read(Client(), f"/appels/{made.call.slug}/")
    assert "Résultats notifiés" not in page and "En examen" in page
    make.notified(made, Decision.objects.get(application=second))
    assert "Résultats notifiés" not in read(Client(), f"/appels/{made.call.slug}/")  # a rejection is nobody's to know
    make.notified(made, Decision.objects.get(application=first))
    page = read(Client(), f"/appels/{made.call.slug}/")
    assert "Résultats notifiés" in page and "1 projet financé" in page and "dans l’enveloppe" in page
    assert f"/projets/?appel={made.call.slug}" in page and "resultats/" not in page


def test_the_page_of_a_project_says_why_it_got_less():
    made, first, _second = held()
    make.notified(made, Decision.objects.get(application=first))
    assert "Un seul quartier suffit pour essayer" in read(Client(), f"/projets/{first.reference}/")


def test_the_ranking_shows_decisions_once_notified_and_flags_nothing_of_them():
    made, first, second = held()
    client = Client()
    client.force_login(made.presidents[0])
    path = f"/commission/classement/{made.call.slug}/"
    assert "notifiée le" not in read(client, path)
    for application in (first, second):
        make.notified(made, Decision.objects.get(application=application))
    page = read(client, path)
    assert page.count("notifiée le") == 2 and "à discuter d’abord" not in page and "marge du hasard" not in page


def test_letters_stand_before_the_button_that_signs_them():
    made, first, _second = held()
    make.rendered(Decision.objects.get(application=first))
    client = Client()
    client.force_login(made.presidents[0])
    page = read(client, f"/commission/decisions/{made.call.slug}/")
    reference = Decision.objects.get(application=first).reference
    assert page.index(f'id="lettre-{reference}"') < page.index(f'id="signer-{reference}"') < page.index("Signer les")


def test_to_notify_one_confirms_who_one_is():
    made, first, second = held()
    for application in (first, second):
        decision = make.rendered(Decision.objects.get(application=application))
        for president in made.presidents:
            decisions.sign(decision=decision, actor=president, evidence={"method": "password"})
            decision.refresh_from_db()
    client, desk = Client(), f"/instruction/decisions/{made.call.slug}/"
    client.force_login(made.officer)
    session = client.session
    session[reauth.KEY] = (timezone.now() - timedelta(minutes=reauth.MINUTES + 1)).isoformat()
    session.save()
    asked = client.post(desk, {"act": "notify_call", "sure": "on"})
    assert asked.status_code == 302 and "suite" not in asked["Location"] and "next=" in asked["Location"]
    assert not Decision.objects.filter(state="notified", kind="award").exists()
    session = client.session
    session[reauth.KEY] = timezone.now().isoformat()
    session.save()
    assert "Rien n’est encore notifié" in read(client, desk)
    assert client.post(desk, {"act": "notify_call", "sure": "on"}).status_code == 302
    assert Decision.objects.filter(state="notified", kind="award").count() == 2
    assert "Rien n’est encore notifié" not in read(client, desk)
