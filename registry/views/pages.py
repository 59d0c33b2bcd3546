"""Public pages of the whole: home, figures, data, help, accessibility."""

from datetime import date

from django.shortcuts import render
from django.utils.translation import gettext as _

from core.access import allow, public
from core.links import absolute, localized
from fund import communes
from fund.enums import ApplicantKind
from fund.ledger import queries as ledger
from fund.public_cache import public_page
from fund.queries import open_calls, upcoming_calls
from registry import queries
from registry.exports.catalogue import FILES
from registry.exports.dictionary import TABLES
from registry.index.refresh import steady
from registry.queries import delays
from registry.views.maps import tiles


@allow(public)
@public_page
@steady()
def home(request):
    at = request.received_at
    context = {
        "open_calls": list(open_calls(at)),
        "coming_calls": list(upcoming_calls(at)),
        "totals": ledger.public_totals(),
        "projects": queries.GrantList(lines=True)[:3],
        "summary": queries.summary(),
    }
    return render(request, "registry/home.html", context)


def _bars(rows: list[dict], name, word: str = "", key: str = "") -> list[dict]:
    """Rows of a bar table: name, share of the longest bar, and the query of the registry that lists them (filter `word` at the row's `key`)."""
    top = max((row["cents"] for row in rows), default=0)
    return [
        row
        | {
            "name": name(row),
            "search": queries.EVERYTHING.search(**{word: str(row[key])}) if word else "",
            "percent": f"{100 * row['cents'] / top:.2f}%" if top else "0%",
        }
        for row in rows
    ]


@allow(public)
@public_page
@steady()
def statistics(request):
    departments, calls, totals = queries.by_department(), queries.by_call(), ledger.public_totals()
    context = {
        "totals": totals,
        "rate": 100 * totals.execution_rate,
        "summary": queries.summary(),
        "years": _bars(queries.by_year(), lambda row: row["year"], "annee", "year"),
        "over": [row for row in calls if row["is_over"]],
        **_delays(),
        "calls": _bars(calls, lambda row: row["call__title"], "appel", "call__slug"),
        "kinds": _bars(
            queries.by_kind(), lambda row: ApplicantKind(row["applicant_kind"]).label, "beneficiaire", "applicant_kind"
        ),
        "departments": _bars(
            [row for row in departments if row["department"]],
            lambda row: communes.department_name(row["department"]),
            "departement",
            "department",
        ),
        "months": _months(),
        "embed": {
            "url": absolute(localized("/integrer/execution/")),
            "title": _("Where the money stands"),
            "height": 310,
        },
        "tiles": tiles(departments, queries.EVERYTHING),
    }
    return render(request, "registry/statistics.html", context)


def _delays() -> dict:
    """How long things take: the whole of the fund, then each call."""
    figures = delays.delays()
    kinds = [(delays.KINDS[name], delays.COUNTED[name], name) for name in delays.KINDS]
    return {
        "delays": [(label, counted, figures.whole[name]) for label, counted, name in kinds],
        "delays_by_call": [
            (figures.titles[slug], [(label, counted, found[name]) for label, counted, name in kinds])
            for slug, found in figures.calls.items()
        ],
    }


def _months() -> list[dict]:
    """Paid by month, with the running total, oldest first."""
    rows, total = ledger.paid_by_month(), 0
    top = max((cents for _year, _month, cents in rows), default=0)
    found = []
    for year, month, cents in rows:
        total += cents
        percent = f"{max(0, 100 * cents / top):.2f}%" if top > 0 else "0%"
        found.append({"first": date(year, month, 1), "cents": cents, "total": total, "percent": percent})
    return found


@allow(public)
@public_page
@steady()
def data(request):
    left_count, left_cents = queries.unsayable_in_scdl()
    context = {
        "files": FILES,
        "tables": [(name, columns.items()) for name, columns in TABLES.items()],
        "left_count": left_count,
        "left_cents": left_cents,
        "modified_at": queries.modified_at(),
        "has_checkpoint": ledger.latest_checkpoint() is not None,
    }
    return render(request, "registry/data.html", context)


@allow(public)
@public_page
def accessibility(request):
    return render(request, "registry/accessibility.html")


@allow(public)
@public_page
def help_page(request):
    return render(request, "registry/help.html")
