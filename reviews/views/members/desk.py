"""The member’s desk, his declarations, the ranking once reading is closed."""

from __future__ import annotations

from math import ceil

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.access import allow
from core.idempotency import once
from core.transitions import Refusal
from fund.enums import Role
from fund.queries import has_role
from fund.views.acts import status
from reviews import queries
from reviews.documents.bundle import LOT
from reviews.enums.reading import AssignmentState, DeclarationState
from reviews.forms import reading as forms
from reviews.models import Declaration
from reviews.queries import interests, reviewing
from reviews.queries.advice import advice
from reviews.queries.late import votes_shared
from reviews.queries.meetings import next_days
from reviews.queries.panels import fund_of_panel
from reviews.queries.ranking import JUDGED
from reviews.transitions import declarations, discussions
from reviews.transitions.deeds import offer_of
from reviews.views.acts import member_desk


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
    by_reference = request.GET.get("ordre") == "reference"
    days = next_days([panel.call for panel in panels])
    for panel in panels:
        mine = reviewing.my_assignments(request.user, panel, by_reference=by_reference)
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
                "lots": range(1, ceil(len(mine) / LOT) + 1),
                "is_president": has_role(request.user, Role.CO_PRESIDENT),
                "scale": reviewing.scale_of(request.user, panel) if len(mine) > len(todo) else [],
            }
        )
    to_sign = [{"call": call, "count": count} for call, count in queries.to_sign(request.user, request.received_at)]
    return render(
        request,
        "reviews/desk.html",
        {
            "sections": sections,
            "to_sign": to_sign,
            "by_reference": by_reference,
            "order": "?ordre=reference" if by_reference else "",
        },
    )


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
    shared = votes_shared(request.user, [card.declaration.application_id for card in found if not card.recused])
    rows = [
        {
            "card": card,
            "has_voted": card.declaration.application_id in shared,
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


@allow(member_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def ranking(request, slug):
    """The ranking of a call, once reading is closed, over the files one may see; from here a member asks that one of them be discussed."""
    panel = panel_or_404(request, slug)
    form = forms.AskDiscussionForm(
        request.POST if request.method == "POST" else None, obj=panel, user=request.user, prefix="ask_discussion"
    )
    if request.method == "POST" and form.is_valid():
        try:
            discussions.ask_discussion(panel=panel, actor=request.user, at=request.received_at, **form.cleaned_data)
            messages.success(
                request, _("Your request stands beside the application, here and where the agenda is set.")
            )
            return redirect("reviews:ranking", slug)
        except Refusal as refusal:
            form.refuse(refusal)
    found = queries.ranking(panel, request.user, states=JUDGED)
    bar = fund_of_panel(panel) if panel.is_reading_closed else None
    return render(
        request,
        "reviews/ranking.html",
        {
            "panel": panel,
            "call": panel.call,
            "ranking": found,
            "advice": advice(panel, found, request.user, free=bar.free if bar else None),
            "bar": bar,
            "is_member": True,
            "form": form,
            "offer": offer_of(discussions.ask_discussion, panel, request.user, request.received_at),
        },
        status=status(form),
    )
