"""What stands behind an assignment: its results with their proofs, and the answer to "why this reader, why not that one"."""

from __future__ import annotations

from django.http import Http404, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from applications.models import Application
from applications.queries import officers_files
from core.access import allow
from core.browser import as_int
from core.forms import ReasonForm
from core.idempotency import once
from core.transitions import Refusal
from fund.people import instruction_desk
from fund.views.acts import act, cards, page_of, status
from reviews import queries
from reviews.models import AssignmentResult, Panel
from reviews.queries import proposals, reasons, verdicts
from reviews.views.instruction import call_or_404

PAIR_FORMS = {"withdraw": ReasonForm}


def _panel_or_404(slug: str) -> Panel:
    panel = queries.panel_of(call_or_404(slug))
    if panel is None:
        raise Http404
    return panel


@allow(instruction_desk)
@require_safe
def results(request, slug):
    """Every result that was confirmed, the last first; the proof of the one that stands is checked again when it changed."""
    panel = _panel_or_404(slug)
    rows = AssignmentResult.objects.light().filter(panel=panel).select_related("made_by", "undone_by")
    open_to_asker = reasons.may_compare(request.user, panel)
    return render(
        request,
        "reviews/instruction/results.html",
        {
            "call": panel.call,
            "panel": panel,
            "page": page_of(request, rows),
            "verdict": verdicts.verdict_of(panel, request.received_at) if open_to_asker else None,
            "open_to_asker": open_to_asker,
        },
    )


@allow(instruction_desk)
@require_safe
def proof(request, slug, pk):
    """The instance, the pairs and the prices of one result, for whoever checks them again."""
    panel = _panel_or_404(slug)
    row = AssignmentResult.objects.filter(panel=panel, pk=pk).first()
    if row is None:
        raise Http404
    if not reasons.may_compare(request.user, panel):
        raise Refusal(
            "recused",
            _("This proof holds every application of the call, and one of them is closed to you."),
            remedy=_("Another case officer or an auditor can download it."),
            article="art. 12",
            status=403,
        )
    answer = JsonResponse(row.document)
    answer["Content-Disposition"] = f'attachment; filename="repartition-{panel.call.slug}-{row.pk}.json"'
    return answer


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def why(request, slug):
    """Why this member reads this file, or why not, from the proof: affinity in its parts, loads, what a change would cost. A reading not filed is taken back
    here. Interests are told as "excluded", never why."""
    panel = _panel_or_404(slug)
    files = officers_files(request.user).filter(call=panel.call_id, state="under_review").order_by("reference")
    seats = queries.seats(panel)
    application, seat = _asked(request, files, seats)
    found, bound = None, None
    if application is not None and seat is not None:
        if request.method == "POST":
            response, bound = _taken_back(request, slug, application, seat)
            if response is not None:
                return response
        papers = (
            reasons.papers_of(panel)
            if panel.assigned_at
            else reasons.papers_of_proposal(proposals.assign_proposal(panel))
        )
        found = reasons.why(application, seat, papers, compare=reasons.may_compare(request.user, panel))
    elif request.method == "POST":
        raise Http404
    pair = found.assignment if found else None
    return render(
        request,
        "reviews/instruction/why.html",
        {
            "call": panel.call,
            "panel": panel,
            "files": files,
            "seats": seats,
            "why": found,
            "application": application,
            "seat": seat,
            "cards": cards(request, pair, PAIR_FORMS, bound) if pair else [],
        },
        status=status(bound),
    )


def _asked(request, files, seats):
    """The file and the seat of the address; one that does not exist, or is closed to the asker, answers 404."""
    reference, pk = request.GET.get("dossier", ""), as_int(request.GET.get("membre"))
    application: Application | None = files.filter(reference=reference).first() if reference else None
    seat = next((row for row in seats if row.pk == pk), None)
    if reference and application is None or request.GET.get("membre") and seat is None:
        raise Http404
    return application, seat


def _taken_back(request, slug, application, seat):
    row = seat.assignments.active().filter(application=application).first()
    if row is None:
        raise Http404
    here = f"{reverse('reviews:why', args=[slug])}?dossier={application.reference}&membre={seat.pk}"
    return act(request, row, PAIR_FORMS, done=here)
