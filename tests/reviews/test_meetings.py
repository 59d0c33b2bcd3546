"""The meeting from its plan to its closing: every transition, its guards, its papers and mails."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from core.models import Event, Mail
from core.transitions import Refusal
from reviews.documents.minutes import draft_sections
from reviews.models import AgendaItem, Attendance, Decision, Meeting
from reviews.queries import meetings as queries
from reviews.transitions import agenda, assignments, meetings
from reviews.transitions.deeds import offer_of
from tests.factories.meetings import (
    GROUNDS,
    all_agreed,
    attend,
    called,
    closed,
    convened,
    item_of,
    listed,
    opened,
    planned,
    recuse,
)
from tests.factories.reviews import CIVIL, STATE, reviewed

pytestmark = pytest.mark.django_db


def refused(code, function, **params):
    with pytest.raises(Refusal) as caught:
        function(**params)
    assert caught.value.code == code, caught.value
    assert str(caught.value)
    return caught.value


# ---- plan and notice ----


def test_a_plan_lists_every_free_file_in_the_order_of_references(at):
    made, meeting = planned(files=3)
    assert meeting.state == "planned" and meeting.reference == f"S-{made.call.number}-1"
    files = [item.application.reference for item in meeting.items.order_by("position")]
    assert files == sorted(files) and len(files) == 3
    assert queries.unscheduled(made.call) == []


def test_a_plan_belongs_to_case_officers_and_to_the_future(at):
    made = reviewed()
    refused("not_permitted", meetings.plan, call=made.call, actor=made.presidents[0], planned_at=at + timedelta(days=8))
    refused("date_passed", meetings.plan, call=made.call, actor=made.officer, planned_at=at)
    refused("date_missing", meetings.plan, call=made.call, actor=made.officer, planned_at=None)
    made.call.state_before = made.call.state
    type(made.call).objects.filter(pk=made.call.pk).update(state="closed")
    refused(
        "call_not_under_review",
        meetings.plan,
        call=type(made.call).objects.get(pk=made.call.pk),
        actor=made.officer,
        planned_at=at + timedelta(days=8),
    )


def test_a_file_is_in_one_live_meeting_only(at):
    made, meeting = planned()
    application = made.files[0]
    refused(
        "file_not_free",
        meetings.plan,
        call=made.call,
        actor=made.officer,
        planned_at=at + timedelta(days=9),
        applications=[application],
    )


def test_the_plan_may_change_before_the_notice(at):
    made, meeting = planned(files=2)
    first, second = made.files
    meeting = meetings.edit_plan(
        meeting=meeting,
        actor=made.officer,
        planned_at=at + timedelta(days=20),
        place="Ailleurs",
        applications=[first],
        titles=["Points divers"],
    )
    assert meeting.place == "Ailleurs"
    states = {
        (item.application_id, item.title if not item.application_id else ""): item.state for item in meeting.items.all()
    }
    assert states == {(first.pk, ""): "listed", (second.pk, ""): "withdrawn", (None, "Points divers"): "listed"}
    meetings.edit_plan(meeting=meeting, actor=made.officer, applications=[first, second], titles=["Points divers"])
    assert meeting.items.filter(application=second, state="listed").count() == 1
    assert meeting.items.filter(title="Points divers", state="listed").count() == 1


def test_the_notice_goes_to_everyone_five_days_before(at):
    made, meeting = planned(files=2)
    meeting = meetings.convene(meeting=meeting, actor=made.officer)
    assert meeting.state == "convened" and meeting.notice.kind == "meeting_notice"
    mails = Mail.objects.filter(code="reviews/meeting.notice")
    assert {mail.recipient for mail in mails} == set(made.everyone())
    assert all(
        mail.state == "held" and mail.attachment_id == meeting.notice_id and mail.text.count("http") == 1
        for mail in mails
    )


def test_the_notice_says_nothing_that_a_recused_member_may_not_know(at):
    made, meeting = convened(files=2)
    text = str(meeting.notice.context)
    for application in made.files:
        assert application.reference in text
        assert application.title not in text and str(application.requested_amount) not in text


@pytest.mark.parametrize(
    "days, reason, code",
    [(4, "", "notice_too_short"), (4, "  ", "notice_too_short"), (4, "Crue de la Loire", None), (5, "", None)],
)
def test_five_days_or_an_urgency_with_its_reason(at, days, reason, code):
    made, meeting = planned(days=days)
    if code:
        error = refused(code, meetings.convene, meeting=meeting, actor=made.officer, urgency_reason=reason)
        assert error.field == "urgency_reason" and "29 novembre 2026" in str(error)
    else:
        meeting = meetings.convene(meeting=meeting, actor=made.officer, urgency_reason=reason)
        assert meeting.urgency_reason == reason


def test_an_unequal_panel_is_not_convened(at):
    made, meeting = planned()
    made.panel.seats.filter(user=made.members[STATE][2]).update(ends_at=at)
    refused("panel_unbalanced", meetings.convene, meeting=meeting, actor=made.officer)


def test_a_notice_needs_a_place_and_an_agenda(at):
    made, meeting = planned()
    Meeting.objects.filter(pk=meeting.pk).update(place="")
    refused("place_missing", meetings.convene, meeting=meeting, actor=made.officer)
    Meeting.objects.filter(pk=meeting.pk).update(place="Nevers")
    meeting = meetings.edit_plan(meeting=meeting, actor=made.officer, applications=[], titles=[])
    refused("agenda_empty", meetings.convene, meeting=meeting, actor=made.officer)


def test_a_changed_agenda_is_a_new_notice(at):
    made, meeting = convened(files=2)
    first = meeting.notice
    meeting = meetings.change_agenda(meeting=meeting, actor=made.officer, applications=[made.files[0]])
    first.refresh_from_db()
    assert first.state == "void" and meeting.notice_id != first.pk
    assert meeting.items.filter(state="listed").count() == 1
    assert Mail.objects.filter(code="reviews/meeting.notice", attachment=meeting.notice).count() == len(made.everyone())
    late = meeting.planned_at - timedelta(days=2)
    refused(
        "notice_too_short",
        meetings.change_agenda,
        meeting=meeting,
        actor=made.officer,
        at=late,
        applications=made.files,
    )


def test_another_day_is_a_new_notice_that_everybody_answers_anew(at):
    made, meeting = convened(files=2)
    first, before, seat = meeting.notice, meeting.planned_at, made.seat(made.presidents[0])
    meetings.announce(meeting=meeting, actor=made.presidents[0], seat=seat, presence="remote")
    later = before + timedelta(days=7)
    refused("date_missing", meetings.reschedule, meeting=meeting, actor=made.officer, planned_at=None)
    meeting = meetings.reschedule(meeting=meeting, actor=made.officer, planned_at=later, place="Salle du canal")
    first.refresh_from_db()
    assert (meeting.planned_at, meeting.place, meeting.state, first.state) == (
        later,
        "Salle du canal",
        "convened",
        "void",
    )
    assert meeting.notice.context["moved_from"] and not meeting.attendances.exists()
    told = Mail.objects.filter(code="reviews/meeting.notice", attachment=meeting.notice)
    assert told.count() == len(made.everyone()) and "est déplacée" in told.first().text
    refused("too_early", meetings.open, meeting=meeting, actor=made.presidents[0], at=before)


def test_another_place_keeps_the_answers_and_the_time_of_notice(at):
    made, meeting = convened()
    seat = made.seat(made.presidents[0])
    meetings.announce(meeting=meeting, actor=made.presidents[0], seat=seat, presence="remote")
    soon = meeting.planned_at - timedelta(days=2)
    facts = {
        "meeting": meeting,
        "actor": made.officer,
        "at": soon,
        "planned_at": meeting.planned_at,
        "place": "Ailleurs",
    }
    refused("notice_too_short", meetings.reschedule, **facts)
    assert offer_of(meetings.reschedule, meeting, made.officer, soon).allowed  # the screen asks for the day first
    meeting = meetings.reschedule(**facts, urgency_reason="La salle est inondée.")
    assert meeting.place == "Ailleurs" and meeting.attendances.get().announced == "remote"
    assert not meeting.notice.context["moved_from"] and meeting.urgency_reason == "La salle est inondée."
    assert "Le lieu ou le lien a changé" in Mail.objects.filter(attachment=meeting.notice).first().text


def test_a_meeting_that_moves_keeps_a_place_or_a_link_and_does_move(at):
    made, meeting = convened()
    meeting.remote_link = "https://visio.example/salle"
    meeting.save()
    facts = {"meeting": meeting, "actor": made.officer, "planned_at": meeting.planned_at}
    sent = Mail.objects.count()
    refused("nothing_changes", meetings.reschedule, **facts)
    refused(
        "nothing_changes", meetings.reschedule, **facts, place=f" {meeting.place} ", remote_link=meeting.remote_link
    )
    nowhere = refused("place_missing", meetings.reschedule, **facts, place=" ", remote_link="")
    assert nowhere.field == "place" and Mail.objects.count() == sent
    meeting = meetings.reschedule(**facts, place="")
    assert (meeting.place, meeting.remote_link) == ("", "https://visio.example/salle")
    type(meeting).objects.update(
        remote_link=""
    )  # as an earlier version let it happen: the act that mends it is offered
    meeting.refresh_from_db()
    assert offer_of(meetings.reschedule, meeting, made.officer, at).allowed
    assert meetings.reschedule(**facts | {"meeting": meeting}, place="Salle du canal").place == "Salle du canal"


# ---- opening ----


def test_the_meeting_opens_at_its_time_with_its_quorum(at):
    made, meeting = convened()
    early = refused("too_early", meetings.open, meeting=meeting, actor=made.presidents[0], at=at)
    assert " h " in str(early.reason).replace("\xa0", " ") and ":" not in str(early.reason)
    refused("not_permitted", meetings.open, meeting=meeting, actor=made.officer, at=meeting.planned_at)
    refused("quorum_missing", meetings.open, meeting=meeting, actor=made.presidents[0], at=meeting.planned_at)
    attend(made, meeting)
    meeting = meetings.open(meeting=meeting, actor=made.presidents[1], at=meeting.planned_at)
    assert meeting.state == "open" and meeting.opened_by == made.presidents[1]
    assert Event.objects.get(machine="meeting", verb="open").payload == {
        "civil": 3,
        "civil_base": 3,
        "state": 3,
        "state_base": 3,
    }


def test_the_quorum_is_counted_in_each_college(at):
    made, meeting = convened(members=4)
    attend(made, meeting, absent=tuple(made.members[STATE][1:]))  # 4 + 1 of 8: overall met, the State's missing
    with translation.override("en"):
        error = refused(
            "quorum_missing", meetings.open, meeting=meeting, actor=made.presidents[0], at=meeting.planned_at
        )
    assert "State 1 of 4 (2 needed)" in str(error.reason)
    meetings.record_attendance(
        meeting=meeting,
        actor=made.officer,
        at=meeting.planned_at,
        seat=made.seat(made.members[STATE][1]),
        presence="remote",
    )
    assert meetings.open(meeting=meeting, actor=made.presidents[0], at=meeting.planned_at).state == "open"


def test_a_missing_quorum_is_recorded_then_a_second_notice_needs_none(at):
    made, meeting = convened(members=4)
    present = made.presidents
    attend(
        made,
        meeting,
        absent=tuple(user for college in (CIVIL, STATE) for user in made.members[college] if user not in present),
    )
    refused("too_early", meetings.fail_quorum, meeting=meeting, actor=present[0], at=at)
    now = meeting.planned_at
    meeting = meetings.fail_quorum(meeting=meeting, actor=present[0], at=now)
    assert meeting.state == "adjourned" and meeting.quorum_failed and meeting.quorum_record.kind == "quorum_record"
    assert meeting.quorum_record.context["present"] == 2
    refused("date_missing", meetings.reconvene, meeting=meeting, actor=made.officer, at=now, planned_at=None)
    refused(
        "notice_too_short",
        meetings.reconvene,
        meeting=meeting,
        actor=made.officer,
        at=now,
        planned_at=now + timedelta(days=1),
    )
    meeting = meetings.reconvene(meeting=meeting, actor=made.officer, at=now, planned_at=now + timedelta(days=7))
    assert (meeting.state, meeting.second_notice, meeting.sitting, meeting.quorum_failed) == (
        "convened",
        True,
        2,
        False,
    )
    assert meeting.notice.context["second_notice"] and Mail.objects.filter(subject__contains="Convocation").exists()
    refused("same_agenda", meetings.change_agenda, meeting=meeting, actor=made.officer, at=now, applications=[])
    assert not Attendance.objects.filter(meeting=meeting, sitting=2).exists()
    now = meeting.planned_at
    meetings.record_attendance(meeting=meeting, actor=made.officer, at=now, seat=made.seat(present[0]), presence="room")
    refused(
        "quorum_missing", meetings.open, meeting=meeting, actor=present[0], at=now
    )  # one voter of each college even then
    meetings.record_attendance(
        meeting=meeting, actor=made.officer, at=now, seat=made.seat(present[1]), presence="remote"
    )
    meeting = meetings.open(meeting=meeting, actor=present[0], at=now)
    item = called(made, item_of(meeting), now)
    item = agenda.agree(
        agenda_item=item,
        actor=present[0],
        at=now,
        proposal="selected",
        amount=item.application.requested_amount,
        grounds="Oui.",
    )
    assert item.state == "voted" and item.outcome == "adopted"
    both_sittings_are_written(made, meeting, now)


def test_a_lower_amount_is_voted_with_its_reason_which_the_minutes_and_the_letter_repeat(at):
    made, meeting, now = opened(files=1)
    item = called(made, item_of(meeting), now)
    proposed = {"actor": made.presidents[0], "at": now, "proposal": "selected", "grounds": "Oui."}
    full = item.application.requested_amount
    error = refused("reduction_reason_missing", agenda.agree, agenda_item=item, amount=full - 100_000, **proposed)
    assert error.field == "amount_reason"
    reason = "Un seul quartier suffit pour essayer."
    item = agenda.agree(agenda_item=item, amount=full - 100_000, amount_reason=reason, **proposed)
    assert item.amount_reason == reason
    written = "\n".join(section["text"] for section in draft_sections(meeting, now))
    assert f"pour cette raison : {reason}" in written
    meetings.adopt_list(meeting=meeting, actor=made.presidents[0], at=now)
    decision = Decision.objects.get(application=item.application)
    assert (decision.amount, decision.details["reduction_reason"]) == (full - 100_000, reason.rstrip("."))


def test_a_reason_without_a_lower_amount_is_not_kept(at):
    made, meeting, now = opened(files=1)
    item = called(made, item_of(meeting), now)
    agenda.open_ballot(
        agenda_item=item,
        actor=made.presidents[0],
        at=now,
        mode="open",
        proposal="selected",
        amount=item.application.requested_amount,
        amount_reason="Pour rien.",
        grounds="Oui.",
    )
    item.refresh_from_db()
    assert item.amount_reason == ""


def both_sittings_are_written(made, meeting, now):
    """Who came to the sitting without a quorum stays in the minutes, before those of the second."""
    opening = draft_sections(meeting, now)[0]["text"]
    first, second = opening.split("Réunion n° 2 de la séance.")
    assert "Réunion n° 1 de la séance." in first and "Elle n’a pas été ouverte." in first
    assert "Ajournée faute de quorum le" in first
    civil, state = made.presidents
    assert f"{state} : dans la salle" in first and f"{state} : à distance" in second
    assert f"{civil} : dans la salle" in first and f"{civil} : dans la salle" in second
    assert f"{made.members[CIVIL][2]} : absent" in first


def test_a_met_quorum_cannot_be_said_missing(at):
    made, meeting = convened()
    attend(made, meeting)
    refused("quorum_met", meetings.fail_quorum, meeting=meeting, actor=made.presidents[0], at=meeting.planned_at)


# ---- attendance ----


def test_proxies_one_each_same_college_to_someone_there(at):
    made, meeting = convened(members=4)
    now = meeting.planned_at
    civil, state = made.members[CIVIL], made.members[STATE]
    attend(made, meeting, absent=(civil[1], civil[2]))

    def record(user, presence, other):
        return meetings.record_attendance(
            meeting=meeting,
            actor=made.officer,
            at=now,
            seat=made.seat(user),
            presence=presence,
            represented_by=made.seat(other),
        )

    for code, user, other in (
        ("proxy_other_college", civil[1], state[0]),
        ("proxy_other_college", civil[1], made.alternates[CIVIL][0]),
        ("proxy_holder_absent", civil[1], civil[2]),
    ):
        with pytest.raises(Refusal) as caught:
            record(user, "proxy", other)
        assert caught.value.code == code
    record(civil[1], "proxy", civil[0])
    with pytest.raises(Refusal) as caught:
        record(civil[2], "proxy", civil[0])
    assert caught.value.code == "proxy_limit" and caught.value.field == "represented_by"
    room = queries.room_of(meeting, now)
    assert room.quorum().colleges[CIVIL].present == 3
    meetings.record_attendance(meeting=meeting, actor=made.officer, at=now, seat=made.seat(civil[0]), presence="absent")
    assert queries.room_of(meeting, now).quorum().colleges[CIVIL].present == 1  # the proxy goes with its holder


def test_an_alternate_replaces_one_full_member_of_his_college(at):
    made, meeting = convened()
    now = meeting.planned_at
    alternate = made.alternates[CIVIL][0]

    def record(user, other):
        return meetings.record_attendance(
            meeting=meeting,
            actor=made.officer,
            at=now,
            seat=made.seat(user),
            presence="alternate",
            represented_by=made.seat(other),
        )

    with pytest.raises(Refusal) as caught:
        record(made.members[CIVIL][1], made.alternates[STATE][0])
    assert caught.value.code == "college_mismatch"
    record(made.members[CIVIL][1], alternate)
    with pytest.raises(Refusal) as caught:
        record(made.members[CIVIL][2], alternate)
    assert caught.value.code == "alternate_taken"
    refused(
        "alternate_has_no_seat",
        meetings.record_attendance,
        meeting=meeting,
        actor=made.officer,
        at=now,
        seat=made.seat(alternate),
        presence="room",
    )
    refused(
        "representative_missing",
        meetings.record_attendance,
        meeting=meeting,
        actor=made.officer,
        at=now,
        seat=made.seat(made.members[CIVIL][0]),
        presence="proxy",
    )
    room = queries.room_of(meeting, now)
    assert [seat.user for seat in room.spoken_for(alternate, None)] == [made.members[CIVIL][1]]


def test_members_answer_the_notice_for_their_own_seat(at):
    made, meeting = convened()
    user, other = made.members[CIVIL][1], made.members[CIVIL][2]
    meetings.announce(
        meeting=meeting, actor=user, seat=made.seat(user), presence="proxy", represented_by=made.seat(other)
    )
    row = Attendance.objects.get(meeting=meeting)
    assert (row.announced, row.presence, row.represented_by) == ("proxy", "absent", made.seat(other))
    refused("not_permitted", meetings.announce, meeting=meeting, actor=user, seat=made.seat(other), presence="room")
    refused(
        "not_permitted", meetings.announce, meeting=meeting, actor=made.officer, seat=made.seat(other), presence="room"
    )


def test_arrivals_and_departures_keep_their_hour(at):
    made, meeting = convened()
    now, user = meeting.planned_at, made.members[STATE][1]
    rows = [(made.seat(one), "room", None) for college in (CIVIL, STATE) for one in made.members[college]]
    assert meetings.record_all(meeting=meeting, actor=made.officer, at=now, rows=rows) == 6
    assert meetings.record_all(meeting=meeting, actor=made.officer, at=now, rows=rows) == 0
    meetings.record_attendance(
        meeting=meeting, actor=made.officer, at=now + timedelta(hours=1), seat=made.seat(user), presence="absent"
    )
    row = Attendance.objects.get(meeting=meeting, seat=made.seat(user))
    assert (row.arrived_at, row.left_at) == (now, now + timedelta(hours=1))


# ---- adjourning, cancelling ----


def test_adjourning_defers_what_was_under_way_and_keeps_what_is_voted(at):
    made, meeting, now = opened(files=3)
    first, second, third = meeting.items.order_by("position")
    item = called(made, first, now)
    agenda.agree(agenda_item=item, actor=made.presidents[0], at=now, proposal="rejected", grounds="Non.")
    called(made, second, now)
    refused("reason_missing", meetings.adjourn, meeting=meeting, actor=made.presidents[0], at=now, reason=" ")
    meeting = meetings.adjourn(meeting=meeting, actor=made.presidents[0], at=now, reason="Coupure de courant.")
    assert meeting.state == "adjourned" and not meeting.quorum_failed
    assert list(meeting.items.order_by("position").values_list("state", flat=True)) == ["voted", "deferred", "listed"]
    meeting = meetings.reconvene(meeting=meeting, actor=made.officer, at=now, planned_at=now + timedelta(days=6))
    assert not meeting.second_notice
    assert list(meeting.items.order_by("position").values_list("state", flat=True)) == ["voted", "listed", "listed"]


def test_the_screen_offers_a_next_sitting_though_the_day_of_the_first_is_over(at):
    made, meeting, now = opened()
    meeting = meetings.adjourn(meeting=meeting, actor=made.presidents[0], at=now, reason="Il est tard.")
    offer = offer_of(meetings.reconvene, meeting, made.officer, now + timedelta(hours=1))
    assert offer is not None and offer.allowed, offer.reason


def test_cancelling_frees_the_files(at):
    made, meeting = convened(files=2)
    refused("not_permitted", meetings.cancel, meeting=meeting, actor=made.officer, reason="x")
    refused("reason_missing", meetings.cancel, meeting=meeting, actor=made.presidents[0])
    meeting = meetings.cancel(meeting=meeting, actor=made.presidents[0], reason="Salle indisponible.")
    assert meeting.state == "cancelled"
    assert Mail.objects.filter(code="reviews/meeting.cancelled").count() == len(made.everyone())
    assert len(queries.unscheduled(made.call)) == 2
    other = meetings.plan(call=made.call, actor=made.officer, planned_at=at + timedelta(days=9), place="Nevers")
    assert other.items.filter(state="listed").count() == 2
    assert AgendaItem.objects.filter(meeting=meeting).count() == 0  # deferred items move, with their history
    refused("reason_missing", meetings.cancel, meeting=other, actor=made.presidents[1], reason=" ")
    assert meetings.cancel(meeting=other, actor=made.presidents[1], reason="Une autre date.").state == "cancelled"


# ---- closing ----


def test_both_presidents_close_and_the_state_moves_on_the_second(at):
    made, meeting, now = listed()
    meeting = meetings.close(meeting=meeting, actor=made.presidents[0], at=now)
    assert meeting.state == "open" and meeting.closing_colleges == [CIVIL]
    refused("already_agreed", meetings.close, meeting=meeting, actor=made.presidents[0], at=now)
    refused("not_permitted", meetings.close, meeting=meeting, actor=made.officer, at=now)
    meeting = meetings.close(meeting=meeting, actor=made.presidents[1], at=now)
    assert meeting.state == "closed" and meeting.minutes_version == 1 and meeting.minutes.kind == "minutes"
    refused("not_allowed_in_state", meetings.close, meeting=meeting, actor=made.presidents[0], at=now)


def test_nothing_closes_before_everything_is_settled(at):
    made, meeting, now = opened(files=2)
    refused("items_undecided", meetings.close, meeting=meeting, actor=made.presidents[0], at=now)
    all_agreed(made, meeting, now)
    refused("list_not_adopted", meetings.close, meeting=meeting, actor=made.presidents[0], at=now)


def test_a_meeting_without_files_closes_without_a_list(at):
    made = reviewed()
    meeting = meetings.plan(
        call=made.call,
        actor=made.officer,
        planned_at=at + timedelta(days=7),
        place="Nevers",
        applications=[],
        titles=["Méthode"],
    )
    meeting = meetings.convene(meeting=meeting, actor=made.officer)
    made, meeting, now = opened(made, meeting=meeting)
    item = called(made, meeting.items.get(), now)
    agenda.agree(agenda_item=item, actor=made.presidents[0], at=now)
    for president in made.presidents:
        meeting = meetings.close(meeting=meeting, actor=president, at=now)
    assert meeting.state == "closed"


def test_an_acting_president_stands_in_for_his_college(at):
    made, meeting, now = listed()
    member = made.members[STATE][1]
    refused("not_permitted", meetings.close, meeting=meeting, actor=member, at=now)
    refused(
        "acting_not_full_member",
        meetings.designate_acting,
        meeting=meeting,
        actor=made.officer,
        at=now,
        seat=made.seat(made.alternates[STATE][0]),
        reason="absent",
    )
    refused(
        "acting_not_full_member",
        meetings.designate_acting,
        meeting=meeting,
        actor=made.officer,
        at=now,
        seat=made.seat(made.presidents[1]),
        reason="absent",
    )
    there = {"meeting": meeting, "actor": made.officer, "at": now}
    error = refused("president_presides", meetings.designate_acting, **there, seat=made.seat(member), reason="absent")
    assert str(made.presidents[1]) in str(error.reason) and error.remedy
    meetings.record_attendance(**there, seat=made.seat(made.presidents[1]), presence="absent")
    meetings.designate_acting(**there, seat=made.seat(member), reason="absent")
    meetings.close(meeting=meeting, actor=made.presidents[0], at=now)
    assert meetings.close(meeting=meeting, actor=member, at=now).state == "closed"


def test_an_acting_presidency_for_an_absence_ends_when_the_president_comes(at):
    made, meeting = convened()
    now, member = meeting.planned_at, made.members[STATE][1]
    attend(made, meeting, at=now, absent=(made.presidents[1],))
    meetings.designate_acting(meeting=meeting, actor=made.officer, at=now, seat=made.seat(member), reason="absent")
    assert queries.presides(member, meeting, now) == STATE
    came = now + timedelta(minutes=20)
    meetings.record_attendance(
        meeting=meeting, actor=made.officer, at=came, seat=made.seat(made.presidents[1]), presence="room"
    )
    assert (
        queries.presides(member, meeting, came) == "" and queries.presides(made.presidents[1], meeting, came) == STATE
    )
    assert meeting.acting_presidents.get().ended_at == came


def test_who_sees_a_meeting(at):
    from tests.factories.core import UserFactory
    from tests.factories.fund import person_with

    made, meeting = planned()
    auditor, other = person_with("auditor"), person_with("panel_member", "state")
    for user in (*made.everyone(), made.officer, auditor):
        assert Meeting.objects.visible_to(user).count() == 1
    for user in (other, UserFactory(), person_with("accounting_officer"), made.files[0].lead):
        assert Meeting.objects.visible_to(user).count() == 0


def test_declaring_an_interest_during_the_discussion_is_leaving_the_room(at):
    made, meeting, now = opened()
    item = called(made, item_of(meeting), now)
    user = made.members[CIVIL][1]
    recuse(user, item.application, now)
    departure = item.departures.get()
    assert (departure.seat.user, departure.left_at, departure.returned_at) == (user, now, None)
    assert queries.room_of(meeting, now).quorum(item).colleges[CIVIL].present == 2


def test_who_steps_back_during_a_vote_takes_his_review_away_and_the_vote_does_not_close_on_unequal_reviews(at):
    """Nobody of his had voted, so the vote goes on; but a college lost a review, and article 16 is asked of the vote that closes."""
    made, meeting, now = opened()
    item = called(made, item_of(meeting), now)
    agenda.open_ballot(agenda_item=item, actor=made.presidents[0], at=now, proposal="rejected", grounds=GROUNDS)
    reader = item.application.assignments.filter(seat__college=CIVIL, seat__is_president=False).first()
    user = reader.seat.user
    recuse(user, item.application, now)
    for one in (*made.members[CIVIL], *made.members[STATE]):
        if one != user:
            agenda.cast(agenda_item=item, actor=one, at=now, seat=made.seat(one), choice="against")
    error = refused("parity_missing", agenda.close_vote, agenda_item=item, actor=made.presidents[0], at=now)
    assert error.remedy
    item.refresh_from_db()
    assert (item.state, item.outcome) == ("in_discussion", "")
    made.panel.refresh_from_db()
    assignments.record_fallback(
        panel=made.panel,
        actor=made.officer,
        at=now,
        application=item.application,
        fallback="plenary",
        reason="Lu en séance.",
    )
    item = agenda.close_vote(agenda_item=item, actor=made.presidents[0], at=now)
    assert (item.state, item.outcome) == ("voted", "rejected")


def test_nothing_is_removed_from_under_an_open_vote(at):
    made, meeting, now = opened(files=1)
    item, chair = called(made, item_of(meeting), now), made.presidents[0]
    agenda.open_ballot(agenda_item=item, actor=chair, at=now, mode="secret", proposal="rejected", grounds=GROUNDS)
    refused("vote_open", agenda.withdraw, agenda_item=item, actor=chair, at=now, reason="Le porteur le retire.")
    agenda.abandon_vote(agenda_item=item, actor=chair, at=now)
    assert agenda.withdraw(agenda_item=item, actor=chair, at=now, reason="Le porteur le retire.").state == "withdrawn"


def test_a_file_that_leaves_the_review_leaves_the_agenda(at):
    from reviews.transitions import withdrawals

    made, meeting, now = opened(files=2)
    item = called(made, item_of(meeting), now)
    withdrawals.withdraw_from_review(application=item.application, actor=item.application.lead, at=now)
    item.refresh_from_db()
    assert item.state == "withdrawn"


def test_events_name_the_meeting_and_never_the_file(at):
    made, meeting, now = closed()
    assert timezone.is_aware(now)
    subjects = set(Event.objects.filter(machine__in=("meeting", "agenda_item")).values_list("subject", flat=True))
    assert subjects == {meeting.reference}
