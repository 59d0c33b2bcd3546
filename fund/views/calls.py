"""The desk of the calls: written, checked, previewed, proposed for publication, amended."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core import two_key
from core.access import allow
from core.forms import PlainForm, ReasonForm
from core.idempotency import once
from core.transitions import Refusal
from fund.enums import CallState, Role
from fund.forms import calls as forms
from fund.models import Call
from fund.people import calls_desk, calls_writing
from fund.queries import calls as queries
from fund.queries import has_role
from fund.queries.keys import open_acts_on
from fund.rules.calls import CALENDAR, preflight
from fund.transitions import calls
from fund.views.acts import act, cards, history, page_of, proposed, status

ACTS = {
    "publish": PlainForm,
    "reopen": forms.ReopenForm,
    "archive": PlainForm,
    "cancel": ReasonForm,
    "discard": PlainForm,
}
"""Acts of the desk, some of a higher room: the page knows their names only. What follows the files is on the panel's page."""


def call_or_404(request, slug: str) -> Call:
    call = queries.call_by_slug(slug)
    if call is None:
        raise Http404
    return call


def draft_or_404(request, slug: str) -> Call:
    call = call_or_404(request, slug)
    if call.state != CallState.DRAFT:
        raise Refusal(
            "rule_frozen",
            _("This call is published: its content is frozen."),
            remedy=_("Texts and later dates can be amended, with two keys."),
            article="art. 6",
            status=409,
        )
    return call


def page(call: Call, name: str = "call_desk") -> str:
    return reverse(f"fund:{name}", args=[call.slug])


@allow(calls_desk)
@require_safe
def listing(request):
    """Every call, with its state and its next date."""
    at = request.received_at
    rows = page_of(request, queries.desk_calls())
    for call in rows.object_list:
        call.now = call.phase(at)
    return render(
        request, "fund/calls/desk_list.html", {"page": rows, "may_write": has_role(request.user, Role.CASE_OFFICER, at)}
    )


@allow(calls_writing)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def new(request):
    """A draft from the grid of the rulebook or from an earlier call."""
    earlier = list(queries.desk_calls()[:50])
    form = forms.NewCallForm(
        request.POST or None, user=request.user, calls=earlier, initial={"source": request.GET.get("copie", "")}
    )
    if request.method == "POST" and form.is_valid():
        wanted = form.params()
        source = next((call for call in earlier if call.slug == wanted["source"]), None)
        try:
            call = calls.create(
                content=queries.starting_content(source) | {"title": wanted["title"], "slug": wanted["slug"]},
                actor=request.user,
                at=request.received_at,
            )
            return redirect(page(call, "call_edit"))
        except Refusal as refusal:
            form.refuse(refusal)
    return render(request, "fund/calls/new.html", {"form": form}, status=status(form))


@allow(calls_writing)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def edit(request, slug):
    """The whole draft in one form. A row is added without saving, nothing typed is lost."""
    call = draft_or_404(request, slug)
    found = forms.CallForms(call, request.POST or None, request.user)
    code = 200
    if request.method == "POST" and found.is_valid():
        try:
            calls.edit(call=call, content=found.content(), actor=request.user, at=request.received_at)
            messages.success(request, _("Saved."))
            return redirect(page(call) if "finish" in request.POST else page(Call.objects.get(pk=call.pk), "call_edit"))
        except Refusal as refusal:
            found.refuse(refusal)
            code = 422
    return render(
        request,
        "fund/calls/edit.html",
        {"call": call, "forms": found, "form": found.form},
        status=422 if found.refused else code,
    )


@allow(calls_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def desk(request, slug):
    """One call: what keeps it from being published, what was proposed, what happened."""
    call = call_or_404(request, slug)
    bound = None
    if request.method == "POST":
        response, bound = act(
            request, call, ACTS, done=page(call) if request.POST.get("act") != "discard" else reverse("fund:calls_desk")
        )
        if response:
            return response
    at = request.received_at
    writes = has_role(request.user, Role.CASE_OFFICER, at)
    checks = list(preflight(calls.publish.verb, call, request.user, at)) if call.state == CallState.DRAFT else []
    return render(
        request,
        "fund/calls/desk.html",
        {
            "call": call,
            "phase": call.phase(at),
            "checks": checks,
            "missing": sum(not check.ok for check in checks),
            "may_write": writes,
            "cards": cards(request, call, ACTS, bound),
            "acts": open_acts_on(call, at),
            "history": history(call),
            "may_amend": writes and call.state == CallState.PUBLISHED,
            "criteria": list(call.criteria.all()),
            "lines": list(call.instalment_lines.all()),
        },
        status=status(bound),
    )


@allow(calls_desk)
@require_safe
def preview(request, slug):
    """The public page as it would be, for those who work on it."""
    call = call_or_404(request, slug)
    return render(request, "fund/calls/preview.html", call_context(call, request.received_at))


def call_context(call: Call, at) -> dict:
    """What the page of a call shows, public or preview."""
    return {
        "call": call,
        "phase": call.phase(at),
        "is_open": call.is_open(at),
        "days_left": (timezone.localdate(call.closes_at) - timezone.localdate(at)).days if call.closes_at else 0,
        "dates": [
            (Call._meta.get_field(name).verbose_name, value, name in Call.INSTANTS)  # type: ignore[union-attr]
            for name in (*CALENDAR[:2], "partner_deadline_at", *CALENDAR[2:])
            if (value := getattr(call, name))
        ],
        "criteria": list(call.criteria.all()),
        "lines": list(call.instalment_lines.all()),
        "questions": list(call.eligibility_questions.all()),
        "faq": list(call.faq.all()),
        "themes": list(call.themes.all()),
        "rules": call.rule_version,
    }


@allow(calls_writing)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def amend(request, slug):
    """Texts and later dates of a published call; a second person approves."""
    call = call_or_404(request, slug)
    if call.state != CallState.PUBLISHED:
        raise Http404
    form = forms.AmendForm(request.POST or None, obj=call, user=request.user)
    faq = forms.formset_class("faq")(request.POST or None, prefix="faq", initial=call.content()["faq"])
    if request.method == "POST" and request.POST.get("add_row") == "faq":
        data = request.POST.copy()
        data["faq-TOTAL_FORMS"] = str(min(faq.total_form_count() + 1, 40))
        form, faq = (
            forms.AmendForm(data, obj=call, user=request.user),
            forms.formset_class("faq")(data, prefix="faq", initial=call.content()["faq"]),
        )
        form._errors, form.cleaned_data = forms.ErrorDict(), {}
        faq.silence()
    elif request.method == "POST" and all([form.is_valid(), faq.is_valid()]):
        changes = form.changes()
        rows = [{"question": row["question"].strip(), "answer": row["answer"].strip()} for row in faq.rows()]
        if rows != call.content()["faq"]:
            changes["faq"] = rows
        try:
            amendment = two_key.propose(
                calls.amend.verb,
                call,
                actor=request.user,
                at=request.received_at,
                params={"changes": changes, "reason": form.cleaned_data["reason"]},
            )
            return proposed(amendment, request)
        except Refusal as refusal:
            form.refuse(refusal)
    refused = bool(form.errors) or (faq.is_bound and bool(faq.total_error_count()))
    return render(
        request, "fund/calls/amend.html", {"call": call, "form": form, "faq": faq}, status=422 if refused else 200
    )
