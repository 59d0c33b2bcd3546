"""The bank's answers: files imported, lines reconciled by the machine, the others by a person."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from core.access import allow
from core.forms import ReasonForm
from core.idempotency import once
from core.transitions import Refusal
from fund.people import finance_desk
from fund.views.acts import cards, page_of, status
from fund.views.keys import presents_at
from payments import bank_csv, camt, forms
from payments.models import BankStatement, BankTable, StatementLine
from payments.queries import desk
from payments.queries.statements import doubts
from payments.transitions import bank_table as bank_tables
from payments.transitions import statement as statements
from payments.views.acts import act, posted
from payments.views.finance import may_pay

LINE_FORMS = {"match": forms.MatchForm, "dismiss": forms.DismissForm}
CREDIT_FORMS = {
    "match_repayment": forms.RepaymentForm,
    "record_return": forms.ReturnForm,
    "dismiss": forms.DismissForm,
    "undo_repayment": ReasonForm,
}
"""What money that came in may be, when it is no return of a payment."""


@allow(finance_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def statement_list(request):
    """Import a file of the bank, and those imported before."""
    form = forms.StatementForm(*posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            found = _import(request, form.cleaned_data["file"])
            if isinstance(found, BankTable):
                return redirect(reverse("payments:bank_table", args=[found.pk]))
            messages.success(
                request,
                ngettext("%(n)s payment reconciled.", "%(n)s payments reconciled.", found.matched_count)
                % {"n": found.matched_count},
            )
            return redirect(reverse("payments:statement", args=[found.reference]))
        except Refusal as refusal:
            form.refuse(refusal)
    rows = (
        BankStatement.objects.visible_to(request.user)
        .select_related("imported_by")
        .annotate(
            count=Count("lines"),
            reconciled=Count("lines", filter=Q(lines__state="matched")),
            waiting=Count("lines", filter=Q(lines__state="to_check")),
        )
        .order_by("-pk")
    )
    page = page_of(request, rows)
    said = doubts(page.object_list)
    return render(
        request,
        "payments/finance/statements.html",
        {
            "form": form,
            "page": page,
            "rows": [(one, said.get(one.pk, [])) for one in page.object_list],
            "may_pay": may_pay(request),
            "tables": BankTable.objects.visible_to(request.user)
            .filter(statement__isnull=True)
            .select_related("uploaded_by"),
            "to_check": StatementLine.objects.filter(state="to_check").count(),
        },
        status=422 if form.errors else 200,
    )


def _import(request, uploaded) -> BankStatement | BankTable:
    """The statement; a CSV instead waits for somebody to confirm its columns."""
    if uploaded.size > camt.MAX_BYTES:
        raise Refusal(
            "file_too_large",
            _("The file is over 20 megabytes."),
            remedy=_("Ask the bank for one statement a day."),
            field="file",
        )
    content = uploaded.read()
    if bank_csv.looks_like_csv(content, uploaded.name):
        return bank_tables.keep(content=content, name=uploaded.name, actor=request.user, at=request.received_at)
    return statements.import_statement(
        bank_statement=None, actor=request.user, at=request.received_at, content=content, name=uploaded.name
    )


@allow(finance_desk)
@require_safe
def statement(request, reference):
    """One file and what each of its lines did."""
    row = (
        BankStatement.objects.visible_to(request.user)
        .select_related("imported_by")
        .annotate(reconciled=Count("lines", filter=Q(lines__state="matched")))
        .filter(reference=reference)
        .first()
    )
    if row is None:
        raise Http404
    return render(
        request,
        "payments/finance/statement.html",
        {
            "statement": row,
            "page": page_of(request, _lines().filter(statement=row), 200),
            "doubts": doubts([row]).get(row.pk, []),
        },
    )


def _lines():
    return StatementLine.objects.select_related(
        "statement", "instalment__agreement__application", "recovery", "handled_by"
    ).order_by("statement_id", "position")


@allow(finance_desk)
@require_safe
def line_list(request):
    """Lines of all files that wait for a person."""
    return render(request, "payments/finance/lines.html", {"page": page_of(request, _lines().filter(state="to_check"))})


@allow(finance_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def line(request, pk):
    """One line: the payments it could be, to the cent, or why it is none."""
    row = _lines().filter(pk=pk, statement__in=BankStatement.objects.visible_to(request.user)).first()
    if row is None:
        raise Http404
    bound = None
    known = CREDIT_FORMS if row.direction == "credit" and not row.is_return else LINE_FORMS
    if request.method == "POST":
        response, bound = act(request, row, known, done=reverse("payments:lines"))
        if response:
            return response
    found = cards(request, row, known, bound)
    matchable = "match" in known and desk.candidates(row).exists()
    awaited = "match_repayment" in known and desk.claims_for(row).exists()
    empty = {name for name, some in (("match", matchable), ("match_repayment", awaited)) if not some}
    return render(
        request,
        "payments/finance/line.html",
        {
            "line": row,
            "cards": [card for card in found if card.name not in empty],
            "unlike": any(card.name == "match" for card in found) and not matchable,
        },
        status=status(bound),
    )


presents_at("statement_line", lambda line: reverse("payments:line", args=[line.pk]))
