"""Simulations of what the envelope could fund: made, changed, shared, copied, dropped. They decide nothing and no decision reads them."""

from __future__ import annotations

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from reviews.enums.reading import PanelState
from reviews.enums.simulation import SimulationStart
from reviews.models import Panel, Simulation, SimulationLine
from reviews.queries import simulations as queries
from reviews.queries.panels import fund_of_panel
from reviews.queries.ranking import ranked
from reviews.rules import simulations as rules
from reviews.transitions.deeds import deed

COLLEGE_OF = {SimulationStart.RANKING: "", SimulationStart.CIVIL: "civil_society", SimulationStart.STATE: "state"}
NAME_LENGTH = 80

OWN = {
    "on": Panel,
    "who": (rules.makes_simulations,),
    "sources": (PanelState.READING_CLOSED,),
}


def _born(act, panel: Panel, amounts: dict[int, int], **facts) -> Simulation:
    simulation = Simulation.objects.create(panel=panel, made_by=act.actor, made_at=act.at, changed_at=act.at, **facts)
    SimulationLine.objects.bulk_create(
        SimulationLine(simulation=simulation, application_id=pk, amount=amount) for pk, amount in amounts.items()
    )
    act.note(simulation=simulation.pk)
    return simulation


@deed(label=_("make a simulation"), guards=(rules.name_given, rules.some_file_is_open), **OWN)
def simulate(act, panel, *, name, note, base, start):
    """Over the files its author may open; the money goes down the ranking asked for, by the rule of the list. Kept from the panel until it is shared."""
    files = queries.base_files(panel, act.actor, base)
    free = fund_of_panel(panel).free
    amounts = dict.fromkeys(files.values_list("pk", flat=True), 0)
    if start in COLLEGE_OF:
        found = ranked(panel, files.select_related("call"))
        amounts |= queries.filled(found.lines, free, COLLEGE_OF[start])
    return _born(act, panel, amounts, name=name.strip(), note=note.strip(), base=base, start=start, free_amount=free)


@deed(label=_("copy a simulation"), guards=(rules.is_shown_to_actor,), **OWN)
def copy_simulation(act, panel, *, simulation):
    """The same files and amounts under another name, to change freely; the note said what the other one was."""
    name = _now("%(name)s (copy)") % {"name": simulation.name}
    return _born(
        act,
        panel,
        dict(simulation.lines.values_list("application_id", "amount")),
        name=name[:NAME_LENGTH],
        note="",
        base=simulation.base,
        start=SimulationStart.COPY,
        free_amount=fund_of_panel(panel).free,
    )


@deed(
    label=_("change a simulation"),
    guards=(rules.is_shown_to_actor, rules.is_the_authors, rules.name_given, rules.lines_are_its_own),
    **OWN,
)
def revise_simulation(act, panel, *, simulation, name, note, amounts):
    """Files in and out, amounts, name and note. Counted again under what the envelope has free now. Too much is shown, never refused: it is a trial."""
    lines = list(simulation.lines.all())
    for line in lines:
        line.amount = amounts.get(line.application_id, line.amount)
    SimulationLine.objects.bulk_update(lines, ["amount"])
    simulation.name, simulation.note = name.strip(), note.strip()
    simulation.changed_at, simulation.free_amount = act.at, fund_of_panel(panel).free
    simulation.save()
    act.note(simulation=simulation.pk)


@deed(label=_("show a simulation to the panel"), guards=(rules.is_shown_to_actor, rules.is_the_authors), **OWN)
def share_simulation(act, panel, *, simulation):
    """To the members who may open every file it was made over."""
    simulation.shared_at = act.at
    simulation.save(update_fields=["shared_at"])
    act.note(simulation=simulation.pk)


@deed(
    label=_("keep a simulation for the co-presidents and the secretary"),
    guards=(rules.is_shown_to_actor, rules.is_the_authors),
    **OWN,
)
def keep_simulation(act, panel, *, simulation):
    """No longer shown to the members."""
    simulation.shared_at = None
    simulation.save(update_fields=["shared_at"])
    act.note(simulation=simulation.pk)


@deed(label=_("delete a simulation"), guards=(rules.is_shown_to_actor, rules.is_the_authors), danger=True, **OWN)
def drop_simulation(act, panel, *, simulation):
    """It was a trial: nothing rests on it."""
    act.note(simulation=simulation.pk)
    simulation.delete()
