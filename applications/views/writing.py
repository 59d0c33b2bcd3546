"""The applicant's pages: the list, the draft section by section, team, partners, documents, the check before filing, the answer to a request."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from applications import forms, queries
from applications import transitions as files
from applications.enums import SectionCode
from applications.models import Application, Attachment
from applications.rules import filing as filing_rules
from applications.rules.gaps import missing
from applications.schema import SECTIONS, total
from applications.transitions import partnerships
from applications.transitions.common import Writing, rules_of
from applications.views.acts import act, cards, is_writer, may, of_team, page, refusal_of, status
from applications.views.reading import parts_of
from core import files as uploads
from core.access import allow, signed_in
from core.idempotency import once
from core.transitions import Refusal
from fund.models import Call

ORDER = list(SECTIONS)
TABLE_SECTIONS = ("project", "budget")
WITHDRAW_FORMS = {"withdraw": forms.OptionalReasonForm}
REUSABLE = ("lapsed", "withdrawn", "dismissed", "rejected", "ineligible", "renounced")


@allow(signed_in)
@require_safe
def my_files(request):
    """The person's files, each with what is next."""
    rows = Paginator(queries.my_applications(request.user), queries.PAGE)
    try:
        found = rows.page(request.GET.get("page", 1))
    except InvalidPage as error:
        raise Http404 from error
    requests_due = queries.requests_due([row.pk for row in found if row.state == "information_requested"])
    items = [(row, queries.next_step(row, request.received_at, requests_due.get(row.pk))) for row in found]
    return render(
        request,
        "applications/my_files.html",
        {
            "page": found,
            "items": items,
            "open_calls": Call.objects.open_at(request.received_at).order_by("closes_at"),
            "reusable": REUSABLE,
        },
    )


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def start(request, slug):
    """Open a draft on a call: who applies, from a blank page or from an earlier file."""
    call = Call.objects.public().filter(slug=slug).first()
    if call is None:
        raise Http404
    form = forms.StartForm(
        request.POST or None, user=request.user, initial={"cloned_from": request.GET.get("copie", "")}
    )
    if request.method == "POST" and form.is_valid():
        try:
            application = files.create(call=call, actor=request.user, at=request.received_at, **form.params())
            return redirect(page("section", application, "applicant"))
        except Refusal as refusal:
            form.refuse(refusal)
    return render(
        request,
        "applications/start.html",
        {
            "call": call,
            "form": form,
            "refusal": refusal_of(files.create, call, request),
            "mine": queries.my_applications(request.user).filter(call=call)[:5],
        },
        status=status(form),
    )


# ---- writing ----


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
        "is_writer": is_writer(request, application),
        "members": list(application.members.select_related("user")),
        "filed": application.filed_version,
        "is_changed": application.filed_version is not None
        and application.filed_version.content_hash != queries.hash_now(application, content),
    }


def _closed(request, application: Application, code: str) -> Refusal | None:
    """Why this section cannot be written now by this person."""
    if not is_writer(request, application):
        return Refusal(
            "not_permitted",
            _("You may read this application, not write in it."),
            remedy=_("Ask the one who leads it for the right to write."),
        )
    return may(filing_rules.content_is_writable, Writing("save_section"), application, request, code=code)


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
def section(request, reference, code):
    """One page a section. Every button saves; what cannot be read is shown again with its reason, and the rest is kept."""
    application = of_team(request, reference)
    if code not in SECTIONS:
        raise Http404
    if refusal := _closed(request, application, code):
        if request.method == "POST":
            raise refusal
        messages.info(request, str(refusal))
        return redirect(page("answer" if application.state == "information_requested" else "read", application))
    row = application.sections.select_related("updated_by").filter(code=code).first()
    content, conflict = queries.content_now(application), None
    written = forms.SectionPage(
        application, code, content, request.POST if request.method == "POST" else None, plus=request.GET.get("plus", "")
    )
    version = row.version if row else 0
    if request.method == "POST":
        remove, add, go = (
            request.POST.get("remove_row", ""),
            request.POST.get("add_row", ""),
            request.POST.get("go", ""),
        )
        try:
            row = files.save_section(
                application=application,
                actor=request.user,
                at=request.received_at,
                code=code,
                content=written.values(without=remove),
                version=_int(request.POST.get("version")),
            )
            version = row.version
            if written.is_valid():
                return redirect(_after(application, code, add, remove, go))
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
            "label": SectionCode(code).label,
            "written": written,
            "form": written.form,
            "tables": written.tables,
            "version": version,
            "row": row,
            "section_gaps": [gap for gap in context["gaps"] if gap.section == code],
            "conflict": conflict,
            "unread": len(written.problems()) if request.method == "POST" else 0,
            "figures": figures(application, context["content"]),
            "number": ORDER.index(code) + 1,
            "next_code": ORDER[ORDER.index(code) + 1] if code != ORDER[-1] else "",
            "pieces": application.attachments.current(),
            "max_rows": 60,
        },
        status=409 if conflict else 422 if request.method == "POST" else 200,
    )


def _int(text) -> int | None:
    return int(text) if text and str(text).isascii() and str(text).isdigit() and len(str(text)) < 10 else None


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
    """The same save, in JSON, while one writes: `{"at", "version", "fragments"}`, or `{"detail", "version"}` with 409 or 422."""
    application = of_team(request, reference)
    if code not in SECTIONS:
        raise Http404
    try:
        if refusal := _closed(request, application, code):
            raise refusal
        written = forms.SectionPage(application, code, queries.content_now(application), request.POST)
        row = files.save_section(
            application=application,
            actor=request.user,
            at=request.received_at,
            code=code,
            content=written.values(),
            version=_int(request.POST.get("version")),
        )
    except files.VersionConflict as error:
        return JsonResponse(
            {"code": error.code, "detail": str(error), "by": str(error.section.updated_by), "theirs": error.theirs},
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


# ---- team ----


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def team(request, reference):
    """Who writes, who only reads, who must agree."""
    application = of_team(request, reference)
    invite, person, bound = forms.InviteForm(), forms.PersonForm(prefix="person"), None
    name = request.POST.get("act", "") if request.method == "POST" else ""
    if name:
        member = (
            application.members.select_related("application").filter(pk=_int(request.POST.get("member")) or 0).first()
        )
        try:
            if name == "invite":
                invite = forms.InviteForm(request.POST)
                if invite.is_valid():
                    files.invite_member(
                        application=application, actor=request.user, at=request.received_at, **invite.params()
                    )
                    messages.success(request, _("The invitation is on its way."))
                    return redirect(page("team", application))
            elif name == "person":
                person = forms.PersonForm(request.POST, prefix="person")
                if person.is_valid():
                    files.add_person(
                        application=application, actor=request.user, at=request.received_at, **person.params()
                    )
                    return redirect(page("team", application))
            elif name == "remind":
                count = files.request_sign_offs(application=application, actor=request.user, at=request.received_at)
                messages.success(request, _("Asked.") if count else _("Nobody is awaited."))
                return redirect(page("team", application))
            elif member is None:
                raise Refusal("unknown_member", filing_rules.NOT_A_MEMBER, status=404)
            elif name == "remove":
                leaving = member.user_id == request.user.pk
                files.remove_member(member=member, actor=request.user, at=request.received_at)
                return redirect(reverse("applications:my_files") if leaving else page("team", application))
            elif name == "again":
                files.invite_member(
                    application=application,
                    actor=request.user,
                    at=request.received_at,
                    email=member.email,
                    right=member.right,
                    signatory=member.signatory,
                )
                messages.success(request, _("A new invitation is on its way; the former link no longer works."))
                return redirect(page("team", application))
            elif name == "change":
                bound = forms.MemberForm(request.POST, prefix=f"member-{member.pk}", obj=member)
                if bound.is_valid():
                    files.change_member(member=member, actor=request.user, at=request.received_at, **bound.params())
                    return redirect(page("team", application))
        except Refusal as refusal:
            form = {"invite": invite, "person": person}.get(name, bound)
            if form is None:
                messages.error(request, str(refusal))
                return redirect(page("team", application))
            form.refuse(refusal)
    context = frame(request, application, "equipe")
    rows = [
        (
            member,
            bound
            if bound is not None and bound.obj.pk == member.pk
            else forms.MemberForm(
                prefix=f"member-{member.pk}",
                obj=member,
                initial={
                    "name": member.name,
                    "role": member.role,
                    "description": member.description,
                    "right": member.right,
                    "signatory": member.signatory,
                },
            ),
        )
        for member in context["members"]
    ]
    never, outdated = queries.missing_signatures(application, queries.hash_now(application, context["content"]))
    return render(
        request,
        "applications/team.html",
        context
        | {
            "rows": rows,
            "invite": invite,
            "person": person,
            "only_mine": [*never, *outdated] == [request.user],
            "awaited": [str(one) for one in (*never, *outdated)],
            "closed": _closed(request, application, "applicant"),
            "open_member": bound.obj.pk if bound is not None else 0,
            "at": request.received_at,
        },
        status=status(invite, person, bound),
    )


# ---- partners ----


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def partners(request, reference):
    """The administrations invited, and what each answered."""
    application = of_team(request, reference)
    form, name = forms.PartnerForm(), request.POST.get("act", "") if request.method == "POST" else ""
    try:
        if name == "invite":
            form = forms.PartnerForm(request.POST)
            if form.is_valid():
                partnerships.invite(
                    application=application, actor=request.user, at=request.received_at, **form.params()
                )
                messages.success(request, _("The invitation is on its way."))
                return redirect(page("partners", application))
        elif name in ("invite_again", "cancel"):
            row = application.partnerships.filter(pk=_int(request.POST.get("partnership")) or 0).first()
            if row is None:
                raise Http404
            verb = partnerships.invite_again if name == "invite_again" else partnerships.cancel
            verb(partnership=row, actor=request.user, at=request.received_at)
            messages.success(
                request,
                _("A new link is on its way; the former one no longer works.")
                if name == "invite_again"
                else _("The link of the invitation no longer works."),
            )
            return redirect(page("partners", application))
        elif name:
            raise Refusal("unknown_act", _("This act does not exist on this page."), status=400)
    except Refusal as refusal:
        if name == "invite":
            form.refuse(refusal)
        else:
            messages.error(request, str(refusal))
            return redirect(page("partners", application))
    rows = list(application.partnerships.select_related("organisation", "invited_by"))
    for row in rows:
        row.application = application
    return render(
        request,
        "applications/partners.html",
        frame(request, application, "partenaires")
        | {
            "partners": [
                (row, cards(request, row, {"invite_again": forms.PlainForm, "cancel": forms.PlainForm})) for row in rows
            ],
            "form": form,
            "days": rules_of(application)["partnership_invitation_days"],
            "refusal": refusal_of(partnerships.invite, application, request),
        },
        status=status(form),
    )


# ---- documents ----


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def pieces(request, reference):
    """The documents of the file: added after a check of what they are, taken off, never deleted once filed."""
    application = of_team(request, reference)
    form, name = forms.UploadForm(), request.POST.get("act", "") if request.method == "POST" else ""
    most = rules_of(application)["attachment_max_megabytes"]
    try:
        if name == "remove":
            piece = application.attachments.current().filter(pk=_int(request.POST.get("piece")) or 0).first()
            if piece is not None:
                files.detach(application=application, actor=request.user, at=request.received_at, attachment=piece)
            return redirect(page("pieces", application))
        if request.method == "POST":
            form = forms.UploadForm(request.POST, request.FILES)
            if form.is_valid():
                uploaded = form.cleaned_data["file"]
                if not uploaded:
                    raise Refusal("file_missing", _("Choose a file first."), field="file")
                content_type = uploads.check_upload(
                    uploaded, kinds={"pdf", "image", "office"}, max_bytes=most * 1024 * 1024
                )
                files.attach(
                    application=application,
                    actor=request.user,
                    at=request.received_at,
                    uploaded=uploaded,
                    content_type=content_type,
                    kind=form.cleaned_data["kind"],
                )
                messages.success(request, _("The document is in the file."))
                return redirect(page("pieces", application))
    except Refusal as refusal:
        if name == "remove":
            messages.error(request, str(refusal))
            return redirect(page("pieces", application))
        refusal.field = refusal.field or "file"
        form.refuse(refusal)
    rules = rules_of(application)
    return render(
        request,
        "applications/pieces.html",
        frame(request, application, "pieces")
        | {
            "pieces": application.attachments.current().select_related("uploaded_by"),
            "form": form,
            "closed": _closed(request, application, "documents"),
            "most": rules["attachment_max_count"],
            "megabytes": most,
        },
        status=status(form),
    )


@allow(signed_in)
@require_safe
def piece(request, reference, pk):
    """A document, for those who may see the file."""
    row = (
        Attachment.objects.visible_to(request.user)
        .filter(application__reference=reference, pk=pk, scan_state="clean")
        .first()
    )
    if row is None:
        raise Http404
    return uploads.send(row.file, row.name, row.content_type)


# ---- check, agree, file ----

FILE_FORMS = {"submit": forms.FileForm, "refile": forms.FileForm, "revive": forms.PlainForm}


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def check(request, reference):
    """What is missing, who has agreed, and the button that files, with the reason when it is closed."""
    application = of_team(request, reference)
    name, bound, agreement = request.POST.get("act", "") if request.method == "POST" else "", None, None
    if name == "sign_off":
        agreement = forms.SignOffForm(request.POST, obj=application)
        if agreement.is_valid():
            try:
                files.sign_off(
                    application=application,
                    actor=request.user,
                    at=request.received_at,
                    content_hash=request.POST.get("content_hash", ""),
                    **agreement.params(),
                )
                messages.success(request, _("Your agreement is kept. If the content changes, it will be asked again."))
                return redirect(page("check", application))
            except Refusal as refusal:
                agreement.refuse(refusal)
    elif name == "remind":
        try:
            files.request_sign_offs(application=application, actor=request.user, at=request.received_at)
            messages.success(request, _("Asked."))
        except Refusal as refusal:
            messages.error(request, str(refusal))
        return redirect(page("check", application))
    elif name:
        done = page("read", application) if name != "revive" else page("check", application)
        response, bound = act(request, application, FILE_FORMS, done=done)
        if response:
            return response
        application = of_team(request, reference)
    return render(
        request,
        "applications/check.html",
        _check_context(request, application, bound, agreement),
        status=status(bound, agreement),
    )


def _check_context(request, application: Application, bound, agreement) -> dict:
    context = frame(request, application, "verifier")
    content_hash = queries.hash_now(application, context["content"])
    signed = queries.signed_hashes(application)
    people = [
        (person, signed.get(person.pk) if hasattr(person, "is_system") else None)
        for person in queries.signatories(application)
    ]
    mine = signed.get(request.user.pk)
    needs_code = not application.call.is_open(request.received_at) and queries.code_is_live(
        application, request.received_at
    )
    found = cards(
        request,
        application,
        FILE_FORMS,
        bound,
        initial={name: {"access_code": request.GET.get("code", "")} for name in ("submit", "refile")},
    )
    for card in found:
        if not needs_code and "access_code" in card.form.fields and not card.form.is_bound:
            del card.form.fields["access_code"]
        card.question = _("File “%(title)s”?") % {"title": application.display_title} if card.name == "submit" else ""
    return context | {
        "content_hash": content_hash,
        "people": [
            (person, sign_off, sign_off is not None and sign_off.content_hash == content_hash)
            for person, sign_off in people
        ],
        "i_sign": queries.is_signatory(request.user, application),
        "i_agreed": mine is not None and mine.content_hash == content_hash,
        "agreement": agreement or forms.SignOffForm(obj=application),
        "cards": found,
        "ready": any(card.offer.allowed for card in found if card.name in ("submit", "refile")),
        "parts": parts_of(application, context["content"]),
        "silence": queries.silence(application, request.received_at),
        "writable": _closed(request, application, "") is None,
    }


# ---- answer, withdraw ----


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def answer(request, reference):
    """The fund's request: what is missing, why, until when; the answer, with the parts that may change."""
    application = of_team(request, reference)
    form = forms.AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            files.answer(application=application, actor=request.user, at=request.received_at, **form.params())
            messages.success(request, _("Your answer is received. The two-month period has resumed."))
            return redirect(page("answer", application))
        except Refusal as refusal:
            form.refuse(refusal)
    every = list(
        application.information_requests.select_related("document", "requested_by", "answered_by").order_by("-number")
    )
    current = next((one for one in every if one.state == "open"), None)
    context = frame(request, application, "complements")
    asked = current.sections if current else set()
    return render(
        request,
        "applications/answer.html",
        context
        | {
            "requests": every,
            "current": current,
            "form": form,
            "parts": [
                (SectionCode(part).label, _part_page(application, part)) for part in SectionCode.values if part in asked
            ],
            "refusal": refusal_of(files.answer, application, request) if current else None,
            "silence": queries.silence(application, request.received_at),
            "asked_gaps": [gap for gap in context["gaps"] if gap.section in asked],
        },
        status=status(form),
    )


def _part_page(application: Application, code: str) -> str:
    return page("pieces", application) if code == "documents" else page("section", application, code)


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def withdraw(request, reference):
    """Withdraw the file, after a page that says what it means."""
    application = of_team(request, reference)
    bound = None
    if request.method == "POST":
        response, bound = act(request, application, WITHDRAW_FORMS, done=reverse("applications:my_files"))
        if response:
            return response
    return render(
        request,
        "applications/withdraw.html",
        {"application": application, "cards": cards(request, application, WITHDRAW_FORMS, bound)},
        status=status(bound),
    )
