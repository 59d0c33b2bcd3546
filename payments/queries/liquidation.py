"""The file of a payment order as the accounting officer checks it (décret 2012-1246, art. 19 and 20): each control with its facts, who and when;
its supporting documents; and the register of the orders that were refused or whose payment was suspended.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Prefetch, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.models import Event, User
from core.money import format_euros
from fund.enums import Role
from fund.models import Entry
from fund.queries import has_role
from payments.enums import Control
from payments.models import BatchLine, Instalment, PaymentOrder, ThirdSignature


@dataclass
class Check:
    """One control of the accounting officer: what the file says, and who ticked it in which batch (nobody yet: None)."""

    code: str
    label: Any
    article: str
    facts: list[str]
    by: User | None = None
    at: datetime | None = None
    batch: str = ""


@dataclass
class Piece:
    """A supporting document of an order. `source` is the row that holds the bytes (a document or an uploaded file)."""

    name: str
    nature: str
    day: datetime | None
    sha256: str
    source: Any
    is_document: bool


def order_of(user, reference: str) -> PaymentOrder | None:
    """The order with what its file needs, for those who follow the money."""
    lines = BatchLine.objects.select_related("batch__frozen_by").order_by("pk")
    return (
        PaymentOrder.objects.filter(reference=reference, instalment__in=Instalment.objects.visible_to(user).order_by())
        .select_related(
            "instalment__agreement__application__call__envelope",
            "instalment__agreement__application__lead",
            "instalment__agreement__decision__document",
            "instalment__agreement__document",
            "instalment__certified_by",
            "account__recorded_by",
            "account__closed_by",
            "account__proof",
            "ordered_by",
            "delegation__delegator",
            "document",
            "rule_version",
        )
        .prefetch_related(
            Prefetch("batch_lines", lines),
            Prefetch(
                "third_signatures",
                ThirdSignature.objects.select_related("signed_by", "delegation__delegator", "document"),
            ),
        )
        .first()
    )


def checklist(order: PaymentOrder) -> list[Check]:
    """The five controls in the order of the decree, each with the facts of the file."""
    batch = next((line.batch for line in reversed(order.batch_lines.all()) if line.batch.frozen_at), None)
    ticked = set(batch.controls) if batch else set()
    facts = {
        Control.CAPACITY: ("art. 19", _capacity(order)),
        Control.CREDIT: ("art. 19", _credit(order)),
        Control.DEBT: ("art. 20", _debt(order)),
        Control.PAYEE: ("art. 19", _payee(order)),
        Control.PRESCRIPTION: ("art. 20", _prescription(order)),
    }
    found = []
    for code, (article, said) in facts.items():
        by, at, name = (
            (batch.frozen_by, batch.frozen_at, batch.reference) if batch and code in ticked else (None, None, "")
        )
        found.append(Check(str(code), code.label, article, said, by, at, name))
    return found


def _day(value) -> str:
    return date_format(timezone.localtime(value) if isinstance(value, datetime) else value, "j F Y") if value else "–"


def _capacity(order) -> list[str]:
    return [*_ordered(order), *_third_signature(order)]


def _third_signature(order) -> list[str]:
    """What the rules of the day asked above their threshold, and who signed; signatures lost to a suspension are told."""
    if order.third_signature_above_amount is None:
        return []
    asked = _("Third signature asked above %(amount)s by rule version %(number)s.") % {
        "amount": format_euros(order.third_signature_above_amount),
        "number": order.rule_version.number,
    }
    found = [asked]
    for one in order.third_signatures.all():
        words = {"person": one.signed_by, "day": _day(one.signed_at), "end": _day(one.ended_at)}
        if one.delegation:
            words["person"] = f"{one.signed_by}, {one.delegation.mention()}"
        if one.ended_at:
            found.append(
                _("Signed as third person by %(person)s on %(day)s; lost with the suspension of %(end)s.") % words
            )
        else:
            found.append(_("Signed as third person by %(person)s on %(day)s.") % words)
    if order.third_signature is None:
        found.append(_("The third signature is awaited.") if order.ended_at is None else _("It was not given."))
    return found


def _ordered(order) -> list[str]:
    signer = order.delegation.delegator if order.delegation else order.ordered_by
    held = has_role(signer, Role.AUTHORISING_OFFICER, order.ordered_at)
    if order.delegation:
        return [
            _("Ordered by %(person)s on %(day)s, %(mention)s, deed %(deed)s.")
            % {
                "person": order.ordered_by,
                "day": _day(order.ordered_at),
                "mention": order.delegation.mention(),
                "deed": order.delegation.deed,
            },
            _("%(person)s held the role of authorising officer on that day.") % {"person": signer}
            if held
            else _("The role of authorising officer on that day is not found."),
        ]
    return [
        _("Ordered by %(person)s on %(day)s.") % {"person": order.ordered_by, "day": _day(order.ordered_at)},
        _("He held the role of authorising officer on that day.")
        if held
        else _("The role of authorising officer on that day is not found."),
    ]


def _credit(order) -> list[str]:
    instalment = order.instalment
    envelope = instalment.agreement.application.call.envelope
    entries = Entry.objects.filter(basis=instalment.basis, kind="order").order_by("pk")
    numbers = list(entries.values_list("seal__seq", flat=True))
    entry = numbers[order.attempt - 1] if len(numbers) >= order.attempt else None
    return [
        _("Envelope %(envelope)s; agreement %(reference)s, %(amount)s committed on %(day)s.")
        % {
            "envelope": envelope.reference if envelope else "–",
            "reference": instalment.agreement.reference,
            "amount": format_euros(instalment.agreement.amount),
            "day": _day(instalment.agreement.agreed_on),
        },
        _("The order is entry %(number)s of the ledger, which refuses what the commitment does not cover.")
        % {"number": entry or "–"},
    ]


def _debt(order) -> list[str]:
    instalment = order.instalment
    said = [
        _("Trigger: %(trigger)s, %(day)s.")
        % {"trigger": instalment.get_trigger_display(), "day": _day(instalment.due_since_on)},
        _("Amount of the order: %(amount)s, payment %(basis)s.")
        % {"amount": format_euros(order.amount), "basis": instalment.basis},
    ]
    if certified := _certified(order):
        said.insert(1, _("Certified by %(person)s on %(day)s: %(note)s") % certified)
    return said


def _certified(order) -> dict | None:
    """The certification that this order rests on, as its paper keeps it: a payment that came back is certified anew, for another order."""
    paper = order.document.context if order.document is not None else {}
    if paper.get("certified_by"):
        return {"person": paper["certified_by"], "day": paper["certified_at"], "note": paper["note"]}
    instalment = order.instalment
    if order.ended_at is not None or instalment.certified_by is None:
        return None
    return {
        "person": instalment.certified_by,
        "day": _day(instalment.certified_at),
        "note": instalment.certification_note,
    }


def _payee(order) -> list[str]:
    account = order.account
    return [
        _("Creditor: %(bearer)s; holder of the account: %(holder)s.")
        % {"bearer": order.instalment.agreement.bearer_name, "holder": order.holder},
        _("Account version %(number)s, recorded by %(recorder)s, approved by %(approver)s on %(day)s; now: %(state)s.")
        % {
            "number": account.number,
            "recorder": account.recorded_by,
            "approver": account.closed_by,
            "day": _day(account.approved_at),
            "state": account.get_state_display(),
        },
    ]


def _prescription(order) -> list[str]:
    return [
        _("Due since %(day)s; the four years of the time bar run from 1 January %(year)s (loi 68-1250).")
        % {"day": _day(order.instalment.due_since_on), "year": order.instalment.due_since_on.year + 1}
    ]


def pieces(order: PaymentOrder) -> list[Piece]:
    """Everything the order rests on: order, agreement, decision, report, evidence, proof of the account. Four queries."""
    instalment, agreement = order.instalment, order.instalment.agreement
    kind = {"interim_report_accepted": "interim", "final_report_accepted": "final"}.get(instalment.trigger)
    report = agreement.reports.filter(kind=kind, state="accepted").select_related("copy").first() if kind else None
    documents = [
        (_("payment order"), order.paper),
        (_("grant agreement"), agreement.document),
        (_("award decision"), agreement.decision.document),
        (_("copy of the report"), report.copy if report else None),
    ]
    found = [Piece(f"{one.code}.pdf", nature, one.frozen_at, one.sha256, one, True) for nature, one in documents if one]
    uploaded = Q(instalment=instalment)
    if report:
        uploaded |= Q(report=report, removed_at__isnull=True)
    for one in agreement.evidence.filter(uploaded).order_by("pk"):
        found.append(Piece(one.name, str(one.get_kind_display()), one.uploaded_at, one.sha256, one, False))
    if proof := order.account.proof:
        found.append(Piece(proof.name, str(proof.get_kind_display()), proof.uploaded_at, proof.sha256, proof, False))
    return found


def refusals(user):
    """Orders refused and payments suspended, the newest first, with the reason as long as it is kept."""
    seen = Instalment.objects.visible_to(user).order_by().values("pk")
    return (
        Event.objects.filter(machine=Instalment.machine, verb__in=("refuse", "suspend"), object_id__in=seen)
        .select_related("actor", "reason")
        .order_by("-id")
    )


def refusal_rows(events) -> list[dict]:
    """One row an event: what was refused, by whom, why, and when a suspension was lifted. Three queries whatever the number."""
    events = list(events)
    ids = {event.object_id for event in events}
    instalments = {
        one.pk: one
        for one in Instalment.objects.filter(pk__in=ids)
        .select_related("agreement__application")
        .prefetch_related("orders")
    }
    ends = Event.objects.filter(machine=Instalment.machine, object_id__in=ids).exclude(
        verb__in=("view", "liquidation_file")
    )
    later: dict[int, list[Event]] = {}
    for event in ends.order_by("id").annotate(state=F("to_state")):
        later.setdefault(event.object_id, []).append(event)
    return [_refusal(event, instalments[event.object_id], later.get(event.object_id, [])) for event in events]


def _refusal(event, instalment, history) -> dict:
    orders = [one for one in instalment.orders.all() if one.ordered_at <= event.at]
    after = next((one for one in history if one.pk > event.pk), None)
    return {
        "at": event.at,
        "verb": event.verb,
        "what": _("Order refused") if event.verb == "refuse" else _("Payment suspended"),
        "instalment": instalment,
        "order": orders[-1] if orders else None,
        "person": event.actor,
        "why": event.reason.text if hasattr(event, "reason") else "",
        "ended_at": after.at if after and event.verb == "suspend" else None,
        "amount": orders[-1].amount if orders else instalment.payable_amount,
    }
