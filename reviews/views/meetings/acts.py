"""The acts of a meeting as cards: `convene` is about the meeting, `discuss-12` about the item 12 of its agenda, `cast-12-3` its vote for the seat 3."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.forms import FundForm, PlainForm, ReasonForm
from core.transitions import Offer, Refusal
from fund.views.acts import Card, did
from reviews.enums.meeting import AgendaItemState, AttendanceKind, VoteMode
from reviews.forms import meetings as forms
from reviews.models.meeting import AgendaItem, Meeting, Vote
from reviews.queries import meetings as queries
from reviews.queries.session import Session
from reviews.rules import meetings as rules
from reviews.transitions import agenda, meetings
from reviews.transitions.deeds import offer_of

LISTED, DISCUSSED, VOTED = AgendaItemState.LISTED, AgendaItemState.IN_DISCUSSION, AgendaItemState.VOTED


@dataclass(frozen=True)
class Desk:
    """Whose pages these are: the panel's, or the case officers'. Addresses by name."""

    code: str
    index: str
    meeting: str
    list: str
    minutes: str
    follow: str
    wall: str
    follow_wall: str
    draws: str
    clear: str
    paper: str
    rehearsal: str
    title: Any
    home: str

    @property
    def is_staff(self) -> bool:
        return self.code == "staff"


MEMBERS = Desk(
    "members",
    "reviews:meetings",
    "reviews:meeting",
    "reviews:meeting_list",
    "reviews:minutes",
    "reviews:meeting_live",
    "reviews:wall",
    "reviews:wall_live",
    "reviews:draws",
    "reviews:clear_files",
    "reviews:meeting_paper",
    "reviews:rehearsal",
    gettext_lazy("My panel desk"),
    "/commission/",
)
STAFF = Desk(
    "staff",
    "reviews:meeting_desk",
    "reviews:conduct",
    "reviews:conduct_list",
    "reviews:conduct_minutes",
    "reviews:conduct_live",
    "reviews:conduct_wall",
    "reviews:conduct_wall_live",
    "reviews:conduct_draws",
    "reviews:conduct_clear",
    "reviews:conduct_paper",
    "reviews:conduct_rehearsal",
    gettext_lazy("Instruction"),
    "/instruction/",
)


@dataclass(frozen=True)
class Declared:
    """An act of the page: whom the screen asks (`asks`, a verb with its preview), what is called, its form, the words on the button."""

    call: Callable
    form: type[FundForm] = PlainForm
    asks: Callable | None = None
    preview: dict = field(default_factory=dict)
    label: Any = ""
    explains: Any = ""
    states: tuple = ()
    open_vote: bool | None = None

    @property
    def verb_call(self):
        return self.asks or self.call


@dataclass(frozen=True)
class KeyedOffer(Offer):
    """An offer of this page: its key says about which row it is."""

    key: str = ""
    words: Any = ""

    @property
    def name(self):
        return self.key

    @property
    def label(self):
        return self.words or self.verb.label


def put_to_vote(*, agenda_item, mode, **params):
    """Without objection the vote is opened and closed at once."""
    if mode == VoteMode.CONSENT:
        return agenda.agree(agenda_item=agenda_item, **params)
    return agenda.open_ballot(agenda_item=agenda_item, mode=mode, **params)


MEETING = {
    "convene": Declared(
        meetings.convene, forms.UrgencyForm, preview={"urgency_reason": "?"}
    ),  # it is asked beside the button
    "open": Declared(meetings.open),
    "fail_quorum": Declared(meetings.fail_quorum),
    "announce": Declared(meetings.announce, forms.AnnounceForm),
    "record_all": Declared(
        meetings.record_all,
        forms.AttendanceForm,
        asks=meetings.record_attendance,
        label=gettext_lazy("record attendance"),
    ),
    "designate_acting": Declared(meetings.designate_acting, forms.ActingForm),
    "close": Declared(
        meetings.close,
        explains=gettext_lazy(
            "Both presidents close the meeting together: the first agrees, it closes when the other agrees too. Then nothing is discussed or voted any more, "
            "and the minutes are drafted for both to sign."
        ),
    ),
    "adjourn": Declared(
        meetings.adjourn,
        forms.AdjournForm,
        explains=gettext_lazy(
            "For a break of some minutes, do not adjourn: the meeting stays open, and the wall shows where it is. To adjourn ends this sitting: the item under "
            "way is deferred, votes taken stay, and the case officer sends a new notice for the rest. The quorum is asked again, unless it was missing."
        ),
    ),
    "reconvene": Declared(meetings.reconvene, forms.ReconveneForm),
    "reschedule": Declared(meetings.reschedule, forms.RescheduleForm),
    "cancel": Declared(meetings.cancel, ReasonForm),
}
ITEM = {
    "discuss": Declared(agenda.discuss, states=(LISTED,)),
    "step_out": Declared(agenda.step_out, forms.StepOutForm, states=(LISTED, DISCUSSED)),
    "open_ballot": Declared(
        put_to_vote, forms.BallotForm, asks=agenda.open_ballot, states=(DISCUSSED,), open_vote=False
    ),
    "cast_hands": Declared(
        agenda.cast_hands,
        forms.HandsForm,
        asks=agenda.cast,
        label=gettext_lazy("enter a show of hands"),
        states=(DISCUSSED,),
        open_vote=True,
    ),
    "close_vote": Declared(
        agenda.close_vote,
        forms.CloseVoteForm,
        asks=agenda.vote,
        preview={"anyway": True},
        states=(DISCUSSED,),
        open_vote=True,
    ),
    "abandon_vote": Declared(agenda.abandon_vote, states=(DISCUSSED,), open_vote=True),
    "ask_secret": Declared(agenda.ask_secret, states=(LISTED, DISCUSSED)),
    "note": Declared(agenda.note, forms.NoteForm, states=(DISCUSSED, VOTED)),
    "move": Declared(agenda.move, forms.MoveForm, states=(DISCUSSED, VOTED)),
    "reopen": Declared(agenda.reopen, forms.MotionForm, states=(VOTED,)),
    "defer": Declared(agenda.defer, ReasonForm, states=(LISTED, DISCUSSED)),
    "withdraw": Declared(agenda.withdraw, ReasonForm, states=(LISTED, DISCUSSED)),
}
CAST = Declared(agenda.cast, forms.CastForm)


def _form(request, declared: Declared, obj, key: str, room, voted=(), data=None) -> FundForm:
    extra: dict[str, Any] = {}
    if issubclass(declared.form, forms.SeatsForm):
        extra["room"] = room
    if declared.form is forms.HandsForm:
        extra["voted"] = voted
    form = declared.form(data, obj=obj, user=request.user, prefix=key, **extra)
    form.act = key
    return form


def card(request, declared: Declared, obj, key: str, room, bound=None, voted=()) -> Card | None:
    """The card of an act this person could do in this state, else None."""
    found = offer_of(declared.verb_call, obj, request.user, request.received_at, **declared.preview)
    if found is None or not found.in_state:
        return None
    form = bound if bound is not None and bound.act == key else _form(request, declared, obj, key, room, voted)
    return Card(KeyedOffer(found.verb, found.refusal, declared.explains, key, declared.label), form)


OF_MEMBERS = ("announce", "ask_secret")


def conducts(request, meeting: Meeting) -> bool:
    """The secretary and the chairs run the meeting; a member only answers the notice, asks for a secret ballot and votes."""
    return any(who(request.user, meeting, request.received_at) for who in agenda.note.verb.who)


def meeting_cards(request, seen: Session, conducts: bool, bound=None) -> dict[str, Card]:
    seat = seen.room.seat_of(request.user)
    found = {}
    for name, one in MEETING.items():
        if not conducts and name not in OF_MEMBERS or name == "fail_quorum" and seen.quorum.met:
            continue
        if name == "announce" and (seat is None or not seat.is_full_member):
            continue
        found[name] = made = card(request, one, seen.meeting, name, seen.room, bound)
        if made is not None and isinstance(made.form, forms.ActingForm):
            made.form.tell_acting(seen.acting)
        if made is not None and isinstance(made.form, forms.AdjournForm):
            made.form.tell_vote(rules.vote_given_up(request.user, seen.current.item) if seen.current else "")
    return {name: one for name, one in found.items() if one is not None}


def item_cards(request, seen: Session, conducts: bool, bound=None) -> list[Card]:
    """Acts about the point in focus, for who may see it, while the meeting is open."""
    point = seen.focus
    if point is None or point.closed or not seen.is_open:
        return []
    found, vote = [], point.open_vote
    for name, one in ITEM.items():
        if point.item.state not in one.states or one.open_vote not in (None, vote is not None):
            continue
        if not conducts and name not in OF_MEMBERS:
            continue
        if name == "step_out" and not seen.room.recused_in_room(point.item):
            continue
        if name == "ask_secret" and vote is not None and vote.is_secret:
            continue
        if name == "cast_hands" and vote is not None and vote.is_secret or name == "move" and not point.item.is_file:
            continue
        secret = name == "close_vote" and vote is not None and vote.is_secret
        deed = replace(one, explains=_secret(seen)) if secret else one
        made = card(request, deed, point.item, f"{name}-{point.item.pk}", seen.room, bound, seen.voted)
        if made is not None and name == "close_vote" and not seen.expected and not made.form.is_bound:
            del made.form.fields["anyway"]  # every voice is in: one button
        if made is not None and isinstance(made.form, forms.BallotForm):
            made.form.tell_left(seen.meter.spendable)
        found.append(made)
    return [one for one in found if one is not None]


def _secret(seen: Session) -> str:
    """What the count of a secret ballot would tell of each vote, said before it is closed; nothing here comes from the votes given, only from who voted."""
    words = [_("The result is given by college: where all of a college voted alike, it tells how each of them did.")]
    for side in seen.sides:
        if sum(chair.seat.pk in seen.voted for chair in side.chairs) == 1:
            words.append(
                _(
                    "One member alone voted in the college “%(college)s”: closed now, the result tells how. Wait, or abandon this vote."
                )
                % {"college": rules.LABELS[side.college]}
            )
    return " ".join(words)


def my_votes(request, seen: Session, bound=None) -> list[tuple]:
    """(seat, form or None when its vote is recorded) for each seat this person votes for on the point under discussion."""
    point = seen.focus
    if point is None or point.closed or point.open_vote is None or point.open_vote.mode == VoteMode.CONSENT:
        return []
    found = []
    for seat in seen.my_seats:
        key = f"cast-{point.item.pk}-{seat.pk}"
        mine = bound if bound is not None and bound.act == key else _form(request, CAST, point.item, key, seen.room)
        found.append((seat, None if seat.pk in seen.voted else mine))
    return found


# ---- doing ----


def _target(meeting: Meeting, key: str):
    """(act, row, seat number) of a posted key."""
    name, *numbers = key.split("-")
    if not all(number.isdigit() and len(number) < 10 for number in numbers):
        raise Http404
    if name in MEETING and not numbers:
        return MEETING[name], meeting, None
    declared = CAST if name == "cast" and len(numbers) == 2 else ITEM.get(name) if len(numbers) == 1 else None
    if declared is None:
        raise Refusal("unknown_act", _("This act does not exist on this page."), status=400)
    item = (
        AgendaItem.objects.select_related("meeting__call__rule_version", "application__call")
        .filter(meeting=meeting, pk=int(numbers[0]))
        .first()
    )
    if item is None:
        raise Http404
    return declared, item, int(numbers[1]) if len(numbers) == 2 else None


def post(request, meeting: Meeting, desk: Desk):
    """Do the posted act. Returns (response, bound form): back to the page, or the form with what was typed and why it was refused."""
    key = request.POST.get("act", "")
    declared, obj, seat_number = _target(meeting, key)
    room = queries.room_of(meeting, request.received_at)
    if obj is not meeting and declared is not ITEM["step_out"]:
        _open_to(request.user, obj)
    form = _form(request, declared, obj, key, room, data=request.POST)
    if not form.is_valid():
        return None, form
    params = form.params()
    if declared is CAST:
        params["seat"] = room.seat(seat_number)
    keyword = "meeting" if obj is meeting else "agenda_item"
    try:
        done = declared.call(**{keyword: obj}, actor=request.user, at=request.received_at, **params)
    except Refusal as refusal:
        form.refuse(refusal)
        return None, form
    messages.success(request, _told(declared, done, params))
    here = reverse(desk.meeting, args=[meeting.pk])
    return redirect(here if obj is meeting else f"{here}?point={obj.pk}"), None


def _told(declared: Declared, done, params: dict):
    """What was done, in words: an act that waits for somebody else, or did other than was asked, says so."""
    if declared is CAST:
        return _("Your vote is recorded.")
    if declared is MEETING["announce"]:
        answer = AttendanceKind(params["presence"]).label
        return _("Your answer to the notice is recorded: %(answer)s.") % {"answer": answer}
    if declared is MEETING["designate_acting"]:
        return _acting(done, params["seat"])
    if declared is MEETING["close"] and done.is_open:
        return _("You agree to close. The meeting closes when the other president agrees too.")
    if declared is ITEM["ask_secret"]:
        return _("Your request for a secret ballot is recorded.")
    if declared is ITEM["open_ballot"]:
        if not isinstance(done, Vote):
            return _("Adopted without objection.")
        if done.is_secret and params["mode"] != VoteMode.SECRET:
            return _("The vote is open by secret ballot, not as you chose: members asked for it.")
        return _("The vote is open.")
    return did(declared)


def _acting(meeting: Meeting, seat) -> str:
    """Who stands in now, and in whose place when somebody else did until this act."""
    rows = list(meeting.acting_presidents.filter(college=seat.college).select_related("seat__user"))
    former = rows[-2] if len(rows) > 1 and rows[-2].ended_at == rows[-1].designated_at else None
    if former is not None and former.seat_id != seat.pk:
        return _("%(person)s is acting president of the college, in place of %(other)s.") % {
            "person": seat.user,
            "other": former.seat.user,
        }
    return _("%(person)s is acting president of the college.") % {"person": seat.user}


def _open_to(user, item: AgendaItem) -> None:
    """Nothing is asked nor answered about a file that is closed to this person."""
    if item.application is not None and not queries.may_see_file(user, item.application):
        raise Refusal(
            "recused",
            _("Recusal on %(reference)s: this file is closed to you.") % {"reference": item.application.reference},
            article="art. 12",
            status=403,
        )
