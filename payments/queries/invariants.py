"""The identities of the money (ledger.md, 4 and 5), read back from the rows: what `doctor` and the tests hold against the books."""

from __future__ import annotations

from collections import defaultdict
from functools import reduce
from itertools import combinations
from operator import or_

from django.db.models import F, Q

from fund.models import GrantAccount
from payments.enums import INSTALMENT_COMMITTED, INSTALMENT_ORDERED
from payments.models import Agreement, BatchLine, Instalment, PaymentOrder, Recovery
from reviews.enums.reading import LIVE_DECISIONS, DecisionOutcome
from reviews.models import Decision


def problems(references=None) -> list[str]:
    """Every broken identity in plain words, empty when the books and the rows agree. As many queries whatever the number of grants."""
    accounts = {row.reference: row for row in _of(GrantAccount.objects.all(), "reference", references)}
    return [
        *_of_instalments(accounts, references),
        *_of_agreements(accounts, references),
        *_of_people(references),
        *_of_orders(references),
        *_of_recoveries(accounts, references),
    ]


def _of(rows, path: str, references):
    return rows if references is None else rows.filter(**{f"{path}__in": list(references)})


def _of_instalments(accounts, references) -> list[str]:
    """5: committed, ordered and paid are the sums of the instalments that stand there; certified is the sum of what is certified."""
    committed, ordered, paid, certified, found = (
        defaultdict(int),
        defaultdict(int),
        defaultdict(int),
        defaultdict(int),
        [],
    )
    rows = _of(Instalment.objects.exclude(state="cancelled"), "agreement__reference", references)
    for reference, state, amount, attested in rows.values_list(
        "agreement__reference", "state", "amount", "certified_amount"
    ):
        payable = amount if attested is None else attested
        if state in INSTALMENT_COMMITTED:
            committed[reference] += payable
        elif state in INSTALMENT_ORDERED:
            ordered[reference] += payable
        else:
            paid[reference] += payable
        certified[reference] += attested or 0
    for reference, account in accounts.items():
        gross = account.paid_amount + account.claimed_amount + account.returned_amount
        for name, rows_say, books_say in (
            ("committed", committed[reference], account.committed_amount),
            ("ordered", ordered[reference], account.ordered_amount),
            ("paid", paid[reference], gross),
            ("certified", certified[reference], account.certified_amount),
        ):
            if rows_say != books_say:
                found.append(f"{reference}: {name} is {books_say} in the books and {rows_say} in the instalments")
    return found


def _of_agreements(accounts, references) -> list[str]:
    """4: live award within the decision, the decision within the request and the ceiling."""
    found, awards = [], _live_awards(references)
    for agreement in _of(Agreement.objects.all(), "reference", references):
        account = accounts.get(agreement.reference)
        if account is None:
            found.append(f"{agreement.reference}: an agreement without an account in the books")
            continue
        committed_total = (
            account.committed_amount
            + account.ordered_amount
            + account.paid_amount
            + account.claimed_amount
            + account.returned_amount
        )
        if agreement.is_signed and committed_total > agreement.amount:
            found.append(f"{agreement.reference}: {committed_total} committed, above the agreement")
        anew = sum(cents for decision, cents in awards[agreement.reference] if decision != agreement.decision_id)
        if agreement.state in ("lapsed", "declined") and (committed_total or account.reserved_amount > anew):
            found.append(f"{agreement.reference}: money stands on a grant that was not taken up")
        if agreement.state == "completed" and (
            account.committed_amount or account.ordered_amount or account.reserved_amount
        ):
            found.append(f"{agreement.reference}: money is still on its way on a completed grant")
    for reference, account in accounts.items():
        live = (
            account.reserved_amount
            + account.committed_amount
            + account.ordered_amount
            + account.paid_amount
            + account.claimed_amount
            + account.returned_amount
        )
        if not live <= account.awarded_amount <= min(account.requested_amount, account.ceiling_amount):
            found.append(f"{reference}: {live} stands for an award of {account.awarded_amount}")
    return found


def _live_awards(references) -> dict[str, list[tuple[int, int]]]:
    """{reference: [(decision, cents)]}: an award that fell may be given again on appeal, and waits for its own offer."""
    rows = Decision.objects.filter(outcome=DecisionOutcome.SELECTED, state__in=LIVE_DECISIONS)
    found = defaultdict(list)
    for reference, *award in _of(rows, "application__reference", references).values_list(
        "application__reference", "pk", "amount"
    ):
        found[reference].append(tuple(award))
    return found


def _of_people(references) -> list[str]:
    """Three people for each instalment; an account approved by another than its recorder (constraints say the same)."""
    rows = _of(Instalment.objects.filter(certified_by__isnull=False), "agreement__reference", references)
    hands = ("certified_by", "ordered_by", "paid_by", "countersigned_by")
    same = rows.filter(reduce(or_, (Q(**{one: F(other)}) for one, other in combinations(hands, 2))))
    unsigned = _of(BatchLine.objects.filter(in_file=True), "instalment__agreement__reference", references).filter(
        order__third_signature_above_amount__isnull=False, third_signature__isnull=True
    )
    return [
        *(f"{one.basis}: the same person twice" for one in same.select_related("agreement")),
        *(
            f"{line.instalment.basis}: in a file without its third signature"
            for line in unsigned.select_related("instalment__agreement")
        ),
    ]


def _of_orders(references) -> list[str]:
    """An ordered instalment has one live order of its amount; one in payment is live in one batch that froze it."""
    found = []
    live = {order.instalment_id: order for order in PaymentOrder.objects.filter(ended_at__isnull=True)}
    lines = set(BatchLine.objects.filter(live=True, in_file=True).values_list("instalment_id", flat=True))
    rows = _of(
        Instalment.objects.filter(state__in=INSTALMENT_ORDERED).select_related("agreement"),
        "agreement__reference",
        references,
    )
    for one in rows:
        order = live.get(one.pk)
        if order is None or order.amount != one.certified_amount or order.end_to_end_id != one.end_to_end_id:
            found.append(f"{one.basis}: its order is missing or differs")
        if one.state == "in_payment" and one.pk not in lines:
            found.append(f"{one.basis}: in payment, and in no frozen batch")
    return found


def _of_recoveries(accounts, references) -> list[str]:
    """What is claimed is what notified recoveries still await; what is returned is what all of them got back."""
    claimed, returned = defaultdict(int), defaultdict(int)
    for one in _of(Recovery.objects.select_related("agreement"), "agreement__reference", references):
        returned[one.agreement.reference] += one.repaid_amount
        if one.state == "notified":
            claimed[one.agreement.reference] += one.left_amount
    return [
        f"{reference}: {name} is {books_say} in the books and {rows_say} in the recoveries"
        for reference, account in accounts.items()
        for name, rows_say, books_say in (
            ("claimed", claimed[reference], account.claimed_amount),
            ("returned", returned[reference], account.returned_amount),
        )
        if rows_say != books_say
    ]
