"""Simulations under the envelope: the list, one of them, several side by side; from the panel's desk and from the case officers'."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from applications.views.instruction import safe_cell
from core.access import allow
from core.browser import as_ids
from core.idempotency import once
from core.money import decimal_text
from core.transitions import Refusal
from fund.people import instruction_desk
from fund.views.acts import page_of, status
from reviews import queries
from reviews.forms.simulations import NewSimulationForm, SimulationForm
from reviews.models import Panel, Simulation
from reviews.queries import simulations as found
from reviews.queries.panels import fund_of_panel
from reviews.transitions import simulations as verbs
from reviews.transitions.deeds import offer_of
from reviews.views.acts import member_desk
from reviews.views.instruction import call_or_404
from reviews.views.members import panel_or_404

SIDE_BY_SIDE = 4
PLAIN = {
    "copy": verbs.copy_simulation,
    "share": verbs.share_simulation,
    "keep": verbs.keep_simulation,
    "drop": verbs.drop_simulation,
}


@dataclass(frozen=True)
class Desk:
    """Whose pages these are: addresses by name."""

    is_member: bool
    index: str
    one: str
    compare: str
    compare_csv: str
    ranking: str


MEMBERS = Desk(
    True, "reviews:simulations", "reviews:simulation", "reviews:compare", "reviews:compare_csv", "reviews:ranking"
)
STAFF = Desk(
    False,
    "reviews:staff_simulations",
    "reviews:staff_simulation",
    "reviews:staff_compare",
    "reviews:staff_compare_csv",
    "reviews:staff_ranking",
)


def _staff_panel(request, slug: str) -> Panel:
    panel = queries.panel_of(call_or_404(slug))
    if panel is None:
        raise Http404
    return panel


def _context(request, panel: Panel, desk: Desk) -> dict:
    return {
        "panel": panel,
        "call": panel.call,
        "desk": desk,
        "closed": found.closed_to(request.user, panel),
        "is_maker": found.is_maker(request.user, panel),
    }


# ---- the list ----


def _index(request, panel: Panel, desk: Desk):
    form = NewSimulationForm(request.POST if request.method == "POST" else None, obj=panel, prefix="simulate")
    if request.method == "POST" and form.is_valid():
        try:
            made = verbs.simulate(panel=panel, actor=request.user, at=request.received_at, **form.params())
            return redirect(desk.one, panel.call.slug, made.pk)
        except Refusal as refusal:
            form.refuse(refusal)
    page = page_of(request, found.listed(request.user, panel), 20)
    return render(
        request,
        "reviews/simulations/index.html",
        {
            **_context(request, panel, desk),
            "page": page,
            "bar": fund_of_panel(panel) if panel.is_reading_closed else None,
            "form": form,
            "offer": offer_of(verbs.simulate, panel, request.user, request.received_at),
        },
        status=form.status or status(form),
    )


# ---- one ----


def _one_or_404(request, panel: Panel, pk: int) -> Simulation:
    simulation = found.simulations_for(request.user, panel).filter(pk=pk).first()
    if simulation is None:
        raise Http404
    return simulation


def _do(request, panel: Panel, desk: Desk, simulation: Simulation, name: str):
    """The acts without a form: copied, shown, kept, dropped. Leads on."""
    slug = panel.call.slug
    made = PLAIN[name](panel=panel, simulation=simulation, actor=request.user, at=request.received_at)
    if name == "copy":
        messages.success(request, _("This is your copy: change it as you like."))
        return redirect(desk.one, slug, made.pk)
    if name == "drop":
        messages.success(request, _("The simulation is deleted."))
        return redirect(desk.index, slug)
    messages.success(
        request,
        _("The members who may open all its applications can now see it.")
        if name == "share"
        else _("The simulation is kept for the co-presidents and the secretary."),
    )
    return redirect(desk.one, slug, simulation.pk)


def _one(request, panel: Panel, desk: Desk, pk: int):
    simulation = _one_or_404(request, panel, pk)
    if request.method == "POST" and request.POST.get("act") in PLAIN:
        return _do(request, panel, desk, simulation, request.POST["act"])
    seen = found.portfolio_of(simulation, panel)
    context = _context(request, panel, desk)
    own, form = context["is_maker"] and simulation.made_by_id == request.user.pk, None
    if own:
        form = SimulationForm(
            request.POST if request.method == "POST" else None,
            obj=panel,
            rows=seen.rows,
            initial={"name": simulation.name, "note": simulation.note},
        )
    if request.method == "POST":
        if form is None:
            raise Refusal("not_the_author", _("Only who made this simulation may change it."), status=403)
        if form.is_valid():
            try:
                verbs.revise_simulation(
                    panel=panel, simulation=simulation, actor=request.user, at=request.received_at, **form.params()
                )
                messages.success(request, _("Saved and counted again."))
                return redirect(desk.one, panel.call.slug, simulation.pk)
            except Refusal as refusal:
                form.refuse(refusal)
    return render(
        request,
        "reviews/simulations/one.html",
        {
            **context,
            "simulation": simulation,
            "seen": seen,
            "form": form,
            "own": own,
            "lines": form.controls() if form is not None else [(row, None, None) for row in seen.rows],
            "free_now": fund_of_panel(panel).free,
        },
        status=form is not None and form.status or status(form),
    )


# ---- side by side ----


def _chosen(request, panel: Panel) -> list[Simulation]:
    """Those asked for that this person is shown, oldest first; four at most."""
    wanted = sorted(as_ids(request.GET.getlist("s")))[:SIDE_BY_SIDE]
    return list(found.simulations_for(request.user, panel).filter(pk__in=wanted).order_by("pk"))


def _comparison(request, panel: Panel, desk: Desk):
    chosen = _chosen(request, panel)
    seen = found.comparison(chosen, panel) if len(chosen) > 1 else None
    return render(
        request,
        "reviews/simulations/compare.html",
        {
            **_context(request, panel, desk),
            "chosen": chosen,
            "seen": seen,
            "query": "&".join(f"s={one.pk}" for one in chosen),
            "groups": [
                (_("Theme"), seen.by_theme),
                (_("Region"), seen.by_region),
                (_("Department"), seen.by_department),
                (_("Who receives the money"), seen.by_bearer),
            ]
            if seen
            else [],
        },
    )


def _table(seen: found.Comparison) -> Iterator[list]:
    """The comparison as rows: files, then totals, then break-downs."""
    sides = seen.portfolios
    yield [_("rank"), _("reference"), _("title"), _("requested"), *(one.simulation.name for one in sides), _("differs")]
    for row in seen.rows:
        given = ["" if amount is None else decimal_text(amount) for amount in row.amounts]
        yield [
            row.rank or "",
            row.application.reference,
            row.application.display_title,
            decimal_text(row.application.requested_amount),
            *given,
            _("yes") if row.differs else _("no"),
        ]

    def line(label, key, cells):
        return ["", label, key, "", *cells, ""]

    yield line(_("total"), "", [decimal_text(one.total) for one in sides])
    yield line(_("left in the envelope"), "", [decimal_text(one.left) for one in sides])
    yield line(_("applications funded"), "", [len(one.funded) for one in sides])
    for label, groups in (
        (_("theme"), seen.by_theme),
        (_("region"), seen.by_region),
        (_("department"), seen.by_department),
        (_("who receives the money"), seen.by_bearer),
    ):
        for group in groups:
            yield line(label, group.label or _("not said"), [decimal_text(amount) for amount in group.amounts])


def _csv(request, panel: Panel):
    chosen = _chosen(request, panel)
    if len(chosen) < 2:
        raise Http404
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = (
        f'attachment; filename="simulations-{timezone.localdate(request.received_at):%Y-%m-%d}.csv"'
    )
    writer = csv.writer(response, delimiter=";", lineterminator="\r\n")
    writer.writerows([safe_cell(cell) for cell in row] for row in _table(found.comparison(chosen, panel)))
    return response


# ---- the two desks ----


@allow(member_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def my_simulations(request, slug):
    """Simulations of the call: one's own, those of the chairs and the secretary, those shared with the panel."""
    return _index(request, panel_or_404(request, slug), MEMBERS)


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def staff_simulations(request, slug):
    """The same, for the secretary."""
    return _index(request, _staff_panel(request, slug), STAFF)


@allow(member_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def my_simulation(request, slug, pk):
    """One simulation: its files, what it leaves, by theme and territory; its author changes it here."""
    return _one(request, panel_or_404(request, slug), MEMBERS, pk)


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def staff_simulation(request, slug, pk):
    """The same, for the secretary."""
    return _one(request, _staff_panel(request, slug), STAFF, pk)


@allow(member_desk)
@require_safe
def my_comparison(request, slug):
    """Two to four simulations side by side."""
    return _comparison(request, panel_or_404(request, slug), MEMBERS)


@allow(instruction_desk)
@require_safe
def staff_comparison(request, slug):
    """The same, for the secretary."""
    return _comparison(request, _staff_panel(request, slug), STAFF)


@allow(member_desk)
@require_safe
def my_comparison_csv(request, slug):
    """The comparison as a table file."""
    return _csv(request, panel_or_404(request, slug))


@allow(instruction_desk)
@require_safe
def staff_comparison_csv(request, slug):
    """The same, for the secretary."""
    return _csv(request, _staff_panel(request, slug))
