"""A grant as the treasurer of its bearer keeps it: what reached the bank and under which reference, what is due in both directions, what a year brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import Document
from fund.ledger import queries as books
from payments.models import PaymentOrder, StatementLine

PAPERS = ("grant_statement", "annual_statement", "financial_figures")
"""Documents that are made when somebody asks for them."""


@dataclass
class Due:
    """Something awaited on a day (None: not known yet). `direction`: "in" to the bearer, "out" from it, "file" a paper. Cents."""

    day: date | None
    direction: str
    what: str
    state: Any
    tone: str = ""
    amount: int | None = None
    path: str = ""
    late: bool = False


def notices(agreement) -> list[PaymentOrder]:
    """Every order to pay this grant, the newest first: its end-to-end id is what the line of the bank carries."""
    found = PaymentOrder.objects.filter(instalment__agreement=agreement).select_related("instalment")
    return list(found.order_by("-pk"))


def remittance(order: PaymentOrder) -> str:
    """The text beside the reference on the line of the bank."""
    number = order.instalment.number
    return f"{order.instalment.agreement.reference} versement {number}"


def calendar(agreement, at) -> list[Due]:
    """What is due in both directions, the soonest first, then what has no day yet."""
    today = timezone.localdate(at)
    base = f"/dossiers/{agreement.reference}"
    found = [
        Due(
            one.pay_by_on,
            "in",
            _("Payment %(number)s: %(label)s") % {"number": one.number, "label": one.label},
            one.applicant_label if one.pay_by_on else one.get_trigger_display(),
            one.tone,
            one.expected_amount,
            late=bool(one.pay_by_on and one.pay_by_on < today),
        )
        for one in agreement.instalments.exclude(state__in=("paid", "cancelled")).order_by("number")
    ]
    found += [
        Due(
            one.pay_by_on if one.state == "notified" else one.observations_due_on,
            "out",
            _("Amount to give back %(reference)s") % {"reference": one.reference}
            if one.state == "notified"
            else _("Amount to give back %(reference)s: comments, nothing to pay yet") % {"reference": one.reference},
            one.applicant_label,
            one.tone,
            one.left_amount if one.state == "notified" else None,
            f"{base}/reversements/{one.pk}/",
            one.state == "notified" and one.pay_by_on < today,
        )
        for one in agreement.recoveries.filter(state__in=("proposed", "notified")).order_by("pk")
    ]
    found += [
        Due(
            one.expected_on,
            "file",
            str(one.get_kind_display()).capitalize(),
            one.applicant_label,
            one.tone,
            None,
            f"{base}/comptes-rendus/{one.pk}/",
            one.expected_on < today,
        )
        for one in agreement.reports.filter(state__in=("due", "draft", "changes_requested")).order_by("due_on")
    ]
    return sorted(found, key=lambda due: due.day or date.max)


@dataclass
class Year:
    """What moved on the bearer's account in a calendar year (days of the bank), in cents."""

    year: int
    received: list[dict]
    repaid: list[dict]

    @property
    def received_amount(self) -> int:
        return sum(line["amount"] for line in self.received)

    @property
    def repaid_amount(self) -> int:
        return sum(line["amount"] for line in self.repaid)

    @property
    def net_amount(self) -> int:
        return self.received_amount - self.repaid_amount


def years(agreement) -> list[Year]:
    """Every calendar year in which money moved, the newest first. A payment the bank sent back was not received."""
    found: dict[int, Year] = {}
    paid = PaymentOrder.objects.filter(instalment__agreement=agreement, outcome="paid", instalment__state="paid")
    for order in paid.select_related("instalment").order_by("instalment__paid_on", "pk"):
        day = order.instalment.paid_on
        if day is None:  # never: a paid instalment has its day (a constraint says so)
            continue
        line = {
            "day": day,
            "what": order.instalment.label,
            "number": order.instalment.number,
            "reference": order.end_to_end_id,
            "amount": order.amount,
        }
        found.setdefault(day.year, Year(day.year, [], [])).received.append(line)
    back = StatementLine.objects.filter(recovery__agreement=agreement, state="matched").select_related("recovery")
    for one in back.order_by("pk"):
        if one.recovery is None:
            continue
        day = one.value_on or one.booked_on or timezone.localdate(one.handled_at)
        line = {"day": day, "reference": one.recovery.reference, "amount": one.amount}
        found.setdefault(day.year, Year(day.year, [], [])).repaid.append(line)
    return sorted(found.values(), key=lambda year: -year.year)


def movements(agreement) -> list:
    """The public entries of the grant in the ledger, the oldest first."""
    return list(reversed(books.public_entries_of(agreement.reference)))


def papers(agreement) -> list[Document]:
    """The documents already made on request, the newest first."""
    return list(
        Document.objects.filter(owner_machine=agreement.machine, owner_id=agreement.pk, kind__in=PAPERS).order_by("-pk")
    )
