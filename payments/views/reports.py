"""Reports: written at leisure by the recipient, read line by line by the case officer."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core import documents
from core.access import allow, signed_in
from core.browser import as_int
from core.files import check_upload
from core.forms import ReasonForm
from core.idempotency import once
from core.transitions import Refusal
from fund.people import instruction_desk
from fund.views.acts import cards, page_of, status
from payments import forms
from payments.enums import REPORT_WRITABLE
from payments.models import Agreement, Report
from payments.models.agreement import sees_all_money
from payments.rules import report as rules
from payments.rules.people import is_party, signs_for_bearer
from payments.transitions import report as reports
from payments.views.acts import PROOF_BYTES, act, searched
from payments.views.recipient import agreement_or_404

STAFF_FORMS = {"accept": forms.ReportAcceptForm, "request_changes": forms.ReportChangesForm, "reopen": ReasonForm}
TABS = (
    ("submitted", pgettext_lazy("tab", "To examine")),
    ("expected", pgettext_lazy("tab", "Expected")),
    ("overdue", pgettext_lazy("tab", "Overdue")),
    ("accepted", pgettext_lazy("tab", "Accepted")),
)


def _rows():
    return Report.objects.select_related(
        "agreement__application__call__rule_version",
        "agreement__application__lead",
        "agreement__application__bearer_organisation",
        "copy",
        "notice",
        "submitted_by",
        "accepted_by",
        "updated_by",
    )


def _report_or_404(request, **wanted) -> Report:
    report = _rows().filter(agreement__in=agreement_ids(request), **wanted).first()
    if report is None:
        raise Http404
    return report


def agreement_ids(request):
    """The agreements this person may see."""
    return Agreement.objects.visible_to(request.user).values("pk")


def _table(report, known) -> list[dict]:
    """Lines of the financial table with their gap, in euros and in percent, and whether it must be explained."""
    share, cents = rules.threshold(report)
    return [
        {
            "line": line,
            "form": form,
            "percent": rules.gap_text(line) if line.gap_amount is not None else "",
            "explain": rules.needs_explanation(line, share, cents),
        }
        for line, form in known
    ]


def _notice_url(request, report) -> str:
    """The formal notice, for staff as long as it is kept, for the recipient while the report is awaited."""
    if not report.notice_id or not (report.state in ("due", "draft") or sees_all_money(request.user)):
        return ""
    return documents.url(report.notice)


def _facts(request, report) -> dict:
    known, new = forms.line_forms(report)
    headings = [
        {"code": code, "title": title, "text": report.narrative.get(code, "")} for code, title, _hint in rules.HEADINGS
    ]
    pieces = list(report.evidence.filter(removed_at__isnull=True).select_related("line"))
    table = _table(report, known)
    for row in table:
        row["receipts"] = [piece for piece in pieces if piece.line_id == row["line"].pk]
    return {
        "report": report,
        "agreement": report.agreement,
        "application": report.agreement.application,
        "headings": headings,
        "table": table,
        "new_lines": new,
        "pieces": pieces,
        "copy_url": documents.url(report.copy) if report.copy_id else "",
        "notice_url": _notice_url(request, report),
        "overdue": report.is_overdue(timezone.localdate(request.received_at)),
        "gap_total": report.actual_total_amount - report.budget_total_amount,
        "threshold": rules.threshold(report)[1],
        "share": rules.threshold(report)[0] * 100,
    }


@allow(signed_in)
@require_safe
def of_grant(request, reference):
    """The reports of a grant."""
    row = agreement_or_404(request, reference)
    return render(
        request,
        "payments/reports.html",
        {
            "agreement": row,
            "application": row.application,
            "reports": row.reports.exclude(state="cancelled"),
            "today": timezone.localdate(request.received_at),
        },
    )


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def report(request, reference, pk):
    """The recipient's report: start, write, file; then what the fund answered."""
    row = _report_or_404(request, pk=pk, agreement__reference=reference)
    if not is_party(request.user, row.agreement):
        raise Http404
    here = reverse("payments:report", args=[reference, pk])
    if request.method == "POST":
        return _post(request, row, here)
    return _show(request, row)


def _show(request, row, *, form=None, known=None, new=None, upload=None, status=200):
    writable = row.state in REPORT_WRITABLE
    facts = _facts(request, row)
    if writable:
        form = form or forms.ReportForm(report=row)
        facts["table"] = _table(row, known or [(line["line"], line["form"]) for line in facts["table"]])
        facts["new_lines"] = new or facts["new_lines"]
        facts["sent"] = [form, *(line["form"] for line in facts["table"]), *facts["new_lines"]]
        facts["adding"] = any(one.is_bound and one.has_changed() for one in facts["new_lines"])
    return render(
        request,
        "payments/report.html",
        facts
        | {
            "form": form,
            "upload": upload or forms.PieceForm(obj=row),
            "writable": writable,
            "may_file": signs_for_bearer(request.user, row.agreement),
            "missing": rules.gaps(row) if writable else [],
            "unexplained": rules.unexplained(row) if writable else [],
            "posted_version": row.version,
        },
        status=status,
    )


def _post(request, row, here):
    name = "save" if request.POST.get("autosave") else request.POST.get("act", "")
    if name == "start":
        reports.start(report=row, actor=request.user, at=request.received_at)
        return redirect(here)
    if name == "attach":
        return _attach(request, row, here)
    if name == "detach":
        reports.detach(
            report=row,
            actor=request.user,
            at=request.received_at,
            piece=as_int(request.POST.get("piece")) or 0,
        )
        return redirect(here)
    if name == "tie":
        reports.tie(
            report=row,
            actor=request.user,
            at=request.received_at,
            piece=as_int(request.POST.get("piece")) or 0,
            line=as_int(request.POST.get("line")) or None,
        )
        return redirect(f"{here}#pieces")
    if name in ("save", "submit"):
        return _save(request, row, here, file_it=name == "submit")
    raise Refusal("unknown_act", _("This act does not exist on this page."), status=400)


def _attach(request, row, here):
    upload = forms.PieceForm(request.POST, request.FILES, obj=row)
    if upload.is_valid():
        uploaded = upload.cleaned_data["file"]
        try:
            content_type = check_upload(uploaded, kinds={"pdf", "image", "office", "text"}, max_bytes=PROOF_BYTES)
            line = upload.cleaned_data["line"]
            reports.attach(
                report=row,
                actor=request.user,
                at=request.received_at,
                uploaded=uploaded,
                content_type=content_type,
                line=line.pk if line else None,
            )
            return redirect(f"{here}#pieces")
        except Refusal as refusal:
            refusal.field = "file"
            upload.refuse(refusal)
    return _show(request, row, upload=upload, status=422)


def clock_time(at) -> str:
    """`14 h 32`, `14:32`."""
    local = timezone.localtime(at)
    return f"{local:%H:%M}" if get_language() == "en" else f"{local.hour}\u00a0h\u00a0{local:%M}"


def _wants_json(request) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def _save(request, row, here, *, file_it: bool):
    form, (known, new) = forms.ReportForm(request.POST, report=row), forms.line_forms(row, request.POST)
    valid = all([form.is_valid(), *(one.is_valid() for _line, one in known), *(one.is_valid() for one in new)])
    if not valid:
        if _wants_json(request):
            return JsonResponse({"code": "invalid", "detail": _("Some answers cannot be read yet.")}, status=422)
        return _show(request, row, form=form, known=known, new=new, status=422)
    verb = reports.write if row.state == "draft" else reports.revise
    version = request.POST.get("version", "")
    try:
        row = verb(
            report=row,
            actor=request.user,
            at=request.received_at,
            facts=form.facts(),
            lines=forms.rows_of(known, new),
            version=as_int(version),
        )
        if file_it:
            row = reports.submit(report=row, actor=request.user, at=request.received_at)
    except Refusal as refusal:
        if _wants_json(request):
            return JsonResponse({"code": refusal.code, "detail": str(refusal)}, status=refusal.status)
        return _refused(request, row, form, refusal)
    if _wants_json(request):
        return JsonResponse({"version": row.version, "at": clock_time(row.updated_at)})
    messages.success(request, _("Your report is filed.") if file_it else _("Saved."))
    return redirect(here)


def _refused(request, row, form, refusal):
    """The page again with all that was typed, saved or not, and why it was refused at the place it is about."""
    row = _report_or_404(request, pk=row.pk)
    known, new = forms.line_forms(row, request.POST)
    named = {f"explanation_{line.position}": (one, "explanation") for line, one in known} | {
        f"actual_{line.position}": (one, "actual_amount") for line, one in known
    }
    for one in (*(one for _line, one in known), *new):
        one.is_valid()
    if refusal.field in named:
        one, field = named[refusal.field]
        one.add_error(field, str(refusal))
    else:
        form.refuse(refusal)
    return _show(
        request, row, form=form, known=known, new=new if refusal.code == "version_conflict" else None, status=422
    )


# ---- case officers ----


def _of_tab(tab: str, today):
    return {
        "submitted": Q(state="submitted"),
        "expected": Q(state__in=("due", "draft", "changes_requested")),
        "overdue": Q(state__in=("due", "draft"), due_on__lt=today),
        "accepted": Q(state="accepted"),
    }[tab]


@allow(instruction_desk)
@require_safe
def staff_list(request):
    """Reports by what they await."""
    tab, text, today = (
        request.GET.get("etape") or "submitted",
        searched(request),
        timezone.localdate(request.received_at),
    )
    if tab not in dict(TABS):
        raise Http404
    found = _rows().filter(agreement__in=agreement_ids(request))
    counts = {code: found.filter(_of_tab(code, today)).count() for code, _label in TABS}
    found = found.filter(_of_tab(tab, today)).order_by("submitted_at" if tab == "submitted" else "due_on", "pk")
    if text:
        found = found.filter(
            Q(agreement__reference__icontains=text)
            | Q(agreement__application__title__icontains=text)
            | Q(agreement__bearer_name__icontains=text)
        )
    page = page_of(request, found)
    rows = [
        {
            "report": one,
            "answer_by": timezone.localdate(one.submitted_at)
            + timedelta(days=one.agreement.rules["report_review_days"])
            if one.submitted_at
            else None,
            "late": (today - one.due_on).days if one.is_overdue(today) else 0,
        }
        for one in page.object_list
    ]
    return render(
        request,
        "payments/instruction/reports.html",
        {
            "tab": tab,
            "text": text,
            "page": page,
            "rows": rows,
            "tabs": [(code, label, counts[code]) for code, label in TABS],
        },
    )


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def staff_report(request, pk):
    """One report before its case officer: the account, the table, the documents; accept, or ask for changes line by line."""
    row = _report_or_404(request, pk=pk)
    bound = None
    if request.method == "POST":
        response, bound = act(request, row, STAFF_FORMS, done=reverse("payments:staff_report", args=[pk]))
        if response:
            return response
    balance = row.agreement.instalments.filter(is_balance=True).exclude(state="cancelled").first()
    return render(
        request,
        "payments/instruction/report.html",
        _facts(request, row) | {"cards": cards(request, row, STAFF_FORMS, bound), "balance": balance},
        status=status(bound),
    )
