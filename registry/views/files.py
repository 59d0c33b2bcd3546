"""The open-data files at their stable addresses, streamed from the published set."""

import json
from dataclasses import dataclass

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from core.access import allow, public
from core.links import absolute
from fund.ledger import export as ledger_export
from fund.ledger import queries as ledger
from fund.models import FundIdentity
from registry import queries
from registry.exports import catalogue, projects, scdl, threesixty
from registry.views.projects import read_filters


@dataclass(frozen=True)
class FundCard:
    """What the files say of the fund."""

    name: str
    legal_name: str
    tagline: str
    siret: str
    website: str
    data_url: str


def fund_card() -> FundCard:
    fund = FundIdentity.current()
    return FundCard(
        fund.name, fund.legal_name, fund.tagline, fund.siret, fund.website or absolute("/"), absolute("/donnees/")
    )


def giving_prefix(fund: FundCard) -> str:
    """360Giving allots prefixes; until it does, the SIREN says whose data this is."""
    return f"fr{fund.siret[:9]}"


def _answer(request, lines, content_type: str, name: str = ""):
    if request.method == "HEAD":
        lines = iter(())
    body = (line.encode() for line in lines)
    response = StreamingHttpResponse(body, content_type=content_type)
    _headers(response, name)
    return response


def _headers(response, name: str):
    response["Last-Modified"] = http_date(queries.modified_at().timestamp())
    response["Cache-Control"] = "public, max-age=300"
    response["Access-Control-Allow-Origin"] = "*"
    if name:
        response["Content-Disposition"] = f'attachment; filename="{name}"'


@allow(public)
@require_safe
def scdl_csv(request):
    fund = fund_card()
    name = f"{queries.modified_at():%Y%m%d}_{fund.siret[:9]}_subventions-{_slug(fund.name)}.csv"
    return _answer(request, scdl.lines(queries.published()), "text/csv; charset=utf-8", name)


def _slug(text: str) -> str:
    from django.utils.text import slugify

    return slugify(text) or "fonds"


@allow(public)
@require_safe
def giving_json(request):
    fund = fund_card()
    return _answer(
        request,
        threesixty.lines(queries.published(), fund, giving_prefix(fund), queries.modified_at()),
        "application/json",
    )


@allow(public)
@require_safe
def projects_file(request, extension):
    """The registry, or exactly the rows of a filtered page when its filters are given."""
    grants = queries.published(read_filters(request))
    if extension == "csv":
        return _answer(request, projects.as_csv(grants), "text/csv; charset=utf-8", "projets.csv")
    if extension == "json":
        return _answer(request, projects.as_json(grants, queries.modified_at()), "application/json")
    if extension == "xlsx":
        body = projects.as_xlsx(grants, queries.modified_at())
        response = HttpResponse(body, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
        _headers(response, "projets.xlsx")
        return response
    raise Http404


@allow(public)
@require_safe
def ledger_file(request, extension):
    if extension == "jsonl":
        return _answer(request, ledger_export.jsonl_lines(), "application/jsonl; charset=utf-8")
    return _answer(request, ledger_export.csv_lines(), "text/csv; charset=utf-8", "comptes.csv")


@allow(public)
@require_safe
def checkpoint_json(request):
    newest = ledger.latest_checkpoint()
    if newest is None:
        raise Http404
    return _answer(
        request,
        iter([json.dumps(ledger_export.checkpoint_object(newest), ensure_ascii=False) + "\n"]),
        "application/json",
    )


@allow(public)
@require_safe
def checkpoints_jsonl(request):
    return _answer(request, ledger_export.checkpoint_lines(), "application/jsonl; charset=utf-8")


@allow(public)
@require_safe
def public_key(request):
    return _answer(request, iter([ledger_export.public_key_pem()]), "application/x-pem-file")


@allow(public)
@require_safe
def proof(request, seq=None):
    """Inclusion proof of an entry, or with `from` and `to` the consistency proof between two sizes of the ledger (RFC 9162)."""
    try:
        if seq is not None:
            data = ledger_export.inclusion_proof(seq)
        else:
            data = ledger_export.consistency_proof(int(request.GET.get("from", "")), int(request.GET.get("to", "")))
    except (ValueError, LookupError):
        raise Http404 from None
    return _answer(request, iter([json.dumps(data)]), "application/json")


@allow(public)
@require_safe
def dcat(request):
    return _answer(request, iter([catalogue.dcat(fund_card(), queries.modified_at())]), "application/ld+json")


@allow(public)
@require_safe
def atom(request):
    newest = ledger.latest_checkpoint()
    line = f"{newest.count} {newest.head}" if newest else ""
    grants = queries.page(queries.Filters(), 0, 30)
    return _answer(
        request,
        iter([catalogue.atom(grants, fund_card(), queries.modified_at(), line)]),
        "application/atom+xml; charset=utf-8",
    )
