"""What a co-president found untrue one evening: each act is the room's, and the minutes tell what happened when it happened."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from core import documents
from reviews import queries as reads
from reviews.documents import opening
from reviews.models import AgendaItem, Decision, Meeting, MinutesSection
from reviews.models.meeting import ActingPresident, ClearPoint
from reviews.queries import meetings as queries
from reviews.transitions import agenda, meetings
from tests.factories import meetings as hold
from tests.factories import reviews as make
from tests.factories.reviews import CIVIL, STATE
from tests.reviews.test_meeting_pages import with_recusal
from tests.reviews.test_meetings import refused

pytestmark = [pytest.mark.django_db, pytest.mark.screens]


def part(meeting, item=None) -> str:
    rows = MinutesSection.objects.filter(meeting=meeting, item=item)
    return rows.order_by("-version", "position").first().text


def end(made, meeting, at) -> Meeting:
    for item in meeting.items.filter(application__isnull=False, state="listed").select_related("application"):
        hold.agreed(made, item, at)
    meetings.adopt_list(meeting=Meeting.objects.get(pk=meeting.pk), actor=made.presidents[0], at=at)
    for person in made.presidents:
        meeting = meetings.close(meeting=Meeting.objects.get(pk=meeting.pk), actor=person, at=at)
    return meeting


def test_every_coming_and_going_is_in_the_minutes(at):
    made, meeting, at = hold.opened(files=1)
    seat = made.seat(made.members[STATE][2])
    for minutes, presence in ((10, "absent"), (12, "remote"), (13, "room")):
        meetings.record_attendance(
            meeting=meeting, actor=made.officer, at=at + timedelta(minutes=minutes), seat=seat, presence=presence
        )
    meeting = end(made, meeting, at + timedelta(minutes=20))
    [line] = [line for line in part(meeting).splitlines() if str(seat.user) in line]
    hours = [f"{timezone.localtime(at + timedelta(minutes=n)):%-H h %M}" for n in (0, 10, 12)]
    told = line.replace("\xa0", " ").replace("\u202f", " ")
    assert f"arrivée à {hours[0]}, départ à {hours[1]}, retour à {hours[2]}" in told


def test_a_motion_is_the_rooms(at):
    made, meeting, at = hold.opened(files=2)
    item = hold.agreed(made, hold.item_of(meeting), at)
    other = 3 - queries.ranking(meeting)[item.application_id].number
    move = {"agenda_item": item, "actor": made.presidents[0], "at": at, "place": other, "reason": "Le calendrier."}
    lost = {CIVIL: {"votes_for": 3}, STATE: {"against": 3}}
    refused("motion_not_carried", agenda.move, **move, votes=lost)
    refused("more_votes_than_present", agenda.move, **move, votes={CIVIL: {"votes_for": 9}, STATE: {"votes_for": 1}})
    assert AgendaItem.objects.get(pk=item.pk).place is None
    agenda.move(**move, votes={CIVIL: {"votes_for": 3}, STATE: {"votes_for": 2, "against": 1}})
    agenda.reopen(agenda_item=item, actor=made.presidents[0], at=at, reason="Une pièce manquait.")
    item = AgendaItem.objects.get(pk=item.pk)
    agenda.agree(agenda_item=item, actor=made.presidents[0], at=at)
    meeting = end(made, Meeting.objects.get(pk=meeting.pk), at)
    told = part(meeting, item)
    assert "déplacer le dossier dans le classement : adoptée à main levée, Société civile : pour 3" in told, told
    assert "rouvrir le point : adoptée sans objection" in told


def test_who_was_designated_signs_the_decision_of_the_file_too(at):
    made, president, first = with_recusal(STATE, 0, files=2, members=3)
    made, meeting = hold.convened(made)
    stand_in = made.members[STATE][2]  # not the first of the college: chosen by the meeting
    now = meeting.planned_at
    hold.attend(made, meeting, at=now)
    meetings.designate_acting(meeting=meeting, actor=made.officer, at=now, seat=made.seat(stand_in), reason="recused")
    meeting = meetings.open(meeting=meeting, actor=made.presidents[0], at=now)
    agenda.step_out(agenda_item=hold.item_of(meeting, first), actor=made.officer, at=now, seat=made.seat(president))
    hold.all_agreed(made, meeting, now)
    meetings.adopt_list(meeting=Meeting.objects.get(pk=meeting.pk), actor=made.presidents[0], at=now)
    decision = Decision.objects.get(application=first)
    assert [signer.user for signer in reads.signers(decision, now)] == [made.presidents[0], stand_in]


def test_the_reason_of_the_urgency_is_kept_from_the_plan_to_the_notice(at):
    made, meeting = hold.planned(files=1)
    soon = timezone.now() + timedelta(days=2)
    meeting = Meeting.objects.get(pk=meeting.pk)
    meetings.edit_plan(meeting=meeting, actor=made.officer, planned_at=soon)
    refused("notice_too_short", meetings.convene, meeting=Meeting.objects.get(pk=meeting.pk), actor=made.officer)
    meetings.edit_plan(meeting=Meeting.objects.get(pk=meeting.pk), actor=made.officer, urgency_reason="La salle ferme.")
    meeting = meetings.convene(meeting=Meeting.objects.get(pk=meeting.pk), actor=made.officer)
    assert meeting.urgency_reason == meeting.notice.context["urgency_reason"] == "La salle ferme."


def test_the_minutes_tell_what_replaced_a_reader_and_the_grounds_the_list_wrote(at):
    made = make.reviewed(files=1)
    made.panel.shortages = {made.files[0].reference: {"fallback": "plenary", "reason": "Un malade.", "at": ""}}
    made.panel.save()
    made, meeting, at = hold.opened(made)
    item = hold.agreed(made, hold.item_of(meeting), at, proposal="rejected", grounds="")
    lines = [{"item": item.pk, "grounds": "Rien n’est prêt."}]
    meetings.adopt_list(meeting=Meeting.objects.get(pk=meeting.pk), actor=made.presidents[0], at=at, lines=lines)
    for person in made.presidents:
        meeting = meetings.close(meeting=Meeting.objects.get(pk=meeting.pk), actor=person, at=at)
    told = part(meeting, item)
    assert "Lecteur manquant remplacé : lecture par la commission en séance (Un malade)." in told
    assert "Motifs de la décision : Rien n’est prêt." in told


def test_every_file_without_grounds_is_told_beside_its_own_box(at, as_user):
    made, meeting, at = hold.opened(files=2)
    hold.all_agreed(made, meeting, at, proposal="rejected", grounds="")
    page = as_user(made.presidents[0]).post(f"/commission/seances/{meeting.pk}/liste/", {})
    assert page.status_code == 422 and page.content.decode().count("Écrivez les motifs") >= 2


def test_who_is_recused_from_a_file_gives_no_rank_to_another(at):
    made, meeting, at = hold.opened(files=3)
    first, *_rest, last = meeting.items.filter(application__isnull=False).select_related("application").order_by("pk")
    hold.recuse(made.presidents[0], last.application, at)
    for place in (1, 2, 3, 99):  # one answer for every rank: none tells where the closed file stands
        refused(
            "mover_is_recused",
            agenda.move,
            agenda_item=first,
            actor=made.presidents[0],
            at=at,
            place=place,
            reason="X.",
        )
    ranks = reads.meetings.ranking(meeting)
    place = next(n for n in (1, 2, 3) if n != ranks[first.application_id].number)
    agenda.move(agenda_item=first, actor=made.presidents[1], at=at, place=place, reason="Le calendrier.")


# ---- an evening in two sittings ----


def plain(text: str) -> str:
    return text.replace("\xa0", " ").replace("\u202f", " ")


def test_who_was_replaced_when_a_file_was_voted_is_not_said_to_be_in_the_room(at):
    made, meeting, at = hold.opened(files=2, reviews_per_college=1)
    item = hold.item_of(meeting)
    readers = set(item.application.assignments.values_list("seat__user", flat=True))
    recused = next(one for one in made.members[CIVIL][1:] if one.pk not in readers)
    hold.recuse(recused, item.application, at)
    alternate = made.seat(made.alternates[CIVIL][0])
    meetings.record_attendance(
        meeting=meeting,
        actor=made.officer,
        at=at,
        seat=made.seat(recused),
        presence="alternate",
        represented_by=alternate,
    )
    voted = hold.agreed(made, item, at + timedelta(minutes=5))
    meeting = hold.resumed(made, meeting, at + timedelta(minutes=10))
    meeting = end(made, meeting, at + timedelta(days=1, minutes=5))
    [line] = [line for line in part(meeting, voted).splitlines() if line.startswith("Déport")]
    assert "suppléé" in line and "dans la salle" not in line


def test_the_opening_tells_every_sitting_its_notice_quorum_and_end(at):
    made, meeting, at = hold.opened(files=2)
    hold.agreed(made, hold.item_of(meeting), at)
    meeting = hold.resumed(made, meeting, at + timedelta(minutes=10))
    meeting = end(made, meeting, at + timedelta(days=1, minutes=5))
    text = plain(part(meeting))
    assert text.startswith("Réunion n° 1 de la séance.") and "Réunion n° 2 de la séance." in text
    assert "pour ce motif : La salle ferme à midi." in text and ".." not in text
    assert "en urgence : Le partenaire commence lundi." in text
    assert text.count("Quorum à l’ouverture") == 2 and text.count("Convocation envoyée le") == 2


def test_the_notice_of_a_resumed_sitting_lists_what_is_left_and_asks_the_quorum_again(at):
    made, meeting, at = hold.opened(files=2)
    done = hold.agreed(made, hold.item_of(meeting), at)
    meeting = hold.resumed(made, meeting, at + timedelta(minutes=10))
    context = meeting.notice.context
    assert context["files"] == 1 and not context["second_notice"] and context["previous_on"]
    assert done.application.reference not in str(context["agenda"])


def test_an_abandoned_vote_says_why(at):
    made, meeting, at = hold.opened(files=2)
    item = hold.called(made, hold.item_of(meeting), at)
    agenda.open_ballot(
        agenda_item=item,
        actor=made.presidents[0],
        at=at,
        mode="open",
        proposal="selected",
        amount=item.application.requested_amount,
        grounds="Utile.",
    )
    agenda.abandon_vote(
        agenda_item=AgendaItem.objects.get(pk=item.pk), actor=made.presidents[0], at=at + timedelta(minutes=1)
    )
    agenda.agree(
        agenda_item=AgendaItem.objects.get(pk=item.pk),
        actor=made.presidents[0],
        at=at + timedelta(minutes=2),
        proposal="selected",
        amount=item.application.requested_amount,
        grounds="Utile.",
    )
    agenda.reopen(
        agenda_item=AgendaItem.objects.get(pk=item.pk),
        actor=made.presidents[0],
        at=at + timedelta(minutes=3),
        reason="Une pièce manquait.",
    )
    agenda.agree(
        agenda_item=AgendaItem.objects.get(pk=item.pk),
        actor=made.presidents[0],
        at=at + timedelta(minutes=4),
        proposal="selected",
        amount=item.application.requested_amount,
        grounds="Utile.",
    )
    meeting = end(made, meeting, at + timedelta(minutes=10))
    text = part(meeting, item)
    assert "vote abandonné, par décision de la présidence." in text
    assert "rouvrir le point : adoptée sans objection, pour ce motif : Une pièce manquait." in text


def test_nobody_who_voted_leaves_before_the_vote_ends(at):
    made, meeting, at = hold.opened(files=2)
    item = hold.called(made, hold.item_of(meeting), at)
    agenda.open_ballot(
        agenda_item=item,
        actor=made.presidents[0],
        at=at,
        mode="open",
        proposal="selected",
        amount=item.application.requested_amount,
        grounds="Utile.",
    )
    voter, other = made.seat(made.members[STATE][1]), made.seat(made.members[STATE][2])
    agenda.cast_hands(agenda_item=AgendaItem.objects.get(pk=item.pk), actor=made.officer, at=at, choices={voter: "for"})
    leave = {"meeting": meeting, "actor": made.officer, "at": at, "presence": "absent"}
    refused("vote_under_way", meetings.record_attendance, **leave, seat=voter)
    assert meeting.attendances.get(seat=voter).presence == "room"
    meetings.record_attendance(**leave, seat=other)  # who has not voted may leave
    agenda.abandon_vote(agenda_item=AgendaItem.objects.get(pk=item.pk), actor=made.presidents[0], at=at)
    meetings.record_attendance(**leave, seat=voter)
    assert meeting.attendances.get(seat=voter).presence == "absent"


# ---- who sat, and until when ----


def hour(moment) -> str:
    return f"{timezone.localtime(moment):%-H h %M}"


def test_a_change_after_a_vote_is_told_with_its_time_and_the_quorum_it_cost(at):
    made, meeting, at = hold.opened(files=2, members=4)
    first, second = meeting.items.filter(application__isnull=False).select_related("application").order_by("position")
    hold.agreed(made, first, at + timedelta(minutes=2))
    gone, back = at + timedelta(minutes=5, seconds=5), at + timedelta(minutes=5, seconds=50)
    away = made.members[STATE][1:]
    for user in away:
        meetings.record_attendance(
            meeting=meeting, actor=made.officer, at=gone, seat=made.seat(user), presence="absent"
        )
    ways = [
        ("remote", None),
        ("proxy", made.seat(made.members[STATE][0])),
        ("alternate", made.seat(made.alternates[STATE][0])),
    ]
    for user, (presence, by) in zip(away, ways, strict=True):
        meetings.record_attendance(
            meeting=meeting, actor=made.officer, at=back, seat=made.seat(user), presence=presence, represented_by=by
        )
    hold.agreed(made, second, at + timedelta(minutes=8))
    meeting = end(made, meeting, at + timedelta(minutes=20))
    text = plain(part(meeting))
    lines = {user: next(line for line in text.splitlines() if line.startswith(f"- {user}")) for user in away}
    for user in away:
        assert f"dans la salle, arrivée à {hour(at)}" in lines[user], lines[user]
        assert f"départ à {hour(gone)}" in lines[user], lines[user]
    assert f"retour à {hour(back)} (à distance)" in lines[away[0]]
    assert f"mandat donné à {made.members[STATE][0]} à partir de {hour(back)}" in lines[away[1]]
    assert f"suppléance par {made.alternates[STATE][0]} à partir de {hour(back)}" in lines[away[2]]
    assert f"Quorum perdu à {hour(gone)} : Société civile 4 sur 4, État 1 sur 4." in text
    assert f"Quorum retrouvé à {hour(back)} : Société civile 4 sur 4, État 4 sur 4." in text
    told, later = plain(part(meeting, first)), plain(part(meeting, second))
    assert f"{away[0]} (dans la salle)" in told and f"{away[2]} (dans la salle)" in told
    assert f"{away[0]} (à distance)" in later
    assert f"{away[1]} (mandat donné à {made.members[STATE][0]})" in later
    assert f"{away[2]} (suppléance par {made.alternates[STATE][0]})" in later


def test_seats_that_gave_no_vote_are_counted(at):
    made, meeting, at = hold.opened(files=1)
    item = hold.called(made, hold.item_of(meeting), at)
    agenda.open_ballot(
        agenda_item=item,
        actor=made.presidents[0],
        at=at,
        mode="secret",
        proposal="selected",
        amount=item.application.requested_amount,
        grounds="Utile.",
    )
    hold.cast(made, item, at, civil="f..", state="f..")
    agenda.close_vote(agenda_item=item, actor=made.presidents[0], at=at, anyway=True)
    meeting = end(made, meeting, at)
    assert plain(part(meeting, item)).count("pour 1, contre 0, abstentions 0, sans voter 2") == 2


# ---- why a file waits ----


def test_the_letter_of_a_file_that_waits_by_choice_does_not_say_the_envelope_is_exhausted(at, as_user):
    page, letter = waits(at, as_user, 50_000_000)
    assert (
        "épuisée avant lui" not in letter and "ne suffit pas" not in letter and "ne lui attribue pas d’aide" in letter
    )
    assert "ne diront pas que l’enveloppe est épuisée" in page


def test_the_letter_says_the_envelope_is_exhausted_when_it_is(at, as_user):
    page, letter = waits(at, as_user, None)
    assert "épuisée avant lui" in letter and "ne lui attribue pas d’aide" not in letter
    assert "ne diront pas que" not in page


def waits(at, as_user, envelope: int | None) -> tuple[str, str]:
    """The page of the list and the letter of a file that the panel put on the reserve list, with an envelope of this size, or of what the other one takes."""
    made = make.reviewed(files=2, envelope=envelope or make.world(files=1).files[0].requested_amount)
    made, meeting, at = hold.opened(made)
    first, second = meeting.items.filter(application__isnull=False).select_related("application").order_by("position")
    hold.agreed(made, first, at)
    hold.agreed(made, second, at, proposal="reserve")
    page = as_user(made.presidents[0]).get(f"/commission/seances/{meeting.pk}/liste/").content.decode()
    meetings.adopt_list(meeting=Meeting.objects.get(pk=meeting.pk), actor=made.presidents[0], at=at)
    return page, plain(documents.html(Decision.objects.get(application=second.application).document))


# ---- small words ----


def test_who_has_a_file_taken_out_is_not_named(at):
    made, meeting, at = hold.opened(files=1)
    item, member = hold.item_of(meeting), made.members[STATE][2]
    ClearPoint.objects.create(
        meeting=meeting,
        item=item,
        proposal="rejected",
        proposed_by=made.presidents[0],
        proposed_at=at,
        taken_out_by=made.seat(member),
        taken_out_at=at,
    )
    meeting = end(made, meeting, at)
    [line] = [line for line in plain(part(meeting, item)).splitlines() if "Proposé sans débat" in line]
    assert "à la demande d’un membre" in line and str(member) not in line


def test_an_acting_presidency_of_a_moment_is_not_told_from_an_hour_to_the_same(at):
    def until(minutes):
        ended = None if minutes is None else at + timedelta(minutes=minutes)
        return plain(opening._until(ActingPresident(designated_at=at, ended_at=ended)))

    assert until(None) == "" and until(0) == ", pendant moins d’une minute"
    assert until(90) == f" jusqu’à {hour(at + timedelta(minutes=90))}"


def test_readings_that_are_only_asked_are_not_equal_reviews(as_user):
    made = make.reading(make.world(files=1))
    page = as_user(made.officer).get(f"/instruction/commission/{made.call.slug}/").content.decode()
    assert "évaluations attendues" in page and "Autant d’évaluations" not in page


def test_a_cancelled_meeting_counts_no_points(as_user):
    made, meeting = hold.planned(files=1)
    meetings.cancel(meeting=meeting, actor=made.presidents[0], reason="Salle indisponible.")
    AgendaItem.objects.filter(meeting=meeting).delete()  # listed again elsewhere
    page = as_user(made.officer).get("/instruction/seances/").content.decode()
    row = page[page.index("Annulée") - 400 : page.index("Annulée")]
    assert ">—<" in row and ">0<" not in row
