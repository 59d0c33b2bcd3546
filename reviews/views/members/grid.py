"""The grid of a review: what is kept, what was typed, both texts when two windows wrote, and what a posted grid does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core.forms import ReasonForm
from core.money import format_euros
from core.templatetags.ui import instant, score
from core.transitions import Refusal
from fund.views.acts import act
from reviews.enums.reading import AssignmentState
from reviews.forms.grid import scores_of, written
from reviews.models import Assignment
from reviews.queries import reviewing
from reviews.rules.meetings.discussion import least_amount, most_amount
from reviews.rules.reviews import LONGEST_EXPLANATION, LONGEST_TEXT, ReviewConflict, explanations, missing_criteria
from reviews.scoring import STEPS, points_text
from reviews.transitions import assignments

WHOLE_FIRST = [(points, points_text(points), points % 2 == 0) for points in (*STEPS[::2], *STEPS[1::2])]
REVIEW_FORMS = {"decline": ReasonForm, "reopen": ReasonForm}


@dataclass
class Posted:
    """What a posted page did. `kept`: its words are saved although it was refused; `amount_error`: of the rest, all is saved."""

    response: HttpResponse | None = None
    bound: Any = None
    refusal: Refusal | None = None
    kept: bool = False
    amount_error: str = ""


def not_assigned() -> Refusal:
    return Refusal(
        "not_assigned",
        _("This application is not assigned to you."),
        remedy=_("The co-presidents can assign it if your college lacks readers."),
        article="art. 13",
        status=403,
    )


def post(request, application, assignment, by_reference: bool) -> Posted:
    """An autosave answers in JSON; without JavaScript the same fields are saved by the button."""
    if assignment is None:
        raise not_assigned()
    here, name = request.get_full_path(), request.POST.get("act", "")
    if name in REVIEW_FORMS:
        done = reverse("reviews:desk") if name == "decline" else here
        response, bound = act(request, assignment, REVIEW_FORMS, done=done)
        return Posted(response, bound)
    given, amount_error = written(request.POST, application.call.criteria.all())
    quiet = bool(request.POST.get("autosave"))
    try:
        with transaction.atomic():
            row = assignments.save_draft(assignment=assignment, actor=request.user, at=request.received_at, **given)
    except ReviewConflict as refusal:
        return Posted(JsonResponse(_conflict_facts(refusal), status=409)) if quiet else Posted(refusal=refusal)
    except Refusal as refusal:
        facts = {"code": refusal.code, "detail": str(refusal)}
        return Posted(JsonResponse(facts, status=refusal.status)) if quiet else Posted(refusal=refusal)
    if amount_error:
        body = {"code": "amount_invalid", "detail": amount_error, "version": row.version}
        return Posted(JsonResponse(body, status=422) if quiet else None, kept=True, amount_error=amount_error)
    if quiet:
        local = timezone.localtime(row.saved_at)
        left = render_to_string("reviews/partials/_left.html", {"left": missing_criteria(row)})
        body = {"at": f"{local.hour} h {local:%M}", "version": row.version, "fragments": {"reste": left}}
        return Posted(JsonResponse(body))
    if name != "submit":
        messages.success(request, _("Saved. Only you can see it."))
        return Posted(redirect(here))
    try:
        with transaction.atomic():
            assignments.submit(assignment=row, actor=request.user, at=request.received_at)
    except Refusal as refusal:
        return Posted(refusal=refusal, kept=True)
    messages.success(request, _("Your review is filed."))
    after = reviewing.next_after(request.user, assignment.seat.panel, application.reference, by_reference)
    where = reverse("reviews:file", args=[after.application.reference]) if after else reverse("reviews:desk")
    return Posted(redirect(f"{where}?ordre=reference" if by_reference else where))


def _conflict_facts(refusal: ReviewConflict) -> dict:
    """What `autosave.js` shows: who saved what meanwhile. Nothing of what is posted replaced it."""
    return {
        "code": refusal.code,
        "detail": str(refusal),
        "by": str(refusal.assignment.seat.user),
        "saved_at": instant(refusal.assignment.saved_at),
        "theirs": refusal.theirs,
    }


def _score_words(half_points, cannot_judge: bool, why: str) -> str:
    head = _("Cannot judge") if cannot_judge else score(points_text(half_points))
    return " · ".join(text for text in (head, why.strip()) if text)


def conflict_of(application, refusal: ReviewConflict, data) -> dict:
    """Both texts, line by line where they differ."""
    given, _error = written(data, application.call.criteria.all())
    theirs, lines = refusal.theirs, []
    kept = {row["criterion"]: row for row in theirs["scores"]}
    for row in application.call.criteria.order_by("position", "id"):
        one = kept.get(row.code, {"half_points": None, "cannot_judge": False, "justification": ""})
        other = {"half_points": None, "cannot_judge": False} | given["scores"][row.code]
        lines.append(
            (
                row.label,
                _score_words(one["half_points"], one["cannot_judge"], one["justification"]),
                _score_words(other["half_points"], other["cannot_judge"], other["justification"]),
            )
        )
    lines.append((_("A word to the applicant"), theirs["comment"], given["comment"]))
    lines.append((_("A note for the panel"), theirs["note"], given.get("note", theirs["note"])))
    amounts = (theirs["proposed_amount"], given.get("proposed_amount", theirs["proposed_amount"]))
    mine, other_ = (format_euros(one, cents_if_round=False) if one else "" for one in amounts)
    lines.append((_("Amount you would propose"), mine, other_))
    return {
        "refusal": refusal,
        "at": refusal.assignment.saved_at,
        "lines": [
            {"label": label, "theirs": one, "mine": other}
            for label, one, other in lines
            if one.strip() != other.strip()
        ],
    }


def grid(assignment, application, typed=None) -> list[dict]:
    """The criteria with what is kept of each, or with what was typed when it could not be kept; the anchors of the two ends first."""
    kept = {score.criterion_id: score for score in assignment.scores.all()} if assignment else {}
    criteria = list(application.call.criteria.order_by("position", "id"))
    if typed is not None:
        found = scores_of(typed, criteria)
        kept = {row.pk: {"cannot_judge": False, "half_points": None} | found[row.code] for row in criteria}
    lines = []
    for row in criteria:
        anchors = {int(anchor["score"]): anchor["label"] for anchor in row.anchors or []}
        lines.append(
            {
                "criterion": row,
                "score": kept.get(row.pk),
                "anchors": anchors,
                "low": anchors.get(0, ""),
                "high": anchors.get(5, ""),
            }
        )
    return lines


def _amount_text(assignment, typed) -> str:
    if typed is not None:
        return typed.get("proposed_amount", "")
    return str(assignment.proposed_amount // 100) if assignment and assignment.proposed_amount else ""


def context(request, application, assignment: Assignment | None, panel, posted: Posted) -> dict:
    """The grid as the page shows it."""
    refusal = posted.refusal
    conflict = conflict_of(application, refusal, request.POST) if isinstance(refusal, ReviewConflict) else None
    typed = request.POST if refusal is not None and not posted.kept else None
    version = assignment.version if assignment else ""
    least, most = least_amount(application), most_amount(application)
    return {
        "assignment": assignment,
        "grid": grid(assignment, application, typed),
        "comment": typed.get("comment", "") if typed is not None else assignment.comment if assignment else "",
        "note": typed.get("note", "") if typed is not None else assignment.note if assignment else "",
        "amount": _amount_text(assignment, request.POST if posted.amount_error else typed),
        "amount_error": posted.amount_error
        or (str(refusal) if refusal is not None and refusal.field == "proposed_amount" else ""),
        "least": least,
        "most": most,
        "whole_only": least == most,
        "version": typed.get("version", "") if typed is not None and conflict is None else version,
        "conflict": conflict,
        "is_unsaved": typed is not None or bool(posted.amount_error),
        "steps": WHOLE_FIRST,
        "explanations": explanations(),
        "longest_explanation": LONGEST_EXPLANATION,
        "longest_text": LONGEST_TEXT,
        "comment_required": panel.call.rule_version["overall_comment_required"],
        "writable": (writable := _is_writable(assignment, panel)),
        "left": missing_criteria(assignment) if writable and assignment else [],
        "refusal": refusal,
    }


def _is_writable(assignment: Assignment | None, panel) -> bool:
    return (
        assignment is not None
        and assignment.state in (AssignmentState.ASSIGNED, AssignmentState.IN_PROGRESS)
        and panel.state == "reading"
    )
