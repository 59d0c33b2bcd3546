"""Items of the agenda: listed, called, voted, deferred, removed; who leaves, who votes, by open or secret ballot."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core.conflicts import changes
from core.transitions import Refusal, locked, verb
from reviews import voting
from reviews.enums.meeting import ITEM_OPEN, AgendaItemState, BallotChoice, MeetingState, VoteMode, VoteOutcome
from reviews.models import Declaration, Seat
from reviews.models.meeting import AgendaItem, Ballot, Departure, Meeting, Tally, Vote
from reviews.queries import meetings as queries
from reviews.rules import meetings as rules
from reviews.rules.meetings import case_officer, president, reason_given, seat_holder
from reviews.rules.meetings.motion import motion_is_carried, place_is_another
from reviews.transitions.deeds import deed

CHAIRED = (rules.meeting_is_open, rules.actor_may_see_item, rules.chair_is_there)
COUNTED = {BallotChoice.FOR: "votes_for", BallotChoice.AGAINST: "against", BallotChoice.ABSTAIN: "abstained"}


def _lock_meeting(item: AgendaItem) -> None:
    """The meeting's row comes before its items': everything said in one meeting is written one thing after another."""
    locked(item.meeting)


def lock_meetings(declaration: Declaration) -> None:
    """The meetings that have this file still to vote on: a room read under their lock holds everybody's word until its votes are kept."""
    items = AgendaItem.objects.filter(application=declaration.application_id, state__in=ITEM_OPEN)
    rows = Meeting.objects.select_for_update(of=("self",)).filter(pk__in=items.values("meeting"))
    list(rows.order_by("pk").values_list("pk"))


# ---- birth and order ----


@verb(
    machine=AgendaItem, label=_("list on the agenda"), who=(case_officer,), creates="listed", on="meeting", inner=True
)
def list_item(act, meeting, *, position, application=None, title="", minutes_of=None):
    """A new item: a file, the minutes of an earlier meeting, or a subject."""
    name = application.display_title if application is not None else title
    return AgendaItem.objects.create(
        meeting=meeting, application=application, minutes_of=minutes_of, title=name[:200], position=position
    )


@verb(machine=AgendaItem, label=_("list again"), who=(case_officer,), inner=True)
def list_again(act, agenda_item, *, meeting, position):
    """A deferred item comes back, at another meeting or at the next sitting of the same one."""
    agenda_item.list_again(meeting, position)


# ---- the room, for one item ----


@deed(
    on=AgendaItem,
    label=_("record a departure"),
    who=(president, case_officer),
    sources=ITEM_OPEN,
    guards=(rules.meeting_is_open, rules.chair_is_there, rules.leaving_seat),
    lock=_lock_meeting,
)
def step_out(act, agenda_item, *, seat, replaced_by=None):
    """A recused member leaves for this item; an alternate of his college, without interest, may take the seat. The hour is kept."""
    act.note(seat=seat.pk, replaced_by=getattr(replaced_by, "pk", None))
    Departure.objects.create(
        item=agenda_item, meeting=agenda_item.meeting, seat=seat, left_at=act.at, replaced_by=replaced_by
    )


def note_recusal(*, application, user, actor, at) -> None:
    """A member who recuses himself during the discussion of a file has left at that instant (called by his declaration)."""
    for item in AgendaItem.objects.filter(
        application=application, state=AgendaItemState.IN_DISCUSSION, meeting__state=MeetingState.OPEN
    ).select_related("meeting__call"):
        room = queries.room_of(item.meeting, at)
        for seat in room.recused_in_room(item):
            if (speaker := room._standing(seat)) is not None and speaker.user_id == user.pk:
                Departure.objects.get_or_create(
                    item=item, meeting=item.meeting, seat=seat, returned_at=None, defaults={"left_at": at}
                )
        _void_vote_of(user, item, room, at)


def _void_vote_of(user, item: AgendaItem, room: queries.Room, at) -> None:
    """A vote in which he had a hand before he stepped back starts again: his ballot would count once more if somebody else took the seat."""
    vote = rules.open_vote(item)
    if vote is None:
        return
    voted = set(Ballot.objects.filter(item=item, round=vote.round).values_list("seat", flat=True))
    if any(seat.pk in voted and user.pk in room.hands(seat, item) for seat in room.seats):
        _void_open_vote(item, at)


def _everyone_returns(item: AgendaItem, at) -> None:
    Departure.objects.filter(item=item, returned_at__isnull=True).update(returned_at=at)


@verb(
    machine=AgendaItem,
    label=_("call the item"),
    who=(president, case_officer),
    lock=_lock_meeting,
    guards=(
        *CHAIRED,
        rules.file_is_under_review,
        rules.nothing_else_in_discussion,
        rules.recused_have_left,
        rules.all_have_declared,
        rules.quorum_on_item,
        rules.list_not_adopted_yet,
    ),
)
def discuss(act, agenda_item):
    """The chair calls the item: quorum checked, recused members out of the room."""
    quorum = queries.room_of(agenda_item.meeting, act.at).quorum(agenda_item)
    act.note(**_quorum_facts(quorum))
    agenda_item.discuss(act.at)


def _quorum_facts(quorum: voting.Quorum) -> dict:
    civil, state = quorum.colleges["civil_society"], quorum.colleges["state"]
    return {"civil": civil.present, "civil_base": civil.base, "state": state.present, "state_base": state.base}


@deed(
    on=AgendaItem,
    label=_("write the discussion"),
    who=(president, case_officer),
    sources=(AgendaItemState.LISTED, AgendaItemState.IN_DISCUSSION, AgendaItemState.VOTED),
    guards=CHAIRED,
    lock=_lock_meeting,
)
def note(act, agenda_item, *, debate=None, dissent=None, grounds=None, read=None):
    """Summary of the discussion, a disagreement to be recorded, the grounds: what the minutes will say. `read`: the same texts as they were when one began."""
    _write(act, agenda_item, {"debate": debate, "dissent": dissent, "grounds": grounds}, read)


def _write(act, item: AgendaItem, texts: dict[str, str | None], read: dict[str, str] | None) -> None:
    """Those that their writer changed against what he read; what somebody else wrote there since is not lost (`version_conflict`)."""
    wanted = {name: text for name, text in texts.items() if text is not None}
    found = changes(
        wanted=wanted,
        read=read or {},
        stored={name: getattr(item, name) for name in wanted},
        actor=act.actor,
        writer=lambda keys: queries.last_writer(item, "note", "open_ballot", parts=keys),
    )
    for name, text in found.items():
        setattr(item, name, text.strip())
    act.note(sections=sorted(found))


# ---- votes ----


def _void_open_vote(item: AgendaItem, at) -> None:
    Vote.objects.filter(item=item, closed_at__isnull=True).update(closed_at=at, outcome=VoteOutcome.VOID)


def _new_vote(item: AgendaItem, mode: str, at) -> Vote:
    item.round += 1
    return Vote.objects.create(
        item=item,
        meeting=item.meeting,
        round=item.round,
        mode=mode,
        proposal=item.proposal,
        amount=item.amount,
        second=item.tied,
        opened_at=at,
    )


@deed(
    on=AgendaItem,
    label=_("put to the vote"),
    who=(president, case_officer),
    sources=(AgendaItemState.IN_DISCUSSION,),
    lock=_lock_meeting,
    guards=(
        *CHAIRED,
        rules.no_vote_open,
        rules.file_is_under_review,
        rules.recused_have_left,
        rules.quorum_on_item,
        rules.proposal_is_sound,
        rules.lowered_amount_says_why,
    ),
)
def open_ballot(
    act, agenda_item, *, mode=VoteMode.OPEN, proposal="", amount=None, amount_reason=None, grounds=None, read=None
):
    """Put a proposal to the vote. `mode`: consent, open or secret (secret at once when members enough asked for it); `amount` in cents,
    with `amount_reason` when it is less than the request; `grounds`, and as they were `read`, as `note` takes them."""
    if agenda_item.application_id:
        agenda_item.proposal = proposal or agenda_item.proposal
        agenda_item.amount = (
            (amount if amount is not None else agenda_item.amount) if agenda_item.proposal == "selected" else None
        )
        said = agenda_item.amount_reason if amount_reason is None else amount_reason.strip()
        agenda_item.amount_reason = said if rules.is_lowered(agenda_item, agenda_item.amount) else ""
    _write(act, agenda_item, {"grounds": grounds}, read)
    if mode != VoteMode.SECRET and _secret_is_due(agenda_item):
        mode = VoteMode.SECRET
    vote = _new_vote(agenda_item, mode, act.at)
    act.note(round=vote.round, mode=str(mode), second=vote.second)
    return vote


def _secret_is_due(item: AgendaItem) -> bool:
    return item.secret_asked_by.count() >= item.meeting.rules["secret_ballot_on_request_of"]


@deed(
    on=AgendaItem,
    label=_("ask for a secret ballot"),
    who=(seat_holder,),
    sources=(AgendaItemState.LISTED, AgendaItemState.IN_DISCUSSION),
    lock=_lock_meeting,
    guards=CHAIRED,
)
def ask_secret(act, agenda_item):
    """A member asks for the secret of the vote: with members enough, the open vote under way is abandoned and a secret one begins."""
    room = queries.room_of(agenda_item.meeting, act.at)
    seats = room.spoken_for(act.actor, agenda_item)
    if not seats:
        raise Refusal(
            "not_present",
            _now("You are not recorded as present on this item."),
            remedy=_now("Tell the secretariat you are here."),
            article="art. 16",
            status=409,
        )
    agenda_item.secret_asked_by.add(seats[0])
    vote = rules.open_vote(agenda_item)
    if vote is not None and not vote.is_secret and _secret_is_due(agenda_item):
        _void_open_vote(agenda_item, act.at)
        _new_vote(agenda_item, VoteMode.SECRET, act.at)


@deed(
    on=AgendaItem,
    label=_("vote"),
    who=(seat_holder, case_officer),
    sources=(AgendaItemState.IN_DISCUSSION,),
    lock=_lock_meeting,
    guards=(rules.meeting_is_open, rules.vote_is_open, rules.ballot_stands),
)
def cast(act, agenda_item, *, seat, choice):
    """One seat's vote. In secret the row says that the seat voted, the college's tally goes up by one, and nothing ties the two."""
    vote = rules.open_vote(agenda_item)
    if vote.is_secret:
        Ballot.objects.create(item=agenda_item, round=vote.round, seat=seat, entered_by=act.actor)
        Tally.objects.get_or_create(item=agenda_item, round=vote.round, college=seat.college)
        column = COUNTED[choice]
        Tally.objects.filter(item=agenda_item, round=vote.round, college=seat.college).update(**{column: F(column) + 1})
    else:
        Ballot.objects.create(item=agenda_item, round=vote.round, seat=seat, choice=choice, entered_by=act.actor)
    act.note(round=vote.round, seat=seat.pk)


def cast_hands(*, agenda_item, actor, at=None, choices) -> int:
    """Enter a show of hands: {seat: choice} of those not entered yet, all or none. Returns how many."""
    at = at or timezone.now()
    with transaction.atomic():
        for seat, choice in choices.items():
            try:
                cast(agenda_item=agenda_item, actor=actor, at=at, seat=seat, choice=choice)
            except Refusal as refusal:
                refusal.reason, refusal.field = f"{seat.user} : {refusal.reason}", f"seat-{seat.pk}"
                raise
    return len(choices)


@deed(
    on=AgendaItem,
    label=_("abandon this vote"),
    who=(president, case_officer),
    sources=(AgendaItemState.IN_DISCUSSION,),
    lock=_lock_meeting,
    guards=(*CHAIRED, rules.vote_is_open),
)
def abandon_vote(act, agenda_item):
    """A vote that cannot be counted is kept, marked abandoned; another may be opened."""
    _void_open_vote(agenda_item, act.at)


def _settle(vote: Vote, found: rules.Count, room, at) -> None:
    """Write the figures of a vote that is being closed: they never change afterwards."""
    result = found.result
    for college, tally in result.colleges.items():
        Tally.objects.update_or_create(
            item=vote.item,
            round=vote.round,
            college=college,
            defaults={
                "votes_for": tally.votes_for,
                "against": tally.against,
                "abstained": tally.abstained,
                "present": tally.present,
                "base": found.quorum.colleges[college].base,
            },
        )
    vote.rule, vote.outcome, vote.closed_at, vote.equal_weight = (
        result.rule,
        str(result.outcome),
        at,
        result.equal_weight,
    )
    vote.weighted = f"{result.weighted.numerator}/{result.weighted.denominator}" if result.weighted is not None else ""
    vote.save()


CLOSING = (
    *CHAIRED,
    rules.vote_is_open,
    rules.quorum_on_item,
    rules.proposal_is_still_sound,
    rules.consent_is_possible,
    rules.everyone_has_voted,
)


def _counted(act, item) -> tuple[Vote, rules.Count]:
    vote, room = rules.open_vote(item), queries.room_of(item.meeting, act.at)
    found = rules.count(item, vote, room)
    _settle(vote, found, room, act.at)
    act.note(round=vote.round, mode=vote.mode, outcome=vote.outcome, weighted=vote.weighted)
    return vote, found


@verb(machine=AgendaItem, label=_("close the vote"), who=(president, case_officer), guards=CLOSING, lock=_lock_meeting)
def vote(act, agenda_item, *, anyway=False):
    """The vote decides: adopted or not. `anyway` closes it though seats present did not vote, which the count shows."""
    closed, _found = _counted(act, agenda_item)
    if closed.outcome not in (VoteOutcome.ADOPTED, VoteOutcome.REJECTED):
        raise Refusal(
            "vote_undecided",
            _now("This vote decides nothing: an equal split, or a college without a vote."),
            article="art. 16",
            status=409,
        )
    agenda_item.vote(closed.outcome, act.at)
    _everyone_returns(agenda_item, act.at)


@deed(
    on=AgendaItem,
    label=_("open the second discussion"),
    who=(president, case_officer),
    sources=(AgendaItemState.IN_DISCUSSION,),
    guards=CLOSING,
    lock=_lock_meeting,
)
def note_tie(act, agenda_item, *, anyway=False):
    """An equal split: it is recorded, the panel discusses again, and the next vote is the last."""
    closed, _found = _counted(act, agenda_item)
    if closed.outcome != VoteOutcome.TIED:
        raise Refusal("not_tied", _now("The votes are not equally split."), article="art. 16", status=409)
    agenda_item.tied = True


@deed(
    on=AgendaItem,
    label=_("note a vote that defers the item"),
    who=(president, case_officer),
    sources=(AgendaItemState.IN_DISCUSSION,),
    guards=CLOSING,
    lock=_lock_meeting,
)
def note_silence(act, agenda_item, *, anyway=False):
    """A college without a vote for or against, or an equal split where the rules say so: the count is kept, the item will be deferred."""
    _counted(act, agenda_item)


def close_vote(*, agenda_item, actor, at=None, anyway=False) -> AgendaItem:
    """Close the vote and draw what follows: voted; or, at an equal split, what the rules say (a second discussion by default); or, when a college is
    silent, deferred."""
    at = at or timezone.now()
    with transaction.atomic():
        _lock_meeting(agenda_item)
        item = AgendaItem.objects.select_related("meeting__call__rule_version").get(pk=agenda_item.pk)
        open_one = rules.open_vote(item)
        outcome = None
        if open_one is not None and item.state == AgendaItemState.IN_DISCUSSION:
            outcome = rules.count(item, open_one, queries.room_of(item.meeting, at)).result
        if outcome is not None and outcome.outcome == voting.Outcome.TIED:
            return note_tie(agenda_item=item, actor=actor, at=at, anyway=anyway)
        if outcome is not None and outcome.outcome == voting.Outcome.DEFERRED:
            note_silence(agenda_item=item, actor=actor, at=at, anyway=anyway)
            colleges = ", ".join(str(rules.LABELS[name]) for name in outcome.silent)
            reason = (
                _now("No member of the college “%(college)s” voted for or against.") % {"college": colleges}
                if outcome.silent
                else _now("The votes are equally split; the rules defer the item to another meeting.")
            )
            return defer(agenda_item=item, actor=actor, at=at, reason=reason)
        return vote(agenda_item=item, actor=actor, at=at, anyway=anyway)


def agree(*, agenda_item, actor, at=None, **proposed) -> AgendaItem:
    """No objection: everyone present or represented is counted in favour (art. 16, 1°). `proposed`: as `open_ballot` takes it."""
    at = at or timezone.now()
    with transaction.atomic():
        open_ballot(
            agenda_item=agenda_item,
            actor=actor,
            at=at,
            mode=VoteMode.CONSENT,
            **proposed,
        )
        item = AgendaItem.objects.get(pk=agenda_item.pk)
        if (opened := rules.open_vote(item)) is not None and opened.is_secret:
            raise Refusal(
                "secret_asked",
                _now("A member asked for a secret ballot on this item."),
                remedy=_now("Open a secret ballot."),
                article="art. 16",
                status=409,
            )
        return close_vote(agenda_item=item, actor=actor, at=at)


# ---- other ends ----


@verb(
    machine=AgendaItem,
    label=_("defer the item"),
    who=(president, case_officer),
    guards=(*CHAIRED, reason_given),
    lock=_lock_meeting,
    danger=True,
)
def defer(act, agenda_item, *, reason):
    """The item goes to another meeting, with a reason: no quorum on it, a college silent, a missing paper."""
    act.because(reason)
    _void_open_vote(agenda_item, act.at)
    _everyone_returns(agenda_item, act.at)
    agenda_item.defer(reason.strip())


@verb(
    machine=AgendaItem,
    name="defer_with_meeting",
    fsm="defer",
    label=_("defer with the meeting"),
    who=(president,),
    inner=True,
)
def defer_with_meeting(act, agenda_item, *, reason):
    """The meeting is adjourned or cancelled: what was under way goes back to what must be listed again."""
    _void_open_vote(agenda_item, act.at)
    _everyone_returns(agenda_item, act.at)
    agenda_item.defer(reason.strip())


@verb(
    machine=AgendaItem,
    label=_("remove from the agenda"),
    who=(president, case_officer),
    guards=(rules.actor_may_see_item, rules.chair_is_there, rules.no_vote_open, reason_given),
    lock=_lock_meeting,
    danger=True,
)
def withdraw(act, agenda_item, *, reason):
    """The item no longer applies. Nothing is removed from under a vote: it is closed or abandoned first."""
    act.because(reason)
    _everyone_returns(agenda_item, act.at)
    agenda_item.withdraw(reason.strip())


@verb(
    machine=AgendaItem,
    name="withdraw_with_file",
    fsm="withdraw",
    label=_("remove with its file"),
    who=(case_officer,),
    inner=True,
)
def withdraw_with_file(act, agenda_item):
    """Its file left the review."""
    _void_open_vote(agenda_item, act.at)
    _everyone_returns(agenda_item, act.at)
    agenda_item.withdraw("Le dossier n’est plus en examen.")


@verb(
    machine=AgendaItem,
    name="withdraw_with_agenda",
    fsm="withdraw",
    label=_("remove with a new agenda"),
    who=(case_officer,),
    inner=True,
)
def withdraw_with_agenda(act, agenda_item):
    """The agenda was changed without this item."""
    agenda_item.withdraw("L’ordre du jour a changé.")


def file_withdrawn(*, application, actor, at) -> None:
    """Remove the open items of a file that leaves the review; called inside the verb that takes it out."""
    for item in AgendaItem.objects.filter(application=application, state__in=ITEM_OPEN):
        withdraw_with_file(agenda_item=item, actor=actor, at=at)


@verb(
    machine=AgendaItem,
    label=_("reopen by a motion"),
    who=(president,),
    lock=_lock_meeting,
    danger=True,
    guards=(
        *CHAIRED,
        rules.list_not_adopted_yet,
        rules.nothing_else_in_discussion,
        rules.quorum_on_item,
        reason_given,
        motion_is_carried,
    ),
)
def reopen(act, agenda_item, *, reason, votes=None):
    """A motion carried in the same meeting: the item is discussed and voted on again; both votes are kept. `votes`: of the motion, by college; None when
    nobody objects."""
    act.because(reason)
    agenda_item.reopen()
    meeting = Meeting.objects.get(pk=agenda_item.meeting_id)
    meeting.forget_closing()
    meeting.save()


@deed(
    on=AgendaItem,
    label=_("move in the ranking"),
    who=(president,),
    sources=(AgendaItemState.LISTED, AgendaItemState.IN_DISCUSSION, AgendaItemState.VOTED),
    lock=_lock_meeting,
    guards=(
        *CHAIRED,
        rules.list_not_adopted_yet,
        rules.quorum_on_item,
        reason_given,
        place_is_another,
        motion_is_carried,
    ),
)
def move(act, agenda_item, *, place, reason, votes=None):
    """The panel moves a file to another rank, by a vote and with its reason; both ranks stay written. `votes`: of the motion, by college; None when
    nobody objects."""
    act.because(reason)
    act.note(place=place)
    agenda_item.place, agenda_item.place_reason, agenda_item.place_at = place, reason.strip(), act.at


def seats_by_id(ids) -> dict[int, Seat]:
    return {seat.pk: seat for seat in Seat.objects.filter(pk__in=ids).select_related("user")}
