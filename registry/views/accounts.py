"""The public ledger and the verification of documents."""

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse

from core.access import allow, anyone, public
from core.models import Document
from fund.ledger import queries as ledger
from fund.public_cache import public_page
from registry.views.projects import page_number

PAGE = 50


@allow(public)
@public_page
def accounts(request):
    reference = request.GET.get("ref", "").replace("\x00", "").strip()[:40]
    count = ledger.public_count(reference)
    number = page_number(request, count, PAGE)
    context = {
        "reference": reference,
        "count": count,
        "number": number,
        "pages": max(1, -(-count // PAGE)),
        "entries": ledger.public_entries(reference, (number - 1) * PAGE, PAGE),
        "envelopes": ledger.public_envelopes(),
        "totals": ledger.public_totals(),
        "checkpoint": ledger.latest_checkpoint(),
        "query": {"ref": reference} if reference else {},
    }
    return render(request, "registry/accounts.html", context)


@allow(anyone)
def verify(request):
    """Form on its own page: a code typed from a letter leads to its document."""
    code = request.GET.get("code", "").strip()[:40]
    if code:
        found = Document.objects.filter(code__iexact=code.replace(" ", "")).only("code").first()
        if found:
            return redirect(reverse("registry:verified", args=[found.code]))
    return render(request, "registry/verify.html", {"code": code, "unknown": bool(code)}, status=404 if code else 200)


@allow(anyone)
def verified(request, code):
    """Kind, date, hash, validity and the ledger entry with its proof; no name."""
    document = Document.objects.filter(code=code).first()
    if document is None:
        raise Http404
    entries = ledger.public_entries_of(document.subject) if document.subject else []
    return render(request, "registry/verified.html", {"document": document, "entries": entries})
