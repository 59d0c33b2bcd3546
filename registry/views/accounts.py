"""The public ledger and the verification of documents."""

from dataclasses import asdict
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from core import references
from core.access import allow, anyone, public
from core.models import Document
from core.models.document import DocumentState
from core.open_pages import open_page
from fund.forms.ledger import WORDS, EntryFilters
from fund.ledger import queries as ledger
from fund.public_cache import public_page
from fund.views.acts import page_of
from registry.enums import document_label
from registry.forms import CodeForm
from registry.queries.pages import unpublished

PAGE = 50


class EntryList:
    """Public entries as a list that is counted and sliced, for pages."""

    def __init__(self, wanted: ledger.Wanted):
        self.wanted = asdict(wanted)
        self.wanted["ref"] = self.wanted.pop("text")

    def count(self) -> int:
        return ledger.public_count(**self.wanted)

    def __len__(self) -> int:
        return self.count()

    def __getitem__(self, part: slice) -> list[ledger.PublicEntry]:
        return ledger.public_entries(start=part.start, size=part.stop - part.start, **self.wanted)


def _read(request, name: str) -> str:
    return request.GET.get(name, "").replace("\x00", "").strip()[:60]


@allow(public)
@public_page
def accounts(request):
    envelopes = ledger.public_envelopes()
    form = EntryFilters({name: _read(request, name) for name in WORDS}, envelopes=envelopes)
    if form.is_valid():
        wanted = form.wanted()
        page = page_of(request, EntryList(wanted), PAGE)
    else:  # nothing is shown that was not asked for
        wanted, page = ledger.Wanted(), Paginator([], PAGE).page(1)
    given = {name: text for name in WORDS if (text := _read(request, name))}
    context = {
        "form": form,
        "is_filtered": wanted != ledger.Wanted(),
        "search": f"?{urlencode(given)}" if given else "",
        "page": page,
        "count": ledger.public_count(),
        "entries": page.object_list,
        "unpublished": unpublished(entry.grant for entry in page.object_list),
        "envelopes": envelopes,
        "totals": ledger.sum_bars((envelope.balances for envelope in envelopes), "/comptes/")
        if len(envelopes) > 1
        else None,
        "checkpoint": ledger.latest_checkpoint(),
    }
    return render(request, "registry/accounts.html", context, status=200 if form.is_valid() else 400)


@open_page
def verify(request):
    """A code typed from a letter leads to its document. No cache keeps what a code leads to."""
    code = _read(request, "code")
    form = CodeForm({"code": code} if "code" in request.GET else None)
    if not form.is_bound:
        return render(request, "registry/verify.html", {"form": form})
    found = Document.objects.filter(code__in=[code, references.normalise(code)]).only("code").first()
    if form.is_valid() and found:
        answer = redirect(reverse("registry:verified", args=[found.code]))
    else:
        if code:
            form.add_error("code", _("No document has this code. Check the signs: it has no letters O, I or L."))
        answer = render(request, "registry/verify.html", {"form": form, "code": code}, status=404 if code else 400)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@allow(anyone)
def verified(request, code):
    """Kind, date, hash, validity and the ledger entries with their proofs; no name."""
    document = Document.objects.filter(code=code).first()
    if document is None:
        raise Http404
    context = {
        "document": document,
        "kind": document_label(document.kind),
        "is_valid": document.state != DocumentState.VOID,
        "short_hash": document.context_hash[:16],
        "entries": ledger.public_entries_of(document.subject),
    }
    return render(request, "registry/verified.html", context)
