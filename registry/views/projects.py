"""The registry of projects."""

from dataclasses import replace

from django.http import Http404
from django.shortcuts import render

from core.access import allow, public
from core.redaction import redacted
from fund import communes
from fund.enums import ApplicantKind
from fund.ledger import queries as ledger
from fund.models import Call, Theme
from fund.public_cache import public_page
from fund.views.acts import page_of
from payments.models import Agreement
from payments.queries import public as payments
from registry import queries
from registry.enums import Stage
from registry.views.life import life_of
from registry.views.maps import tiles
from reviews.queries import live_award

PAGE = 24


def _chips(filters: queries.Filters, names: dict[str, str]) -> list[tuple[str, str]]:
    """(words, query without this filter) of each filter in force."""
    given = filters.as_query()
    return [(names.get(word, value), filters.search(**{word: ""})) for word, value in given.items() if word != "tri"]


@allow(public)
@public_page
def projects(request):
    filters = queries.Filters.read(request.GET)
    page = page_of(request, queries.GrantList(filters), PAGE)
    departments = queries.by_department(replace(filters, department=""))
    calls = list(Call.objects.public().order_by("-opens_at").values("slug", "title"))
    themes = list(Theme.objects.order_by("label"))
    names = {
        "q": f"« {filters.text} »",
        "appel": next((row["title"] for row in calls if row["slug"] == filters.call), filters.call),
        "theme": next((row.label for row in themes if row.code == filters.theme), filters.theme),
        "departement": communes.department_name(filters.department) or filters.department,
        "etat": Stage(filters.stage).label if filters.stage in Stage.values else filters.stage,
    }
    context = {
        "filters": filters,
        "formats": ["csv", "json", "xlsx"],
        "search": filters.search(),
        "chips": _chips(filters, names),
        "summary": queries.summary(filters),
        "page": page,
        "grants": page.object_list,
        "calls": calls,
        "themes": themes,
        "stages": Stage.choices,
        "years": queries.years(),
        "departments": sorted((name, code) for code, (name, _region) in communes.departments().items()),
        "tiles": tiles(departments, filters),
        "located": [
            row
            | {
                "name": communes.department_name(row["department"]),
                "search": filters.search(departement=row["department"]),
            }
            for row in departments
            if row["department"]
        ],
    }
    return render(request, "registry/projects.html", context)


@allow(public)
@public_page
def project(request, reference):
    grant = queries.get(reference)
    if grant is None:
        raise Http404
    entries = ledger.public_entries_of(grant.reference)
    context = {
        "grant": grant,
        "entries": entries,
        "bar": ledger.grant_bar(grant.reference, public=True),
        "money": None,
    }
    if not grant.not_taken_up:
        application = grant.source
        agreement = Agreement.objects.filter(application=application, signed_at__isnull=False).first()
        money = payments.grant(agreement) if agreement else None
        story, award = (application.content or {}).get("project", {}), live_award(application)
        context |= {
            "kind": ApplicantKind(grant.recipient_kind).label,
            "story": {name: redacted(str(story.get(name) or "")) for name in ("need", "solution")},
            "grounds": redacted(award.grounds) if award else "",
            "money": money,
            "instalments": _instalments(money, entries),
            "reports": [_cleared(report) for report in payments.accepted_reports(application)],
            "judged": queries.judged([application])[application.pk] if grant.score else None,
            "vote": queries.vote_on(application),
            "life": life_of(grant, money, entries),
        }
    return render(request, "registry/project.html", context)


def _cleared(report: dict) -> dict:
    """What an accepted report says, without contacts and accounts."""
    return {name: redacted(value) if isinstance(value, str) else value for name, value in report.items()}


def _instalments(money, entries) -> list[dict]:
    """Each instalment with the numbers of its ledger entries."""
    return [
        one | {"entries": sorted(entry.seq for entry in entries if entry.basis == one["basis"])}
        for one in (money["instalments"] if money else [])
    ]
