"""Guards of the meeting (rulebook, art. 11, 12, 15 to 17; CRPA R133-8 to R133-13), and the list that follows from the votes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.money import format_euros
from core.transitions import Act, Refusal, Who, canonical_hash
from fund import people
from fund.enums import College, Role
from fund.queries import has_role
from fund.rules.common import when
from reviews import voting
from reviews.enums.meeting import (
    ITEM_OPEN,
    AgendaItemState,
    AttendanceKind,
    BallotChoice,
    MeetingState,
    MinutesCapacity,
    Proposal,
    VoteMode,
    VoteOutcome,
)
from reviews.enums.reading import SeatKind
from reviews.models import Seat
from reviews.models.meeting import AgendaItem, Ballot, Meeting, MinutesSection, Vote
from reviews.queries import meetings as queries
from reviews.queries import review_counts

LABELS = {str(College.CIVIL_SOCIETY): College.CIVIL_SOCIETY.label, str(College.STATE): College.STATE.label}


def meeting_of(obj) -> Meeting:
    return obj if isinstance(obj, Meeting) else obj.meeting


case_officer = people.case_officer
president = Who(
    "CP",
    gettext_lazy("a co-president or the acting president of a college"),
    lambda actor, obj, at: bool(queries.presides(actor, meeting_of(obj), at)),
)
seat_holder = Who(
    "PM",
    gettext_lazy("a member of this panel"),
    lambda actor, obj, at: Seat.objects.filter(panel__call=meeting_of(obj).call_id, user=actor).current(at).exists(),
)


def _missing(act: Act, *names) -> bool:
    """While a screen only asks, guards about parameters stay silent."""
    return act.preview and all(act.get(name) is None for name in names)


def reason_given(act: Act) -> None:
    if not act.preview and not (act.get("reason") or "").strip():
        raise Refusal(
            "reason_missing",
            _("Say why in one sentence: this reason will be kept and shown to those concerned."),
            field="reason",
        )


# ---- planning and notice ----


def call_is_under_review(act: Act) -> None:
    if act.obj.state != "under_review":
        raise Refusal(
            "call_not_under_review",
            _("A meeting is planned once the call is under review."),
            remedy=_("Finish the eligibility of its files and start the review."),
            article="art. 15",
            status=409,
        )


def date_to_come(act: Act) -> None:
    planned = act.get("planned_at")
    if planned is not None and planned <= act.at:
        raise Refusal("date_passed", _("The meeting must be in the future."), field="planned_at", article="art. 15")


def files_are_free(act: Act) -> None:
    """Files put on the agenda are under review in the call and in no other live meeting."""
    wanted = act.get("applications")
    if not wanted:
        return
    obj = act.obj
    call = obj.call if isinstance(obj, Meeting) else obj
    free = {application.pk for application in queries.unscheduled(call)}
    own = (
        set(
            obj.items.filter(state=AgendaItemState.LISTED, application__isnull=False).values_list(
                "application", flat=True
            )
        )
        if isinstance(obj, Meeting)
        else set()
    )
    stray = [application.reference for application in wanted if application.pk not in free | own]
    if stray:
        raise Refusal(
            "file_not_free",
            _("These files are not under review, or another meeting deals with them: %(files)s.")
            % {"files": ", ".join(stray)},
            article="art. 15",
            field="applications",
        )


def panel_is_equal(act: Act) -> None:
    """A panel that is not composed in equality cannot be convened."""
    meeting = meeting_of(act.obj)
    seats = (
        Seat.objects.filter(panel__call=meeting.call_id, kind=SeatKind.FULL_MEMBER)
        .current(act.at)
        .values_list("college", flat=True)
    )
    counts = {college: sum(1 for one in seats if one == college) for college in LABELS}
    few, many = sorted(counts, key=counts.get)
    if counts[few] != counts[many] or not counts[few]:
        raise Refusal(
            "panel_unbalanced",
            _("The college “%(college)s” has %(few)s members and the other %(many)s.")
            % {"college": LABELS[few], "few": counts[few], "many": counts[many]},
            remedy=_("Appoint until they are equal to be able to review and convene."),
            article="art. 11",
            status=409,
        )


def agenda_is_set(act: Act) -> None:
    meeting = meeting_of(act.obj)
    if act.get("applications") or act.get("titles"):
        return
    if not meeting.items.filter(state__in=(*ITEM_OPEN, AgendaItemState.DEFERRED)).exists():
        raise Refusal(
            "agenda_empty",
            _("The agenda has no item."),
            remedy=_("Add the files to deal with."),
            article="art. 15",
            status=409,
        )


def place_is_given(act: Act) -> None:
    meeting = meeting_of(act.obj)
    if not ((act.get("place") or meeting.place) or (act.get("remote_link") or meeting.remote_link)):
        raise Refusal(
            "place_missing",
            _("Say where the panel meets, or give the link to take part remotely."),
            field="place",
            article="art. 15",
        )


def notice_in_time(act: Act) -> None:
    """Five days at least between the notice and the meeting, or an urgency with its reason (R133-8)."""
    meeting = meeting_of(act.obj)
    planned = act.get("planned_at") or meeting.planned_at
    if planned <= act.at:
        raise Refusal("date_passed", _("The meeting must be in the future."), field="planned_at", article="art. 15")
    days = meeting.rules["notice_days_min"]
    first = timezone.localdate(act.at) + timedelta(days=days)
    if timezone.localdate(planned) < first and not (act.get("urgency_reason") or "").strip():
        raise Refusal(
            "notice_too_short",
            _("Notice must go out at least %(days)s days before the meeting.") % {"days": days},
            remedy=_("Choose a date from %(day)s, or give the reason for the urgency.")
            % {"day": date_format(first, "j F Y")},
            article="art. 15",
            field="urgency_reason",
            status=409,
        )


def same_agenda_on_second_notice(act: Act) -> None:
    if meeting_of(act.obj).second_notice:
        raise Refusal(
            "same_agenda",
            _("This meeting is held on a second notice: its agenda cannot change."),
            remedy=_("Plan another meeting for anything else."),
            article="art. 15",
            status=409,
        )


def date_given(act: Act) -> None:
    if not act.preview and act.get("planned_at") is None:
        raise Refusal("date_missing", _("Give the date and time of the meeting."), field="planned_at")


# ---- quorum ----


def quorum_words(found: voting.Quorum) -> str:
    civil, state = (found.colleges[name] for name in LABELS)
    return _(
        "Quorum not met: civil society %(civil)s of %(civil_base)s (%(civil_needed)s needed), State %(state)s of %(state_base)s (%(state_needed)s needed)."
    ) % {
        "civil": civil.present,
        "civil_base": civil.base,
        "civil_needed": civil.needed,
        "state": state.present,
        "state_base": state.base,
        "state_needed": state.needed,
    }


def _quorum_missing(found: voting.Quorum, remedy) -> Refusal:
    return Refusal("quorum_missing", quorum_words(found), remedy=remedy, article="art. 15", status=409)


def time_of_notice_passed(act: Act) -> None:
    meeting = act.obj
    if act.at < meeting.planned_at:
        raise Refusal(
            "too_early",
            _("The meeting is convened for %(instant)s.") % {"instant": when(meeting.planned_at)},
            remedy=_("Open it at that time."),
            article="art. 15",
            status=409,
        )


def quorum_at_opening(act: Act) -> None:
    found = queries.room_of(act.obj, act.at).quorum()
    if not found.met:
        raise _quorum_missing(
            found, _("Wait, receive a proxy, or record that the quorum is missing: the second notice needs no quorum.")
        )


def quorum_is_missing(act: Act) -> None:
    if queries.room_of(act.obj, act.at).quorum().met:
        raise Refusal("quorum_met", _("The quorum is met: the meeting can be opened."), article="art. 15", status=409)


# ---- attendance ----


def _seat(act: Act, room: queries.Room, name: str = "seat") -> Seat:
    seat = room.seat(getattr(act.get(name), "pk", act.get(name)))
    if seat is None:
        raise Refusal("unknown_seat", _("This seat is not one of this panel."), field=name)
    return seat


def own_seat(act: Act) -> None:
    """A member answers for his own seat."""
    if _missing(act, "seat"):
        return
    if getattr(act.get("seat"), "user_id", None) != act.actor.pk:
        raise Refusal("not_permitted", _("Each member answers for his own seat."), status=403)


def attendance_stands(act: Act) -> None:
    """Alternates of the same college, one seat each; proxies to a member of the same college who is there, one each by default."""
    if _missing(act, "presence"):
        return
    room = queries.room_of(act.obj, act.at)
    seat, presence = _seat(act, room), act.get("presence")
    if seat.kind != SeatKind.FULL_MEMBER:
        raise Refusal(
            "alternate_has_no_seat",
            _("An alternate takes part for a full member: record him on that member’s seat."),
            field="presence",
            article="art. 11",
        )
    if presence not in (AttendanceKind.ALTERNATE, AttendanceKind.PROXY):
        return
    if act.get("represented_by") is None:
        raise Refusal(
            "representative_missing", _("Say who stands for this member."), field="represented_by", article="art. 15"
        )
    other = _seat(act, room, "represented_by")
    (_alternate if presence == AttendanceKind.ALTERNATE else _proxy)(act, room, seat, other)


def _alternate(act: Act, room: queries.Room, seat: Seat, other: Seat) -> None:
    if other.kind != SeatKind.ALTERNATE or other.college != seat.college:
        raise Refusal(
            "college_mismatch",
            _("An alternate replaces a full member of the same college."),
            remedy=_("Choose an alternate of the college “%(college)s”.") % {"college": LABELS[seat.college]},
            field="represented_by",
            article="art. 11",
            status=409,
        )
    if room.replacing(other.pk, besides=seat.pk):
        raise Refusal(
            "alternate_taken",
            _("%(person)s already replaces another member.") % {"person": other.user},
            field="represented_by",
            article="art. 11",
            status=409,
        )


def _proxy(act: Act, room: queries.Room, seat: Seat, other: Seat) -> None:
    maximum = room.meeting.rules["proxies_max"]
    fault = voting.proxy_fault(
        voting.Voice(seat.pk, seat.college),
        voting.Voice(other.pk, other.college),
        held=room.held_proxies(other.pk, besides=seat.pk),
        maximum=maximum,
    )
    if other.kind != SeatKind.FULL_MEMBER or fault == "proxy_other_college":
        free = [
            str(one.user)
            for one in room.seats
            if one.college == seat.college and one.pk != seat.pk and room.held_proxies(one.pk) < maximum
        ]
        raise Refusal(
            "proxy_other_college",
            _("A proxy is given within one’s college, to a full member."),
            remedy=_("Choose among: %(people)s.") % {"people": ", ".join(free)},
            field="represented_by",
            article="art. 15",
            status=409,
        )
    if fault:
        raise Refusal(
            "proxy_limit",
            _("%(person)s already holds a proxy; nobody holds more than %(maximum)s.")
            % {"person": other.user, "maximum": maximum},
            remedy=_("Choose another member of your college."),
            field="represented_by",
            article="art. 15",
            status=409,
        )
    present = room.attendance.get(other.pk)
    if act.verb.name == "record_attendance" and (present is None or present.presence not in queries.IN_PERSON):
        raise Refusal(
            "proxy_holder_absent",
            _("%(person)s is not present.") % {"person": other.user},
            remedy=_("A proxy is held by a member who is there."),
            field="represented_by",
            article="art. 15",
            status=409,
        )


def acting_is_of_the_college(act: Act) -> None:
    """Another full member of the college stands in for its co-president."""
    if _missing(act, "seat"):
        return
    room = queries.room_of(act.obj, act.at)
    seat = _seat(act, room)
    if seat.kind != SeatKind.FULL_MEMBER or seat.is_president:
        raise Refusal(
            "acting_not_full_member",
            _("The acting president is another full member of the same college."),
            field="seat",
            article="art. 11",
        )


# ---- items ----


def meeting_is_open(act: Act) -> None:
    if act.obj.meeting.state != MeetingState.OPEN:
        raise Refusal(
            "meeting_not_open",
            _("The meeting is not open."),
            remedy=_("Its president opens it once the quorum is met."),
            article="art. 15",
            status=409,
        )


def actor_may_see_item(act: Act) -> None:
    """Nobody acts on a file in which he has an interest, the chair included."""
    item = act.obj
    if item.application_id and not queries.may_see_file(act.actor, item.application):
        raise Refusal(
            "recused",
            _("Recusal on %(reference)s: this file is closed to you.") % {"reference": item.application.reference},
            remedy=_("The president of the other college, or the acting president of yours, conducts this item."),
            article="art. 12",
            status=403,
        )


def nothing_else_in_discussion(act: Act) -> None:
    other = act.obj.meeting.items.filter(state=AgendaItemState.IN_DISCUSSION).exclude(pk=act.obj.pk).first()
    if other is not None:
        raise Refusal(
            "another_item_open",
            _("Item %(number)s is under discussion.") % {"number": other.position},
            remedy=_("Vote on it or defer it first."),
            article="art. 16",
            status=409,
        )


def file_is_under_review(act: Act) -> None:
    item = act.obj
    if item.application_id and item.application.state != "under_review":
        raise Refusal(
            "file_not_under_review",
            _("This file is no longer under review."),
            remedy=_("Remove the item from the agenda."),
            article="art. 16",
            status=409,
        )


def recused_have_left(act: Act) -> None:
    room = queries.room_of(act.obj.meeting, act.at)
    staying = room.recused_in_room(act.obj)
    if staying:
        people_ = ", ".join(str(room._standing(seat).user) for seat in staying)
        raise Refusal(
            "recused_in_room",
            _("%(people)s must leave before the discussion.") % {"people": people_},
            remedy=_("Record the time they leave."),
            article="art. 12, 16",
            status=409,
        )


def all_have_declared(act: Act) -> None:
    room = queries.room_of(act.obj.meeting, act.at)
    silent = room.undeclared(act.obj)
    if silent:
        raise Refusal(
            "interest_declaration_missing",
            _("%(people)s did not say whether they have a link with this file.")
            % {"people": ", ".join(str(seat.user) for seat in silent)},
            remedy=_("They declare it from their own page, or are recorded absent."),
            article="art. 12",
            status=409,
        )


def quorum_on_item(act: Act) -> None:
    found = queries.room_of(act.obj.meeting, act.at).quorum(act.obj)
    if not found.met:
        raise _quorum_missing(found, _("Wait, receive a proxy, or defer the item: the second notice needs no quorum."))


def list_not_adopted_yet(act: Act) -> None:
    if meeting_of(act.obj).list_adopted_at is not None:
        raise Refusal(
            "list_already_adopted",
            _("The list is already adopted."),
            remedy=_("Annul its decisions first."),
            article="art. 17",
            status=409,
        )


def no_vote_open(act: Act) -> None:
    if Vote.objects.filter(item=act.obj, closed_at__isnull=True).exists():
        raise Refusal(
            "vote_open", _("A vote is open on this item."), remedy=_("Close it first."), article="art. 16", status=409
        )


def leaving_seat(act: Act) -> None:
    """Who leaves is recused from the item; who takes the seat is a free alternate of the college without interest."""
    if _missing(act, "seat"):
        return
    item = act.obj
    room = queries.room_of(item.meeting, act.at)
    seat = _seat(act, room)
    speaker = room._standing(seat)
    if speaker is None or not room.is_recused(speaker.user_id, item):
        raise Refusal(
            "not_recused",
            _("This member is not recused from this item."),
            remedy=_("A member who discovers a link declares it first."),
            field="seat",
            article="art. 12",
            status=409,
        )
    if seat.pk in room.departures.get(item.pk, {}):
        raise Refusal(
            "already_left",
            _("This member has already left for this item."),
            field="seat",
            article="art. 12",
            status=409,
        )
    if act.get("replaced_by") is None:
        return
    other = _seat(act, room, "replaced_by")
    _alternate(act, room, seat, other)
    taken = {row.replaced_by_id for row in room.departures.get(item.pk, {}).values()}
    if room.is_recused(other.user_id, item) or other.pk in taken or room.replacing(other.pk):
        raise Refusal(
            "alternate_taken",
            _("%(person)s cannot take this seat: recused, or already standing for another member.")
            % {"person": other.user},
            field="replaced_by",
            article="art. 11, 12",
            status=409,
        )


# ---- the proposal and the vote ----


def proposal_is_sound(act: Act) -> None:
    """An amount within the request and the ceiling, above the project's minimum, a score that may be funded, equal reviews (art. 4, 13, 14, 17)."""
    item = act.obj
    proposal = act.get("proposal") or item.proposal
    if item.application_id is None or _missing(act, "proposal") and not item.proposal:
        return
    if proposal not in Proposal.values:
        raise Refusal(
            "proposal_missing",
            _("Say what is put to the vote: fund, reserve list or do not fund."),
            field="proposal",
            article="art. 16",
        )
    application = item.application
    if proposal == Proposal.SELECTED:
        check_amount(application, act.get("amount") if act.get("amount") is not None else item.amount, field="amount")
    counts = review_counts(application)
    parity = voting.parity(
        reviews=counts,
        fallback=queries.has_fallback(application),
        rule=item.meeting.rules["majority"],
        equal_weight=True,
        inequality_recorded=True,
    )
    if not parity.holds:
        raise Refusal(
            "parity_missing",
            _(
                "This application has %(civil)s civil-society and %(state)s State reviews; both colleges must have filed as many."
            )
            % {"civil": counts.get(College.CIVIL_SOCIETY, 0), "state": counts.get(College.STATE, 0)},
            remedy=_(
                "In order: an alternate, the same lower number for both colleges (never zero), or a plenary reading."
            ),
            article="art. 13, 16",
            status=409,
        )
    if proposal != Proposal.REJECTED:
        _score_allows(act, item)


def _score_allows(act: Act, item: AgendaItem) -> None:
    found = queries.scores_of(item.meeting.call, [item.application_id]).get(item.application_id)
    if found is not None and not found.complete:
        college = LABELS[found.missing[0][0]]
        raise Refusal(
            "score_incomplete",
            _("No member of the college “%(college)s” scored one of the criteria: the file has no score and no rank.")
            % {"college": college},
            remedy=_("Ask for one more review in that college, or defer the item."),
            article="art. 14",
            status=409,
        )
    minimum = Fraction(str(item.meeting.rules["minimum_score"]))
    if found is not None and found.value < minimum and not (act.get("grounds") or item.grounds).strip():
        raise Refusal(
            "below_minimum_score",
            _("The score, %(score)s, is below %(minimum)s.")
            % {"score": found.published, "minimum": item.meeting.rules["minimum_score"]},
            remedy=_("To propose this file, write the grounds of the vote."),
            field="grounds",
            article="art. 14",
            status=409,
        )


def check_amount(application, amount: int | None, *, field: str = "") -> None:
    """Whether this amount (cents) may be proposed for this file. Raises Refusal."""
    if not amount or amount <= 0:
        raise Refusal("amount_missing", _("Give the proposed amount."), field=field, article="art. 17")
    most = min(application.requested_amount, application.call.ceiling_amount)
    words = {
        "amount": format_euros(amount, cents_if_round=False),
        "requested": format_euros(application.requested_amount, cents_if_round=False),
    }
    if amount > most:
        raise Refusal(
            "award_above_request",
            _("%(amount)s is above the request, %(requested)s, or the ceiling.") % words,
            remedy=_("Propose at most %(most)s.") % {"most": format_euros(most, cents_if_round=False)},
            field=field,
            article="art. 4",
            status=409,
        )
    least = least_amount(application)
    if amount < least:
        raise Refusal(
            "below_minimum_viable",
            _("%(amount)s is below this project’s minimum, %(least)s.")
            % {"amount": words["amount"], "least": format_euros(least, cents_if_round=False)},
            remedy=_("Propose at least that minimum, or the reserve list."),
            field=field,
            article="art. 4, 17",
            status=409,
        )


def most_amount(application) -> int:
    return min(application.requested_amount, application.call.ceiling_amount)


def least_amount(application) -> int:
    """The applicant's minimum and the call's floor, in cents; without a declared minimum a project is funded whole or not at all."""
    declared = application.minimum_viable_amount
    return min(
        most_amount(application),
        max(most_amount(application) if declared is None else declared, application.call.floor_amount),
    )


def open_vote(item: AgendaItem) -> Vote | None:
    return Vote.objects.filter(item=item, closed_at__isnull=True).first()


def vote_is_open(act: Act) -> None:
    if open_vote(act.obj) is None:
        last = Vote.objects.filter(item=act.obj, closed_at__isnull=False).order_by("-round").first()
        if last is not None:
            raise Refusal(
                "vote_closed",
                _("The vote has been closed since %(instant)s.") % {"instant": when(last.closed_at)},
                remedy=_("A second vote is possible in the same meeting if a motion carries."),
                article="art. 16",
                status=409,
            )
        raise Refusal(
            "vote_not_open",
            _("No vote is open on this item."),
            remedy=_("The chair puts the proposal to the vote."),
            article="art. 16",
            status=409,
        )


def ballot_stands(act: Act) -> None:
    """One vote a seat, by whoever speaks for it; nobody recused; the secretary enters shows of hands only."""
    if _missing(act, "choice"):
        return
    item, vote = act.obj, open_vote(act.obj)
    room = queries.room_of(item.meeting, act.at)
    seat = _seat(act, room)
    if act.get("choice") not in BallotChoice.values:
        raise Refusal("choice_missing", _("Vote for, against, or abstain."), field="choice", article="art. 16")
    giver = room.attendance.get(seat.pk)
    speaker = room.speaker(seat, item)
    if (
        speaker is None
        and giver is not None
        and giver.presence == AttendanceKind.PROXY
        and room.is_recused(seat.user_id, item)
    ):
        raise Refusal(
            "proxy_void",
            _("This proxy is not valid for this file: one of you two is recused from it."),
            article="art. 12, 15",
            status=409,
        )
    own = Seat.objects.filter(panel__call=item.meeting.call_id, user=act.actor).current(act.at).first()
    if own is not None and room.is_recused(act.actor.pk, item):
        raise Refusal(
            "recused",
            _("Recusal on %(reference)s: this file is closed to you.") % {"reference": item.application.reference},
            article="art. 12",
            status=403,
        )
    if speaker is None:
        raise Refusal(
            "not_present",
            _("This seat is not recorded as present on this item."),
            remedy=_("Tell the secretariat: once the arrival is recorded, the vote is possible."),
            article="art. 16",
            status=409,
        )
    entered = speaker.user_id != act.actor.pk
    if entered and not (
        has_role(act.actor, Role.CASE_OFFICER, act.at) or queries.presides(act.actor, item.meeting, act.at)
    ):
        raise Refusal("not_permitted", _("You do not speak for this seat."), status=403)
    if entered and vote.is_secret:
        raise Refusal(
            "secret_is_personal",
            _("In a secret ballot each member votes on his own device."),
            article="art. 16",
            status=403,
        )
    if item.application_id and speaker.user_id not in room.declared.get(item.application_id, ()):
        raise Refusal(
            "interest_declaration_missing",
            _("%(people)s did not say whether they have a link with this file.") % {"people": speaker.user},
            remedy=_("They declare it from their own page, or are recorded absent."),
            article="art. 12",
            status=403,
        )
    if Ballot.objects.filter(item=item, round=vote.round, seat=seat).exists():
        raise Refusal(
            "already_voted",
            _("A vote is already recorded for this seat on this item."),
            remedy=_("It is final unless there is a second vote."),
            article="art. 16",
            status=409,
        )


@dataclass(frozen=True)
class Count:
    """What a vote gives when it is closed now."""

    result: voting.Result
    quorum: voting.Quorum
    missing: tuple[Seat, ...]


def count(item: AgendaItem, vote: Vote, room: queries.Room) -> Count:
    """The result of a vote as it stands: ballots of seats present and not recused. Raises Refusal when a secret ballot can no longer be told apart."""
    voices = {voice.seat: voice for voice in room.voices(item)}
    present = {name: sum(1 for voice in voices.values() if voice.college == name and voice.present) for name in LABELS}
    ballots = list(Ballot.objects.filter(item=item, round=vote.round).select_related("seat"))
    voted = {ballot.seat_id for ballot in ballots}
    missing: tuple[Seat, ...] = ()
    if vote.mode == VoteMode.CONSENT:
        tallies = {name: voting.CollegeTally(number, 0, 0, number) for name, number in present.items()}
    elif vote.is_secret:
        if any(not voices[pk].present if pk in voices else True for pk in voted):
            raise Refusal(
                "vote_void",
                _("A member who voted in secret has since left or stepped back: the ballot cannot be counted."),
                remedy=_("Abandon this vote and open another one."),
                article="art. 12, 16",
                status=409,
            )
        rows = {row.college: row for row in item.tallies.filter(round=vote.round)}
        tallies = {
            name: voting.CollegeTally(rows[name].votes_for, rows[name].against, rows[name].abstained, number)
            if name in rows
            else voting.CollegeTally(present=number)
            for name, number in present.items()
        }
    else:
        stand = [
            (ballot.seat.college, ballot.choice)
            for ballot in ballots
            if ballot.seat_id in voices and voices[ballot.seat_id].present
        ]
        tallies = voting.tally(stand, present)
    if vote.mode != VoteMode.CONSENT:
        missing = tuple(seat for seat in room.seats if voices[seat.pk].present and seat.pk not in voted)
    result = voting.decide(tallies, rule=item.meeting.rules["majority"], round_number=2 if vote.second else 1)
    return Count(result, room.quorum(item), missing)


def everyone_has_voted(act: Act) -> None:
    if act.get("anyway"):
        return
    item, vote = act.obj, open_vote(act.obj)
    if vote is None:
        return
    missing = count(item, vote, queries.room_of(item.meeting, act.at)).missing
    if missing:
        raise Refusal(
            "votes_expected",
            _("Votes are still expected: %(people)s.") % {"people": ", ".join(str(seat.user) for seat in missing)},
            remedy=_("Wait, or close the vote noting that they did not vote."),
            article="art. 16",
            status=409,
        )


def consent_is_possible(act: Act) -> None:
    """Consent counts everyone present in favour: everyone must have declared and none be recused in the room."""
    vote = open_vote(act.obj)
    if vote is not None and vote.mode == VoteMode.CONSENT:
        all_have_declared(act)


# ---- the list ----


@dataclass(frozen=True)
class Candidate:
    """A file whose item is voted, as the list sees it. Amounts in cents."""

    key: int
    rank: int | None
    disposition: str
    amount: int | None
    least: int
    grounds: str = ""
    reference: str = ""


@dataclass(frozen=True)
class Line:
    """One line of the list: what becomes of a file."""

    key: int
    outcome: str
    amount: int | None = None
    rank: int | None = None
    reserve_rank: int | None = None
    grounds: str = ""
    partial: bool = False


def propose_list(candidates: Iterable[Candidate], free: int) -> list[Line]:
    """The list that follows from the votes: in rank order while the envelope allows; the first that does not fit gets what is left when that reaches its
    minimum, otherwise opens the reserve list; nobody jumps the line (art. 17)."""
    ordered = sorted(candidates, key=lambda one: (one.rank is None, one.rank or 0, one.key))
    lines, left, closed, reserve = [], free, False, 0
    for one in ordered:
        if one.disposition == Proposal.SELECTED and not closed and one.amount <= left:
            lines.append(Line(one.key, "selected", one.amount, one.rank, grounds=one.grounds))
            left -= one.amount
            continue
        if one.disposition == Proposal.SELECTED and not closed:
            closed = True
            if left >= one.least:
                lines.append(Line(one.key, "selected", left, one.rank, grounds=one.grounds, partial=True))
                left = 0
                continue
        if one.disposition in (Proposal.SELECTED, Proposal.RESERVE):
            reserve += 1
            lines.append(Line(one.key, "reserve", None, one.rank, reserve, one.grounds))
        else:
            lines.append(Line(one.key, "rejected", None, one.rank, grounds=one.grounds))
    return lines


def candidates_of(meeting: Meeting, items: Iterable[AgendaItem], ranks: dict[int, queries.Rank]) -> list[Candidate]:
    """Files whose vote settles something and that are still under review."""
    return [
        Candidate(
            item.pk,
            ranks[item.application_id].number if item.application_id in ranks else None,
            item.disposition,
            item.amount,
            least_amount(item.application),
            item.grounds,
            item.application.reference,
        )
        for item in items
        if item.application_id and item.disposition and item.application.state == "under_review"
    ]


def with_changes(lines: list[Line], changes: Iterable[dict] | None) -> list[Line]:
    """The proposed lines with what the chairs typed: outcome, amount, grounds by item. Reserve ranks are given again, in order."""
    by_item = {int(change["item"]): change for change in changes or ()}
    found = []
    for line in lines:
        change = by_item.get(line.key, {})
        outcome = change.get("outcome") or line.outcome
        amount = (
            (change.get("amount") if change.get("amount") is not None else line.amount)
            if outcome == "selected"
            else None
        )
        found.append(
            replace(
                line,
                outcome=outcome,
                amount=amount,
                grounds=(change.get("grounds") if change.get("grounds") is not None else line.grounds).strip(),
            )
        )
    reserve = 0
    for place, line in enumerate(found):
        reserve += line.outcome == "reserve"
        found[place] = replace(line, reserve_rank=reserve if line.outcome == "reserve" else None)
    return found


def check_list(lines: list[Line], candidates: Iterable[Candidate], applications: dict, free: int) -> None:
    """Whether a list may be adopted: each amount, the order of the ranks, the grounds, and the envelope. Raises Refusal naming the file."""
    known = {one.key: one for one in candidates}
    for line in lines:
        one, application = known[line.key], applications[line.key]
        field = f"amount_{line.key}"
        if line.outcome not in ("selected", "reserve", "rejected"):
            raise Refusal(
                "outcome_unknown",
                _("Choose what becomes of %(reference)s.") % {"reference": one.reference},
                field=f"outcome_{line.key}",
            )
        if (
            one.disposition == Proposal.REJECTED
            and line.outcome != "rejected"
            or one.disposition != Proposal.REJECTED
            and line.outcome == "rejected"
        ):
            raise Refusal(
                "against_the_vote",
                _("The list says otherwise than the vote on %(reference)s.") % {"reference": one.reference},
                remedy=_("Reopen the item by a motion, and vote again."),
                field=f"outcome_{line.key}",
                article="art. 17",
                status=409,
            )
        if one.disposition == Proposal.RESERVE and line.outcome == "selected":
            raise Refusal(
                "against_the_vote",
                _("The list says otherwise than the vote on %(reference)s.") % {"reference": one.reference},
                remedy=_("Reopen the item by a motion, and vote again."),
                field=f"outcome_{line.key}",
                article="art. 17",
                status=409,
            )
        if line.outcome == "selected":
            check_amount(application, line.amount, field=field)
            if line.amount > one.amount:
                raise Refusal(
                    "above_the_vote",
                    _("%(reference)s: the vote was on %(amount)s.")
                    % {"reference": one.reference, "amount": format_euros(one.amount, cents_if_round=False)},
                    remedy=_("Propose at most that amount."),
                    field=field,
                    article="art. 17",
                    status=409,
                )
        if not line.grounds:
            raise Refusal(
                "grounds_missing",
                _("%(reference)s: write the grounds, every decision has some.") % {"reference": one.reference},
                field=f"grounds_{line.key}",
                article="art. 18",
            )
    _nobody_jumps(lines, known)
    total = sum(line.amount for line in lines if line.outcome == "selected")
    if total > free:
        raise Refusal(
            "envelope_exceeded",
            _("%(there)s is left in the envelope; this list needs %(amount)s.")
            % {"there": format_euros(free, cents_if_round=False), "amount": format_euros(total, cents_if_round=False)},
            remedy=_(
                "Lower an amount, put a file on the reserve list, or have the envelope raised (authorising officer, then co-president)."
            ),
            article="art. 4, 17",
            status=409,
        )


def _nobody_jumps(lines: list[Line], known: dict[int, Candidate]) -> None:
    waiting = None
    for line in lines:
        if line.outcome == "reserve" and known[line.key].disposition == Proposal.SELECTED:
            waiting = waiting or known[line.key]
        elif line.outcome == "selected" and waiting is not None:
            raise Refusal(
                "skip_requires_vote",
                _("Application %(reference)s ranks higher.") % {"reference": waiting.reference},
                remedy=_(
                    "Passing over it needs an explicit vote and a reason: reopen its item and vote on the reserve list."
                ),
                field=f"outcome_{line.key}",
                article="art. 17",
                status=409,
            )


def money_items_are_voted(act: Act) -> None:
    """The list follows the last vote on a file."""
    waiting = act.obj.items.filter(state__in=ITEM_OPEN, application__isnull=False).count()
    unsettled = [
        item.application.reference
        for item in act.obj.items.filter(state=AgendaItemState.VOTED, application__isnull=False).select_related(
            "application"
        )
        if not item.disposition
    ]
    if unsettled:
        raise Refusal(
            "items_undecided",
            _("No vote says what becomes of %(files)s.") % {"files": ", ".join(unsettled)},
            remedy=_("Reopen the item by a motion and vote on another proposal."),
            article="art. 17",
            status=409,
        )
    if waiting:
        raise Refusal(
            "items_undecided",
            _("%(n)s files remain: vote on each, defer it or remove it, then adopt the list.") % {"n": waiting},
            article="art. 15, 17",
            status=409,
        )
    if not act.obj.items.filter(state=AgendaItemState.VOTED, application__isnull=False).exists():
        raise Refusal(
            "list_empty", _("No file was voted on: there is no list to adopt."), article="art. 17", status=409
        )


def ranks_are_settled(act: Act) -> None:
    """Files that still share a rank on two sides of the line are parted by a vote (art. 17, 5°)."""
    meeting = act.obj
    ranks = queries.ranking(meeting)
    lines = {
        line.key: line
        for line in propose_list(candidates_of(meeting, queries.items_of(meeting), ranks), queries.free_amount(meeting))
    }
    groups: dict[int, set] = {}
    references = {}
    for item in queries.items_of(meeting):
        rank = ranks.get(item.application_id)
        if rank is not None and rank.shared and item.pk in lines and lines[item.pk].outcome != "rejected":
            line = lines[item.pk]
            groups.setdefault(rank.number, set()).add((line.outcome, line.partial, line.reserve_rank))
            references.setdefault(rank.number, []).append(item.application.reference)
    for number, kinds in groups.items():
        if len(kinds) > 1:
            raise Refusal(
                "tie_unresolved",
                _("%(files)s share rank %(rank)s and would not have the same outcome.")
                % {"files": ", ".join(references[number]), "rank": number},
                remedy=_("Part them by a vote: move one of them, with the reason."),
                article="art. 17",
                status=409,
            )


def chair_sees_every_file(act: Act) -> None:
    """The list is put to the vote by a president recused from none of its files."""
    if queries.closed_files(act.actor, act.obj):
        raise Refusal(
            "chair_is_recused",
            _("You are recused from a file of this list, or have not declared: another president adopts it."),
            remedy=_("The other co-president, or the acting president of your college, puts it to the vote."),
            article="art. 12, 17",
            status=403,
        )


# ---- closing ----


def everything_is_settled(act: Act) -> None:
    meeting = act.obj
    left = meeting.items.filter(state__in=ITEM_OPEN).count()
    if left:
        raise Refusal(
            "items_undecided",
            _("%(n)s items remain: vote on each, defer it or remove it, then adopt the list.") % {"n": left},
            article="art. 15",
            status=409,
        )
    pending = meeting.items.filter(state=AgendaItemState.VOTED, application__state="under_review").exists()
    if pending and meeting.list_adopted_at is None:
        raise Refusal(
            "list_not_adopted",
            _("The list (ranks, amounts, reserve list) is not adopted."),
            remedy=_("Put it to the vote before closing the meeting."),
            article="art. 17",
            status=409,
        )


def not_agreed_yet(act: Act) -> None:
    college = queries.presides(act.actor, act.obj, act.at)
    if college in act.obj.closing_colleges:
        raise Refusal(
            "already_agreed",
            _("Your college has already agreed to close."),
            remedy=_("The other co-president’s agreement is expected."),
            article="art. 11, 16",
            status=409,
        )


def other_president_agreed(act: Act) -> None:
    college = queries.presides(act.actor, act.obj, act.at)
    if not act.preview and str(College(college).other) not in act.obj.closing_colleges:
        raise Refusal(
            "other_president_missing",
            _("Both co-presidents close the meeting together."),
            remedy=_("The other one must agree too."),
            article="art. 11",
            status=409,
        )


# ---- minutes ----


def tampered(sections: Iterable[MinutesSection]) -> list[int]:
    """Positions of the sections whose text no longer gives their hash."""
    return [section.position for section in sections if not section.is_intact]


def list_hash(hashes: list[str]) -> str:
    return canonical_hash(hashes)


def minutes_are_intact(act: Act) -> None:
    meeting = act.obj
    sections = queries.sections_of(meeting)
    frozen = [part.get("hash") for part in (meeting.minutes.context.get("sections", []) if meeting.minutes_id else [])]
    if tampered(sections) or frozen != [section.hash for section in sections]:
        raise Refusal(
            "minutes_tampered",
            _("The minutes no longer match their fingerprints."),
            remedy=_("Revise them: a new version is made and signed anew."),
            article="art. 16",
            status=409,
        )


def to_sign(user, meeting: Meeting, sections: list[MinutesSection], at=None) -> tuple[str, str, list[MinutesSection]]:
    """(college, capacity, sections) that this person signs. A co-president signs all but those of items he is recused from; the acting president of his
    college signs these, or everything when he stands in for an absent, departed or refusing co-president, items he is himself recused from left out."""
    college = queries.presides(user, meeting, at)
    if not college:
        return "", "", []
    closed = queries.closed_files(user, meeting)
    open_to_me = [section for section in sections if not (section.item_id and section.item.application_id in closed)]
    seat = queries.presidents_of(meeting, at).get(college)
    if seat is not None and seat.user_id == user.pk:
        return college, MinutesCapacity.PRESIDENT, open_to_me
    acting = queries.acting_of(meeting).get(college)
    if acting is None or acting.reason != "recused" or seat is None:
        return college, MinutesCapacity.ACTING, open_to_me
    hidden = queries.closed_files(seat.user, meeting)
    return (
        college,
        MinutesCapacity.ACTING,
        [section for section in open_to_me if section.item_id and section.item.application_id in hidden],
    )


def missing_signatures(
    meeting: Meeting, sections: list[MinutesSection] | None = None, signatures=None
) -> dict[str, list[str]]:
    """By college, the titles of the sections nobody signed yet for it; empty when the minutes may be adopted."""
    sections = queries.sections_of(meeting) if sections is None else sections
    signatures = queries.signatures_of(meeting) if signatures is None else signatures
    missing = {}
    for college in LABELS:
        covered = {one for signature in signatures if signature.college == college for one in signature.hashes}
        left = [section.title for section in sections if section.hash not in covered]
        if left:
            missing[college] = left
    return missing


def has_something_to_sign(act: Act) -> None:
    meeting = act.obj
    signatures = queries.signatures_of(meeting)
    if any(signature.user_id == act.actor.pk for signature in signatures):
        raise Refusal("already_signed", _("You have already signed these minutes."), article="art. 16", status=409)
    _college, _capacity, mine = to_sign(act.actor, meeting, queries.sections_of(meeting), act.at)
    if not mine:
        raise Refusal(
            "nothing_to_sign", _("No section of these minutes awaits your signature."), article="art. 16", status=409
        )


def minutes_are_rendered(act: Act) -> None:
    document = act.obj.minutes
    if document is None or document.state != "rendered":
        raise Refusal(
            "document_not_rendered",
            _("The minutes are being prepared as a PDF."),
            remedy=_("Open them once, or come back in a minute."),
            article="art. 16",
            status=409,
        )


def everyone_signed(act: Act) -> None:
    missing = missing_signatures(act.obj)
    if missing:
        raise Refusal(
            "minutes_not_adopted",
            _("The minutes are not adopted: signatures are missing for %(colleges)s.")
            % {"colleges": ", ".join(str(LABELS[college]) for college in missing)},
            article="art. 16",
            status=409,
        )


def refusal_stands(act: Act) -> None:
    if not act.obj.minutes_refusals.filter(withdrawn_at__isnull=True).exists():
        raise Refusal(
            "no_refusal",
            _("No co-president has refused to sign: the minutes are adopted by their signatures."),
            article="art. 16",
            status=409,
        )


def later_meeting_adopted(act: Act) -> None:
    """The item of a later meeting, about these minutes, was adopted by a vote."""
    item = act.get("item")
    if _missing(act, "item"):
        return
    good = (
        item is not None
        and item.minutes_of_id == act.obj.pk
        and item.state == AgendaItemState.VOTED
        and item.outcome == VoteOutcome.ADOPTED
        and item.meeting.planned_at > act.obj.planned_at
    )
    if not good:
        raise Refusal(
            "vote_missing",
            _("No vote of a later meeting adopted these minutes."),
            remedy=_("Put them on the agenda of the next meeting."),
            field="item",
            article="art. 16",
            status=409,
        )


def sections_may_be_revised(act: Act) -> None:
    """Who is recused from an item does not rewrite its section."""
    texts = act.get("texts")
    if not texts:
        if not act.preview:
            raise Refusal("nothing_changed", _("Nothing was changed."), field="texts")
        return
    closed = queries.closed_files(act.actor, act.obj)
    for section in queries.sections_of(act.obj):
        if (
            section.position in {int(one) for one in texts}
            and section.item_id
            and section.item.application_id in closed
        ):
            raise Refusal(
                "recused",
                _("Recusal on %(reference)s: this file is closed to you.")
                % {"reference": section.item.application.reference},
                article="art. 12",
                status=403,
            )
