"""The meetings of the demo, and the decisions: noticed, held, voted, written down, signed by both co-presidents, notified together."""

from __future__ import annotations

from datetime import timedelta

from desks.demo import files, panel
from desks.demo.reader import cents
from desks.demo.world import World
from reviews.enums.meeting import ActingReason, AttendanceKind, VoteMode
from reviews.models import Decision, Declaration
from reviews.queries import missing_signers, reserve_list
from reviews.transitions import agenda, calls, decisions, meetings, minutes

PRESIDENTS = ("civil1", "etat1")
EVIDENCE = {"method": "password"}
ITEM_MINUTES = 20
WAITING = "Le projet convainc, mais l’enveloppe ne suffit plus à son rang : il attend qu’un crédit se libère."
CONDITIONS = {
    "existing_activity": "applicant_kind",
    "no_confirmed_partner": "partnership_confirmed",
    "partner_declined": "partnership_confirmed",
    "unlawful": "applicant_kind",
}
"""What of the checklist fails, by the codes of the data."""


def plan(world: World) -> None:
    timeline = world.timeline
    for row in world.data.applications.values():
        if row["final_state"] == "ineligible":
            day = row["dates"]["eligibility_offset"]
            timeline.on(day, lambda at, row=row: _ineligible(world, row, at), 11)
        timeline.on(row["dates"]["called_from_reserve_offset"], lambda at, row=row: _promote(world, row, at), 10)
    for row in world.data.reviews["meetings"]:
        held = row["minutes_adopted_offset"] is not None
        notice = row["notice_offset"] if held else -2
        timeline.on(notice, lambda at, row=row, held=held: _convene(world, row, at, held), 18)
        if held:
            timeline.on(row["meeting_offset"], lambda at, row=row: _hold(world, row, at), 14)
            timeline.on(row["minutes_adopted_offset"], lambda at, row=row: _adopt_minutes(world, row, at), 10)
    for call in world.data.calls:
        told = [row for row in world.data.reviews["decisions"] if row["call"] == call]
        if told:
            timeline.on(told[0]["signed_offset"], lambda at, call=call: _sign_all(world, call, at), 10)
            timeline.on(told[0]["notified_offset"], lambda at, call=call: _notify_all(world, call, at), 9)


# ---- decisions that no vote makes ----


def _ineligible(world: World, row: dict, at) -> None:
    """Found by the case officer, signed by both co-presidents, notified."""
    failed = {CONDITIONS[code] for code in row["grounds_code"]}
    files.check(world, row, at, failed)
    decision = decisions.draft(
        application=world.fresh(world.files[row["key"]]),
        actor=world.people["instruction"],
        at=at,
        kind="eligibility",
        outcome="ineligible",
        article="articles 3 et 5",
        grounds=row["state_reason"],
        remedy="Un nouveau dossier peut être déposé à un prochain appel, une fois ces conditions remplies.",
    )
    decision = sign(world, decision, at)
    decisions.notify(decision=decision, actor=world.people["instruction"], at=at)


def sign(world: World, decision: Decision, at) -> Decision:
    """Rendered, then signed by whoever must: a co-president, or who stands in for him on this file."""
    world.render(decision.document, at)
    for signer in missing_signers(world.fresh(decision), at):
        decision = decisions.sign(decision=world.fresh(decision), actor=signer.user, at=at, evidence=EVIDENCE)
    return world.fresh(decision)


def _promote(world: World, row: dict, at) -> None:
    """Money came free: the first of the reserve list is awarded it."""
    cited = next(
        one for one in reserve_list(world.calls[row["call"]]) if one.application_id == world.files[row["key"]].pk
    )
    told = next(one for one in world.data.reviews["decisions"] if one["application"] == row["key"])
    decision = decisions.draft(
        application=world.fresh(world.files[row["key"]]),
        actor=world.people["etat1"],
        at=at,
        kind="promotion",
        outcome="selected",
        amount=cents(told["called_from_reserve"]["awarded_amount"]),
        cites=cited,
        grounds="Une aide accordée en séance est devenue caduque : la somme libérée permet de financer le premier projet de la liste complémentaire.",
    )
    decision = sign(world, decision, at)
    decisions.notify(decision=decision, actor=world.people["instruction"], at=at)


def close_reserve(world: World, call: str, at) -> None:
    """The list has ended: those who still waited are told."""
    for cited in reserve_list(world.calls[call]):
        decision = decisions.draft(
            application=cited.application,
            actor=world.people["etat1"],
            at=at,
            kind="reserve_closure",
            outcome="rejected",
            cites=cited,
            grounds="La liste complémentaire a pris fin sans que l’enveloppe permette de financer ce projet.",
        )
        decision = sign(world, decision, at)
        decisions.notify(decision=decision, actor=world.people["instruction"], at=at)


# ---- the meeting ----


def _convene(world: World, row: dict, at, send: bool) -> None:
    """Planned with every file under review; the notice leaves when its day has come."""
    meeting = meetings.plan(
        call=world.fresh(world.calls[row["call"]]),
        actor=world.people["instruction"],
        at=at,
        planned_at=world.timeline.instant(row["meeting_offset"], 14),
        place=row["place"],
        remote_link=f"https://visio.fonds.example/{row['key']}",
    )
    if send:
        meeting = meetings.convene(meeting=meeting, actor=world.people["instruction"], at=at)
    world.meetings[row["key"]] = meeting


def _hold(world: World, row: dict, at) -> None:
    """Attendance, opening; then an item every twenty minutes, the list, the closing."""
    meeting, officer = world.meetings[row["key"]], world.people["instruction"]
    presence = []
    for member in row["present"]:
        seat = panel.seat_of(world, row["call"], member["member"])
        if member["replaces"]:
            presence.append((panel.seat_of(world, row["call"], member["replaces"]), AttendanceKind.ALTERNATE, seat))
        else:
            presence.append((seat, AttendanceKind.REMOTE if member["remote"] else AttendanceKind.ROOM, None))
    meetings.record_all(meeting=meeting, actor=officer, at=at, rows=presence)
    meetings.open(meeting=world.fresh(meeting), actor=world.people["etat1"], at=at)
    told = {
        world.files[one["application"]].pk: one
        for one in world.data.reviews["decisions"]
        if one["meeting"] == row["key"]
    }
    later = at
    for item in world.fresh(meeting).items.filter(application__isnull=False).order_by("position"):
        later += timedelta(minutes=ITEM_MINUTES)
        world.timeline.plan(
            later, lambda then, pk=item.pk, one=told[item.application_id]: _vote(world, row, pk, one, then)
        )
    world.timeline.plan(later + timedelta(minutes=15), lambda then: _adopt_list(world, row, told, then))


def _vote(world: World, meeting: dict, item_pk: int, row: dict, at) -> None:
    officer, chair = world.people["instruction"], world.people["etat1"]
    item = world.meetings[meeting["key"]].items.get(pk=item_pk)
    seats = {
        member["member"]: panel.seat_of(world, row["call"], member["replaces"] or member["member"])
        for member in meeting["present"]
    }
    for recused in Declaration.objects.filter(application=item.application, state="recused").select_related("user"):
        seat = next((one for one in seats.values() if one.user_id == recused.user_id), None)
        if seat is not None:
            agenda.step_out(agenda_item=item, actor=officer, at=at, seat=seat)
    item = agenda.discuss(agenda_item=item, actor=chair, at=at)
    for recusal in world.data.reviews["recusals"]:
        if recusal["application"] == row["application"] and recusal["moment"] == "declared_in_meeting":
            panel.recuse(world, recusal, at)
    item = agenda.note(agenda_item=world.fresh(item), actor=chair, at=at, grounds=row["grounds"])
    agenda.open_ballot(
        agenda_item=world.fresh(item),
        actor=chair,
        at=at,
        mode=VoteMode.OPEN,
        proposal="selected",
        amount=_proposed(world, row),
        amount_reason="une partie des dépenses prévues n’est pas nécessaire pour essayer le prototype",
    )
    votes = world.variant.votes(row)
    choices = {seats[vote["member"]]: vote["vote"] for vote in votes}
    agenda.cast_hands(agenda_item=world.fresh(item), actor=officer, at=at, choices=choices)
    agenda.close_vote(agenda_item=world.fresh(item), actor=chair, at=at)


def _proposed(world: World, row: dict) -> int:
    return cents(row["awarded_amount"] or world.data.applications[row["application"]]["requested_amount"])


def _adopt_list(world: World, row: dict, told: dict, at) -> None:
    """The list as the panel adopted it, on the call's part of the year's envelope; then both presidents close."""
    meeting = world.fresh(world.meetings[row["key"]])
    waiting = [
        {"item": item.pk, "outcome": "reserve", "grounds": WAITING}
        for item in meeting.items.filter(application__isnull=False)
        if told[item.application_id]["outcome"] == "on_reserve"
    ]
    meetings.adopt_list(meeting=meeting, actor=world.people["etat1"], at=at, lines=waiting)
    hidden = Declaration.objects.filter(
        application__in=told, state="recused", user__in=[world.people[name] for name in PRESIDENTS]
    )
    for recused in hidden.select_related("user"):
        college = "civil" if recused.user == world.people["civil1"] else "etat"
        stand_in = next(name for name in panel.STANDS_IN if name.startswith(college))
        meetings.designate_acting(
            meeting=world.fresh(meeting),
            actor=world.people["instruction"],
            at=at,
            seat=panel.seat_of(world, row["call"], stand_in),
            reason=ActingReason.RECUSED,
        )
        world.acting[row["key"]] = world.people[stand_in]
    for name in PRESIDENTS:
        meeting = meetings.close(meeting=world.fresh(meeting), actor=world.people[name], at=at)
    world.render_soon(meeting.minutes)
    for decision in Decision.objects.filter(application__in=told, state="voted").select_related("document"):
        world.render_soon(decision.document)


def _adopt_minutes(world: World, row: dict, at) -> None:
    meeting = world.fresh(world.meetings[row["key"]])
    world.render(meeting.minutes, at)
    signers = [world.people[name] for name in row["signed_by"]]
    if row["key"] in world.acting:
        signers.insert(0, world.acting[row["key"]])
    for person in signers:
        meeting = minutes.sign_minutes(meeting=world.fresh(meeting), actor=person, at=at, evidence=EVIDENCE)
    world.meetings[row["key"]] = meeting


def _sign_all(world: World, call: str, at) -> None:
    waiting = Decision.objects.filter(application__call=world.calls[call], kind="award", state="voted")
    for decision in waiting.select_related("document").order_by("rank", "pk"):
        sign(world, decision, at)


def _notify_all(world: World, call: str, at) -> None:
    """One act for the whole call; then the results are out."""
    officer = world.people["instruction"]
    decisions.notify_call(world.fresh(world.calls[call]), officer, at)
    world.calls[call] = calls.conclude(call=world.fresh(world.calls[call]), actor=officer, at=at)
