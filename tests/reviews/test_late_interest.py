"""An interest declared after the vote by who took part in it: the vote stays what it was, and everybody who answers for it is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from core.models import Mail
from desks.awaited import tasks
from registry.queries import panels
from reviews.documents.minutes import draft_sections
from reviews.models import Decision, Declaration, Meeting
from reviews.queries.late import deciding, late_interests, votes_shared
from reviews.transitions import agenda, declarations, meetings, minutes
from tests.factories import meetings as hold
from tests.factories import reviews as make

pytestmark = pytest.mark.django_db


def as_user(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def recused_at_first(user, application) -> None:
    """Recused before anybody read, without a hand in the reviews."""
    Declaration.objects.filter(user=user, application=application).update(
        state="recused", ground="family_tie", declared_at=timezone.now()
    )


def declared(user, application, at, detail="Ma sœur y travaille."):
    row = Declaration.objects.get(user=user, application=application)
    return declarations.declare_interest(declaration=row, actor=user, at=at, ground="family_tie", detail=detail)


def test_the_public_page_says_what_was_true_at_the_vote():
    made = make.reviewed(files=2)
    before, after = made.members[make.STATE][2], made.members[make.CIVIL][2]
    first = made.files[0]
    recused_at_first(before, first)
    made, meeting, at = hold.opened(made)
    item = hold.item_of(meeting, first)
    agenda.step_out(agenda_item=item, actor=made.presidents[0], at=at, seat=made.seat(before))
    hold.all_agreed(made, meeting, at)
    meeting = meetings.adopt_list(meeting=meeting, actor=made.presidents[0], at=at)
    for president in made.presidents:
        meeting = meetings.close(meeting=meeting, actor=president, at=at)
    meeting = hold.rendered(meeting)
    for president in made.presidents:
        meeting = minutes.sign_minutes(meeting=meeting, actor=president, at=at, evidence={"method": "password"})
    for decision in Decision.objects.filter(state="voted"):
        make.notified(made, decision)
    declared(after, first, timezone.now() + timedelta(days=30))
    vote = panels.vote_on(first)
    assert vote.recused == {make.STATE: 1} and vote.late == {make.CIVIL: 1}
    assert vote.civil.votes_for == len(made.members[make.CIVIL])
    page = Client().get(f"/projets/{first.reference}/").content.decode()
    assert "1 membre déporté" in page and "après ce vote" in page.casefold()
    shown = panels.panel_view(first.call, timezone.localdate())
    assert shown is None or all(one.late in ({}, {make.CIVIL: 1}) for view in shown.meetings for one in view.votes)


def test_who_was_away_took_no_part():
    made = make.reviewed(files=1)
    away = made.members[make.CIVIL][2]
    made, meeting, at = hold.opened(made, absent=(away,))
    hold.all_agreed(made, meeting, at)
    declared(away, made.files[0], at + timedelta(hours=1))
    assert votes_shared(away, [made.files[0].pk]) == {} and late_interests([made.files[0].pk]) == {}
    assert not Mail.objects.filter(code="reviews/panel.interest_after_vote").exists()
    assert panels._interests({made.files[0].pk: late_vote(made)}) == ({}, {})


def late_vote(made):
    return deciding([made.files[0].pk])[made.files[0].pk]


def test_presidents_and_officer_are_told_without_the_ground():
    made, meeting, at = hold.opened(make.reviewed(files=1))
    hold.all_agreed(made, meeting, at)
    member, file = made.members[make.CIVIL][2], made.files[0]
    page = as_user(member).get(f"/commission/declarations/{made.call.slug}/").content.decode()
    assert "Vous avez pris part au vote" in page
    assert (
        "Vous avez pris part au vote" in as_user(member).get(f"/commission/dossiers/{file.reference}/").content.decode()
    )
    declared(member, file, at + timedelta(minutes=5))
    mails = Mail.objects.filter(code="reviews/panel.interest_after_vote")
    assert {mail.recipient for mail in mails} == {*made.presidents, made.officer}
    assert mails.count() == 3 and not any("sœur" in mail.text or "famil" in mail.text for mail in mails)
    now = at + timedelta(minutes=6)
    for person in (*made.presidents, made.officer):
        assert any(file.reference in task.title for task in tasks(person, now)), person
    assert not any("après" in task.title for task in tasks(made.members[make.STATE][2], now))
    assert not any("après" in task.title for task in tasks(made.presidents[0], now + timedelta(days=31)))
    page = as_user(made.presidents[0]).get(f"/commission/deports/{made.call.slug}/").content.decode()
    assert "après le vote" in page and "sœur" not in page
    page = as_user(made.officer).get(f"/instruction/commission/{made.call.slug}/").content.decode()
    assert "après le vote" in page
    assert as_user(member).get(f"/commission/dossiers/{file.reference}/").status_code == 403


def test_a_president_recused_from_the_file_is_not_told():
    made = make.reviewed(files=2)
    recused_at_first(made.presidents[1], made.files[0])
    made, meeting, at = hold.opened(made)
    item = hold.item_of(meeting, made.files[0])
    agenda.step_out(agenda_item=item, actor=made.presidents[0], at=at, seat=made.seat(made.presidents[1]))
    hold.agreed(made, item, at)
    declared(made.members[make.CIVIL][2], made.files[0], at + timedelta(minutes=5))
    mails = Mail.objects.filter(code="reviews/panel.interest_after_vote")
    assert {mail.recipient for mail in mails} == {made.presidents[0], made.officer}
    assert not any("après" in task.title for task in tasks(made.presidents[1], at + timedelta(minutes=6)))


def test_the_minutes_tell_it_apart_from_a_recusal():
    made, meeting, at = hold.opened(make.reviewed(files=1))
    hold.all_agreed(made, meeting, at)
    member = made.members[make.CIVIL][2]
    declared(member, made.files[0], at + timedelta(minutes=5))
    text = next(one["text"] for one in draft_sections(Meeting.objects.get(pk=meeting.pk), at) if one["item"])
    assert f"Déport : {member}" not in text
    assert f"après le vote, par {member} (Société civile), qui y avait pris part." in text


def test_signed_minutes_stay_and_their_page_says_what_came_since():
    made, meeting, at = hold.adopted(make.reviewed(files=1))
    member = made.members[make.CIVIL][2]
    before = [one.text for one in meeting.sections.all()]
    declared(member, made.files[0], at + timedelta(days=1))
    page = as_user(made.presidents[0]).get(f"/commission/seances/{meeting.pk}/proces-verbal/").content.decode()
    assert "qui y avait pris part" in page and [one.text for one in meeting.sections.all()] == before
    assert (
        "qui y avait pris part"
        not in as_user(member).get(f"/commission/seances/{meeting.pk}/proces-verbal/").content.decode()
    )
