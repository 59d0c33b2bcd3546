"""Before anybody reads: the assignment that the solver proposes and an officer confirms; recusals and likenesses that both co-presidents look at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from applications.models import Application
from core.access import allow
from core.forms import PlainForm, ReasonForm
from core.idempotency import once
from fund.enums import College
from fund.people import instruction_desk
from fund.queries.keys import open_acts
from fund.views.acts import act, cards, page_of, status
from fund.views.keys import presents_at
from fund.views.presenting import Line, register
from reviews import queries
from reviews.enums.result import ResultKind
from reviews.forms import reading as forms
from reviews.models import Declaration, Seat
from reviews.queries import interests, proposals
from reviews.queries.late import late_interests
from reviews.views.acts import president_desk
from reviews.views.instruction import call_or_404
from reviews.views.members import panel_or_404

ASSIGN_FORMS = {"assign": forms.AssignForm, "reassign": forms.AssignForm}
RECUSAL_FORMS = {"lift": ReasonForm, "clear_hint": PlainForm}


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def proposal(request, slug):
    """What each would read, before it is given: the first assignment, then each repair of it. Equal in both colleges, what is missing said, the choice
    confirmed; what was looked at is not sought again."""
    panel = queries.panel_of(call_or_404(slug))
    if panel is None or panel.is_reading_closed:
        raise Http404
    bound = None
    if request.method == "POST":
        response, bound = act(request, panel, ASSIGN_FORMS, done=reverse("reviews:panel", args=[slug]))
        if response is not None:
            return response
    found = proposals.proposal_of(panel)
    closed = set(interests.closed_references(request.user, panel.call_id))
    page = page_of(request, _told(found, closed))
    return render(
        request,
        "reviews/instruction/proposal.html",
        {
            "call": panel.call,
            "panel": panel,
            "proposal": found,
            "page": page,
            "lines": _lines(found, page.object_list),
            "closed": sorted(closed & {row.reference for row in found.files}),
            "changes": bool(found.added or found.taken_away),
            "cards": cards(request, panel, ASSIGN_FORMS),
            "bound": bound,
        },
        status=status(bound),
    )


@dataclass
class Reader:
    """One name on a line of the proposal: is it new, is it taken away."""

    seat: Seat
    is_new: bool = False
    is_gone: bool = False


def _told(found: proposals.Proposal, closed: set[str]) -> list[Application]:
    """Files with a line of their own, without those closed to the asker; after a repair only those that change or lack a reader."""
    changed = {reference for reference, _college in found.left} | {reference for reference, _seat in found.added}
    changed |= {row.application.reference for row in found.taken_away}
    return [
        row
        for row in found.files
        if row.reference not in closed and (found.kind == ResultKind.ASSIGN or row.reference in changed)
    ]


def _lines(found: proposals.Proposal, files) -> list[dict]:
    """One line for each of these files: those of one page."""
    people = {str(seat.pk): seat for seat in found.seats} | {str(row.seat_id): row.seat for row in found.standing}
    readers: dict[str, dict[str, list[Reader]]] = {
        row.reference: {str(college): [] for college in College} for row in files
    }
    for reference, pk in sorted(pair for pair in found.taken if pair[0] in readers):
        seat = people[pk]
        readers[reference][seat.college].append(Reader(seat, is_new=(reference, pk) in found.added))
    for row in found.taken_away:
        if row.application.reference in readers:
            readers[row.application.reference][row.seat.college].append(Reader(row.seat, is_gone=True))
    missing = Counter()
    for (reference, _college), count in found.left.items():
        missing[reference] += count
    return [
        {
            "application": row,
            "civil": readers[row.reference][College.CIVIL_SOCIETY],
            "state": readers[row.reference][College.STATE],
            "missing": missing[row.reference],
        }
        for row in files
    ]


@allow(president_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def recusals(request, slug):
    """Who is recused from what, and whom a SIRET holds back: both co-presidents together lift, or let read; never on a file closed to them."""
    panel = panel_or_404(request, slug)
    bound = None
    own = interests.recused_references(request.user, panel.call)
    rows = [row for row in interests.held_back(panel) if row.application.reference not in own]
    if request.method == "POST":
        row = next((row for row in rows if not row.is_over and str(row.pk) == request.POST.get("declaration")), None)
        if row is None:
            raise Http404
        row = Declaration.objects.select_related("application__call", "user").get(pk=row.pk)
        response, bound = act(request, row, RECUSAL_FORMS, done=reverse("reviews:recusals", args=[slug]))
        if response is not None:
            return response
    under_way = {
        proposal.target_id: proposal
        for proposal in open_acts(request.received_at).filter(
            target_machine=Declaration.machine, target_id__in=[row.pk for row in rows]
        )
    }
    late = {
        one.declaration.pk for found in late_interests({row.application_id for row in rows}).values() for one in found
    }
    for row in rows:
        row.is_late = row.pk in late
        row.proposal = under_way.get(row.pk)
        name = "lift" if row.state == "recused" else "clear_hint"
        posted = bound is not None and bound.act == name and str(row.pk) == request.POST.get("declaration")
        row.form = bound if posted else RECUSAL_FORMS[name](prefix=name, auto_id=f"id_{row.pk}_%s")
        row.form.act = name
    return render(
        request,
        "reviews/recusals.html",
        {"panel": panel, "call": panel.call, "rows": rows, "own": own, "bound": bound},
        status=status(bound),
    )


def _let_read(proposal, declaration) -> list[Line]:
    """What a co-president reads before he turns the second key: who, which file, which link, why."""
    ground = declaration.get_ground_display() if declaration.ground else "–"
    link = ground if proposal.verb == "lift" else _("same SIRET number")
    found = [
        Line(_("Application"), declaration.application.reference),
        Line(_("Member"), str(declaration.user)),
        Line(_("Link"), str(link)),
    ]
    return [*found, Line(_("Reason"), proposal.params["reason"])] if proposal.params.get("reason") else found


for _verb in ("lift", "clear_hint"):
    register("declaration", _verb)(_let_read)
presents_at("declaration", lambda declaration: reverse("reviews:file", args=[declaration.application.reference]))
