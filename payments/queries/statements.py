"""What does not hold together in a file of the bank: said to whoever relies on it. A bank's file is what it is, so nothing is refused for it."""

from __future__ import annotations

from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.money import format_euros
from core.templatetags import ui
from payments.models import StatementBalance, StatementLine


def doubts(statements) -> dict[int, list[str]]:
    """By statement, each thing to ask the bank about, in words; nothing for one that holds together. Two queries whatever the number."""
    found: dict[int, list[str]] = {one.pk: [] for one in statements}
    for balance in _balances(found):
        found[balance.statement_id] += [*_sums(balance), *_chain(balance)]
    for row in _ahead(found):
        found[row["statement"]].append(_days(row))
    return {pk: said for pk, said in found.items() if said}


def _balances(ids):
    """With the statement of the same account that closed last before it (`before_…`), and whether one that closed then or since goes on into it: a bank
    may issue a statement again, and files may be imported in any order."""
    same = StatementBalance.objects.filter(account_end=OuterRef("account_end")).exclude(pk=OuterRef("pk"))
    before = same.filter(closing_on__lt=OuterRef("closing_on")).order_by("-closing_on", "-pk")
    return (
        StatementBalance.objects.filter(statement__in=ids)
        .annotate(
            before_on=Subquery(before.values("closing_on")[:1]),
            before_amount=Subquery(before.values("closing_amount")[:1]),
            before_reference=Subquery(before.values("statement__reference")[:1]),
        )
        .annotate(
            goes_on=Exists(
                same.filter(
                    closing_amount=OuterRef("opening_amount"),
                    closing_on__gte=OuterRef("before_on"),
                    closing_on__lte=OuterRef("closing_on"),
                )
            )
        )
        .select_related("statement")
        .order_by("pk")
    )


def _sums(balance) -> list[str]:
    if balance.opening_amount is None or balance.opening_amount + balance.moved_amount == balance.closing_amount:
        return []
    said = _("The opening balance and the movements make %(sum)s; the closing balance of %(day)s says %(closing)s.")
    return [
        said
        % {
            "sum": format_euros(balance.opening_amount + balance.moved_amount),
            "closing": format_euros(balance.closing_amount),
            "day": ui.day(balance.closing_on),
        }
    ]


def _chain(balance) -> list[str]:
    if balance.opening_amount is None or balance.before_on is None or balance.goes_on:
        return []
    said = _(
        "The opening balance is %(opening)s; the statement before it (%(reference)s, %(day)s) closed at %(closing)s: one may be missing."
    )
    return [
        said
        % {
            "opening": format_euros(balance.opening_amount),
            "closing": format_euros(balance.before_amount),
            "reference": balance.before_reference,
            "day": ui.day(balance.before_on),
        }
    ]


def _ahead(ids):
    """Lines that are booked, or of value, after the day on which their file was imported. What is not booked yet may well be."""
    day = F("statement__imported_at__date")
    found = StatementLine.objects.filter(Q(booked_on__gt=day) | Q(value_on__gt=day), statement__in=ids)
    found = found.exclude(state="ignored").order_by()
    return found.values("statement", "statement__imported_at").annotate(
        n=Count("pk"), booked=Max("booked_on"), value=Max("value_on")
    )


def _days(row) -> str:
    said = ngettext(
        "%(n)s line is dated after the day of its import, %(imported)s: until %(day)s.",
        "%(n)s lines are dated after the day of their import, %(imported)s: until %(day)s.",
        row["n"],
    )
    last = max(day for day in (row["booked"], row["value"]) if day)
    imported = timezone.localdate(row["statement__imported_at"])
    return said % {"n": row["n"], "imported": ui.day(imported), "day": ui.day(last)}
