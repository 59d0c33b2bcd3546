"""The life of a published project, step by step: what happened, what is awaited, what comes. Public facts only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from core.money import format_euros
from registry.enums import Stage
from registry.queries import PublishedGrant


@dataclass(frozen=True)
class Step:
    """`tone`: nothing for what happened, `now` for what is awaited, `later` for what comes. `entries`: numbers of its ledger entries."""

    title: str
    on: date | None = None
    text: str = ""
    tone: str = ""
    entries: tuple[int, ...] = ()

    @property
    def is_late(self) -> bool:
        """Awaited, and its day is over."""
        return bool(self.tone and self.on and self.on < timezone.localdate())


def life_of(grant: PublishedGrant, money: dict | None, entries) -> list[Step]:
    """Steps in order. `money` is the public side of the agreement (`payments.queries.public.grant`), `entries` those of the grant."""
    application = grant.source
    steps = []
    if application.first_received_at:
        steps.append(Step(_("Application filed"), timezone.localdate(application.first_received_at)))
    reserved = _numbers(entries, "reserve", grant.decision_reference)
    steps.append(
        Step(
            _("Selected by the panel"),
            grant.awarded_on,
            _("Decision notified: %(amount)s awarded") % {"amount": _euros(grant.amount)},
            entries=reserved,
        )
    )
    if money is None or grant.agreed_on is None:
        if grant.stage == Stage.AWARDED:
            steps.append(Step(_("Agreement to sign"), None, _("Awaited: the recipient and the fund."), "now"))
        return steps
    steps.append(
        Step(
            _("Agreement signed"),
            grant.agreed_on,
            _("%(amount)s promised") % {"amount": _euros(money["amount"])},
            entries=_numbers(entries, "commit"),
        )
    )
    happened = [*_paid(money, entries), *_accepted(money)]
    is_over = grant.stage in (Stage.COMPLETED, Stage.STOPPED)
    if is_over:
        closed = timezone.localdate(money["closed_at"]) if money["closed_at"] else None
        happened.append(Step(_("Grant completed") if grant.stage == Stage.COMPLETED else _("Grant stopped"), closed))
    happened += _came_back(entries)  # money is claimed and given back after the end too
    steps += sorted(happened, key=lambda step: step.on or date.max)
    return steps if is_over else steps + _to_come(grant, money)


def _paid(money: dict, entries) -> list[Step]:
    return [
        Step(
            _("Instalment %(number)s paid") % {"number": one["number"]},
            one["paid_on"],
            f"{_euros(one['amount'])}, {one['label']}",
            entries=_numbers(entries, "pay", one["basis"]),
        )
        for one in money["instalments"]
        if one["state"] == "paid" and one["paid_on"]
    ]


def _came_back(entries) -> list[Step]:
    """Money paid that was claimed, or given back."""
    titles = {"claim": _("Money claimed back"), "return": _("Money returned")}
    return [
        Step(titles[entry.kind], timezone.localdate(entry.at), format_euros(entry.amount), entries=(entry.seq,))
        for entry in sorted(entries, key=lambda entry: entry.seq)
        if entry.kind in titles and not entry.reversed_by
    ]


def _accepted(money: dict) -> list[Step]:
    return [
        Step(
            _("Report accepted"),
            timezone.localdate(one["accepted_at"]),
            _("%(report)s; the administration’s answer: %(answer)s")
            % {"report": one["kind_label"], "answer": one["adoption_label"]}
            if one["adoption_label"]
            else str(one["kind_label"]),
        )
        for one in money["reports"]
        if one["state"] == "accepted"
    ]


def _to_come(grant: PublishedGrant, money: dict) -> list[Step]:
    """What is awaited now in yellow, the rest after it."""
    coming = []
    for one in money["instalments"]:
        if one["state"] == "ordered":
            text = _("%(amount)s, on its way to the bank.") % {"amount": _euros(one["amount"])}
            coming.append((date.min, Step(_("Instalment %(number)s") % {"number": one["number"]}, None, text)))
    for one in money["reports"]:
        if one["state"] == "expected" and one["due_on"]:
            coming.append((one["due_on"], Step(str(one["kind_label"]), one["due_on"], _("Awaited: the recipient."))))
        elif one["state"] == "filed":
            coming.append(
                (date.min, Step(str(one["kind_label"]), None, _("Filed. Awaited: the fund, which reads it.")))
            )
    for one in money["instalments"]:
        if one["state"] == "scheduled":
            text = f"{_euros(one['amount'])}, {one['label']}"
            coming.append((date.max, Step(_("Instalment %(number)s") % {"number": one["number"]}, None, text)))
    if grant.ends_on and grant.ends_on >= timezone.localdate():
        awaited = _("Awaited: the recipient and the administration.")
        coming.append((date.min, Step(_("The project is under way"), None, awaited)))
        coming.append((grant.ends_on, Step(_("End of the project"), grant.ends_on)))
    ordered = [step for _day, step in sorted(coming, key=lambda pair: pair[0])]
    return [
        Step(step.title, step.on, step.text, "later" if place else "now", step.entries)
        for place, step in enumerate(ordered)
    ]


def _numbers(entries, kind: str, basis: str | None = None) -> tuple[int, ...]:
    return tuple(
        sorted(entry.seq for entry in entries if entry.kind == kind and (basis is None or entry.basis == basis))
    )


def _euros(cents: int) -> str:
    return format_euros(cents, cents_if_round=False)
