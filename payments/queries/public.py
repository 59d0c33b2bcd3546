"""What the registry may show of the money: facts of published grants only (the caller gives their references), no name, no account."""

from __future__ import annotations

from collections import defaultdict

from django.db.models import Prefetch, prefetch_related_objects

from payments.enums import NARRATIVE
from payments.models import Agreement, Instalment, Report


def grants(references) -> dict[str, dict]:
    """By reference: state, public label, amount, signature and project days, instalments and accepted reports with their outputs. Three queries."""
    found = list(Agreement.objects.filter(reference__in=list(references)))
    _with_lines(found)
    return {agreement.reference: _grant(agreement) for agreement in found}


def grant(agreement: Agreement) -> dict:
    """The same of one agreement that was read already. Two queries."""
    _with_lines([agreement])
    return _grant(agreement)


def _with_lines(agreements: list[Agreement]) -> None:
    prefetch_related_objects(
        agreements,
        Prefetch("instalments", Instalment.objects.order_by("number")),
        Prefetch("reports", Report.objects.exclude(state="cancelled").order_by("due_on", "pk")),
    )


def _grant(agreement: Agreement) -> dict:
    return {
        "reference": agreement.reference,
        "state": agreement.state,
        "label": agreement.public_label,
        "amount": agreement.amount,
        "offered_at": agreement.offered_at,
        "signed_at": agreement.signed_at,
        "starts_on": agreement.starts_on,
        "ends_on": agreement.ends_on,
        "closed_at": agreement.closed_at,
        "economic_activity": agreement.de_minimis_amount is not None,
        "instalments": [instalment(one) for one in agreement.instalments.all()],
        "reports": [report(one) for one in agreement.reports.all()],
    }


def instalment(one: Instalment) -> dict:
    """`paid_on` is the bank's value date. Orders are public, certifications and holds are not."""
    return {
        "number": one.number,
        "label": one.label,
        "percent": one.percent,
        "trigger": one.trigger,
        "trigger_label": one.get_trigger_display(),
        "state": one.state
        if one.state in ("paid", "cancelled")
        else "ordered"
        if one.state in ("ordered", "in_payment")
        else "scheduled",
        "state_label": one.public_label,
        "amount": one.payable_amount,
        "paid_on": one.paid_on,
        "basis": one.basis,
    }


def report(one: Report) -> dict:
    """An accepted report is public with its outputs; before that only that it is expected or filed."""
    facts = {
        "pk": one.pk,
        "kind": one.kind,
        "kind_label": one.get_kind_display(),
        "state": "accepted"
        if one.state == "accepted"
        else "filed"
        if one.state in ("submitted", "changes_requested")
        else "expected",
        "state_label": one.public_label,
        "due_on": one.due_on,
    }
    if one.state == "accepted":
        facts |= {
            "accepted_at": one.accepted_at,
            "public_text": public_text(one),
            "narrative": one.narrative,
            "learnt": one.learnt,
            "repository_url": one.repository_url,
            "demo_url": one.demo_url,
            "licence": one.licence,
            "adoption": one.adoption,
            "adoption_label": one.get_adoption_display() if one.adoption else "",
            "adoption_comment": one.adoption_comment,
            "accepted_total_amount": one.accepted_total_amount,
            "budget_total_amount": one.budget_total_amount,
            "unspent_amount": one.unspent_amount,
        }
    return facts


def payments_of(references) -> dict[str, list[dict]]:
    """By reference: payments booked by the bank (day and cents), oldest first. For the open data files."""
    found: dict[str, list[dict]] = defaultdict(list)
    rows = Instalment.objects.filter(agreement__reference__in=list(references), state="paid").order_by("paid_on", "pk")
    for reference, number, amount, paid_on in rows.values_list(
        "agreement__reference", "number", "certified_amount", "paid_on"
    ):
        found[reference].append({"number": number, "amount": amount, "paid_on": paid_on})
    return dict(found)


def public_instalments(application) -> list[dict]:
    """Lines of the project's page: number, label, stage in words, day paid, cents. The caller has made sure that the grant is published."""
    rows = Instalment.objects.filter(agreement__application=application).order_by("number")
    return [
        {
            "number": one.number,
            "label": one.label,
            "public_state": one.public_label,
            "paid_on": one.paid_on,
            "amount": one.payable_amount,
        }
        for one in rows
    ]


def public_text(one: Report) -> str:
    """The account as it is published: its headings in order, then what was learnt."""
    return "\n\n".join(
        text.strip() for text in (*(one.narrative.get(code, "") for code in NARRATIVE), one.learnt) if text.strip()
    )
