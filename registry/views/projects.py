"""The registry of projects."""

from django.http import Http404
from django.shortcuts import render

from core.access import allow, public
from fund import communes
from fund.ledger import queries as ledger
from fund.models import Call, Theme
from fund.public_cache import public_page
from payments import queries as payments
from registry import queries
from registry.enums import Stage
from reviews import queries as reviews

PAGE = 24


def read_filters(request) -> queries.Filters:
    get = lambda name: request.GET.get(name, "").replace("\x00", "").strip()[:100]  # noqa: E731
    return queries.Filters(
        text=get("q"),
        call=get("appel"),
        department=get("departement"),
        theme=get("theme"),
        stage=get("etat"),
        year=get("annee"),
        order=get("tri") or "recent",
    )


def page_number(request, count: int, size: int) -> int:
    """The page asked for; 404 when out of range."""
    text = request.GET.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0
    if number < 1 or (number > 1 and (number - 1) * size >= count):
        raise Http404
    return number


@allow(public)
@public_page
def projects(request):
    filters = read_filters(request)
    count = queries.count(filters)
    number = page_number(request, count, PAGE)
    departments = [row["department"] for row in queries.by_department() if row["department"]]
    context = {
        "filters": filters,
        "formats": ["csv", "json", "xlsx"],
        "query": filters.as_query(),
        "count": count,
        "number": number,
        "pages": max(1, -(-count // PAGE)),
        "grants": queries.page(filters, (number - 1) * PAGE, PAGE),
        "calls": Call.objects.filter(state__in=["under_review", "decided", "archived"])
        .order_by("-opens_at")
        .only("slug", "title"),
        "themes": Theme.objects.order_by("label"),
        "stages": Stage.choices,
        "departments": sorted((communes.department_name(code), code) for code in departments),
    }
    return render(request, "registry/projects.html", context)


@allow(public)
@public_page
def project(request, reference):
    grant = queries.get(reference)
    if grant is None:
        raise Http404
    context = {
        "grant": grant,
        "entries": ledger.public_entries_of(grant.reference),
        "bar": ledger.grant_bar(grant.reference, public=True),
    }
    if not grant.not_taken_up:
        application = grant.source
        context |= {
            "content": application.content or {},
            "decision": reviews.live_award(application),
            "instalments": payments.public_instalments(application),
            "reports": payments.accepted_reports(application),
        }
    return render(request, "registry/project.html", context)
