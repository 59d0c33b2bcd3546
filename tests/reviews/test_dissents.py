"""A signed dissent: whose vote did not carry, until the minutes are adopted, changed by nobody else. And who stood in for a president."""

from __future__ import annotations

import pytest

from reviews.documents.minutes import draft_sections
from reviews.models.meeting import Dissent, Meeting
from reviews.queries import meetings as queries
from reviews.transitions import agenda, dissents, meetings, minutes
from tests.factories.meetings import agreed, called, cast, item_of, opened
from tests.factories.reviews import CIVIL, STATE
from tests.reviews.test_meeting_pages import with_recusal
from tests.reviews.test_meetings import refused

pytestmark = pytest.mark.django_db

WORDS = "Le coût par usager ne me paraît pas établi."


def voted(made, meeting, at, *, mode="open", **hands):
    item = called(made, item_of(meeting), at)
    agenda.open_ballot(
        agenda_item=item,
        actor=made.presidents[0],
        at=at,
        mode=mode,
        proposal="selected",
        amount=item.application.requested_amount,
        grounds="Oui.",
    )
    cast(made, item, at, **hands)
    return agenda.close_vote(agenda_item=item, actor=made.presidents[0], at=at)


def part(meeting, item) -> str:
    return next(one.text for one in queries.sections_of(meeting) if one.item_id == item.pk)


def test_who_voted_against_signs_and_the_others_do_not(at):
    made, meeting, at = opened(files=1, members=3, reviews_per_college=1)
    item = voted(made, meeting, at, civil="ffa", state="ff-")
    against, abstained = made.members[CIVIL][2], made.members[STATE][2]
    for user in (made.presidents[0], abstained):
        refused("did_not_dissent", dissents.sign_dissent, agenda_item=item, actor=user, at=at, text=WORDS)
    refused("not_permitted", dissents.sign_dissent, agenda_item=item, actor=made.officer, at=at, text=WORDS)
    refused("dissent_length", dissents.sign_dissent, agenda_item=item, actor=against, at=at, text="  ")
    refused("dissent_length", dissents.sign_dissent, agenda_item=item, actor=against, at=at, text="x" * 1001)
    dissents.sign_dissent(agenda_item=item, actor=against, at=at, text="D’abord ceci.")
    dissents.sign_dissent(agenda_item=item, actor=against, at=at, text=WORDS)
    assert Dissent.objects.get().text == WORDS
    [text] = [one["text"] for one in draft_sections(meeting, at) if one["item"] == item]
    assert f"Désaccord signé par {against} (Société civile)" in text and WORDS in text and "D’abord" not in text


def test_when_the_proposal_fails_those_who_voted_for_it_dissent(at):
    made, meeting, at = opened(files=1, members=3, reviews_per_college=1)
    item = voted(made, meeting, at, civil="faa", state="aaa")
    assert item.outcome == "rejected"
    refused("did_not_dissent", dissents.sign_dissent, agenda_item=item, actor=made.presidents[1], at=at, text=WORDS)
    dissents.sign_dissent(agenda_item=item, actor=made.presidents[0], at=at, text=WORDS)


def test_after_a_secret_ballot_no_more_dissents_than_votes(at):
    """Who voted how is written nowhere: a member may lift the secret of his own vote, and only as many as the count allows."""
    made, meeting, at = opened(files=1, members=3, reviews_per_college=1)
    item = voted(made, meeting, at, mode="secret", civil="ffa", state="fff")
    refused("did_not_dissent", dissents.sign_dissent, agenda_item=item, actor=made.members[STATE][1], at=at, text=WORDS)
    dissents.sign_dissent(agenda_item=item, actor=made.members[CIVIL][2], at=at, text=WORDS)
    refused("did_not_dissent", dissents.sign_dissent, agenda_item=item, actor=made.members[CIVIL][1], at=at, text=WORDS)


def test_without_objection_nobody_dissents(at):
    made, meeting, at = opened(files=1, members=2, reviews_per_college=1)
    item = agreed(made, item_of(meeting), at)
    refused("did_not_dissent", dissents.sign_dissent, agenda_item=item, actor=made.members[CIVIL][1], at=at, text=WORDS)


def test_after_the_closing_the_minutes_get_a_version_that_only_the_author_changes(at):
    made, meeting, at = opened(files=1, members=3, reviews_per_college=1)
    item = voted(made, meeting, at, civil="ffa", state="fff")
    meetings.adopt_list(meeting=meeting, actor=made.presidents[0], at=at)
    for person in made.presidents:
        meeting = meetings.close(meeting=meeting, actor=person, at=at)
    author = made.members[CIVIL][2]
    dissents.sign_dissent(agenda_item=item, actor=author, at=at, text="D’abord ceci.")
    dissents.sign_dissent(agenda_item=item, actor=author, at=at, text=WORDS)
    meeting = Meeting.objects.get(pk=meeting.pk)
    assert meeting.minutes_version == 3 and WORDS in part(meeting, item) and "D’abord" not in part(meeting, item)
    position = next(one.position for one in queries.sections_of(meeting) if one.item_id == item.pk)
    refused(
        "dissent_is_signed",
        minutes.revise_minutes,
        meeting=meeting,
        actor=made.officer,
        at=at,
        texts={position: "Rien à dire."},
    )
    minutes.revise_minutes(
        meeting=meeting, actor=made.officer, at=at, texts={position: part(meeting, item) + "\nPrécision."}
    )
    Meeting.objects.filter(pk=meeting.pk).update(state="minutes_adopted", minutes_adopted_at=at)
    refused("minutes_adopted", dissents.sign_dissent, agenda_item=item, actor=author, at=at, text="Encore.")


def test_a_recused_member_signs_nothing_of_the_file(at):
    made, recused, hidden = with_recusal(STATE, 2, files=2, members=3)
    made, meeting, at = opened(made)
    item = item_of(meeting, hidden)
    agenda.step_out(agenda_item=item, actor=made.officer, at=at, seat=made.seat(recused))
    item = agreed(made, item, at)
    refused("recused", dissents.sign_dissent, agenda_item=item, actor=recused, at=at, text=WORDS)


def test_the_minutes_say_who_stood_in_for_a_recused_president_and_why(at):
    made, recused, hidden = with_recusal(CIVIL, 0, files=2, members=3)
    made, meeting, at = opened(made)
    stand_in = made.members[CIVIL][1]
    meetings.designate_acting(meeting=meeting, actor=made.officer, at=at, seat=made.seat(stand_in), reason="recused")
    item = item_of(meeting, hidden)
    agenda.step_out(agenda_item=item, actor=made.officer, at=at, seat=made.seat(recused))
    agenda.discuss(agenda_item=item, actor=stand_in, at=at)
    agenda.agree(agenda_item=item, actor=stand_in, at=at, proposal="rejected", grounds="Non.")
    parts = {one["item"].pk if one["item"] else one["code"]: one["text"] for one in draft_sections(meeting, at)}
    other = next(one for one in meeting.items.exclude(pk=item.pk))
    assert "le co-président est déporté d’un point" in parts["opening"]
    assert f"{stand_in}, par intérim" in parts[item.pk] and "par intérim" not in parts[other.pk]
