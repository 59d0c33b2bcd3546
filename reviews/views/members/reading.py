"""One page a file: the application beside the grid."""

from __future__ import annotations

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from applications.models import Attachment
from applications.views.reading import parts_of
from core.access import allow
from core.files import send, show
from core.idempotency import once
from core.transitions import Refusal
from fund.enums import Role
from fund.queries import has_role
from fund.views.acts import cards, status
from reviews import queries
from reviews.enums.reading import DeclarationState
from reviews.forms import reading as forms
from reviews.queries import experts, reasons, reviewing
from reviews.queries.bearers import earlier_grants
from reviews.queries.late import votes_shared
from reviews.transitions import declarations
from reviews.views.acts import member_desk
from reviews.views.members import grid


@allow(member_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
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
    by_reference = request.GET.get("ordre") == "reference"
    posted = grid.Posted()
    if request.method == "POST" and not interest.is_bound:
        posted = grid.post(request, application, assignment, by_reference)
        if posted.response is not None:
            return posted.response
        assignment = reviewing.assignment_of(request.user, application)
    refused = status(posted.bound, interest) if not posted.amount_error else 422
    return render(
        request,
        "reviews/file.html",
        _file_context(request, application, assignment, posted, by_reference) | {"interest": interest},
        status=posted.refusal.status if posted.refusal else refused,
    )


def _file_context(request, application, assignment, posted: grid.Posted, by_reference: bool) -> dict:
    panel = queries.panel_of(application.call)
    mine = sorted(
        reviewing.my_assignments(request.user, panel), key=lambda row: reviewing.reading_order(row, by_reference)
    )
    places = [row.application_id for row in mine]
    blind = application.call.blind
    may_see = queries.may_see_reviews(request.user, application, panel)
    return grid.context(request, application, assignment, panel, posted) | {
        "application": application,
        "call": application.call,
        "panel": panel,
        "parts": parts_of(application, reviewing.panel_content(application, blind)),
        "pieces": [] if blind else [(row, kind_shown(row)) for row in filed_pieces(application)],
        "partners": application.partnerships.all(),
        "earlier": [] if blind else earlier_grants(application),
        "place": places.index(application.pk) + 1 if application.pk in places else 0,
        "total": len(mine),
        "after": reviewing.next_after(request.user, panel, application.reference, by_reference),
        "order": "?ordre=reference" if by_reference else "",
        "reviews": reviewing.filed_reviews(application) if may_see else None,
        "opinions": experts.opinions(application, request.user),
        "may_ask_expert": has_role(request.user, Role.CO_PRESIDENT, request.received_at),
        "why": reasons.own_why(request.user, application, queries.seat_of(request.user, panel)),
        "has_voted": bool(votes_shared(request.user, [application.pk])),
        "cards": cards(request, assignment, grid.REVIEW_FORMS, posted.bound) if assignment else [],
    }


def filed_pieces(application):
    """The documents of the filed version; nothing that came before or after it."""
    filed = {row["id"] for row in (application.content or {}).get("documents", {}).get("files", [])}
    return Attachment.objects.filter(application=application, pk__in=filed, first_filed_at__isnull=False).order_by("id")


def kind_shown(row: Attachment) -> str:
    """How a document is shown inside the page: `pdf`, `image`, or nothing."""
    if row.scan_state != "clean":
        return ""
    return {"application/pdf": "pdf"}.get(row.content_type, "image" if row.content_type.startswith("image/") else "")


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


@allow(member_desk)
@require_safe
def piece(request, reference, pk):
    """A document of the file, for a member to whom the file is open: to download, or shown beside the grid (`?vue=1`)."""
    application = reviewing.find_file(request.user, reference)
    if application is None or application.call.blind:
        raise Http404
    found = filed_pieces(application).filter(pk=pk, scan_state="clean").first()
    if found is None:
        raise Http404
    if request.GET.get("vue") and kind_shown(found):
        return show(found.file, found.name, found.content_type)
    return send(found.file, found.name, found.content_type)
