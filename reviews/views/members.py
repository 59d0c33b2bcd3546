"""The members' pages: what awaits them, declarations on one page, one page a file to read and score, the ranking, the decisions to sign."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from applications.models import Attachment
from applications.views.reading import parts_of
from core import documents, reauth
from core.access import allow
from core.browser import as_int
from core.files import send
from core.idempotency import once
from core.transitions import VERBS, Act, Refusal
from fund.enums import Role
from fund.models import Call
from fund.queries import has_role
from reviews import queries
from reviews.enums.reading import AssignmentState, DeclarationState
from reviews.forms import reading as forms
from reviews.models import Declaration
from reviews.queries import interests, reviewing
from reviews.queries.meetings import next_days
from reviews.queries.panels import fund_of_panel
from reviews.queries.ranking import JUDGED
from reviews.rules import reviews as review_rules
from reviews.rules.decisions import minutes_are_adopted
from reviews.transitions import assignments, decisions, declarations
from reviews.views.acts import act, cards, confirm_identity, decision_desk, member_desk, status


def panel_or_404(request, slug: str):
    """The panel of a call in which this person sits."""
    panel = queries.find_panel(slug)
    if queries.seat_of(request.user, panel) is None:
        raise Http404
    return panel


@allow(member_desk)
@require_safe
def desk(request):
    """What awaits a member: declare, read, deliberate, sign; the next file one click away."""
    sections, panels = [], queries.my_panels(request.user)
    days = next_days([panel.call for panel in panels])
    for panel in panels:
        mine = reviewing.my_assignments(request.user, panel)
        todo = [row for row in mine if row.state != AssignmentState.SUBMITTED]
        to_declare = Declaration.objects.filter(
            user=request.user,
            application__call=panel.call_id,
            application__state__in=interests.OPEN_STATES,
            state=DeclarationState.REQUIRED,
        ).count()
        recused = interests.recused_references(request.user, panel.call)
        sections.append(
            {
                "panel": panel,
                "call": panel.call,
                "meets_on": days.get(panel.call_id),
                "mine": mine,
                "todo": todo,
                "next": todo[0] if todo else None,
                "done": len(mine) - len(todo),
                "to_declare": to_declare,
                "recused": recused,
                "is_president": has_role(request.user, Role.CO_PRESIDENT),
                "scale": reviewing.scale_of(request.user, panel) if len(mine) > len(todo) else [],
            }
        )
    to_sign = [{"call": call, "count": count} for call, count in queries.to_sign(request.user, request.received_at)]
    return render(request, "reviews/desk.html", {"sections": sections, "to_sign": to_sign})


# ---- declarations ----


def _declare(request, declaration: Declaration, choice: str) -> Refusal | None:
    """One card of the page; each stands alone: a refusal on one holds up no other."""
    data, key = request.POST, declaration.pk
    try:
        if choice == "none":
            declarations.declare_none(
                declaration=declaration,
                actor=request.user,
                at=request.received_at,
                set_aside=data.getlist(f"aside-{key}"),
            )
        elif choice == "interest":
            declarations.declare_interest(
                declaration=declaration,
                actor=request.user,
                at=request.received_at,
                ground=data.get(f"ground-{key}", ""),
                detail=data.get(f"detail-{key}", "")[:1000],
            )
    except Refusal as refusal:
        return refusal
    return None


@allow(member_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def declare(request, slug):
    """All the cards of a call on one page; nothing else of a file is shown before its card is answered."""
    panel = panel_or_404(request, slug)
    refusals: dict[int, Refusal] = {}
    if request.method == "POST":
        done = 0
        for row in Declaration.objects.filter(user=request.user, application__call=panel.call_id).select_related(
            "application", "user"
        ):
            choice = request.POST.get(f"choice-{row.pk}", "")
            if (
                choice in ("none", "interest")
                and row.state != DeclarationState.RECUSED
                and not (choice == "none" and row.state == DeclarationState.NONE)
            ):
                refusal = _declare(request, row, choice)
                if refusal is not None:
                    refusals[row.pk] = refusal
                else:
                    done += 1
        if not refusals:
            messages.success(request, _("Your declarations are recorded.") if done else _("Nothing was changed."))
            return redirect("reviews:declare", slug)
    found = interests.cards(panel, request.user)
    rows = [
        {
            "card": card,
            "refusal": refusals.get(card.declaration.pk),
            "choice": request.POST.get(f"choice-{card.declaration.pk}", ""),
            "ground": request.POST.get(f"ground-{card.declaration.pk}", ""),
            "detail": request.POST.get(f"detail-{card.declaration.pk}", ""),
        }
        for card in found
    ]
    waiting = sum(card.declaration.state == DeclarationState.REQUIRED for card in found)
    return render(
        request,
        "reviews/declare.html",
        {"panel": panel, "call": panel.call, "rows": rows, "waiting": waiting, "grounds": forms.MEMBER_GROUNDS},
        status=422 if refusals else 200,
    )


# ---- one file ----


def _grid(assignment, application, typed=None) -> list[dict]:
    """The criteria with what is kept of each, or with what was typed when it could not be kept."""
    kept = {score.criterion_id: score for score in assignment.scores.all()} if assignment else {}
    if typed is not None:
        found = forms.scores_of(typed, application.call.criteria.all())
        kept = {
            row.pk: {"cannot_judge": False, "half_points": None} | found[row.code]
            for row in application.call.criteria.all()
        }
    return [
        {
            "criterion": row,
            "score": kept.get(row.pk),
            "anchors": {int(anchor["score"]): anchor["label"] for anchor in row.anchors or []},
        }
        for row in application.call.criteria.order_by("position", "id")
    ]


STEPS = [(points, f"{points // 2}", True) for points in range(0, 11, 2)] + [
    (points, f"{points // 2}.5", False) for points in range(1, 10, 2)
]
KEPT = ("review_incomplete", "comment_required")
"""Refusals to file a review whose words were saved all the same."""
REVIEW_FORMS = {"decline": forms.ReasonForm, "reopen": forms.ReasonForm}


@allow(member_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def file(request, reference):
    """One file to read, with the reader's own grid beside it. Recused: the reference and nothing else. Not declared yet: the card."""
    declaration = reviewing.declaration_of(request.user, reference)
    if declaration is None:
        raise Http404
    interest = forms.InterestForm(prefix="interest")
    if request.method == "POST" and request.POST.get("act") == "declare_interest":
        response, interest = _recuse_from_page(request, declaration)
        if response is not None:
            return response
    if declaration.state == DeclarationState.RECUSED:
        return render(request, "reviews/recused.html", {"reference": declaration.application.reference}, status=403)
    if declaration.state == DeclarationState.REQUIRED:
        return redirect("reviews:declare", declaration.application.call.slug)
    application = reviewing.find_file(request.user, reference)
    if application is None:
        raise Http404
    assignment = reviewing.assignment_of(request.user, application)
    bound, refusal = None, None
    if request.method == "POST" and not interest.is_bound:
        response, bound, refusal = _post(request, application, assignment)
        if response is not None:
            return response
        assignment = reviewing.assignment_of(request.user, application)
    lost = refusal is not None and refusal.code not in KEPT
    context = _file_context(request, application, assignment, bound, request.POST if lost else None)
    return render(
        request,
        "reviews/file.html",
        context | {"refusal": refusal, "interest": interest},
        status=refusal.status if refusal else status(bound, interest),
    )


def _file_context(request, application, assignment, bound, typed):
    panel = queries.panel_of(application.call)
    mine = reviewing.my_assignments(request.user, panel)
    place = next(
        (
            number
            for number, row in enumerate(sorted(mine, key=lambda row: row.application.reference), 1)
            if row.application_id == application.pk
        ),
        0,
    )
    writable = (
        assignment is not None
        and assignment.state in (AssignmentState.ASSIGNED, AssignmentState.IN_PROGRESS)
        and panel.state == "reading"
    )
    content = reviewing.panel_content(application, application.call.blind)
    names = {piece["id"] for piece in (application.content or {}).get("documents", {}).get("files", [])}
    after = reviewing.next_after(request.user, panel, application.reference)
    return {
        "application": application,
        "call": application.call,
        "panel": panel,
        "parts": parts_of(application, content),
        "assignment": assignment,
        "pieces": []
        if application.call.blind
        else Attachment.objects.filter(application=application, pk__in=names, first_filed_at__isnull=False).order_by(
            "id"
        ),
        "partners": application.partnerships.all(),
        "grid": _grid(assignment, application, typed),
        "comment": typed.get("comment", "") if typed is not None else assignment.comment if assignment else "",
        "version": typed.get("version", "") if typed is not None else assignment.version if assignment else "",
        "steps": STEPS,
        "writable": writable,
        "place": place,
        "total": len(mine),
        "after": after,
        "reviews": reviewing.filed_reviews(application)
        if queries.may_see_reviews(request.user, application, panel)
        else None,
        "cards": cards(request, assignment, REVIEW_FORMS, bound) if assignment else [],
        "left": review_rules.missing_criteria(assignment) if writable else [],
    }


def _recuse_from_page(request, declaration):
    """(response, form): a refusal stands beside its field, what was typed is kept."""
    form = forms.InterestForm(request.POST, prefix="interest")
    if not form.is_valid():
        return None, form
    try:
        declarations.declare_interest(
            declaration=declaration, actor=request.user, at=request.received_at, **form.params()
        )
    except Refusal as refusal:
        form.refuse(refusal)
        return None, form
    messages.success(request, _("You are recused: this application is closed to you."))
    return redirect("reviews:desk"), form


def _post(request, application, assignment):
    """(response, bound form, refusal). An autosave answers in JSON; without JavaScript the same fields are saved by the button."""
    if assignment is None:
        raise Refusal(
            "not_assigned",
            _("This application is not assigned to you."),
            remedy=_("The co-presidents can assign it if your college lacks readers."),
            article="art. 13",
            status=403,
        )
    here = reverse("reviews:file", args=[application.reference])
    name = request.POST.get("act", "")
    if name in REVIEW_FORMS:
        response, bound = act(
            request, assignment, REVIEW_FORMS, done=reverse("reviews:desk") if name == "decline" else here
        )
        return response, bound, None
    version = request.POST.get("version", "")
    scores = forms.scores_of(request.POST, application.call.criteria.all())
    try:
        with transaction.atomic():
            row = assignments.save_draft(
                assignment=assignment,
                actor=request.user,
                at=request.received_at,
                scores=scores,
                comment=request.POST.get("comment", "")[:8000],
                version=as_int(version),
            )
    except Refusal as refusal:
        if request.POST.get("autosave"):
            return JsonResponse({"code": refusal.code, "detail": str(refusal)}, status=refusal.status), None, None
        return None, None, refusal
    if request.POST.get("autosave"):
        local = timezone.localtime(row.saved_at)
        return JsonResponse({"at": f"{local.hour} h {local:%M}", "version": row.version}), None, None
    if name != "submit":
        messages.success(request, _("Saved. Only you can see it."))
        return redirect(here), None, None
    try:
        with transaction.atomic():
            assignments.submit(assignment=row, actor=request.user, at=request.received_at)
    except Refusal as refusal:
        return None, None, refusal
    messages.success(request, _("Your review is filed."))
    after = reviewing.next_after(request.user, assignment.seat.panel, application.reference)
    return redirect("reviews:file", after.application.reference) if after else redirect("reviews:desk"), None, None


@allow(member_desk)
@require_safe
def piece(request, reference, pk):
    """A document of the file, for a member to whom the file is open."""
    application = reviewing.find_file(request.user, reference)
    if application is None or application.call.blind:
        raise Http404
    filed = {row["id"] for row in (application.content or {}).get("documents", {}).get("files", [])}
    found = Attachment.objects.filter(
        application=application, pk=pk, first_filed_at__isnull=False, scan_state="clean"
    ).first()
    if found is None or found.pk not in filed:
        raise Http404
    return send(found.file, found.name, found.content_type)


@allow(member_desk)
@require_safe
def ranking(request, slug):
    """The ranking of a call, once reading is closed, over the files one may see."""
    panel = panel_or_404(request, slug)
    found = queries.ranking(panel, request.user, states=JUDGED)
    bar = fund_of_panel(panel) if panel.is_reading_closed else None
    return render(
        request,
        "reviews/ranking.html",
        {"panel": panel, "call": panel.call, "ranking": found, "bar": bar, "is_member": True},
    )


# ---- signing ----


def _signable(request, call):
    """Decisions of the call that wait for this person, and those he follows; the files he is recused from by their reference, whether decided or not."""
    recused = interests.recused_references(request.user, call)
    mine, others = [], []
    for row in queries.rows_of_call(call, request.received_at):
        if row.decision.application.reference in recused:
            continue
        if row.waits_for(request.user):
            mine.append(row)
        elif has_role(request.user, Role.CO_PRESIDENT) or any(signer.user == request.user for signer in row.signers):
            others.append(row)
    return mine, others, recused


@allow(decision_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def sign(request, slug):
    """Read the letters, confirm who one is, sign them all: each president once. Nothing is notified by a signature."""
    call = Call.objects.filter(slug=slug, published_at__isnull=False).select_related("rule_version").first()
    if call is None:
        raise Http404
    mine, others, closed = _signable(request, call)
    if not (
        mine
        or others
        or closed
        or has_role(request.user, Role.CO_PRESIDENT)
        or has_role(request.user, Role.AUTHORISING_OFFICER)
    ):
        raise Http404
    form = forms.SignForm(request.POST or None)
    lines = [(row, _refusal(request, row.decision)) for row in mine]
    waiting = [row for row, refusal in lines if refusal is None]
    if request.method == "POST" and form.is_valid():
        response = _sign_all(request, call, waiting, form)
        if response is not None:
            return response
    return render(
        request,
        "reviews/sign.html",
        {
            "call": call,
            "rows": lines,
            "waiting": waiting,
            "others": others,
            "closed": closed,
            "form": form,
            "reserve": queries.reserve_list(call) if has_role(request.user, Role.CO_PRESIDENT) and not closed else [],
            "letters": [(row, documents.html(row.decision.document)) for row in mine],
        },
        status=status(form),
    )


def _refusal(request, decision) -> Refusal | None:
    """Why a decision cannot be signed yet, for anybody (minutes); the letter is made ready when one signs."""

    try:
        minutes_are_adopted(Act(VERBS["decision"]["sign"], decision, request.user, request.received_at, preview=True))
    except Refusal as refusal:
        return refusal
    return None


def _sign_all(request, call, waiting, form):
    here = reverse("reviews:sign", args=[call.slug])
    try:
        reauth.require_recent(request)
    except Refusal:
        return confirm_identity(here)
    chosen = set(request.POST.getlist("decision"))
    done = 0
    for row in waiting:
        if row.decision.reference not in chosen:
            continue
        if row.decision.document.state != "rendered":
            documents.render(row.decision.document, at=request.received_at)
        try:
            decisions.sign(
                decision=row.decision, actor=request.user, at=request.received_at, evidence=reauth.evidence(request)
            )
            done += 1
        except Refusal as refusal:
            form.add_error(None, f"{row.decision.reference} : {refusal}")
    if form.errors:
        return None
    messages.success(
        request,
        _("%(n)s decisions signed. Nothing is notified by this act.") % {"n": done}
        if done != 1
        else _("One decision signed. Nothing is notified by this act."),
    )
    return redirect(here)
