"""A reader at work: starting, writing, filing, reopening, stepping back."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.transitions import Act, Refusal, TwoKey, check_text, locked, verb
from reviews.enums.reading import AssignmentState
from reviews.models import Assignment, ReviewVersion, Score
from reviews.notifications import tell
from reviews.rules import reviews as rules
from reviews.rules.people import applicant, case_officer, clock, co_president, declarant, reader, reason_given


@verb(machine=Assignment, label=_("start reading"), who=(reader,), guards=(rules.declared_none, rules.reading_is_open))
def start(act, assignment):
    """The reader opens his grid."""
    assignment.start(act.at)


def save_draft(
    *, assignment: Assignment, actor, at=None, scores=None, comment=None, note=None, proposed_amount=None, version=None
) -> Assignment:
    """Keep what is typed, incomplete or not: private, no event. `scores`: {criterion code: {"half_points", "cannot_judge", "justification"}}, each part
    optional; `proposed_amount` in cents, 0 takes it away; None leaves a text or the amount as it is. Raises Refusal (`not_permitted`, `reading_closed`,
    `score_out_of_range`, `text_too_long`, `amount_not_whole`, `version_conflict`…)."""
    at = at or timezone.now()
    check_text([scores or {}, comment, note])
    with transaction.atomic():
        row = locked(assignment)
        if row.state == AssignmentState.ASSIGNED:
            row = start(assignment=row, actor=actor, at=at)
        _check_draft(row, actor, at, scores or {})
        rules.texts_fit(row, scores or {}, comment, note)
        rules.whole_euros(proposed_amount)
        if version is not None and version != row.version:
            if _changes(row, scores or {}, comment, note, proposed_amount):
                raise rules.ReviewConflict(row, review_content(row))
            return row  # an answer was lost, and the same text is sent again
        criteria = {criterion.code: criterion for criterion in row.application.call.criteria.all()}
        for code, given in (scores or {}).items():
            if code in criteria:
                _keep_score(row, criteria[code], given)
        row.comment = row.comment if comment is None else comment
        row.note = row.note if note is None else note
        row.proposed_amount = row.proposed_amount if proposed_amount is None else proposed_amount or None
        row.version += 1
        row.saved_at = at
        row.save(update_fields=["comment", "note", "proposed_amount", "version", "saved_at"])
        return row


def _changes(row: Assignment, scores: dict, comment, note, proposed_amount) -> bool:
    """Would what is given change what is kept?"""
    kept = {score.criterion.code: score for score in row.scores.select_related("criterion")}
    if any(given is not None and given != now for given, now in ((comment, row.comment), (note, row.note))):
        return True
    if proposed_amount is not None and (proposed_amount or None) != row.proposed_amount:
        return True
    for code, given in scores.items():
        score = kept.get(code) or Score()
        if given.get("justification", score.justification).strip() != score.justification:
            return True
        if "half_points" in given or "cannot_judge" in given:
            unable = bool(given.get("cannot_judge"))
            if (unable, None if unable else given.get("half_points")) != (score.cannot_judge, score.half_points):
                return True
    return False


def _check_draft(row: Assignment, actor, at, scores: dict) -> None:
    declared = submit.verb
    if not declared.permits(actor, row, at):
        raise Refusal("not_assigned", _("This application is not assigned to you."), article="art. 13", status=403)
    if row.state != AssignmentState.IN_PROGRESS:
        raise Refusal(
            "not_allowed_in_state",
            _("This review is filed: it no longer changes."),
            remedy=_("Reopening needs a co-president."),
            article="art. 14",
        )
    act = Act(declared, row, actor, at)
    rules.declared_none(act)
    rules.reading_is_open(act)
    for given in scores.values():
        if not rules.in_range(given.get("half_points")):
            raise rules.score_out_of_range()


def _keep_score(row: Assignment, criterion, given: dict) -> None:
    score, _created = Score.objects.get_or_create(assignment=row, criterion=criterion)
    if "half_points" in given or "cannot_judge" in given:
        score.cannot_judge = bool(given.get("cannot_judge"))
        score.half_points = None if score.cannot_judge else given.get("half_points")
    if "justification" in given:
        score.justification = given["justification"].strip()
    score.save()


def review_content(assignment: Assignment) -> dict:
    """A review as plain values: what a filed version keeps."""
    scores = assignment.scores.select_related("criterion").order_by("criterion__position")
    return {
        "comment": assignment.comment,
        "note": assignment.note,
        "proposed_amount": assignment.proposed_amount,
        "scores": [
            {
                "criterion": score.criterion.code,
                "half_points": score.half_points,
                "cannot_judge": score.cannot_judge,
                "justification": score.justification,
            }
            for score in scores
        ],
    }


@verb(
    machine=Assignment,
    label=_("file my review"),
    who=(reader,),
    guards=(rules.declared_none, rules.reading_is_open, rules.review_is_complete),
)
def submit(act, assignment):
    """The review counts; the reader now sees the others' on this file. What was filed is kept as a version."""
    number = assignment.versions.count() + 1
    ReviewVersion.objects.create(
        assignment=assignment, number=number, content=review_content(assignment), submitted_at=act.at
    )
    assignment.submit(act.at)
    act.note(version=number)


@verb(
    machine=Assignment,
    label=_("reopen my review"),
    who=(reader,),
    guards=(rules.reading_is_open, reason_given),
    mails=("reviews/panel.reopened",),
    two_key=TwoKey(
        proposes=(reader,),
        approves=(co_president,),
        title=lambda assignment: (
            _("Reopen a review of %(reference)s") % {"reference": assignment.application.reference}
        ),
    ),
)
def reopen(act, assignment, *, reason):
    """The reader asks, a co-president agrees, before reading closes: both versions are kept."""
    act.because(reason)
    last = assignment.versions.order_by("-number").first()
    last.reopened_at, last.reopened_by, last.reason = act.at, act.actor, reason.strip()
    last.save(update_fields=["reopened_at", "reopened_by", "reason"])
    assignment.reopen(act.at)
    tell(
        "panel.reopened",
        [assignment.seat.user],
        f"/commission/dossiers/{assignment.application.reference}/",
        at=act.at,
        reference=assignment.application.reference,
        reason=reason.strip(),
        until=assignment.application.call.review_closes_at,
    )


@verb(machine=Assignment, label=_("decline this reading"), who=(reader,), guards=(reason_given,))
def decline(act, assignment, *, reason):
    """For a reason that is no interest (time, language…): the pair is remembered, a new reader is proposed."""
    act.because(reason)
    assignment.decline(act.at)


@verb(
    machine=Assignment,
    label=_("take this reading back"),
    who=(case_officer,),
    guards=(reason_given,),
    mails=("reviews/panel.taken_back",),
)
def withdraw(act, assignment, *, reason):
    """Not filed and no longer needed: the draft stays its author's, who is told; no later assignment gives him this file again."""
    act.because(reason)
    assignment.withdraw(act.at)
    tell(
        "panel.taken_back",
        [assignment.seat.user],
        "/commission/",
        at=act.at,
        call=assignment.application.call.title,
        count=1,
    )


@verb(machine=Assignment, label=_("stop the reading"), who=(case_officer, applicant, clock), inner=True)
def stop(act, assignment):
    """The file left the review, or reading closed."""
    assignment.stop(act.at)


@verb(machine=Assignment, label=_("give the reading again"), who=(case_officer,), inner=True)
def restore(act, assignment):
    """The result that took it away is undone."""
    assignment.restore()


@verb(machine=Assignment, label=_("leave the reading, recused"), who=(declarant, clock), inner=True)
def recuse(act, assignment):
    """The reader has an interest: his review is hidden and out of every figure."""
    assignment.recuse(act.at)
