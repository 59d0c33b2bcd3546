"""The draft section by section: the page, its autosave, two writers’ conflict, the figures of the budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from applications import forms, queries
from applications import transitions as files
from applications.enums import SectionCode
from applications.models import Application, ApplicationSection
from applications.rules import rights
from applications.rules.gaps import missing
from applications.schema import SECTIONS, total
from applications.transitions.common import Writing
from applications.views.acts import is_writer, may, of_team, page
from core.access import allow, signed_in
from core.browser import as_int
from core.templatetags.ui import instant
from core.transitions import Refusal
from fund import identifiers, register

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ORDER = list(SECTIONS)


def step_of(application: Application, here: str) -> dict | None:
    """Where this page stands on the way to filing: `number`, `total`, `label`."""
    steps: list[tuple[str, StrOrPromise]] = [(code, SectionCode(code).label) for code in ORDER]
    steps += [("equipe", _("Team")), ("partenaires", _("Partners")), ("pieces", _("Documents"))]
    steps += (
        [("complements", _("Answer the fund’s request"))]
        if application.state == "information_requested"
        else [("verifier", _("Check and file"))]
    )
    for number, (code, label) in enumerate(steps, 1):
        if code == here:
            return {"number": number, "total": len(steps), "label": label}
    return None


def frame(request, application: Application, here: str, content: dict | None = None) -> dict:
    """What every writing page shows: the sections and what each lacks, who writes."""
    content = content if content is not None else queries.content_now(application)
    gaps = missing(application, content)
    return {
        "application": application,
        "content": content,
        "gaps": gaps,
        "progress": queries.progress(application, gaps),
        "here": here,
        "step": step_of(application, here),
        "areas": queries.areas_of(request.user, application),
        "is_writer": is_writer(request, application),
        "members": list(application.members.select_related("user").exclude(user=application.lead_id)),
        "filed": application.filed_version,
        "is_changed": application.filed_version is not None
        and application.filed_version.content_hash != queries.hash_now(application, content),
    }


def closed(request, application: Application, code: str) -> Refusal | None:
    """Why this section cannot be written now by this person."""
    if not is_writer(request, application):
        return Refusal(
            "not_permitted",
            _("You may read this application, not write in it."),
            remedy=_("Ask the one who leads it for the right to write."),
        )
    return may(rights.content_is_writable, Writing("save_section"), application, request, code=code)


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
def section(request, reference, code):
    """One page a section. Every button saves; what cannot be read is shown again with its reason, and the rest is kept."""
    application = of_team(request, reference)
    if code not in SECTIONS:
        raise Http404
    if refusal := closed(request, application, code):
        if request.method == "POST":
            raise refusal
        messages.info(request, str(refusal))
        if refusal.code == "area_not_yours":
            return redirect(f"{page('read', application)}#partie-{code}")
        return redirect(page("answer" if application.state == "information_requested" else "read", application))
    row = application.sections.select_related("updated_by").filter(code=code).first()
    posted = request.POST if request.method == "POST" else None
    content = queries.content_now(application)
    written = forms.SectionPage(application, code, content, posted, plus=request.GET.get("plus", ""))
    conflict, version = None, row.version if row else 0
    if posted is not None:
        try:
            row = _save(request, application, code, written.values(without=posted.get("remove_row", "")))
            version = row.version
            if written.is_valid():
                return redirect(_next(request, application, code))
        except files.VersionConflict as error:
            conflict, version = _conflict(error), error.version
        application = of_team(request, reference)
    context = frame(request, application, code)
    return render(
        request,
        "applications/section.html",
        context
        | {
            "code": code,
            "register": register.is_on() and _may_ask_register(application, code),
            "label": SectionCode(code).label,
            "written": written,
            "form": written.form,
            "tables": written.tables,
            "version": version,
            "row": row,
            "section_gaps": [gap for gap in context["gaps"] if gap.section == code],
            "conflict": conflict,
            "unread": len(written.problems()) if posted is not None else 0,
            "figures": figures(application, context["content"]),
            "number": ORDER.index(code) + 1,
            "next_code": ORDER[ORDER.index(code) + 1] if code != ORDER[-1] else "",
            "pieces": application.attachments.current(),
            "max_rows": 60,
        },
        status=409 if conflict else 422 if posted is not None else 200,
    )


def _save(request, application: Application, code: str, content: dict) -> ApplicationSection:
    """What was posted of a section, from the version the writer started from. Raises Refusal, VersionConflict."""
    return files.save_section(
        application=application,
        actor=request.user,
        at=request.received_at,
        code=code,
        content=content,
        version=as_int(request.POST.get("version")),
    )


def _next(request, application: Application, code: str) -> str:
    """Where the button that was pressed leads, once saved; the official register is asked on the way."""
    go = request.POST.get("go", "")
    if go == "register" and _may_ask_register(application, code):
        _ask_register(request, application)
    return _after(application, code, request.POST.get("add_row", ""), request.POST.get("remove_row", ""), go)


def _may_ask_register(application: Application, code: str) -> bool:
    return code == "applicant" and queries.body_prefix(application) is not None


def _ask_register(request, application: Application) -> None:
    """Fill the blanks of the body that receives the money from the official register. Whatever it says or does not, the writer goes on."""
    prefix = queries.body_prefix(application)
    siret = identifiers.compact(queries.content_now(application)["applicant"][f"{prefix}siret"])
    if not identifiers.is_siret(siret):
        messages.error(request, _("Write the 14 digits of the SIRET first: the register is asked by it."))
        return
    try:
        facts = register.look_up(siret)
    except register.RegisterDown:
        messages.warning(
            request, _("The official register does not answer. Go on without it: the fund checks once you have filed.")
        )
        return
    if facts is None:
        messages.warning(
            request, _("The official register does not know %(siret)s. Check the number.") % {"siret": siret}
        )
        return
    try:
        filled = files.fill_from_register(
            application=application, actor=request.user, at=request.received_at, facts=facts
        )
    except files.VersionConflict:  # a friend wrote here just now: his words stay, the blanks wait for the next press
        filled = []
    if not facts.is_open:
        messages.warning(
            request, _("The register says that %(name)s has closed: check the number.") % {"name": facts.name}
        )
    messages.success(
        request,
        _(
            "From the official register: %(name)s, %(address)s. Blank answers were filled; what you had typed is unchanged."
        )
        % {"name": facts.name, "address": facts.address}
        if filled
        else _("The official register says: %(name)s, %(address)s. What you had typed is unchanged.")
        % {"name": facts.name, "address": facts.address},
    )


def _after(application: Application, code: str, add: str, remove: str, go: str) -> str:
    here = page("section", application, code)
    if add:
        return f"{here}?plus={add}#table-{add}" if add in [key.name for key in SECTIONS[code].keys] else here
    if remove:
        return (
            f"{here}#table-{remove.rpartition('-')[0]}"
            if remove.rpartition("-")[0] in [key.name for key in SECTIONS[code].keys]
            else here
        )
    if go == "next":
        return (
            page("section", application, ORDER[ORDER.index(code) + 1])
            if code != ORDER[-1]
            else page("check", application)
        )
    return f"{here}?enregistre=1"


def _conflict(error: files.VersionConflict) -> dict:
    """Both texts, answer by answer, where they differ."""
    lines = [
        {
            "label": key.label,
            "theirs": as_text(key, error.theirs.get(key.name)),
            "mine": as_text(key, error.mine.get(key.name)),
        }
        for key in SECTIONS[error.section.code].keys
        if error.theirs.get(key.name) != error.mine.get(key.name)
    ]
    return {"by": error.section.updated_by, "at": error.section.updated_at, "lines": lines, "refusal": error}


def as_text(key, value) -> str:
    """An answer as one text, for a comparison."""
    from applications.views.reading import cell

    if key.kind != "rows":
        return str(cell(key, value))
    return "\n".join(
        " · ".join(
            str(cell(column, row.get(column.name)))
            for column in key.columns
            if row.get(column.name) not in (None, "", False)
        )
        for row in value or []
    )


def figures(application: Application, content: dict) -> dict:
    """Totals of the budget, in cents, as the server counts them."""
    budget = content["budget"]
    spent, found = total(budget["expenses"]), total(budget["resources"])
    used, given = total(budget["in_kind_expenses"]), total(budget["in_kind_resources"])
    requested = budget["requested_amount"] or 0
    return {
        "spent": spent,
        "found": found,
        "gap": abs(spent - found),
        "balanced": spent == found,
        "used": used,
        "given": given,
        "in_kind_balanced": used == given,
        "requested": requested,
        "left": application.call.ceiling_amount - requested,
        "more_spent": spent > found,
        "over_ceiling": requested > application.call.ceiling_amount,
        "ceiling": application.call.ceiling_amount,
    }


@allow(signed_in)
@require_POST
def autosave(request, reference, code):
    """The same save, in JSON, while one writes: `{"at", "version", "fragments"}`; 422 adds `detail` and `errors`.

    409 when someone saved meanwhile, and nothing is changed: `{"code", "detail", "by", "saved_at", "theirs"}`.
    """
    application = of_team(request, reference)
    if code not in SECTIONS:
        raise Http404
    try:
        if refusal := closed(request, application, code):
            raise refusal
        written = forms.SectionPage(application, code, queries.content_now(application), request.POST)
        row = _save(request, application, code, written.values())
    except files.VersionConflict as error:
        return JsonResponse(
            {
                "code": error.code,
                "detail": str(error),
                "by": str(error.section.updated_by),
                "saved_at": instant(error.section.updated_at),
                "theirs": error.theirs,
            },
            status=409,
        )
    except Refusal as refusal:
        return JsonResponse({"code": refusal.code, "detail": str(refusal)}, status=refusal.status)
    application = of_team(request, reference)
    context = frame(request, application, code)
    body = {
        "at": timezone.localtime(row.updated_at).strftime("%H:%M"),
        "version": row.version,
        "missing": [gap.message for gap in context["gaps"] if gap.section == code],
        "fragments": {
            "manques": render_to_string(
                "applications/partials/_gaps.html",
                {"section_gaps": [gap for gap in context["gaps"] if gap.section == code], "application": application},
                request,
            ),
            "sections": render_to_string("applications/partials/_sections.html", context, request),
        },
    }
    if code == "budget":
        body["totals"] = figures(application, context["content"])
        body["fragments"]["totaux"] = render_to_string(
            "applications/partials/_totals.html", {"figures": body["totals"]}, request
        )
    if not written.is_valid():
        return JsonResponse(
            body | {"code": "invalid", "detail": " ".join(written.problems()), "errors": written.problems()}, status=422
        )
    return JsonResponse(body)
