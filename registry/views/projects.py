"""The registry of projects."""

from dataclasses import replace

from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import site
from core.access import allow, public
from core.links import absolute, localized
from core.money import format_euros
from fund import communes
from fund.enums import ApplicantKind
from fund.ledger import queries as ledger
from fund.models import Call, Theme
from fund.public_cache import public_page
from fund.views.acts import page_of
from payments.queries import public as payments
from registry import queries
from registry.enums import Stage
from registry.index.refresh import steady
from registry.queries import pages
from registry.views.life import life_of
from registry.views.maps import tiles

PAGE = 24
SIREN, SIRET = 9, 14
"""Digits of the numbers of a legal person and of its establishments."""

SHOWN = 60
"""Choices of a filter that a form offers at most: the most frequent ones."""


def _chips(filters: queries.Filters, names: dict[str, str]) -> list[tuple[str, str]]:
    """(words, query without this filter) of each filter in force."""
    given = filters.as_query()
    return [(names.get(word, value), filters.search(**{word: ""})) for word, value in given.items() if word != "tri"]


def _names(found: queries.Facets) -> dict[str, dict[str, str]]:
    """Words for the values of each filter."""
    return {
        "call": dict(Call.objects.public().values_list("slug", "title")),
        "theme": dict(Theme.objects.values_list("code", "label")),
        "department": {code: f"{name} ({code})" for code, (name, _region) in communes.departments().items()},
        "kind": {value: str(label).capitalize() for value, label in ApplicantKind.choices},
        "partner": found.partners,
        "band": {band: _band(*bounds) for band, bounds in queries.BANDS.items()},
        "stage": {value: str(label).capitalize() for value, label in Stage.choices},
        "year": {one.value: one.value for one in found.choices["year"]},
    }


def _band(least: int, below: int | None) -> str:
    if below is None:
        return _("%(amount)s and more") % {"amount": format_euros(least * 100, cents_if_round=False)}
    amounts = {"least": least, "below": format_euros(below * 100, cents_if_round=False)}
    if not least:
        return _("under %(below)s") % amounts
    return _("%(least)s to under %(below)s") % {**amounts, "least": format_euros(least * 100, cents_if_round=False)}


LABELS = {
    "stage": gettext_lazy("Stage"),
    "call": gettext_lazy("Call"),
    "theme": gettext_lazy("Theme"),
    "department": gettext_lazy("Department"),
    "kind": gettext_lazy("Recipient"),
    "partner": gettext_lazy("Administration"),
    "band": gettext_lazy("Amount"),
    "year": gettext_lazy("Year"),
}
"""Filters with choices, in the order of the form."""
SORTED = {
    "department": lambda one: one[1],
    "partner": lambda one: one[1].casefold(),
    "band": lambda one: list(queries.BANDS).index(one[0]),
    "year": lambda one: -int(one[0]),
}


def _choices(filters: queries.Filters, found: queries.Facets, names: dict) -> list[dict]:
    """Each filter with its choices: (value, words, how many grants it gives with the other filters)."""
    fields = []
    for name, label in LABELS.items():
        chosen, counts = getattr(filters, name), {one.value: one.count for one in found.choices[name]}
        shown = [(value, names[name].get(value, value), count) for value, count in list(counts.items())[:SHOWN]]
        if chosen and chosen not in {value for value, *_rest in shown}:
            shown.append((chosen, names[name].get(chosen, chosen), counts.get(chosen, 0)))
        by = SORTED.get(name)
        if by and all(value in names[name] for value, *_rest in shown):
            shown.sort(key=by)
        fields.append({"name": queries.NAMES[name], "label": label, "chosen": chosen, "choices": shown})
    return fields


@allow(public)
@public_page
@steady()
def projects(request):
    filters = queries.Filters.read(request.GET)
    found = queries.facets(filters)
    page = page_of(request, queries.GrantList(filters, lines=True, total=found.summary.all), PAGE)
    names, departments = _names(found), queries.by_department(replace(filters, department=""))
    words = {
        queries.NAMES[name]: values.get(getattr(filters, name), getattr(filters, name))
        for name, values in names.items()
    }
    context = {
        "filters": filters,
        "formats": ["csv", "json", "xlsx"],
        "siren": _siren(filters.text) if page.object_list else "",
        "search": filters.search(),
        "chips": _chips(filters, words | {"q": f"« {filters.text} »"}),
        "summary": found.summary,
        "page": page,
        "grants": page.object_list,
        "fields": _choices(filters, found, names),
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


def _siren(text: str) -> str:
    """The SIREN that was searched, of an organisation that has a page; empty otherwise."""
    typed = "".join(text.split())
    is_number = len(typed) in (SIREN, SIRET) and typed.isascii() and typed.isdigit()
    return typed[:SIREN] if is_number and queries.received_by(typed[:SIREN]) else ""


@allow(public)
@public_page
def project(request, reference):
    grant = queries.get(reference, site.of(request))
    if grant is None:
        raise Http404
    entries = ledger.public_entries_of(grant.reference)
    context = {
        "grant": grant,
        "entries": entries,
        "bar": ledger.bar_of(grant.reference, entries),
        "freed": _freed(entries),
        "money": None,
        "embed": {
            "url": absolute(localized(f"/integrer/projets/{grant.reference}/")),
            "title": grant.reference if grant.is_bare else grant.title,
            "height": 340,
        },
    }
    if not grant.is_bare:
        application = grant.source
        money = payments.grant(grant.agreement) if grant.agreement else None
        told = money["reports"] if money else []
        texts = pages.texts_of(grant, told)
        context |= {
            "kind": ApplicantKind(grant.recipient_kind).label,
            "texts": texts,
            "money": money,
            "instalments": _instalments(money, entries),
            "reports": pages.reports_of(grant, told, texts),
            "judged": queries.judged([application])[application.pk] if grant.score else None,
            "vote": queries.vote_on(application),
            "life": life_of(grant, money, entries),
        }
    return render(request, "registry/project.html", context)


@allow(public)
@public_page
@steady()
def organisation(request, siren):
    """What one legal person received, year by year and grant by grant. The SIRET of one of its establishments leads to it."""
    if len(siren) == SIRET and siren.isascii() and siren.isdigit():
        return redirect("registry:organisation", siren[:SIREN])
    received = queries.received_by(siren)
    if received is None:
        raise Http404
    return render(request, "registry/organisation.html", {"received": received, "formats": ["csv", "json", "xlsx"]})


def _freed(entries) -> dict:
    """What was set aside for a grant, never paid, and is back in its envelope: cents and numbers of the entries. Entries reversed are left out."""
    back = {
        entry.seq: sum(cents for _envelope, account, cents in entry.moves if account == "free" and cents > 0)
        for entry in entries
        if not (entry.reverses or entry.reversed_by)
    }
    return {"cents": sum(back.values()), "entries": sorted(seq for seq, cents in back.items() if cents)}


def _instalments(money, entries) -> list[dict]:
    """Each instalment with the numbers of its ledger entries."""
    return [
        one | {"entries": sorted(entry.seq for entry in entries if entry.basis == one["basis"])}
        for one in (money["instalments"] if money else [])
    ]
