"""Clear files settled in one act (art. 16, 1°): which may be, who takes one out, what stops it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.transitions import Act, Refusal
from reviews.enums.meeting import AgendaItemState
from reviews.models.meeting import ClearPoint
from reviews.queries import clear
from reviews.queries import meetings as queries
from reviews.rules.meetings.frame import lacks


def chair_sees_all(act: Act) -> None:
    """Which files are clear is counted over all of them: a president recused from one of the meeting proposes nothing, whatever file it is."""
    if queries.closed_files(act.actor, act.obj):
        raise Refusal(
            "chair_is_recused",
            _("You are recused from a file of this meeting, or have not declared: another president proposes these."),
            remedy=_("The other co-president, or the acting president of your college, does it."),
            article="art. 12, 16",
            status=403,
        )


def _refuse_unclear(items, known: dict[int, clear.Candidate], remedy: str) -> None:
    for item in items:
        one = known.get(item.pk)
        if one is None or not one.is_clear:
            raise Refusal(
                "not_clear",
                _("%(reference)s is not settled without debate: %(reasons)s.")
                % {
                    "reference": item.application.reference if item.application_id else item.title,
                    "reasons": "; ".join(one.reasons) if one is not None else _("it is not a file waiting for a vote"),
                },
                remedy=remedy,
                field="items",
                article="art. 16",
                status=409,
            )


def files_are_clear(act: Act) -> None:
    """Every file chosen is clear, and no member took it out of an earlier proposal."""
    if lacks(act, "items"):
        return
    items = list(act.get("items") or ())
    if not items and not clear.waiting(clear.points_of(act.obj)):
        raise Refusal(
            "nothing_chosen", _("Choose at least one file to propose."), field="items", article="art. 16", status=409
        )
    known = act.found["clear"] = {one.item.pk: one for one in clear.candidates(act.obj)}
    _refuse_unclear(items, known, _("Call it as an item of its own."))
    out = ClearPoint.objects.filter(meeting=act.obj, item__in=items, taken_out_at__isnull=False).first()
    if out is not None and out.taken_out_by is not None:
        raise Refusal(
            "taken_out",
            _("%(person)s asked that %(reference)s be dealt with on its own.")
            % {"person": out.taken_out_by.user, "reference": out.reference},
            remedy=_("Call it as an item of its own."),
            field="items",
            article="art. 16",
            status=409,
        )


def something_waits(act: Act) -> None:
    if not clear.waiting(clear.points_of(act.obj)):
        raise Refusal(
            "nothing_proposed",
            _("No clear file is proposed."),
            remedy=_("A co-president proposes the files to settle in one act."),
            article="art. 16",
            status=409,
        )


def as_announced(act: Act) -> None:
    """`announced`, when given, are the items that the president read before he asked: what a member took out meanwhile, or another president changed, is
    said before anything is voted."""
    read = act.get("announced")
    if act.preview or read is None:
        return
    points = clear.points_of(act.obj)
    now = {one.item_id for one in clear.waiting(points)}
    if now == set(read):
        return
    out = [(one, one.taken_out_by.user) for one in points if one.item_id in read and one.taken_out_by is not None]
    raise Refusal(
        "proposal_changed",
        _("The files proposed have changed since you read them.")
        if not out
        else _("Taken out since you read the files proposed: %(files)s.")
        % {"files": ", ".join(f"{one.reference} ({person})" for one, person in out)},
        remedy=_("Nothing is voted yet: read again what is proposed, then put it to the vote."),
        article="art. 16",
        status=409,
    )


def still_clear(act: Act) -> None:
    """Asked again at the vote: a request to discuss or for a secret ballot, a recusal that takes a review away, change what is clear."""
    if act.preview:
        return
    points = act.found["points"] = clear.waiting(clear.points_of(act.obj))
    known = {one.item.pk: one for one in clear.candidates(act.obj)}
    _refuse_unclear([one.item for one in points], known, _("Propose the others again without it."))
    moved = [
        one for one in points if (known[one.item_id].proposal, known[one.item_id].amount) != (one.proposal, one.amount)
    ]
    if moved:
        raise Refusal(
            "proposal_changed",
            _("What would be proposed for %(reference)s is no longer what was announced.")
            % {"reference": moved[0].reference},
            remedy=_("Propose the clear files again."),
            article="art. 16",
            status=409,
        )


def is_proposed(act: Act) -> None:
    point = ClearPoint.objects.filter(meeting=act.obj.meeting, item=act.obj, put_at__isnull=True).first()
    if point is None or point.taken_out_at is not None or act.obj.state != AgendaItemState.LISTED:
        raise Refusal(
            "not_proposed",
            _("This file is not among those to settle in one act."),
            article="art. 16",
            status=409,
        )


def speaks_on_item(act: Act) -> None:
    """Any member present or representing, who is not recused from the file: one is enough."""
    if not queries.room_of(act.obj.meeting, act.at).spoken_for(act.actor, act.obj):
        raise Refusal(
            "not_present",
            _("You are not recorded as present on this item."),
            remedy=_("Tell the secretariat you are here."),
            article="art. 16",
            status=409,
        )
