"""One page a file: the application beside the grid."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from applications.models import Attachment
from applications.views.reading import parts_of
from core.access import allow
from core.browser import as_int
from core.files import send
from core.idempotency import once
from core.transitions import Refusal
from reviews import queries
from reviews.enums.reading import AssignmentState, DeclarationState
from reviews.forms import reading as forms
from reviews.queries import reviewing
from reviews.rules import reviews as review_rules
from reviews.transitions import assignments, declarations
from reviews.views.acts import act, cards, member_desk, status


def _grid(assignment, application, typed=None) -> list[dict]:
    """The criteria with what is kept of each, or with what was typed when it could not be kept."""
    kept = {score.criterion_id: score for score in assignment.scores.all()} if assignment else {}
    if typed is not None:
        found = forms.scores_of(typed, application.call.criteria.all())
        kept = {
            row.pk: {"cannot_judge": False, "half_points": None} | found[row.code]
            for row in application.call.criteria.all()
        }
    return [
        {
            "criterion": row,
            "score": kept.get(row.pk),
            "anchors": {int(anchor["score"]): anchor["label"] for anchor in row.anchors or []},
        }
        for row in application.call.criteria.order_by("position", "id")
    ]


STEPS = [(points, f"{points // 2}", True) for points in range(0, 11, 2)] + [
    (points, f"{points // 2}.5", False) for points in range(1, 10, 2)
]


KEPT = ("review_incomplete", "comment_required")

"""Refusals to file a review whose words were saved all the same."""


REVIEW_FORMS = {"decline": forms.ReasonForm, "reopen": forms.ReasonForm}


@allow(member_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def file(request, reference):
    """One file to read, with the reader's own grid beside it. Recused: the reference and nothing else. Not declared yet: the card."""
    declaration = reviewing.declaration_of(request.user, reference)
    if declaration is None:
        raise Http404
    interest = forms.InterestForm(prefix="interest")
    if request.method == "POST" and request.POST.get("act") == "declare_interest":
        response, interest = _recuse_from_page(request, declaration)
        if response is not None:
            return response
    if declaration.state == DeclarationState.RECUSED:
        return render(request, "reviews/recused.html", {"reference": declaration.application.reference}, status=403)
    if declaration.state == DeclarationState.REQUIRED:
        return redirect("reviews:declare", declaration.application.call.slug)
    application = reviewing.find_file(request.user, reference)
    if application is None:
        raise Http404
    assignment = reviewing.assignment_of(request.user, application)
    bound, refusal = None, None
    if request.method == "POST" and not interest.is_bound:
        response, bound, refusal = _post(request, application, assignment)
        if response is not None:
            return response
        assignment = reviewing.assignment_of(request.user, application)
    lost = refusal is not None and refusal.code not in KEPT
    context = _file_context(request, application, assignment, bound, request.POST if lost else None)
    return render(
        request,
        "reviews/file.html",
        context | {"refusal": refusal, "interest": interest},
        status=refusal.status if refusal else status(bound, interest),
    )


def _file_context(request, application, assignment, bound, typed):
    panel = queries.panel_of(application.call)
    mine = reviewing.my_assignments(request.user, panel)
    place = next(
        (
            number
            for number, row in enumerate(sorted(mine, key=lambda row: row.application.reference), 1)
            if row.application_id == application.pk
        ),
        0,
    )
    writable = (
        assignment is not None
        and assignment.state in (AssignmentState.ASSIGNED, AssignmentState.IN_PROGRESS)
        and panel.state == "reading"
    )
    content = reviewing.panel_content(application, application.call.blind)
    names = {piece["id"] for piece in (application.content or {}).get("documents", {}).get("files", [])}
    after = reviewing.next_after(request.user, panel, application.reference)
    return {
        "application": application,
        "call": application.call,
        "panel": panel,
        "parts": parts_of(application, content),
        "assignment": assignment,
        "pieces": []
        if application.call.blind
        else Attachment.objects.filter(application=application, pk__in=names, first_filed_at__isnull=False).order_by(
            "id"
        ),
        "partners": application.partnerships.all(),
        "grid": _grid(assignment, application, typed),
        "comment": typed.get("comment", "") if typed is not None else assignment.comment if assignment else "",
        "version": typed.get("version", "") if typed is not None else assignment.version if assignment else "",
        "steps": STEPS,
        "writable": writable,
        "place": place,
        "total": len(mine),
        "after": after,
        "reviews": reviewing.filed_reviews(application)
        if queries.may_see_reviews(request.user, application, panel)
        else None,
        "cards": cards(request, assignment, REVIEW_FORMS, bound) if assignment else [],
        "left": review_rules.missing_criteria(assignment) if writable else [],
    }


def _recuse_from_page(request, declaration):
    """(response, form): a refusal stands beside its field, what was typed is kept."""
    form = forms.InterestForm(request.POST, prefix="interest")
    if not form.is_valid():
        return None, form
    try:
        declarations.declare_interest(
            declaration=declaration, actor=request.user, at=request.received_at, **form.params()
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return None, form
    messages.success(request, _("You are recused: this application is closed to you."))
    return redirect("reviews:desk"), form


def _post(request, application, assignment):
    """(response, bound form, refusal). An autosave answers in JSON; without JavaScript the same fields are saved by the button."""
    if assignment is None:
        raise Refusal(
            "not_assigned",
            _("This application is not assigned to you."),
            remedy=_("The co-presidents can assign it if your college lacks readers."),
            article="art. 13",
            status=403,
        )
    here = reverse("reviews:file", args=[application.reference])
    name = request.POST.get("act", "")
    if name in REVIEW_FORMS:
        response, bound = act(
            request, assignment, REVIEW_FORMS, done=reverse("reviews:desk") if name == "decline" else here
        )
        return response, bound, None
    version = request.POST.get("version", "")
    scores = forms.scores_of(request.POST, application.call.criteria.all())
    try:
        with transaction.atomic():
            row = assignments.save_draft(
                assignment=assignment,
                actor=request.user,
                at=request.received_at,
                scores=scores,
                comment=request.POST.get("comment", "")[:8000],
                version=as_int(version),
            )
    except Refusal as refusal:
        if request.POST.get("autosave"):
            return JsonResponse({"code": refusal.code, "detail": str(refusal)}, status=refusal.status), None, None
        return None, None, refusal
    if request.POST.get("autosave"):
        local = timezone.localtime(row.saved_at)
        return JsonResponse({"at": f"{local.hour} h {local:%M}", "version": row.version}), None, None
    if name != "submit":
        messages.success(request, _("Saved. Only you can see it."))
        return redirect(here), None, None
    try:
        with transaction.atomic():
            assignments.submit(assignment=row, actor=request.user, at=request.received_at)
    except Refusal as refusal:
        return None, None, refusal
    messages.success(request, _("Your review is filed."))
    after = reviewing.next_after(request.user, assignment.seat.panel, application.reference)
    return redirect("reviews:file", after.application.reference) if after else redirect("reviews:desk"), None, None


@allow(member_desk)
@require_safe
def piece(request, reference, pk):
    """A document of the file, for a member to whom the file is open."""
    application = reviewing.find_file(request.user, reference)
    if application is None or application.call.blind:
        raise Http404
    filed = {row["id"] for row in (application.content or {}).get("documents", {}).get("files", [])}
    found = Attachment.objects.filter(
        application=application, pk=pk, first_filed_at__isnull=False, scan_state="clean"
    ).first()
    if found is None or found.pk not in filed:
        raise Http404
    return send(found.file, found.name, found.content_type)
