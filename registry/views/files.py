"""The open-data files at their stable addresses, made from the published set."""

import json
from itertools import chain

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import Http404
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import override

from core.access import allow, public
from fund.forms.ledger import WORDS, EntryFilters
from fund.ledger import export as ledger_export
from fund.ledger import queries as ledger
from fund.public_cache import PublicFile, etag_of, public_file
from fund.queries import public_calls
from registry import queries
from registry.exports import catalogue, corrections, dictionary, outcomes, projects, scdl, threesixty
from registry.exports import sitemap as sitemap_export
from registry.queries import changes, pages
from registry.queries.card import FundCard, fund_card

CSV, JSONL = "text/csv; charset=utf-8", "application/jsonl; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def giving_prefix(fund: FundCard) -> str:
    """The prefix that 360Giving allotted (`GIVING_PREFIX`); until it does, the SIREN says whose data this is."""
    return settings.GIVING_PREFIX or f"fr{fund.siret[:9]}"


@allow(public)
@public_file
def scdl_csv(request):
    fund, modified_at = fund_card(), queries.modified_at()
    name = f"{modified_at:%Y%m%d}_{fund.siret[:9]}_subventions-{slugify(fund.name) or 'fonds'}.csv"
    return PublicFile(scdl.lines(queries.published()), CSV, name, modified_at)


@allow(public)
@public_file
def giving_json(request):
    fund, modified_at = fund_card(), queries.modified_at()
    lines = threesixty.lines(queries.published(), fund, giving_prefix(fund), modified_at)
    return PublicFile(lines, "application/json", modified_at=modified_at)


@allow(public)
@public_file
def projects_file(request, extension):
    """The registry, or exactly the rows of a filtered page when its filters are given."""
    grants, modified_at = queries.published(queries.Filters.read(request.GET)), queries.modified_at()
    if extension == "json":
        grants = queries.with_ballots(grants)
    if extension == "csv":
        return PublicFile(projects.as_csv(grants), CSV, "projets.csv", modified_at)
    if extension == "json":
        return PublicFile(projects.as_json(grants, modified_at), "application/json", modified_at=modified_at)
    return PublicFile(projects.as_xlsx(grants, modified_at), XLSX, "projets.xlsx", modified_at)


@allow(public)
@public_file
def outcomes_file(request, extension):
    """What became of everything that was filed, call by call."""
    rows, modified_at = queries.outcomes(), queries.modified_at()
    if extension == "csv":
        return PublicFile(outcomes.as_csv(rows), CSV, "appels.csv", modified_at)
    return PublicFile(outcomes.as_json(rows, modified_at), "application/json", modified_at=modified_at)


@allow(public)
@public_file
def corrections_file(request, extension):
    """What was corrected or taken down of the public pages, and why."""
    changes, modified_at = pages.told_changes(pages.log()), queries.modified_at()
    if extension == "csv":
        return PublicFile(corrections.as_csv(changes), CSV, "corrections.csv", modified_at)
    return PublicFile(corrections.as_json(changes, modified_at), "application/json", modified_at=modified_at)


@allow(public)
@public_file
def ledger_file(request, extension):
    """Millions of rows stream: the public head tells every byte before it. The CSV takes the filters of the page; the chain is whole or it proves nothing."""
    if extension == "csv" and (given := {name: request.GET[name] for name in WORDS if request.GET.get(name)}):
        form = EntryFilters(given)
        if not form.is_valid():
            raise BadRequest
        return PublicFile(ledger_export.csv_lines(wanted=form.wanted()), CSV, "comptes.csv")
    etag = etag_of(extension, json.dumps(ledger_export.genesis_object()), *ledger.public_head())
    if extension == "jsonl":
        return PublicFile(ledger_export.jsonl_lines(), JSONL, etag=etag)
    return PublicFile(ledger_export.csv_lines(), CSV, "comptes.csv", etag=etag)


@allow(public)
@public_file
def checkpoint_json(request):
    newest = ledger.latest_checkpoint()
    if newest is None:
        raise Http404
    return PublicFile([ledger_export.checkpoint_text(newest)], "application/json", modified_at=newest.at)


@allow(public)
@public_file
def checkpoints_jsonl(request):
    return PublicFile(ledger_export.checkpoint_lines(), JSONL)


@allow(public)
@public_file
def public_key(request):
    return PublicFile([ledger_export.public_key_pem()], "application/x-pem-file")


@allow(public)
@public_file
def verifier(request):
    """The program with which anyone checks the ledger, alone."""
    return PublicFile([ledger_export.verifier()], "text/x-python; charset=utf-8", "verify_ledger.py")


PROGRAMS = ("recompute_scores.py", "recompute_draw.py")


def _program(name: str) -> str:
    return (settings.BASE_DIR / "docs" / name).read_text(encoding="utf-8")


@allow(public)
@public_file
def recomputer(request):
    """The program with which anyone recomputes the scores from projets.json, alone."""
    return PublicFile([_program("recompute_scores.py")], "text/x-python; charset=utf-8", "recompute_scores.py")


@allow(public)
@public_file
def redrawer(request):
    """The program with which anyone does a public draw again, alone."""
    return PublicFile([_program("recompute_draw.py")], "text/x-python; charset=utf-8", "recompute_draw.py")


@allow(public)
@public_file
def data_dictionary(request):
    """What every column of every table says."""
    return PublicFile(dictionary.lines(), CSV, "dictionnaire.csv")


def _members(fund, modified_at):
    """Name and bytes of each file, made as it is written: the files of `/donnees/`, the ledger's proofs, the programs."""
    newest = ledger.latest_checkpoint()
    yield "dictionnaire.csv", dictionary.lines
    yield "subventions-scdl.csv", lambda: scdl.lines(queries.published())
    yield "360giving.json", lambda: threesixty.lines(queries.published(), fund, giving_prefix(fund), modified_at)
    yield "projets.csv", lambda: projects.as_csv(queries.published())
    yield "projets.json", lambda: projects.as_json(queries.with_ballots(queries.published()), modified_at)
    yield "projets.xlsx", lambda: projects.as_xlsx(queries.published(), modified_at)
    yield "appels.csv", lambda: outcomes.as_csv(queries.outcomes())
    yield "appels.json", lambda: outcomes.as_json(queries.outcomes(), modified_at)
    yield "corrections.csv", lambda: corrections.as_csv(pages.told_changes(pages.log()))
    yield "corrections.json", lambda: corrections.as_json(pages.told_changes(pages.log()), modified_at)
    yield "comptes.csv", ledger_export.csv_lines
    yield "comptes.jsonl", ledger_export.jsonl_lines
    if newest is not None:
        yield "checkpoint.json", lambda: [ledger_export.checkpoint_text(newest)]
    yield "checkpoints.jsonl", ledger_export.checkpoint_lines
    yield "cle.pem", lambda: [ledger_export.public_key_pem()]
    yield "catalogue.jsonld", lambda: [_catalogue(modified_at)]
    yield "flux.atom", lambda: [_feed(modified_at)]
    yield "verify_ledger.py", lambda: [ledger_export.verifier()]
    for name in PROGRAMS:
        yield name, lambda name=name: [_program(name)]


@allow(public)
@public_file
def everything(request):
    """All the files in one archive, with their dictionary and the programs that check them."""
    fund, modified_at = fund_card(), queries.modified_at()
    day = timezone.localdate(modified_at).isoformat()
    readme = dictionary.README.format(fund=fund.name, day=day, address=fund.data_url)
    members = chain([("LISEZMOI.txt", lambda: [readme])], _members(fund, modified_at))
    name = f"{slugify(fund.name) or 'fonds'}-{day}.zip"
    return PublicFile(dictionary.archive(members, modified_at), "application/zip", name, modified_at)


@allow(public)
@public_file
def inclusion(request, seq):
    """Proof that an entry is in the tree of the newest checkpoint (RFC 9162)."""
    try:
        return PublicFile([json.dumps(ledger_export.inclusion_proof(int(seq))) + "\n"], "application/json")
    except LookupError:
        raise Http404 from None


@allow(public)
@public_file
def consistency(request):
    """Proof that the ledger of `to` entries only adds to that of `from` entries (RFC 9162)."""
    try:
        data = ledger_export.consistency_proof(_size(request, "from"), _size(request, "to"))
    except (ValueError, LookupError):
        raise Http404 from None
    return PublicFile([json.dumps(data) + "\n"], "application/json")


def _size(request, name: str) -> int:
    text = request.GET.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise ValueError(name)
    return int(text)


def _catalogue(modified_at) -> str:
    count, cents = queries.unsayable_in_scdl()
    with override("fr"):  # one language, as the other files
        return catalogue.dcat(fund_card(), modified_at, count, cents)


def _feed(modified_at) -> str:
    newest = ledger.latest_checkpoint()
    line = f"{newest.count} {newest.head}" if newest else ""
    with override("fr"):
        changes = pages.told_changes(pages.log()[:30])
        return catalogue.atom(queries.GrantList()[:30], changes, fund_card(), modified_at, line)


@allow(public)
@public_file
def dcat(request):
    modified_at = queries.modified_at()
    return PublicFile([_catalogue(modified_at)], "application/ld+json", modified_at=modified_at)


@allow(public)
@public_file
def atom(request):
    modified_at = queries.modified_at()
    return PublicFile([_feed(modified_at)], "application/atom+xml; charset=utf-8", modified_at=modified_at)


@allow(public)
@public_file
def project_atom(request, reference):
    """What became public of one project, latest first."""
    application = queries.published_applications().filter(reference=reference).first()
    if application is None:
        raise Http404
    with override("fr"):
        groups = changes.in_words(changes.of_project(application, application.awarded_at)[:100])
        title = groups[0].title if groups else application.reference
        lines = groups[0].lines if groups else []
        text = catalogue.project_atom(application.reference, title, lines, fund_card(), application.awarded_at)
    return PublicFile([text], "application/atom+xml; charset=utf-8")


@allow(public)
@public_file
def robots(request):
    """Where search engines have nothing to look for, and where the list of pages is."""
    return PublicFile([sitemap_export.robots()], "text/plain; charset=utf-8")


@allow(public)
@public_file
def sitemap(request):
    """Every public page of a call or a project, from the same published set as the registry."""
    slugs = public_calls(request.received_at).order_by("pk").values_list("slug", flat=True)
    lines = sitemap_export.lines(slugs, queries.published())
    return PublicFile(lines, "application/xml", modified_at=queries.modified_at())
