"""An item in discussion: who may stay in the room, what may be proposed (rulebook, art. 12 to 17)."""

from __future__ import annotations

from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.money import format_euros
from core.transitions import Act, Refusal
from reviews import voting
from reviews.enums.meeting import (
    AgendaItemState,
    MeetingState,
    Proposal,
)
from reviews.models.meeting import AgendaItem, Vote
from reviews.portfolio import least_amount, most_amount
from reviews.queries import meetings as queries
from reviews.queries import review_counts
from reviews.rules.meetings.attendance import alternate_may_stand, seat_named
from reviews.rules.meetings.convening import _quorum_missing
from reviews.rules.meetings.frame import LABELS, lacks, meeting_of
from reviews.rules.panel import parity_missing


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
            "vote_open",
            _("A vote is open on this item."),
            remedy=_("Close it or abandon it first."),
            article="art. 16",
            status=409,
        )


def open_vote_is_given_up(act: Act) -> None:
    """Who adjourns while a vote is under way says that he abandons it. Of an item that is closed to him, the same words whether a vote is open or not."""
    if act.preview or act.get("abandon_vote"):
        return
    item = act.obj.items.filter(state=AgendaItemState.IN_DISCUSSION).select_related("application").first()
    words = item and vote_given_up(act.actor, item)
    if words:
        raise Refusal(
            "vote_open",
            words,
            remedy=_("Close the vote first, or say that you abandon it."),
            field="abandon_vote",
            article="art. 16",
            status=409,
        )


def vote_given_up(user, item: AgendaItem) -> str:
    """What adjourning now would do to the vote under way on this item, as this person may read it; empty when none is."""
    if item.application_id and not queries.may_see_file(user, item.application):
        return _(
            "An item closed to you is under discussion: it would be deferred, and its vote abandoned if one is open."
        )
    vote = Vote.objects.filter(item=item, closed_at__isnull=True).first()
    if vote is None:
        return ""
    given = item.ballots.filter(round=vote.round).count()
    return ngettext(
        "A vote is open on item %(number)s: it would be abandoned, and the %(n)s ballot given would not be counted.",
        "A vote is open on item %(number)s: it would be abandoned, and the %(n)s ballots given would not be counted.",
        given,
    ) % {"number": item.position, "n": given}


def leaving_seat(act: Act) -> None:
    """Who leaves is recused from the item; who takes the seat is a free alternate of the college without interest."""
    if lacks(act, "seat"):
        return
    item = act.obj
    room = queries.room_of(item.meeting, act.at)
    seat = seat_named(act, room)
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
    other = seat_named(act, room, "replaced_by")
    alternate_may_stand(act, room, seat, other)
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


def proposal_is_sound(act: Act) -> None:
    """An amount within the request and the ceiling, above the project's minimum, a score that may be funded, equal reviews (art. 4, 13, 14, 17)."""
    item = act.obj
    proposal = act.get("proposal") or item.proposal
    if item.application_id is None or lacks(act, "proposal") and not item.proposal:
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
    _reviews_are_equal(item)
    if proposal != Proposal.REJECTED:
        _score_allows(act, item)


def is_lowered(item: AgendaItem, amount: int | None) -> bool:
    """Whether this amount (cents) is less than the file could be granted."""
    return amount is not None and amount < most_amount(item.application)


def lowered_amount_says_why(act: Act) -> None:
    """Less than the request or the ceiling goes to the vote with its reason, which the minutes and the letter repeat (art. 17)."""
    item = act.obj
    if act.preview or item.application_id is None or (act.get("proposal") or item.proposal) != Proposal.SELECTED:
        return
    amount = act.get("amount") if act.get("amount") is not None else item.amount
    reason = item.amount_reason if act.get("amount_reason") is None else act.get("amount_reason")
    if is_lowered(item, amount) and not reason.strip():
        raise Refusal(
            "reduction_reason_missing",
            _("%(amount)s is less than what could be granted, %(most)s: say why.")
            % {
                "amount": format_euros(amount, cents_if_round=False),
                "most": format_euros(most_amount(item.application), cents_if_round=False),
            },
            remedy=_(
                "Write the reason of the lower amount: the members vote on it, the minutes and the letter give it."
            ),
            field="amount_reason",
            article="art. 17",
        )


def _reviews_are_equal(item: AgendaItem) -> None:
    counts = review_counts(item.application)
    parity = voting.parity(
        reviews=counts,
        fallback=queries.has_fallback(item.application),
        rule=item.meeting.rules["majority"],
        equal_weight=True,
        inequality_recorded=True,
    )
    if not parity.holds:
        raise parity_missing(item.application, counts, item.meeting.call.panel.reviews_per_college)


def proposal_is_still_sound(act: Act) -> None:
    """Asked again as the vote closes: who stepped back since it opened took his reviews, and perhaps the score, with him."""
    if act.obj.application_id and Vote.objects.filter(item=act.obj, closed_at__isnull=True).exists():
        proposal_is_sound(act)


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
