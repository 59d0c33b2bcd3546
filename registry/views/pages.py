"""Public pages of the whole: home, figures, data, help, accessibility."""

from django.shortcuts import render

from core.access import allow, public
from fund.ledger import queries as ledger
from fund.models import Call
from fund.public_cache import public_page
from registry import queries
from registry.exports.catalogue import FILES


@allow(public)
@public_page
def home(request):
    at = request.received_at
    calls = list(Call.objects.filter(state="published").select_related("envelope").order_by("closes_at"))
    context = {
        "open_calls": [call for call in calls if call.opens_at <= at < call.closes_at],
        "coming_calls": [call for call in calls if at < call.opens_at],
        "totals": ledger.public_totals(),
        "projects": queries.page(queries.Filters(), 0, 3),
        "project_count": queries.count(queries.Filters()),
    }
    return render(request, "registry/home.html", context)


@allow(public)
@public_page
def statistics(request):
    years, departments, calls = queries.by_year(), queries.by_department(), queries.by_call()
    for rows in (years, departments, calls):
        top = max((row["cents"] or 0 for row in rows), default=0)
        for row in rows:
            row["percent"] = f"{100 * (row['cents'] or 0) / top:.2f}%" if top else "0%"
    from fund import communes

    for row in departments:
        row["name"] = communes.department_name(row["department"]) if row["department"] else ""
    context = {"years": years, "departments": departments, "calls": calls, "totals": ledger.public_totals()}
    return render(request, "registry/statistics.html", context)


@allow(public)
@public_page
def data(request):
    left_count, left_cents = queries.unsayable_in_scdl(queries.published())
    context = {"files": FILES, "left_count": left_count, "left_cents": left_cents, "modified_at": queries.modified_at()}
    return render(request, "registry/data.html", context)


@allow(public)
@public_page
def accessibility(request):
    return render(request, "registry/accessibility.html")


@allow(public)
@public_page
def help_page(request):
    return render(request, "registry/help.html")
