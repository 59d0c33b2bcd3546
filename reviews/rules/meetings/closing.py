"""Closing the meeting, and its minutes: fingerprints, signatures, revisions (rulebook, art. 15, 16)."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from core.transitions import Act, Refusal, canonical_hash
from fund.enums import College
from reviews.enums.meeting import (
    ITEM_OPEN,
    AgendaItemState,
    MinutesCapacity,
    VoteOutcome,
)
from reviews.models.meeting import Meeting, MinutesSection
from reviews.queries import meetings as queries
from reviews.rules.meetings.frame import LABELS, lacks


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
    if lacks(act, "item"):
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
        _dissents_stand(section, texts)


def _dissents_stand(section: MinutesSection, texts) -> None:
    """What a member signed is his: a correction of the minutes keeps it word for word."""
    new = next((text for position, text in texts.items() if int(position) == section.position), None)
    if new is None or section.item_id is None:
        return
    for row in section.item.dissents.select_related("user"):
        if row.text in section.text and row.text not in new:
            raise Refusal(
                "dissent_is_signed",
                _("%(person)s signed this dissent: nobody else changes it.") % {"person": row.user},
                remedy=_("Only its author writes it again, until the minutes are adopted."),
                field="texts",
                article="art. 16",
                status=409,
            )
