"""The case officers' pages: the queue, a file as it was filed, its checklist, what is asked, what is decided; codes for late filings."""

from __future__ import annotations

import csv
from datetime import timedelta

from django.contrib import messages
from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from applications import forms, queries
from applications import transitions as files
from applications.enums import ApplicationState
from applications.models import AccessCode, Application
from applications.periods import next_working_day
from applications.queries import rules_of
from applications.rules.instruction import checklist
from applications.views.acts import BASE, refusal_of
from applications.views.reading import parts_of, pieces_of
from core import references
from core.access import allow
from core.browser import as_ids, as_int
from core.forms import PlainForm, ReasonForm
from core.idempotency import once
from core.models import Event
from core.money import decimal_text
from core.transitions import Refusal
from fund.models import Call
from fund.people import case_officer, instruction_desk
from fund.rules.periods import end_of_day
from fund.views.acts import act, cards, status

FILE_FORMS = {
    "declare_eligible": PlainForm,
    "extend": forms.ExtendForm,
    "drop_request": ReasonForm,
    "reexamine": ReasonForm,
}
STATES = tuple(state for state in ApplicationState.values if state not in ("draft",))
WAITING = ("partner", "reexamine", "incomplete", "messages", "reasons")


def filters_of(request) -> dict:
    """What the page and its export filter by; anything unknown is no filter."""
    state, waiting = request.GET.get("etat", ""), request.GET.get("attend", "")
    return {
        "state": state if state in (*STATES, "all") else "",
        "call": request.GET.get("appel", "")[:80],
        "text": request.GET.get("q", "")[:100].strip(),
        "waiting": waiting if waiting in WAITING else "",
    }


def _row(application: Application, at) -> dict:
    partners = list(application.partnerships.all())
    best = next(
        (
            one
            for state in ("confirmed", "invited", "expired", "declined", "withdrawn")
            for one in partners
            if one.state == state
        ),
        None,
    )
    return {
        "application": application,
        "partner": best,
        "silence": queries.silence(application, at, requests=application.information_requests.all()),
    }


@allow(instruction_desk)
@require_safe
def queue(request):
    """Filed files, oldest first: filters, search, counts, pages."""
    found = filters_of(request)
    rows = Paginator(queries.desk_queue(request.user, **found), queries.PAGE)
    try:
        page = rows.page(request.GET.get("page", 1))
    except InvalidPage as error:
        raise Http404 from error
    counts = queries.desk_counts(request.user, call=found["call"])
    labels = dict(ApplicationState.choices)
    query = request.GET.copy()
    query.pop("page", None)
    return render(
        request,
        "applications/instruction/queue.html",
        {
            "page": page,
            "rows": [_row(application, request.received_at) for application in page],
            "filters": found,
            "query": query.urlencode(),
            "states": [(state, labels[state], counts.get(state, 0)) for state in STATES if counts.get(state)],
            "all_count": sum(counts.values()),
            "calls": Call.objects.public().order_by("-number")[:30],
            "is_filtered": any(found.values()),
            "to_instruct": sum(
                counts.get(state, 0) for state in ("submitted", "information_requested", "eligible", "ineligible")
            ),
        },
    )


class _Echo:
    def write(self, value):
        return value


def safe_cell(value) -> str:
    """A cell no spreadsheet takes for a formula."""
    text = str(value if value is not None else "")
    return (
        f"'{text}"
        if text.lstrip(" \u00a0\u202f").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
        else text
    )


@allow(instruction_desk)
@require_safe
def export(request):
    """The same rows as the page shows, all pages, as CSV (UTF-8, semicolons, decimal amounts)."""
    rows = queries.desk_queue(request.user, **filters_of(request))
    head = [
        _("reference"),
        _("call"),
        _("title"),
        _("applicant"),
        _("kind"),
        _("state"),
        _("received at"),
        _("requested amount"),
        _("commune"),
        _("department"),
        _("partners confirmed"),
        _("without a decision, rejected on"),
    ]
    writer = csv.writer(_Echo(), delimiter=";", lineterminator="\r\n")

    def lines():
        yield "\ufeff" + writer.writerow([str(name) for name in head])
        for application in rows.iterator(chunk_size=500):
            clock = queries.silence(application, request.received_at, requests=application.information_requests.all())
            confirmed = sum(1 for one in application.partnerships.all() if one.state == "confirmed")
            yield writer.writerow(
                [
                    safe_cell(cell)
                    for cell in (
                        application.reference,
                        application.call.slug,
                        application.title,
                        application.laureate_name,
                        application.get_applicant_kind_display(),
                        application.get_state_display(),
                        timezone.localtime(application.first_received_at).isoformat(timespec="seconds"),
                        decimal_text(application.requested_amount),
                        application.commune,
                        application.department,
                        confirmed,
                        clock.rejected_on.isoformat() if clock else "",
                    )
                ]
            )

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = (
        f'attachment; filename="dossiers-{timezone.localdate(request.received_at):%Y-%m-%d}.csv"'
    )
    return response


@allow(instruction_desk)
@require_POST
@once
def declare_many(request):
    """Declare several files eligible: first what would happen, then the act. What cannot be is named with its reason and stays in place."""
    wanted = sorted(as_ids(request.POST.getlist("application")))[:200]
    chosen = list(queries.officers_files(request.user).select_related(*BASE).filter(pk__in=wanted).order_by("pk"))
    back = reverse("applications:queue") + (f"?{request.POST.get('query', '')}" if request.POST.get("query") else "")
    if not chosen:
        messages.error(request, _("Choose at least one application."))
        return redirect(back)
    refusals = [(application, refusal_of(files.declare_eligible, application, request)) for application in chosen]
    possible = [application for application, refusal in refusals if refusal is None]
    if request.POST.get("confirm") != "1":
        return render(
            request,
            "applications/instruction/declare_many.html",
            {
                "possible": possible,
                "refused": [(application, refusal) for application, refusal in refusals if refusal is not None],
                "back": back,
                "query": request.POST.get("query", ""),
            },
        )
    done = 0
    for application in possible:
        try:
            files.declare_eligible(application=application, actor=request.user, at=request.received_at)
            done += 1
        except Refusal as refusal:
            messages.error(request, f"{application.reference} : {refusal}")
    messages.success(
        request,
        ngettext("%(n)s application is declared eligible.", "%(n)s applications are declared eligible.", done)
        % {"n": done},
    )
    return redirect(back)


def file_or_404(request, reference: str) -> Application:
    """A filed file this officer may handle; one he has an interest in is not there for him."""
    application = queries.officers_files(request.user).select_related(*BASE).filter(reference=reference).first()
    if application is None:
        raise Http404
    return application


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def file(request, reference):
    """One file as it was filed, with the conditions to check and the acts that are possible."""
    application = file_or_404(request, reference)
    here = reverse("applications:file", args=[reference])
    lines = checklist(application)
    checks, bound = forms.ChecklistForm(lines=lines), None
    if request.method == "POST" and request.POST.get("act") == "checks":
        checks = forms.ChecklistForm(request.POST, lines=lines)
        if checks.is_valid():
            try:
                files.save_checks(
                    application=application, actor=request.user, at=request.received_at, checks=checks.checks()
                )
                messages.success(request, _("Your findings are kept."))
                return redirect(f"{here}#conditions")
            except Refusal as refusal:
                checks.add_error(None, str(refusal))
    elif request.method == "POST":
        response, bound = act(request, application, FILE_FORMS, done=here)
        if response:
            return response
        application = file_or_404(request, reference)
    return render(
        request,
        "applications/instruction/file.html",
        _file_context(request, application, checks, bound),
        status=status(checks, bound),
    )


def _file_context(request, application: Application, checks, bound) -> dict:
    content, handles = application.content, case_officer(request.user, application, request.received_at)
    every = list(application.information_requests.select_related("document", "requested_by", "answered_by"))
    return {
        "application": application,
        "parts": parts_of(application, content),
        "checks": checks,
        "cards": cards(request, application, FILE_FORMS, bound),
        "pieces": pieces_of(application, content),
        "team": content["applicant"].get("team", []),
        "partners": application.partnerships.select_related("organisation"),
        "versions": application.versions.select_related("receipt", "filed_by"),
        "requests": every,
        "silence": queries.silence(application, request.received_at, requests=every),
        "ask": refusal_of(files.request_information, application, request)
        if application.state == "submitted"
        else None,
        "handles": handles,
        "may_ask": handles and application.state == "submitted",
        "can_check": application.state in ("submitted", "information_requested"),
        "events": Event.objects.filter(
            subject=application.reference, machine__in=("application", "partnership", "information_request")
        )
        .select_related("actor", "reason")
        .order_by("-id")[:40],
        "codes": application.access_codes.select_related("issued_by"),
        "unread": queries.unread_count(request.user, application) if handles else None,
        "at": request.received_at,
    }


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def ask(request, reference):
    """Ask for what is missing: a list with a reason and a rule each, and a time limit."""
    application = file_or_404(request, reference)
    days = rules_of(application)["information_request_days"]
    default = next_working_day(timezone.localdate(request.received_at) + timedelta(days=days))
    form, items = (
        forms.RequestForm(initial={"due_on": default}),
        forms.ItemFormSet(prefix="items", initial=_failed(application)),
    )
    if request.method == "POST":
        form, items = forms.RequestForm(request.POST), forms.ItemFormSet(request.POST, prefix="items")
        if request.POST.get("add_row"):
            return render(
                request,
                "applications/instruction/ask.html",
                _ask_context(request, application, form, _longer(request, items), days),
            )
        if form.is_valid() and items.is_valid():
            listed = [
                row.cleaned_data
                for row in items.forms
                if any((row.cleaned_data or {}).get(name) for name in ("section", "label", "reason", "article"))
            ]
            try:
                files.request_information(
                    application=application,
                    actor=request.user,
                    at=request.received_at,
                    items=listed,
                    due_at=end_of_day(form.cleaned_data["due_on"]),
                    message=form.cleaned_data["message"],
                )
                messages.success(request, _("The request is sent; the two-month period is paused."))
                return redirect(reverse("applications:file", args=[reference]))
            except Refusal as refusal:
                form.refuse(refusal)
    return render(
        request,
        "applications/instruction/ask.html",
        _ask_context(request, application, form, items, days),
        status=422 if request.method == "POST" else 200,
    )


def _ask_context(request, application, form, items, days) -> dict:
    return {
        "application": application,
        "form": form,
        "items": items,
        "days": days,
        "refusal": refusal_of(files.request_information, application, request),
        "number": application.information_requests.count() + 1,
        "silence": queries.silence(application, request.received_at),
    }


def _longer(request, items):
    """The same rows with an empty one more (without JavaScript)."""
    data = request.POST.copy()
    count = data.get("items-TOTAL_FORMS", "2")
    data["items-TOTAL_FORMS"] = (
        str(min(12, int(count) + 1)) if count.isascii() and count.isdigit() and len(count) < 4 else "2"
    )
    return forms.ItemFormSet(data, prefix="items")


_SECTION_OF = {
    "admissible": "statements",
    "applicant_kind": "applicant",
    "partnership_confirmed": "partnership",
    "amount_within_ceiling": "budget",
    "budget_balanced": "budget",
    "project_duration": "project",
    "openness_commitment": "openness",
    "cer_when_due": "statements",
}


def _failed(application: Application) -> list[dict]:
    """Conditions found not met, as the beginning of the list."""
    return [
        {
            "section": _SECTION_OF.get(line.code, "project"),
            "label": "",
            "reason": line.check.note,
            "article": line.article,
        }
        for line in checklist(application)
        if line.check is not None and line.check.ok is False
    ]


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def codes(request):
    """Codes for a late filing: issued for one file by its reference, listed, revoked. The code itself leaves by mail and is never shown."""
    form = forms.AccessCodeForm(initial={"expires_at": request.received_at + timedelta(days=2)})
    name = request.POST.get("act", "") if request.method == "POST" else ""
    if name == "revoke":
        row = AccessCode.objects.select_related("application").filter(pk=as_int(request.POST.get("code")) or 0).first()
        if row is None:
            raise Http404
        files.revoke_access_code(access_code=row, actor=request.user, at=request.received_at)
        return redirect(reverse("applications:codes"))
    if request.method == "POST":
        form = forms.AccessCodeForm(request.POST)
        if form.is_valid():
            data = form.params()
            application = (
                Application.objects.select_related("call", "lead")
                .filter(reference=references.normalise(data.pop("reference")))
                .first()
            )
            try:
                if application is None:
                    raise Refusal(
                        "unknown_reference",
                        _("No application has this reference. Check it with the applicant."),
                        field="reference",
                    )
                files.issue_access_code(application=application, actor=request.user, at=request.received_at, **data)
                messages.success(request, _("The code is on its way to the applicant."))
                return redirect(reverse("applications:codes"))
            except Refusal as refusal:
                form.refuse(refusal)
    rows = AccessCode.objects.select_related("application", "issued_by").order_by("-pk")[:50]
    return render(
        request,
        "applications/instruction/codes.html",
        {"form": form, "codes": rows, "at": request.received_at},
        status=status(form),
    )
