"""Papers signed by hand: the copy to print, the scans given, the pages to look at, and for each document the signatures that stand on its copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from core import documents
from core.access import allow, signed_in
from core.files import check_or_quarantine, private, shown_inside
from core.forms import PlainForm
from core.idempotency import once
from core.models import Document
from core.transitions import Refusal
from fund.people import instruction_desk
from fund.views.acts import cards, page_of, status
from payments import forms, paper_marks
from payments.documents import paper as prints
from payments.models import PaperPage, PaperScan
from payments.queries import paper as queries
from payments.rules.paper import live_copy, may_be_printed, missing_pages
from payments.transitions import paper as papers
from payments.views.acts import act, posted

LOOKS = 50
"""Pages to look at that are listed; each leads to the next."""
SIGNATURES = {"record_paper_signature": forms.PaperSignatureForm}


@allow(signed_in)
@require_safe
def printed(request, code):
    """The copy to print and sign by hand, for those who see the document."""
    document = Document.objects.filter(code=code, kind__in=papers.KINDS).first()
    if document is None or not documents.is_visible(request.user, document):
        raise Http404
    owner = papers.owner_of(document)
    if owner.document_id != document.pk:
        raise Http404
    may_be_printed(owner, request.user, request.received_at)
    response = HttpResponse(prints.printed(document, owner, at=request.received_at), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="a-signer-{document.code}.pdf"'
    return private(response)


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def scan_list(request):
    """Give a scan; what came complete, what is missing, what has to be looked at; the scans given before."""
    form = forms.ScanForm(*posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            given = [_give(request, one) for one in form.cleaned_data["scans"]]
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            new = [scan for scan, is_new in given if is_new]
            if known := len(given) - len(new):
                said = (
                    "%(n)s file was given already: nothing changes.",
                    "%(n)s files were given already: nothing changes.",
                )
                messages.info(request, ngettext(*said, known) % {"n": known})
            if len(given) == 1:
                return redirect(reverse("payments:paper_scan", args=[given[0][0].pk]))
            return redirect(reverse("payments:papers"))
    looks = queries.pages_to_look_at(request.user)
    return render(
        request,
        "payments/instruction/papers.html",
        {
            "form": form,
            "sheaves": queries.sheaves(request.user),
            "looks": [(page, *queries.finding_of(page)) for page in looks[:LOOKS]],
            "to_look_at": looks.count(),
            "page": page_of(request, queries.scans(request.user), 20),
        },
        status=422 if form.errors else 200,
    )


def _give(request, uploaded) -> tuple[PaperScan, bool]:
    """One file: checked as every upload, then kept; the refusal is put beside the field."""
    try:
        content_type, scanned = check_or_quarantine(uploaded, kinds=("pdf", "image"), max_bytes=papers.SCAN_BYTES)
        return papers.give_scan(
            uploaded=uploaded,
            content_type=content_type,
            scanned=scanned,
            actor=request.user,
            at=request.received_at,
        )
    except Refusal as refusal:
        refusal.field = "scans"
        raise


@allow(instruction_desk)
@require_safe
def scan(request, pk):
    """One scan: how far its reading is, then where each page went. `?suivi`: the part that moves, alone."""
    row = get_object_or_404(PaperScan.objects.visible_to(request.user).select_related("by"), pk=pk)
    pages = list(row.pages.select_related("original"))
    name = "payments/partials/_paper_scan.html" if "suivi" in request.GET else "payments/instruction/paper_scan.html"
    filed = sum(1 for page in pages if page.finding == "filed")
    return render(request, name, {"scan": row, "pages": pages, "filed": filed})


def _page_or_404(request, pk) -> PaperPage:
    return get_object_or_404(PaperPage.objects.visible_to(request.user).select_related("scan", "original"), pk=pk)


SETTLES: dict[str, tuple[Callable, Any]] = {
    "file": (papers.file_by_hand, _("The page is filed with its document.")),
    "aside": (papers.set_aside, _("The page is set aside.")),
    "take": (papers.take_instead, _("The page takes the place of the one filed before.")),
}
PAGE_FORMS = {"file": forms.PageForm, "aside": forms.AsideForm, "take": PlainForm}


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def page(request, pk):
    """A page that a person has to look at: what it is, beside what could be done with it."""
    row = _page_or_404(request, pk)
    bound = {name: form(prefix=name, initial=_guess(row)) for name, form in PAGE_FORMS.items()}
    refused = False
    if request.method == "POST" and (name := request.POST.get("act", "")) in PAGE_FORMS:
        form = bound[name] = PAGE_FORMS[name](request.POST, prefix=name)
        if form.is_valid():
            try:
                settle, said = SETTLES[name]
                settle(paper_page=row, actor=request.user, at=request.received_at, **form.params())
                messages.success(request, said)
                return redirect(_next_page(request))
            except Refusal as refusal:
                form.refuse(refusal)
        refused = True
    stale = row.finding == "filed" and row.original is not None and row.original.state == "void"
    context = {
        "row": row,
        "open": row.is_to_look_at or stale,
        "stale": stale,
        "remedy": queries.finding_of(row)[1] if row.is_to_look_at or stale else "",
        "forms": bound,
        "other": PaperPage.objects.filter(original=row.original, number=row.number, finding="filed").first()
        if row.finding == "doubled"
        else None,
    }
    return render(request, "payments/instruction/paper_page.html", context, status=422 if refused else 200)


def _guess(row: PaperPage) -> dict:
    known = {"code": row.original.code, "number": row.number} if row.original else {}
    return known | {"turn": row.turn}


def _next_page(request) -> str:
    following = queries.pages_to_look_at(request.user).first()
    return reverse("payments:paper_page", args=[following.pk]) if following else reverse("payments:papers")


@allow(instruction_desk)
@require_safe
def page_pdf(request, pk):
    """The page alone, upright, to be seen inside ours."""
    row = _page_or_404(request, pk)
    if not row.scan.file:
        raise Http404
    with row.scan.file.open("rb") as file:
        content = paper_marks.as_pdf(file.read(), row.scan.content_type)
    response = HttpResponse(paper_marks.one_page(content, row.position, row.turn), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="page-{row.pk}.pdf"'
    return shown_inside(private(response))


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def sheaf(request, code):
    """One document that comes back signed: its pages, its copy, and the signatures that stand on it."""
    original = get_object_or_404(Document.objects.filter(kind__in=papers.KINDS), code=code)
    owner = papers.owner_of(original)
    if owner is None or not documents.is_visible(request.user, original):
        raise Http404
    here, bound, aside = reverse("payments:sheaf", args=[code]), None, forms.AsideForm(prefix="withdraw")
    copy = live_copy(original)
    if request.method == "POST" and request.POST.get("act") == "withdraw" and copy:
        aside = forms.AsideForm(request.POST, prefix="withdraw")
        if aside.is_valid():
            try:
                papers.withdraw_copy(paper_copy=copy, actor=request.user, at=request.received_at, **aside.params())
                return redirect(reverse("payments:papers"))
            except Refusal as refusal:
                aside.refuse(refusal)
    elif request.method == "POST":
        response, bound = act(request, owner, SIGNATURES, done=here)
        if response:
            return response
    missing, count = missing_pages(original)
    is_current = owner.document_id == original.pk
    return render(
        request,
        "payments/instruction/sheaf.html",
        {
            "original": original,
            "owner": owner,
            "agreement": getattr(owner, "agreement", owner),
            "pages": original.paper_pages.filter(Q(finding="filed") | Q(finding="doubled"))
            .select_related("scan")
            .order_by("number"),
            "missing": missing,
            "count": count,
            "copy": copy,
            "cards": cards(request, owner, SIGNATURES, bound) if is_current else [],
            "signatures": original.signatures.select_related("signer"),
            "aside": aside,
            "may_withdraw": copy and not any(one.on_paper for one in original.signatures.all()),
        },
        status=422 if aside.errors else status(bound),
    )
