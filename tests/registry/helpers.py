"""A fund with something of everything: what the public may know, and what it may not know yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from django.utils import timezone

from applications.models import Application
from fund.enums import ApplicantKind
from payments.transitions import agreement as agreements
from registry import transitions
from registry.resources import read_past_grants
from reviews.models import Decision
from tests.factories import payments as money
from tests.factories import reviews as panel
from tests.factories.applications import ApplicationFactory, PartnershipFactory

DATA = Path(__file__).parent.parent / "data"
TITLES = [
    ("Carnet de pannes", "31", "76", "Toulouse", "31555"),
    ("L’agenda des permanences", "93", "11", "Montreuil", "93048"),
    ("Mesurer l’eau ensemble", "29", "53", "Quimper", "29232"),
    ("Un guichet sans serrure", "2A", "94", "Ajaccio", "2A004"),
]


@dataclass
class Fund:
    """`known`: published files by name; `secret`: a file whose award is signed and not notified; `refused`: notified, not funded."""

    panel: panel.World
    people: money.People
    known: dict[str, Application] = field(default_factory=dict)
    secret: Application | None = None
    refused: Application | None = None

    @property
    def paid(self) -> Application:
        return self.known["paid"]


def place(application: Application, number: int) -> Application:
    title, department, region, commune, insee = TITLES[number % len(TITLES)]
    Application.objects.filter(pk=application.pk).update(
        title=title, department=department, region=region, commune=commune, insee_code=insee
    )
    return Application.objects.get(pk=application.pk)


def a_fund(*, hidden_amount: int = 1_234_567, hidden_title: str = "Le projet secret", hidden_points: int = 7) -> Fund:
    """Six files read and scored: one paid in part, one signed, one to a person, one given up, one refused, one secret."""
    made = panel.world(files=5)
    person = ApplicationFactory(
        call=made.call, state="eligible", applicant_kind=ApplicantKind.CITIZEN, requested_amount=900_000
    )
    PartnershipFactory(application=person)
    made = panel.reviewed(made, points=[9, 8, 7, 6, 5, hidden_points])
    files = list(Application.objects.filter(call=made.call).order_by("pk"))
    files = [place(row, number) for number, row in enumerate(files)]
    # The secret one is the last association; the person keeps its place among the published.
    fund = Fund(made, money.People())
    paid, signed, left, refused, secret, person = files
    Application.objects.filter(pk=secret.pk).update(title=hidden_title)
    for name, row, amount in (
        ("paid", paid, 1_850_000),
        ("signed", signed, 1_700_050),
        ("person", person, 900_000),
        ("left", left, 1_000_000),
    ):
        panel.notified(made, panel.decided(made, row, amount=amount))
        fund.known[name] = Application.objects.get(pk=row.pk)
    fund.refused = Application.objects.get(pk=refused.pk)
    panel.notified(made, panel.decided(made, refused, "rejected", grounds="Un besoin déjà couvert."))
    fund.secret = Application.objects.get(pk=secret.pk)
    panel.signed(made, panel.decided(made, fund.secret, amount=hidden_amount, grounds="Motif tenu secret."))
    return fund


def award_of(application: Application) -> Decision:
    return Decision.objects.public().get(application=application)


def with_money(fund: Fund) -> Fund:
    """The first file is under way with an instalment paid, the second signed, the third's agreement offered, the fourth given up."""
    people = fund.people
    row = money.signed(people, decision=award_of(fund.known["paid"]))
    money.paid(people, money.first_of(row))
    money.signed(people, decision=award_of(fund.known["signed"]))
    money.offered(people, decision=award_of(fund.known["person"]))
    left = money.offered(people, decision=award_of(fund.known["left"]))
    agreements.decline(agreement=left, actor=left.application.lead, at=timezone.now(), reason="Plus le temps.")
    fund.known = {name: Application.objects.get(pk=row.pk) for name, row in fund.known.items()}
    return fund


def with_history(fund: Fund, name: str = "exemple_valide.csv") -> Fund:
    rows = read_past_grants((DATA / "scdl" / name).read_bytes()).rows
    transitions.import_past_grants(rows=rows, actor=fund.panel.officer, at=timezone.now())
    return fund


__all__ = [
    "DATA",
    "Application",
    "Decision",
    "Fund",
    "a_fund",
    "award_of",
    "read_past_grants",
    "transitions",
    "with_history",
    "with_money",
]


TITLE, SUMMARY = "Zqxtitre du carnet", "Zqxrésumé que personne ne doit plus lire."
