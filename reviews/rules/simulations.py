"""Guards of simulations: over files one may open, changed by their author alone. None of them touches a vote."""

from __future__ import annotations

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core.transitions import Act, Refusal, Who
from reviews.queries import simulations as queries

makes_simulations = Who(
    "SM",
    _("the co-presidents of this panel and the case officers"),
    lambda actor, obj, at: queries.is_maker(actor, obj),
)


def name_given(act: Act) -> None:
    if not act.preview and not (act.get("name") or "").strip():
        raise Refusal("name_missing", _now("Give the simulation a name, so that one finds it again."), field="name")


def some_file_is_open(act: Act) -> None:
    if not act.preview and not queries.base_files(act.obj, act.actor, act.get("base")).exists():
        raise Refusal(
            "no_file_to_simulate",
            _now("No application under review can stand in this simulation."),
            remedy=_now("Declare on the applications first, or make it over every application you may open."),
            status=409,
            field="base",
        )


def is_shown_to_actor(act: Act) -> None:
    """A simulation that is not shown to somebody does not exist for him."""
    simulation = act.get("simulation")
    if simulation is not None and not queries.simulations_for(act.actor, act.obj).filter(pk=simulation.pk).exists():
        raise Refusal("simulation_unknown", _now("This simulation does not exist."), status=404)


def is_the_authors(act: Act) -> None:
    simulation = act.get("simulation")
    if simulation is not None and simulation.made_by_id != act.actor.pk:
        raise Refusal(
            "not_the_author",
            _now("Only who made this simulation may change it."),
            remedy=_now("Make a copy and change yours."),
            status=403,
        )


def lines_are_its_own(act: Act) -> None:
    """Amounts for files of the simulation and no other; never negative."""
    simulation, amounts = act.get("simulation"), act.get("amounts")
    if simulation is None or amounts is None:
        return
    known = set(simulation.lines.values_list("application_id", flat=True))
    if not set(amounts) <= known or any(amount < 0 for amount in amounts.values()):
        raise Refusal("amount_unknown", _now("One of these amounts belongs to no application of this simulation."))
