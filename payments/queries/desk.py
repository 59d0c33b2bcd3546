"""The queues of the money: who is awaited on which payment, and for each row what would refuse it. Constant queries whatever the length."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, F, Prefetch, Q, Sum
from django.utils import timezone

from applications import queries as files
from core.transitions import Act, Refusal, Verb
from fund.enums import Role
from fund.models import GrantAccount
from fund.queries import has_role
from fund.queries.delegations import delegators_of
from payments.enums import RECOVERY_OPEN, InstalmentState
from payments.models import (
    Agreement,
    Amendment,
    BatchLine,
    Instalment,
    PayeeAccount,
    PaymentBatch,
    PaymentOrder,
    Recovery,
    Report,
    StatementLine,
    ThirdSignature,
)
from payments.queries.newer_account import newer_account
from payments.queries.sent_back import SentBack, sent_back

S = InstalmentState
_SUSPENDED, _TO_SIGN = (
    Q(suspended_at__isnull=False),
    Q(third_signature_above_amount__isnull=False, countersigned_by__isnull=True),
)
QUEUES = {
    "certify": Q(state=S.DUE),
    "order": Q(state=S.CERTIFIED),
    "countersign": Q(state=S.ORDERED) & ~_SUSPENDED & _TO_SIGN,
    "pay": Q(state=S.ORDERED) & ~_SUSPENDED & ~_TO_SIGN,
    "suspended": Q(state=S.ORDERED) & _SUSPENDED,
    "bank": Q(state=S.IN_PAYMENT),
    "rejected": Q(state=S.PAYMENT_REJECTED),
    "paid": Q(state=S.PAID),
}
"""Tabs of the desk, in the order of a payment's life; a payment is in one of them at most."""


@dataclass
class Row:
    """One payment of a queue; `refusal` says why this person cannot do the next act, None when he can; `new_account`, that another account was given since;
    `sent_back`, why it came back."""

    instalment: Instalment
    refusal: Refusal | None
    days_left: int | None
    days_gone: int | None
    new_account: str = ""
    sent_back: list[SentBack] = field(default_factory=list)

    @property
    def late(self) -> bool:
        return self.days_left is not None and self.days_left < 0

    @property
    def days_over(self) -> int:
        return max(0, -(self.days_left or 0))


def instalments(user):
    """Payments with all that a row shows and the guards ask."""
    return (
        Instalment.objects.visible_to(user)
        .select_related(
            "agreement__application__call__rule_version",
            "agreement__application__lead",
            "agreement__application__bearer_organisation",
            "certified_by",
            "ordered_by",
            "countersigned_by",
            "paid_by",
        )
        .prefetch_related(
            Prefetch("agreement__payee_accounts", PayeeAccount.objects.select_related("closed_by")),
            Prefetch(
                "orders",
                PaymentOrder.objects.select_related("account", "document", "delegation__delegator", "rule_version"),
            ),
            Prefetch("orders__third_signatures", ThirdSignature.objects.select_related("delegation__delegator")),
            Prefetch("batch_lines", BatchLine.objects.select_related("batch")),
        )
    )


def prime_interests(user, application_ids) -> None:
    """One query for the files of a list: the guards then read what is remembered on the person."""
    ids = set(application_ids)
    signs_for = delegators_of(user) if has_role(user, Role.DELEGATE) else []
    for person in (user, *signs_for):  # what binds who delegates binds his delegate
        free = set(files.officers_files(person).filter(pk__in=ids).values_list("pk", flat=True))
        person.__dict__["_file_interests"] = {pk: pk not in free for pk in ids}


def prime(rows: list[Instalment], user) -> None:
    """Read once what the guards would read row by row: the books of each grant, the interests of this person."""
    references = {row.agreement.reference for row in rows}
    books = {account.reference: account for account in GrantAccount.objects.filter(reference__in=references)}
    for row in rows:
        row.agreement.__dict__["_grant_account"] = books.get(row.agreement.reference)
    prime_interests(user, {row.agreement.application_id for row in rows})


def refusal_of(verb: Verb, instalment, user, at, **params) -> Refusal | None:
    """What this verb would answer this person, asked of the same guards."""
    try:
        verb.check(Act(verb, instalment, user, at, params, preview=True))
    except Refusal as refusal:
        return refusal
    return None


def queue(name: str, user, text: str = ""):
    """The payments of a queue, the soonest to pay first (the paid ones: the latest first)."""
    found = instalments(user).filter(QUEUES[name])
    found = found.order_by("-paid_on", "-pk") if name == "paid" else found.order_by("pay_by_on", "pk")
    if text:
        found = found.filter(
            Q(agreement__reference__icontains=text)
            | Q(agreement__application__title__icontains=text)
            | Q(agreement__bearer_name__icontains=text)
            | Q(end_to_end_id__icontains=text)
        )
    return found


def rows(found, user, at, check) -> list[Row]:
    """Rows of a page of a queue. `check(instalment)` gives the refusal of the next act, or None."""
    found = list(found)
    prime(found, user)
    today, back = timezone.localdate(at), sent_back(found)
    return [
        Row(
            one,
            check(one),
            _days_left(one, today),
            _days_gone(one, today),
            newer_account(one, at),
            back.get(one.pk, []),
        )
        for one in found
    ]


def _days_left(instalment, today: date) -> int | None:
    return (
        (instalment.pay_by_on - today).days
        if instalment.pay_by_on and instalment.state not in (S.PAID, S.CANCELLED)
        else None
    )


def _days_gone(instalment, today: date) -> int | None:
    return (today - instalment.due_since_on).days if instalment.due_since_on else None


def counts(user) -> dict[str, dict]:
    """Number and cents of each queue, in one query."""
    wanted: dict[str, Count | Sum] = {}
    for queue, which in QUEUES.items():
        wanted[f"{queue}_n"] = Count("pk", filter=which)
        wanted[f"{queue}_amount"] = Sum("certified_amount" if queue != "certify" else "amount", filter=which)
    found = Instalment.objects.visible_to(user).aggregate(**wanted)
    return {queue: {"n": found[f"{queue}_n"], "amount": found[f"{queue}_amount"] or 0} for queue in QUEUES}


def to_countersign(user) -> int:
    """Payments that wait for a third signature and in which this person, or who delegates to him, had no hand."""
    people = {user.pk, *(person.pk for person in delegators_of(user))}
    found = Instalment.objects.visible_to(user).filter(QUEUES["countersign"])
    found = found.exclude(certified_by__in=people).exclude(ordered_by__in=people)
    by_delegation = PaymentOrder.objects.filter(ended_at__isnull=True, delegation__delegator__in=people)
    return found.exclude(pk__in=by_delegation.values("instalment")).count()


def desk_counts(user) -> dict[str, int]:
    """The other things that wait at the desk: accounts, agreements to sign, lines of statements."""
    return {
        "accounts": PayeeAccount.objects.visible_to(user).filter(state="recorded").count(),
        "to_sign": Agreement.objects.visible_to(user).filter(state="accepted", bearer_signed_at__isnull=False).count(),
        "lines": StatementLine.objects.visible_to(user).filter(state="to_check").count(),
        "batches": PaymentBatch.objects.visible_to(user).filter(state__in=("open", "frozen", "exported")).count(),
        "reports": Report.objects.visible_to(user).filter(state="submitted").count(),
        "amendments": Amendment.objects.visible_to(user).filter(state="approved").count(),
        "recoveries": Recovery.objects.visible_to(user).filter(state__in=RECOVERY_OPEN).count(),
    }


def change_counts(user) -> dict[str, int]:
    """What of the changes awaits a case officer: amendments to examine, amounts being claimed back."""
    return {
        "requests": Amendment.objects.visible_to(user).filter(state="requested").count(),
        "recoveries": Recovery.objects.visible_to(user).filter(state__in=RECOVERY_OPEN).count(),
    }


def claims_named(texts: list[str]) -> list[Recovery]:
    """Claims that await money and whose reference stands in one of these texts."""
    if not texts:
        return []
    said = "\n".join(texts)
    waiting = Recovery.objects.filter(state="notified").select_related("agreement").order_by("pk")
    return [claim for claim in waiting if is_named(claim, said)]


def is_named(claim, text: str) -> bool:
    """Whether this text carries the reference of the claim, and not that of another that begins alike."""
    return re.search(rf"{re.escape(claim.reference)}(?![0-9])", text.upper()) is not None


def claims_for(line):
    """Claims that this line could pay, all of it or a part."""
    waiting = Recovery.objects.filter(state="notified").select_related("agreement").order_by("pk")
    left = F("amount") - F("dropped_amount") - F("repaid_amount")
    return waiting.annotate(left=left).filter(left__gte=line.amount or 0)


def amendments(user, state: str = ""):
    """Amendments, those that wait the longest first."""
    found = Amendment.objects.visible_to(user).select_related(
        "agreement__application__lead", "agreement__application__bearer_organisation"
    )
    return (found.filter(state=state) if state else found).order_by("answer_by_on", "pk")


def recoveries(user, states: tuple[str, ...] = ()):
    """Amounts claimed back, those proposed first."""
    found = Recovery.objects.visible_to(user).select_related(
        "agreement__application__lead", "agreement__application__bearer_organisation"
    )
    return (found.filter(state__in=states) if states else found).order_by("-state", "observations_due_on", "pk")


def candidates(line):
    """Payments that a line of a statement could be: same cents, at the bank (or paid, for money that came back)."""
    state = S.PAID if line.is_return else S.IN_PAYMENT
    found = (
        Instalment.objects.filter(state=state, certified_amount=line.amount)
        if line.amount is not None
        else Instalment.objects.none()
    )
    return found.select_related("agreement").order_by("in_payment_at", "pk")
