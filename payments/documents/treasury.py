"""Papers a treasurer asks for: the account of the grant, what a year brought, the figures of the financial report. Each says the day it was made."""

from __future__ import annotations

from django.utils import timezone, translation

from core import documents
from core.models import Document
from core.money import in_words
from core.transitions import canonical_hash
from payments.documents.common import bearer, day, envelope, euros, letter
from payments.queries import agreements, figures, treasury


def grant_statement(agreement, *, at, year=None) -> Document:
    """The whole account of the grant on that day: where the money stands, each payment with its reference at the bank, each entry of the ledger."""
    with translation.override("fr"):
        money = agreements.money_of(agreement)
        instalments = list(agreement.instalments.order_by("number"))
        planned = {one.pk: 0 if one.state == "cancelled" else one.payable_amount for one in instalments}
        not_paid = max(agreement.amount - sum(planned.values()), 0)
        context = {
            **_head(agreement, at),
            **envelope(agreement.application.call),
            "decision": agreement.decision.reference,
            "decision_on": day(agreement.decision.signed_at),
            "signed_on": day(agreement.agreed_on),
            "state": str(agreement.applicant_label),
            "standing": [
                {"label": label, "amount": euros(getattr(money, f"{name}_amount") if money else 0)}
                for name, label in STANDING
            ],
            "released": euros(money.awarded_amount - money.live_total) if money else "",
            "payments_total": euros(sum(planned.values())),
            "not_paid": euros(not_paid) if not_paid else "",
            "payments": [
                {
                    "number": one.number,
                    "label": one.label,
                    "state": str(one.applicant_label),
                    "day": day(one.paid_on or one.pay_by_on),
                    "is_paid": one.state == "paid",
                    "reference": one.end_to_end_id,
                    "amount": euros(planned[one.pk]),
                }
                for one in instalments
            ],
            "claims": [
                {
                    "reference": one.reference,
                    "ground": str(one.get_ground_display()),
                    "state": str(one.applicant_label),
                    "amount": euros(one.amount),
                    "repaid": euros(one.repaid_amount),
                }
                for one in agreement.recoveries.exclude(state="proposed").order_by("pk")
            ],
            "entries": [
                {
                    "seq": one.seq,
                    "day": day(one.at),
                    "kind": str(one.kind_label),
                    "left": one.from_label,
                    "reached": one.to_label,
                    "amount": euros(one.amount),
                }
                for one in treasury.movements(agreement)
            ],
        }
    return _made("grant_statement", agreement, f"Compte de l’aide {agreement.reference}", context, at)


STANDING = (
    ("awarded", "Attribué par décision"),
    ("committed", "Engagé, à ordonner"),
    ("ordered", "Ordonné, en cours de paiement"),
    ("paid", "Payé"),
    ("claimed", "Réclamé, à rendre"),
    ("returned", "Rendu"),
)
"""Columns of the books of a grant, as its account says them."""


def annual_statement(agreement, *, at, year=None) -> Document:
    """What the bearer received and gave back in a calendar year, by days of the bank, for its accounts. Raises KeyError without movement."""
    found = {one.year: one for one in treasury.years(agreement)}[year]
    with translation.override("fr"):
        context = {
            **_head(agreement, at),
            "year": str(year),
            "is_over": timezone.localdate(at).year > year,
            "received": [
                {
                    "day": day(line["day"]),
                    "what": f"Versement {line['number']} : {line['what']}",
                    "reference": line["reference"],
                    "amount": euros(line["amount"]),
                }
                for line in found.received
            ],
            "repaid": [
                {"day": day(line["day"]), "reference": line["reference"], "amount": euros(line["amount"])}
                for line in found.repaid
            ],
            "received_total": euros(found.received_amount),
            "repaid_total": euros(found.repaid_amount),
            "net": euros(found.net_amount),
            "net_words": in_words(found.received_amount, "fr"),
        }
    return _made(
        "annual_statement", agreement, f"Sommes reçues en {year} au titre de l’aide {agreement.reference}", context, at
    )


def financial_figures(agreement, *, at, year=None) -> Document:
    """The table of the form Cerfa 15059, filled with what the fund knows."""
    with translation.override("fr"):
        found = figures.figures_of(agreement)
        context = {
            **_head(agreement, at),
            "tables": [_table(one) for one in found.tables],
            "share": found.share.percent,
            "report": str(found.report.get_kind_display()) if found.report else "",
            "accepted_on": day(found.report.accepted_at) if found.report else "",
            "filed_on": day(found.report.submitted_at) if found.report else "",
        }
    return _made(
        "financial_figures", agreement, f"Chiffres du compte rendu financier, {agreement.reference}", context, at
    )


def _table(table) -> dict:
    return {
        "title": str(table.title),
        "total": _amounts(table.total),
        "headings": [
            {
                "label": str(one.label),
                **_amounts(one),
                "lines": [{"label": line.label, **_amounts(line)} for line in one.lines],
            }
            for one in table.headings
        ],
    }


def _amounts(line) -> dict:
    return {
        "budget": "" if line.budget is None else euros(line.budget),
        "actual": "" if line.actual is None else euros(line.actual),
        "percent": line.percent,
    }


def _head(agreement, at) -> dict:
    return {
        **letter(agreement, at),
        **{name: value for name, value in bearer(agreement).items() if name in ("bearer_address", "siret", "rna")},
        "amount": euros(agreement.amount),
    }


def _made(kind, agreement, title, context, at) -> Document:
    """The paper that says this; the one that already says exactly this if there is one."""
    same = Document.objects.filter(
        kind=kind, owner_machine=agreement.machine, owner_id=agreement.pk, context_hash=canonical_hash(context)
    )
    return same.exclude(state="void").order_by("-pk").first() or documents.freeze(
        kind, owner=agreement, subject=agreement.reference, title=title, context=context, at=at
    )
