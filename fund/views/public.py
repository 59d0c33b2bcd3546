"""Calls for everyone: the list, the page, the eligibility questions, the calendar file. Public bytes depend on the address alone."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from core import links, site
from core.access import allow, public
from core.templatetags.ui import instant
from fund import hands, icalendar, share_card
from fund.enums import CallState
from fund.forms.calls import EligibilityForm
from fund.forms.filters import CallFilters
from fund.ledger.queries import envelope_bar
from fund.models import Call
from fund.models.calls import AFTER_CLOSING
from fund.public_cache import public_page
from fund.queries import find_call, open_calls, past_calls, upcoming_calls
from fund.queries.calls import Asked
from fund.queries.results import results_of
from fund.views.acts import page_of
from fund.views.calls import call_context
from fund.views.presenting import groups_of

FILTERS = {"ouverts": pgettext_lazy("calls", "Open"), "a-venir": gettext_lazy("Coming"), "passes": gettext_lazy("Past")}


def public_call(slug: str) -> Call:
    call = find_call(slug)
    if call is None:
        raise Http404
    return call


@allow(public)
@public_page
def calls(request):
    """Open, coming and past calls; `?etat=` keeps one of the three."""
    at, kept = request.received_at, request.GET.get("etat", "")
    if kept not in ("", *FILTERS):
        raise Http404
    form = CallFilters(request.GET)
    asked = form.asked() if form.is_valid() else None

    def matching(rows):
        return asked.of(rows) if asked else rows.none()  # nothing is shown that was not asked for

    page = page_of(request, matching(past_calls(at)))
    for call in page.object_list:
        call.now = call.phase(at)
    found = {"ouverts": list(matching(open_calls(at))), "a-venir": list(matching(upcoming_calls(at))), "passes": page}
    counts = {"ouverts": len(found["ouverts"]), "a-venir": len(found["a-venir"]), "passes": page.paginator.count}
    for call in found["ouverts"]:
        call.days_left = (timezone.localdate(call.closes_at) - timezone.localdate(at)).days
    return render(
        request,
        "fund/public/calls.html",
        {
            "open_calls": found["ouverts"],
            "coming_calls": found["a-venir"],
            "page": page,
            "kept": kept,
            "filters": [(code, label, counts[code]) for code, label in FILTERS.items()],
            "form": form,
            "is_filtered": asked != Asked(),
            "search": "".join(f"&{urlencode({name: form.data[name]})}" for name in form.fields if form.data.get(name)),
        },
        status=200 if asked else 400,
    )


@allow(public)
@public_page
def call(request, slug):
    """One call: what for, how much, judged how, until when."""
    found = public_call(slug)
    return render(
        request,
        "fund/public/call.html",
        call_context(found, request.received_at)
        | {
            "bar": envelope_bar(found.envelope, public=True),
            "results": results_of(found) if found.state in AFTER_CLOSING else None,
            "share": {
                "url": links.absolute(links.localized(f"/appels/{found.slug}/")),
                "picture": links.absolute(f"/appels/{found.slug}/carte.png"),
                "closing": share_closing(found),
            },
        },
    )


@allow(public)
@public_page
def rules(request, slug):
    """The rules this call follows, frozen since it was published."""
    found = public_call(slug)
    return render(
        request,
        "fund/public/rules.html",
        {"call": found, "version": found.rule_version, "groups": groups_of(found.rule_version)},
    )


@allow(public)
@public_page
def who_does_what(request):
    """Every act against every role, read from the verbs."""
    groups = hands.groups()
    return render(
        request,
        "fund/public/who_does_what.html",
        {
            "groups": groups,
            "columns": hands.COLUMNS.values(),
            "counts": hands.counts(groups),
            "never_together": hands.never_together(),
            "never_same_person": hands.never_same_person(),
            "does": hands.DOES,
            "first": hands.FIRST,
            "second": hands.SECOND,
        },
    )


@allow(public)
@public_page
def eligibility(request, slug):
    """Yes-or-no questions answered without an account; the answers stand in the address and are kept nowhere."""
    found = public_call(slug)
    questions = list(found.eligibility_questions.all())
    answered = any(question.code in request.GET for question in questions)
    form = EligibilityForm(request.GET if answered else None, questions=questions)
    complete = answered and form.is_valid()
    return render(
        request,
        "fund/public/eligibility.html",
        {
            "call": found,
            "form": form,
            "complete": complete,
            "obstacles": form.obstacles() if complete else [],
            "is_open": found.is_open(request.received_at),
        },
    )


@allow(public)
@public_page
def calendar(request, slug):
    """The dates of a call, for one's own calendar."""
    found = public_call(slug)
    response = HttpResponse(icalendar.of_call(found), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{found.slug}.ics"'
    return response


@allow(public)
@public_page
def card(request, slug):
    """The picture of a call for those who share its address (OpenGraph): 1200 × 630, the same bytes as long as the call says the same."""
    found = public_call(slug)
    body = share_card.draw(
        fund=site.current().name, title=found.title, sentence=found.summary, closing=share_closing(found)
    )
    return HttpResponse(body, content_type="image/png")


def share_closing(call: Call) -> str:
    if call.state == CallState.CANCELLED:
        return _("Call cancelled")
    return _("Applications until %(end)s, Paris time") % {"end": instant(call.closes_at)}
