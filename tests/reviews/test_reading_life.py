"""From two empty colleges to decisions that are known, by the pages alone; the meeting itself goes through its verbs."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from applications.models import Application
from core.models import Document, Mail
from reviews.models import Appeal, Assignment, Decision, Declaration, Panel
from reviews.transitions import agenda, meetings, minutes
from tests.factories import meetings as sittings
from tests.factories import reviews as make
from tests.reviews.test_reading_pages import compose_data, signed_in, text

pytestmark = pytest.mark.django_db


def posted(browser, path, data, *, to=None):
    response = browser.post(path, data)
    assert response.status_code == 302, text(response)
    assert to is None or response.url == to
    return response


def constitute_declare_and_assign(made, as_user):
    """The officer's pages and each member's cards. Returns the file from which a State reader recuses himself."""
    officer, desk = as_user(made.officer), f"/instruction/commission/{made.call.slug}/"
    posted(officer, f"{desk}composition/", compose_data(made), to=desk)
    made.panel = Panel.objects.get(call=made.call)
    posted(officer, desk, {"act": "start_review"}, to=desk)
    for person in made.everyone():
        cards = Declaration.objects.filter(user=person)
        assert cards.count() == 3
        path = f"/commission/declarations/{made.call.slug}/"
        posted(as_user(person), path, {f"choice-{row.pk}": "none" for row in cards}, to=path)
    proposal = f"{desk}repartition/"
    page = text(officer.get(proposal))
    assert all(application.title in page for application in made.files) and Assignment.objects.count() == 0
    mark = page.split('name="assign-seen" value="')[1].split('"')[0]
    posted(officer, proposal, {"act": "assign", "assign-seen": mark}, to=desk)
    assert "-seen" not in text(officer.get(proposal))  # nothing left to confirm
    for application in made.files:
        assert (
            sorted(application.assignments.values_list("seat__college", flat=True))
            == [make.CIVIL] * 2 + [make.STATE] * 2
        )


def one_recusal(made, as_user):
    """A State reader finds a link on the page of a file: the State alternate reads in his place."""
    gone = (
        Assignment.objects.filter(seat__college=make.STATE)
        .exclude(seat__user__in=made.presidents)
        .select_related("seat__user", "application")
        .first()
    )
    path = f"/commission/dossiers/{gone.application.reference}/"
    posted(
        as_user(gone.seat.user), path, {"act": "declare_interest", "interest-ground": "family_tie"}, to="/commission/"
    )
    assert as_user(gone.seat.user).get(path).status_code == 403
    new = Assignment.objects.get(instead_of=gone)
    assert new.seat.user == made.alternates[make.STATE][0] and new.application == gone.application
    return gone


def everyone_reads(made, as_user):
    """Each reader files from the page; nobody sees another's review before his own is in, nor the ranking before reading closes."""
    pairs = Assignment.objects.filter(state="assigned").select_related("seat__user", "application__call")
    best = {application.pk: 9 - 2 * place for place, application in enumerate(made.files)}
    for pair in pairs.order_by("pk"):
        browser, path = as_user(pair.seat.user), f"/commission/dossiers/{pair.application.reference}/"
        assert "Mot de" not in text(browser.get(path))
        grid = {f"score-{row.code}": str(best[pair.application_id]) for row in made.call.criteria.all()}
        grid |= {f"why-{row.code}": f"Vu {row.code}." for row in made.call.criteria.all()}
        posted(browser, path, grid | {"comment": f"Mot de {pair.seat.user}.", "version": "0", "act": "submit"})
        assert f"Mot de {pair.seat.user}." in text(browser.get(path))
    reader = as_user(made.members[make.CIVIL][1])
    ranking = f"/commission/classement/{made.call.slug}/"
    assert made.files[0].reference not in text(reader.get(ranking))
    desk = f"/instruction/commission/{made.call.slug}/"
    posted(as_user(made.officer), desk, {"act": "close_reading"}, to=desk)
    page = text(reader.get(ranking))
    assert [page.index(application.reference) for application in made.files] == sorted(
        page.index(application.reference) for application in made.files
    )


def the_panel_decides(made, gone):
    """Funded, on the reserve list, refused, the recused member out of the room for his file; the minutes are adopted."""
    made, meeting, at = sittings.opened(made)
    first, second, third = made.files
    for application, proposal in ((first, "selected"), (second, "reserve"), (third, "rejected")):
        item = sittings.item_of(meeting, application)
        if application == gone.application:
            agenda.step_out(agenda_item=item, actor=made.officer, at=at, seat=gone.seat)
        item = sittings.called(made, item, at)
        amount = application.requested_amount if proposal == "selected" else None
        agenda.agree(
            agenda_item=item,
            actor=made.presidents[0],
            at=at,
            proposal=proposal,
            amount=amount,
            grounds=sittings.GROUNDS,
        )
    meeting.refresh_from_db()
    meeting = meetings.adopt_list(meeting=meeting, actor=made.presidents[0], at=at)
    for president in made.presidents:
        meeting = meetings.close(meeting=meeting, actor=president, at=at)
    meeting = sittings.rendered(meeting)
    for president in made.presidents:
        meeting = minutes.sign_minutes(meeting=meeting, actor=president, at=at, evidence={"method": "password"})
    assert meeting.state == "minutes_adopted"
    return at


def test_from_composition_to_decisions_that_are_known(at, as_user):
    made = make.world(files=3)
    constitute_declare_and_assign(made, as_user)
    gone = one_recusal(made, as_user)
    everyone_reads(made, as_user)
    assert gone.seat.user not in made.presidents
    held = the_panel_decides(made, gone)
    with time_machine.travel(held + timedelta(hours=3), tick=False):
        Document.objects.filter(state="frozen").update(state="rendered", rendered_at=timezone.now(), sha256="a" * 64)
        signing = f"/commission/decisions/{made.call.slug}/"
        for person in made.presidents:
            browser = signed_in(person)
            assert "3 décisions attendent votre signature" in text(browser.get("/commission/"))
            references = list(Decision.objects.values_list("reference", flat=True))
            posted(browser, signing, {"decision": references, "read": "on"}, to=signing)
        officer, desk = as_user(made.officer), f"/instruction/decisions/{made.call.slug}/"
        before = text(as_user(made.files[2].lead).get(f"/dossiers/{made.files[2].reference}/decision/"))
        assert sittings.GROUNDS not in before and made.files[2].state == "under_review"
        posted(officer, desk, {"act": "notify_call", "sure": "on"}, to=desk)
        assert [application.state for application in made.files] == ["selected", "on_reserve", "rejected"]
        told = Mail.objects.filter(code="reviews/decision.notified")
        assert {mail.recipient for mail in told} == {application.lead for application in made.files}
        page = text(as_user(made.files[2].lead).get(f"/dossiers/{made.files[2].reference}/decision/"))
        assert sittings.GROUNDS in page and "deux mois" in page and "tribunal administratif" in page
        assert (
            "rang 1" in text(as_user(made.files[1].lead).get(f"/dossiers/{made.files[1].reference}/decision/")).lower()
        )
        an_appeal_is_rejected(made, as_user)


def an_appeal_is_rejected(made, as_user):
    """Filed late or in time, received, answered by the authority with a letter."""
    application = Application.objects.get(pk=made.files[2].pk)
    path = f"/dossiers/{application.reference}/decision/"
    applicant = as_user(application.lead)
    assert applicant.post(path, {"act": "appeal", "text": "  "}).status_code == 422
    posted(applicant, path, {"act": "appeal", "text": "Vous n’avez pas lu la page 3."}, to=path)
    assert applicant.post(path, {"act": "appeal", "text": "Encore."}).status_code == 409  # one at a time
    appeal = Appeal.objects.get()
    judging = f"/instruction/recours/{appeal.pk}/"
    assert as_user(made.members[make.CIVIL][1]).get(judging).status_code == 403
    assert as_user(made.officer).post(judging, {"act": "reject", "reject-answer": "Non."}).status_code in (403, 422)
    judge = as_user(made.presidents[1])
    refused = judge.post(judging, {"act": "reject", "reject-answer": ""})
    assert refused.status_code == 422
    posted(
        judge, judging, {"act": "reject", "reject-answer": "La page 3 a été lue : elle dit le contraire."}, to=judging
    )
    page = text(applicant.get(path))
    assert "elle dit le contraire" in page and Appeal.objects.get().letter.kind == "appeal_rejection"
