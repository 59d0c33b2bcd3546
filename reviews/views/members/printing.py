"""Files to read without a network, as PDF: one, or all of one's own by lots. Private, drawn on demand, kept nowhere."""

from __future__ import annotations

from math import ceil

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from applications.views.reading import parts_of
from core.access import allow
from core.browser import as_int
from core.files import private
from reviews.documents import bundle
from reviews.queries import reviewing
from reviews.views.acts import member_desk
from reviews.views.members.desk import panel_or_404
from reviews.views.members.reading import filed_pieces


def _sheet(user, application) -> bundle.Sheet:
    blind = application.call.blind
    assigned = reviewing.assignment_of(user, application) is not None
    confirmed = application.partnerships.filter(state="confirmed").select_related("organisation")
    return bundle.Sheet(
        application,
        parts_of(application, reviewing.panel_content(application, blind)),
        blind,
        pieces=[] if blind else list(filed_pieces(application)),
        partners=[] if blind else list(confirmed),
        criteria=list(application.call.criteria.order_by("position", "id")) if assigned else [],
    )


def _answer(request, content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(b"" if request.method == "HEAD" else content, content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(True, name)
    return private(response)


@allow(member_desk)
@require_safe
def print_file(request, reference):
    """One file that is open to this member; with an empty grid when he reads it."""
    application = reviewing.find_file(request.user, reference)
    if application is None:
        raise Http404
    content = b""
    if request.method == "GET":
        sheets = [_sheet(request.user, application)]
        content = bundle.pdf(sheets, reader=str(request.user), title=application.display_title, at=request.received_at)
    return _answer(request, content, f"lecture-{application.reference}.pdf")


@allow(member_desk)
@require_safe
def print_files(request, slug):
    """The files given to this reader, in his order, ten in a PDF (`?lot=2` for the next ten). Recused or not declared: not in it."""
    panel = panel_or_404(request, slug)
    found = reviewing.open_assignments(request.user, panel, by_reference=request.GET.get("ordre") == "reference")
    lots, lot = ceil(len(found) / bundle.LOT), as_int(request.GET.get("lot", "1")) or 0
    if not 1 <= lot <= lots:
        raise Http404
    content = b""
    if request.method == "GET":
        chosen = found[(lot - 1) * bundle.LOT : lot * bundle.LOT]
        files = [reviewing.find_file(request.user, row.application.reference) for row in chosen]
        sheets = [_sheet(request.user, application) for application in files if application is not None]
        content = bundle.pdf(
            sheets,
            reader=str(request.user),
            title=_("My applications to read"),
            at=request.received_at,
            lot=lot,
            lots=lots,
        )
    return _answer(request, content, f"lectures-{slug}-{lot}.pdf")
