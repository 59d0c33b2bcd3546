"""The meeting: planned, convened, opened, adjourned, reconvened, closed by both presidents; attendance; the list that awards."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core import links, outbox
from core.conflicts import changes
from core.transitions import Refusal, locked, verb
from fund.models import Envelope
from reviews.documents import meetings as papers
from reviews.documents.draws import words_by_file
from reviews.enums.meeting import CUT_REASON, MEETING_LIVE, ActingReason, AgendaItemState, AttendanceKind, MeetingState
from reviews.models import Seat
from reviews.models.meeting import ActingPresident, AgendaItem, Attendance, Meeting, Vote
from reviews.queries import meetings as queries
from reviews.rules import meetings as rules
from reviews.rules.meetings import case_officer, president, reason_given, seat_holder
from reviews.transitions import agenda, decisions
from reviews.transitions.common import lock_call_money
from reviews.transitions.deeds import deed

PLACE_WORDS = {"fr": "à distance", "en": "remotely"}


def _members(meeting: Meeting, at):
    seats = Seat.objects.filter(panel__call=meeting.call_id).current(at).select_related("user").order_by("id")
    return [seat.user for seat in seats]


def _tell(code: str, meeting: Meeting, people, *, at, wait_for=None, path="", **context) -> None:
    """One mail to each, with one link; nothing in it is about a file."""
    for person in people:
        place = meeting.place or PLACE_WORDS.get(person.language, PLACE_WORDS["fr"])
        outbox.queue(
            code,
            to=person,
            at=at,
            reference=meeting.reference,
            wait_for=wait_for,
            context={
                "planned_at": meeting.planned_at,
                "place": place,
                "link": links.absolute(path or f"/commission/seances/{meeting.pk}/"),
                **context,
            },
        )


def _send_notice(meeting: Meeting, at, *, urgency_reason="", changed=False, replaces=False, moved_from=None) -> None:
    _tell(
        "reviews/meeting.notice",
        meeting,
        _members(meeting, at),
        at=at,
        wait_for=meeting.notice,
        second_notice=meeting.second_notice,
        changed=changed,
        replaces=replaces,
        moved_from=moved_from,
        urgency_reason=urgency_reason,
    )


# ---- agenda ----


def _fill(meeting: Meeting, applications, titles, minutes_of, *, actor, at) -> None:
    """Make the listed items what is asked for: files by reference (their order says nothing of their rank), then earlier minutes, then other subjects."""
    if applications is not None:
        wanted = {application.pk: application for application in applications}
        for item in meeting.items.filter(state=AgendaItemState.LISTED, application__isnull=False).exclude(
            application__in=wanted
        ):
            agenda.withdraw_with_agenda(agenda_item=item, actor=actor, at=at)
        known = set(
            meeting.items.filter(application__in=wanted)
            .exclude(state=AgendaItemState.WITHDRAWN)
            .values_list("application", flat=True)
        )
        for pk in known:
            _bring_back(meeting, pk, actor=actor, at=at)
        for application in sorted(
            (one for pk, one in wanted.items() if pk not in known), key=lambda one: one.reference
        ):
            deferred = (
                AgendaItem.objects.filter(application=application, state=AgendaItemState.DEFERRED)
                .order_by("-id")
                .first()
            )
            if deferred is not None and deferred.meeting.state not in MEETING_LIVE:
                agenda.list_again(agenda_item=deferred, actor=actor, at=at, meeting=meeting, position=0)
            else:
                agenda.list_item(meeting=meeting, actor=actor, at=at, position=0, application=application)
    for earlier in minutes_of or ():
        if not meeting.items.filter(minutes_of=earlier).exists():
            agenda.list_item(
                meeting=meeting,
                actor=actor,
                at=at,
                position=0,
                minutes_of=earlier,
                title=_now("Minutes of the meeting %(reference)s") % {"reference": earlier.reference},
            )
    if titles is not None:
        wanted_titles = [title.strip() for title in titles if title.strip()]
        there = set()
        for item in meeting.items.filter(
            state=AgendaItemState.LISTED, application__isnull=True, minutes_of__isnull=True
        ):
            if item.title in wanted_titles:
                there.add(item.title)
            else:
                agenda.withdraw_with_agenda(agenda_item=item, actor=actor, at=at)
        for title in wanted_titles:
            if title not in there:
                agenda.list_item(meeting=meeting, actor=actor, at=at, position=0, title=title)
                there.add(title)
    _number(meeting)


def _bring_back(meeting: Meeting, application_id: int, *, actor, at) -> None:
    item = meeting.items.filter(application=application_id, state=AgendaItemState.DEFERRED).first()
    if item is not None:
        agenda.list_again(agenda_item=item, actor=actor, at=at, meeting=meeting, position=item.position)


def _number(meeting: Meeting) -> None:
    """Positions from 1: earlier minutes, files by reference, other subjects, removed ones last."""
    items = list(meeting.items.select_related("application"))
    items.sort(
        key=lambda one: (
            one.state == AgendaItemState.WITHDRAWN,
            one.minutes_of_id is None,
            one.application_id is None,
            one.application.reference if one.application_id else "",
            one.pk,
        )
    )
    for position, item in enumerate(items, 1):
        if item.position != position:
            AgendaItem.objects.filter(pk=item.pk).update(position=position)


@verb(
    machine=Meeting,
    label=_("plan a meeting"),
    who=(case_officer,),
    creates="planned",
    on="call",
    guards=(rules.call_is_under_review, rules.date_given, rules.date_to_come, rules.files_are_free),
)
def plan(
    act,
    call,
    *,
    planned_at,
    place="",
    remote_link="",
    applications=None,
    titles=(),
    minutes_of=(),
    urgency_reason="",
):
    """A date for the panel of a call. `applications`: files of the agenda (default: all those free); `titles`: other subjects; `minutes_of`: earlier meetings
    whose minutes are put to the vote; `urgency_reason`: kept for the notice."""
    number = Meeting.objects.filter(call=call).count() + 1
    meeting = Meeting.objects.create(
        call=call,
        number=number,
        planned_at=planned_at,
        place=place.strip(),
        remote_link=remote_link.strip(),
        urgency_reason=urgency_reason.strip(),
        created_by=act.actor,
        created_at=act.at,
    )
    _fill(
        meeting,
        queries.unscheduled(call) if applications is None else applications,
        titles,
        minutes_of,
        actor=act.actor,
        at=act.at,
    )
    act.note(number=number, items=meeting.items.count())
    return meeting


@deed(
    on=Meeting,
    label=_("change the plan"),
    who=(case_officer,),
    sources=(MeetingState.PLANNED,),
    guards=(rules.date_to_come, rules.files_are_free),
)
def edit_plan(
    act,
    meeting,
    *,
    planned_at=None,
    place=None,
    remote_link=None,
    applications=None,
    titles=None,
    minutes_of=(),
    urgency_reason=None,
):
    """Date, place, agenda and reason of the urgency, as long as the notice is not sent."""
    facts = {
        "planned_at": planned_at,
        "place": place,
        "remote_link": remote_link,
        "urgency_reason": urgency_reason,
    }
    for name, value in facts.items():
        if value is not None:
            setattr(meeting, name, value)
    _fill(meeting, applications, titles, minutes_of, actor=act.actor, at=act.at)


NOTICE = (rules.panel_is_equal, rules.agenda_is_set, rules.place_is_given, rules.notice_in_time)


@verb(
    machine=Meeting,
    label=_("convene"),
    who=(case_officer,),
    guards=NOTICE,
    documents=("meeting_notice",),
    mails=("reviews/meeting.notice",),
)
def convene(act, meeting, *, urgency_reason=""):
    """Send the notice of the two co-presidents to every member and alternate, five days before, or at short notice with a reason: given here, or when the
    meeting was planned."""
    meeting.urgency_reason = urgency_reason.strip() or meeting.urgency_reason
    act.because(meeting.urgency_reason)
    notice = papers.freeze_notice(meeting, at=act.at)
    meeting.convene(notice, meeting.urgency_reason, act.at)
    _send_notice(meeting, act.at, urgency_reason=meeting.urgency_reason)


@verb(
    machine=Meeting,
    label=_("change the agenda"),
    who=(case_officer,),
    documents=("meeting_notice",),
    mails=("reviews/meeting.notice",),
    guards=(rules.same_agenda_on_second_notice, rules.files_are_free, *NOTICE),
)
def change_agenda(act, meeting, *, applications=None, titles=None, minutes_of=(), urgency_reason=""):
    """Another agenda: a new notice replaces the one before, in the same time limits."""
    former = meeting.notice
    _fill(meeting, applications, titles, minutes_of, actor=act.actor, at=act.at)
    meeting.urgency_reason = urgency_reason.strip()
    act.because(meeting.urgency_reason)
    meeting.change_agenda(papers.freeze_notice(meeting, at=act.at), act.at)
    _replace(former, act.at)
    _send_notice(meeting, act.at, urgency_reason=meeting.urgency_reason, changed=True)


@verb(
    machine=Meeting,
    label=_("change the date or the place"),
    who=(case_officer,),
    guards=(rules.date_given, rules.date_to_come, rules.something_moves, *NOTICE),
    documents=("meeting_notice",),
    mails=("reviews/meeting.notice",),
)
def reschedule(act, meeting, *, planned_at, place=None, remote_link=None, urgency_reason=""):
    """A new notice for another day or place, in the same time limits, on the same agenda. For another day, everybody answers anew."""
    act.because(urgency_reason)
    before, former = meeting.planned_at, meeting.notice
    meeting.reschedule(
        planned_at,
        meeting.place if place is None else place.strip(),
        meeting.remote_link if remote_link is None else remote_link.strip(),
        urgency_reason.strip(),
        act.at,
    )
    moved_from = before if planned_at != before else None
    if moved_from:
        meeting.attendances.filter(sitting=meeting.sitting).delete()  # what was answered was for that day
        act.note(moved_from=before.isoformat())
    resumes = meeting.adjourned_at if meeting.sitting > 1 else None
    meeting.notice = papers.freeze_notice(meeting, at=act.at, previous_on=resumes, moved_from=moved_from)
    _replace(former, act.at)
    _send_notice(meeting, act.at, urgency_reason=meeting.urgency_reason, replaces=True, moved_from=moved_from)


def _replace(former, at) -> None:
    if former is not None:
        papers.documents.void(former, at)


# ---- attendance ----


def _attend(act, meeting, seat, **changes) -> Attendance:
    row, _created = Attendance.objects.get_or_create(meeting=meeting, sitting=meeting.sitting, seat=seat)
    for name, value in changes.items():
        setattr(row, name, value)
    row.recorded_by, row.recorded_at = act.actor, act.at
    row.save()
    return row


@deed(
    on=Meeting,
    label=_("answer the notice"),
    who=(seat_holder,),
    sources=(MeetingState.CONVENED,),
    guards=(rules.own_seat, rules.attendance_stands),
)
def announce(act, meeting, *, seat, presence, represented_by=None):
    """A full member says whether he comes, is replaced, or gives a proxy. The secretary records who is there at the opening."""
    standing = represented_by if presence in (AttendanceKind.ALTERNATE, AttendanceKind.PROXY) else None
    _attend(act, meeting, seat, announced=presence, represented_by=standing)
    act.note(seat=seat.pk, presence=str(presence))


def _voters(meeting: Meeting, at) -> dict[int, tuple[str, int | None]]:
    """By seat whose ballot is in the vote under way: its member's name and who speaks for it now."""
    vote = Vote.objects.filter(meeting=meeting, closed_at__isnull=True).select_related("item").first()
    if vote is None:
        return {}
    room = queries.room_of(meeting, at)
    cast = set(vote.item.ballots.filter(round=vote.round).values_list("seat", flat=True))
    return {
        seat.pk: (str(seat.user), getattr(room.speaker(seat, vote.item), "pk", None))
        for seat in room.seats
        if seat.pk in cast
    }


@deed(
    on=Meeting,
    label=_("record attendance"),
    who=(case_officer, president),
    sources=(MeetingState.CONVENED, MeetingState.OPEN),
    guards=(rules.attendance_stands,),
)
def record_attendance(act, meeting, *, seat, presence, represented_by=None, read=None):
    """Who is in the room, remote, replaced or represented; arrivals and departures with their hour. Whoever stood in for an absent co-president no longer
    does once he is there. `read` is what was recorded when one looked (`Attendance.code`): another record since refuses (`version_conflict`)."""
    row = Attendance.objects.filter(meeting=meeting, sitting=meeting.sitting, seat=seat).first()
    if read is not None:
        changed_rows(meeting, [(seat, presence, represented_by)], {seat.pk: read}, actor=act.actor)
    was_there = row is not None and row.presence != AttendanceKind.ABSENT
    changes = {
        "presence": presence,
        "represented_by": represented_by if presence in (AttendanceKind.ALTERNATE, AttendanceKind.PROXY) else None,
    }
    if presence != AttendanceKind.ABSENT and not was_there:
        changes |= {"arrived_at": act.at, "left_at": None}
    if presence == AttendanceKind.ABSENT and was_there:
        changes["left_at"] = act.at
    voting = _voters(meeting, act.at)
    _attend(act, meeting, seat, **changes)
    rules.no_ballot_is_dropped(voting, _voters(meeting, act.at) if voting else {})
    if seat.is_president and presence in (AttendanceKind.ROOM, AttendanceKind.REMOTE):
        acting = ActingPresident.objects.filter(meeting=meeting, college=seat.college, reason=ActingReason.ABSENT)
        acting.filter(ended_at__isnull=True).update(ended_at=act.at)
    act.note(seat=seat.pk, presence=str(presence), by=getattr(represented_by, "pk", None))


def changed_rows(meeting: Meeting, rows, read: dict[int, str], *, actor) -> list:
    """Of these rows, those that their writer changed against what he `read` and that are not recorded yet. Raises Conflict."""
    known = {
        row.seat_id: row
        for row in Attendance.objects.filter(meeting=meeting, sitting=meeting.sitting).select_related("recorded_by")
    }
    wanted = {seat.pk: Attendance.code(presence, getattr(other, "pk", None)) for seat, presence, other in rows}
    stored = {pk: known[pk].said if pk in known else str(AttendanceKind.ABSENT) for pk in wanted}

    def writer(keys):
        rows = sorted(
            (known[pk] for pk in keys if pk in known and known[pk].recorded_at), key=lambda row: row.recorded_at
        )
        return rows[-1].recorded_by if rows else None

    kept = changes(wanted=wanted, read=read, stored=stored, actor=actor, writer=writer)
    return [row for row in rows if row[0].pk in kept]


def record_all(*, meeting, actor, at=None, rows, read=None) -> int:
    """Attendance of many seats at once: [(seat, presence, represented_by)], those in person first so that proxies find their holder. Only what changes;
    of the seats in `read` ({seat: what the page showed}), only what was changed there. A refusal names the field of its seat (`represented_by-12`)."""
    at = at or timezone.now()
    rows = sorted(rows, key=lambda row: row[1] in (AttendanceKind.PROXY,))
    with transaction.atomic():
        meeting = locked(meeting)
        changed = changed_rows(meeting, rows, read or {}, actor=actor)
        for seat, presence, other in changed:
            try:
                record_attendance(
                    meeting=meeting, actor=actor, at=at, seat=seat, presence=presence, represented_by=other
                )
            except Refusal as refusal:
                refusal.field = f"{refusal.field or 'presence'}-{seat.pk}"
                raise
    return len(changed)


@deed(
    on=Meeting,
    label=_("designate an acting president"),
    who=(case_officer, president),
    guards=(rules.acting_is_of_the_college, rules.acting_is_called_for, rules.acting_sees_every_file),
    sources=(MeetingState.CONVENED, MeetingState.OPEN, MeetingState.ADJOURNED, MeetingState.CLOSED),
)
def designate_acting(act, meeting, *, seat, reason):
    """A college's full member stands in for its co-president: absent, recused from an item, at the end of his term, or refusing to sign. One at
    a time: who stood in until now no longer does."""
    former = queries.acting_of(meeting).get(seat.college)
    if former is not None:
        ActingPresident.objects.filter(pk=former.pk).update(ended_at=act.at)
        act.note(instead_of=former.seat_id)
    ActingPresident.objects.create(
        meeting=meeting, college=seat.college, seat=seat, reason=reason, designated_by=act.actor, designated_at=act.at
    )
    act.note(seat=seat.pk, reason=str(reason))


# ---- opening, adjourning ----


def _quorum_facts(meeting: Meeting, at) -> dict:
    return agenda._quorum_facts(queries.room_of(meeting, at).quorum())


@verb(
    machine=Meeting,
    label=_("open the meeting"),
    who=(president,),
    guards=(rules.time_of_notice_passed, rules.panel_is_equal, rules.quorum_at_opening, rules.chair_is_there),
)
def open(act, meeting):
    """Attendance starts; the quorum is met overall and in each college."""
    act.note(**_quorum_facts(meeting, act.at))
    meeting.open(act.actor, act.at)


@verb(
    machine=Meeting,
    label=_("record that the quorum is missing"),
    who=(president,),
    guards=(rules.time_of_notice_passed, rules.quorum_is_missing),
    documents=("quorum_record",),
    danger=True,
)
def fail_quorum(act, meeting):
    """At the time of the notice the quorum is not met: a record says so, and a second notice on the same agenda needs none."""
    act.note(**_quorum_facts(meeting, act.at))
    record = papers.freeze_quorum_record(meeting, at=act.at)
    meeting.fail_quorum(record, _now("The quorum was not met."), act.at)


@verb(
    machine=Meeting,
    label=_("adjourn the meeting"),
    who=(president,),
    guards=(rules.chair_is_there, reason_given, rules.open_vote_is_given_up),
    danger=True,
)
def adjourn(act, meeting, *, reason, abandon_vote=False):
    """Stop before the end: what was under way is deferred, what is voted stays. Another notice is needed. `abandon_vote`: a vote is open, and its ballots
    will not be counted."""
    act.because(reason)
    met = queries.room_of(meeting, act.at).quorum().met
    for item in meeting.items.filter(state=AgendaItemState.IN_DISCUSSION):
        agenda.defer_with_meeting(agenda_item=item, actor=act.actor, at=act.at, reason=reason)
    meeting.adjourn(reason.strip(), not met, act.at)
    act.note(quorum_met=met)


@verb(
    machine=Meeting,
    label=_("reconvene"),
    who=(case_officer,),
    guards=(rules.date_given, rules.date_to_come, *NOTICE),
    documents=("meeting_notice",),
    mails=("reviews/meeting.notice",),
)
def reconvene(act, meeting, *, planned_at, place=None, remote_link=None, urgency_reason=""):
    """A new notice for the next sitting, on what is not settled; after a missing quorum, on the same agenda and without a quorum."""
    act.because(urgency_reason)
    previous, former = meeting.adjourned_at, meeting.notice
    for item in meeting.items.filter(state=AgendaItemState.DEFERRED):
        agenda.list_again(agenda_item=item, actor=act.actor, at=act.at, meeting=meeting, position=item.position)
    meeting.reconvene(
        planned_at,
        meeting.place if place is None else place.strip(),
        meeting.remote_link if remote_link is None else remote_link.strip(),
        None,
        urgency_reason.strip(),
        act.at,
    )
    meeting.notice = papers.freeze_notice(meeting, at=act.at, previous_on=previous)
    _replace(former, act.at)
    act.note(sitting=meeting.sitting, second_notice=meeting.second_notice)
    _send_notice(meeting, act.at, urgency_reason=meeting.urgency_reason)


@verb(
    machine=Meeting,
    label=_("cancel the meeting"),
    who=(president,),
    guards=(reason_given,),
    mails=("reviews/meeting.cancelled",),
    danger=True,
)
def cancel(act, meeting, *, reason):
    """The meeting will not take place, for a reason all may read: its files are free for another one."""
    act.because(reason)
    told = meeting.state != MeetingState.PLANNED
    for item in meeting.items.filter(state__in=(AgendaItemState.LISTED, AgendaItemState.IN_DISCUSSION)):
        agenda.defer_with_meeting(agenda_item=item, actor=act.actor, at=act.at, reason=reason)
    meeting.cancel(reason.strip(), act.at)
    if told:
        _tell("reviews/meeting.cancelled", meeting, _members(meeting, act.at), at=act.at, reason=reason.strip())


# ---- the list ----


def _lock_envelope(meeting: Meeting) -> None:
    """Call and envelope come before every row of the meeting; the grants' accounts follow under them."""
    lock_call_money(meeting.call, [])


@deed(
    on=Meeting,
    label=_("adopt the list"),
    who=(president,),
    sources=(MeetingState.OPEN,),
    lock=_lock_envelope,
    ledger=("reserve",),
    guards=(
        rules.chair_is_there,
        rules.chair_sees_every_file,
        rules.list_not_adopted_yet,
        rules.money_items_are_voted,
        rules.quorum_at_opening,
        rules.ranks_are_settled,
    ),
)
def adopt_list(act, meeting, *, lines=None):
    """The panel adopts the list: a decision for each file, in one transaction, and the money reserved, unsealed. `lines` ([{item, outcome, amount, grounds}])
    changes what follows from the votes; nothing is adopted when one line may not be."""
    items = {item.pk: item for item in queries.items_of(meeting)}
    candidates = rules.candidates_of(meeting, items.values(), queries.ranking(meeting))
    free = Envelope.objects.get(pk=meeting.call.envelope_id).free_amount
    adopted = rules.with_changes(rules.propose_list(candidates, free), lines)
    rules.check_list(adopted, candidates, {pk: item.application for pk, item in items.items()}, free)
    waiting, drawn = sum(line.outcome == "reserve" for line in adopted), words_by_file(meeting)
    causes = rules.reserve_causes(adopted, candidates, free)
    # Born in the order of references: in that of ranks, the number of each row would tell where a file closed to its reader stands.
    for line in sorted(adopted, key=lambda line: items[line.key].application.reference):
        item = items[line.key]
        decisions.decide(
            agenda_item=item,
            actor=act.actor,
            at=act.at,
            application=item.application,
            outcome=line.outcome,
            amount=line.amount,
            rank=line.rank,
            reserve_rank=line.reserve_rank,
            grounds=line.grounds,
            details=_details(item, line, waiting, causes, drawn.get(item.application.reference, "")),
        )
    meeting.list_adopted_at, meeting.list_adopted_by, meeting.list_free_amount = act.at, act.actor, free
    meeting.forget_closing()
    act.note(decisions=len(adopted), amount=sum(line.amount or 0 for line in adopted))


def _details(item: AgendaItem, line: rules.Line, waiting: int, causes: dict[int, str], drawn: str = "") -> dict:
    """What the letter says besides: a draw, a place given by a vote, an amount cut at the line, how many wait and for want of what."""
    found: dict = {}
    if drawn:
        found["tie_rule"] = drawn
    if item.place_reason:
        found["move_reason"] = item.place_reason.rstrip(" .")
    if line.partial and line.amount is not None:
        found["reduction_reason"] = CUT_REASON
    elif line.amount is not None and item.amount_reason:
        found["reduction_reason"] = item.amount_reason.rstrip(" .")
    if line.outcome == "reserve":
        found["reserve_count"], found["reserve_cause"] = waiting, causes[line.key]
    return found


# ---- closing ----


@deed(
    on=Meeting,
    label=_("agree to close"),
    who=(president,),
    sources=(MeetingState.OPEN,),
    guards=(rules.chair_is_there, rules.everything_is_settled, rules.not_agreed_yet),
)
def agree_to_close(act, meeting):
    """The first of the two presidents agrees to close the meeting."""
    meeting.agree_to_close(queries.presides(act.actor, meeting, act.at), act.actor, act.at)


@verb(
    machine=Meeting,
    name="close",
    label=_("close the meeting"),
    who=(president,),
    documents=("minutes",),
    mails=("reviews/meeting.minutes_to_sign",),
    danger=True,
    guards=(rules.chair_is_there, rules.everything_is_settled, rules.not_agreed_yet, rules.other_president_agreed),
)
def _close(act, meeting):
    """Both presidents agree: no more votes. The minutes are drafted from the log, one part an item."""
    from reviews.transitions import minutes

    meeting.agree_to_close(queries.presides(act.actor, meeting, act.at), act.actor, act.at)
    meeting.close(act.at)
    minutes.draft(meeting, act)


def close(*, meeting, actor, at=None, **nothing) -> Meeting:
    """A president closes the meeting: the first call keeps his agreement, the second, by the other college's president, closes. Raises Refusal."""
    at = at or timezone.now()
    with transaction.atomic():
        meeting = locked(meeting)
        college = queries.presides(actor, meeting, at)
        other_agreed = bool(college) and any(one != college for one in meeting.closing_colleges)
        if other_agreed or meeting.state != MeetingState.OPEN:
            return _close_verb(meeting=meeting, actor=actor, at=at)
        agree_to_close(meeting=meeting, actor=actor, at=at)
    return Meeting.objects.get(pk=meeting.pk)


_close_verb = _close
close.verb, close.keyword = _close.verb, _close.keyword
object.__setattr__(_close.verb, "call", close)  # screens and the API close as people do: one call each
