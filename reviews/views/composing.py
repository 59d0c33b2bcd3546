"""Who sits: the composition of a panel, its seats while it is at work, and the member's own seat."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.access import allow
from core.idempotency import once
from core.transitions import Refusal
from fund.enums import College
from fund.models import Theme
from fund.people import instruction_desk
from fund.views.acts import did, status
from reviews import queries
from reviews.enums.reading import PanelState
from reviews.forms import seats as forms
from reviews.models import Panel
from reviews.rules.seats import term_end
from reviews.transitions import panels
from reviews.transitions import seats as verbs
from reviews.transitions.deeds import offer_of
from reviews.views.acts import member_desk
from reviews.views.instruction import call_or_404


def _themes() -> list:
    return list(Theme.objects.order_by("label").values_list("code", "label"))


def _rows(request, call, row) -> list[forms.SeatForm]:
    """One form for each person who may sit: what is composed, else what the roles propose."""
    themes, today = _themes(), request.received_at.date()
    held = {seat.user_id: seat for seat in queries.seats(row)} if row else {}
    found = []
    for number, person in enumerate(queries.candidates(request.received_at)):
        seat = held.get(person["user"].pk)
        starts, ends = person["term_starts_on"], person["term_ends_on"]
        last = term_end(starts, call.rule_version)
        running = last >= today and (ends is None or ends <= last)
        initial = {
            "user": person["user"].pk,
            "college": person["college"],
            "kind": person["kind"] if row is None else "",
            "is_president": person["is_president"],
            "title": person["title"],
            "term_starts_on": starts if running else None,
            "term_ends_on": ends if running else None,
        }
        if seat is not None:
            initial |= forms.initial_of(seat)
        found.append(
            forms.SeatForm(
                request.POST if request.method == "POST" else None,
                prefix=f"seat-{number}",
                initial=initial,
                themes=themes,
                person=person["user"],
            )
        )
    return found


def _seats(rows) -> list[dict]:
    people = {form.person.pk: form.person for form in rows}
    found = []
    for form in rows:
        facts = form.cleaned_data
        if facts["kind"] and facts["user"] in people:
            found.append(
                {
                    "user": people[facts["user"]],
                    "college": facts["college"],
                    "kind": facts["kind"],
                    "is_president": facts["is_president"],
                    "acts_for_president": facts["acts_for_president"],
                    **form.facts(),
                }
            )
    return found


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def compose(request, slug):
    """Who sits in this call: two equal colleges, from those who hold the role."""
    call = call_or_404(slug)
    row = queries.panel_of(call)
    rows, seed = _rows(request, call, row), forms.SeedForm(request.POST or None)
    if request.method == "POST" and all([*(form.is_valid() for form in rows), seed.is_valid()]):
        try:
            if row is None:
                panels.constitute(
                    call=call,
                    actor=request.user,
                    at=request.received_at,
                    seats=_seats(rows),
                    seed=seed.cleaned_data["seed"],
                )
            else:
                panels.revise(panel=row, actor=request.user, at=request.received_at, seats=_seats(rows))
            messages.success(request, _("The panel is constituted; its members are asked to declare their interests."))
            return redirect("reviews:panel", slug)
        except Refusal as refusal:
            seed.add_error(None, str(refusal))
    colleges = [(college, [form for form in rows if form["college"].value() == college]) for college in College.values]
    return render(
        request,
        "reviews/instruction/compose.html",
        {"call": call, "panel": row, "colleges": colleges, "seed": seed},
        status=status(seed, *rows),
    )


# ---- seats while the panel is at work ----


def _panel(slug) -> Panel:
    row = queries.panel_of(call_or_404(slug))
    if row is None:
        raise Http404
    return row


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def seats(request, slug):
    """Seats of a panel at work: terms, appointing acts, vacancies; ending one, filling one."""
    row, name = _panel(slug), request.POST.get("act", "")
    data = request.POST if request.method == "POST" else None
    if data is not None and name not in ("end_seat", "appoint"):
        raise Refusal("unknown_act", _("This act does not exist on this page."), status=400)
    ending = forms.EndSeatForm(data if name == "end_seat" else None, obj=row, prefix="end_seat")
    filling = forms.AppointForm(
        data if name == "appoint" else None,
        obj=row,
        prefix="appoint",
        themes=_themes(),
        people=queries.candidates(request.received_at),
    )
    form, call = (ending, verbs.end_seat) if name == "end_seat" else (filling, verbs.appoint)
    if data is not None and form.is_valid():
        try:
            call(panel=row, actor=request.user, at=request.received_at, **form.params())
            messages.success(
                request,
                _("The seat has ended; what its holder still had to read is given to an alternate, or told missing.")
                if name == "end_seat"
                else _("The seat is filled; its holder is asked to declare interests before opening any application."),
            )
            return redirect("reviews:seats", slug)
        except Refusal as refusal:
            form.refuse(refusal)
    sitting = queries.seats(row)
    return render(
        request,
        "reviews/instruction/seats.html",
        {
            "call": row.call,
            "panel": row,
            "colleges": [(one, [seat for seat in sitting if seat.college == one]) for one in College.values],
            "observers": queries.observers(row),
            "vacancies": queries.vacancies(row, request.received_at),
            "genders": queries.genders(sitting),
            "ending": ending,
            "filling": filling,
            "offer_end": offer_of(verbs.end_seat, row, request.user, request.received_at),
            "offer_fill": offer_of(verbs.appoint, row, request.user, request.received_at),
            "composing": row.state == PanelState.CONSTITUTED,
        },
        status=status(ending, filling),
    )


@allow(member_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def my_seat(request, slug):
    """A member's own seat: his term, the act that appointed him, what he wishes to say of his gender."""
    panel = queries.find_panel(slug)
    seat = queries.seat_of(request.user, panel)
    if seat is None:
        raise Http404
    form = forms.GenderForm(request.POST or None, initial={"gender": seat.gender})
    if request.method == "POST" and form.is_valid():
        verbs.say_gender(panel=panel, actor=request.user, at=request.received_at, **form.cleaned_data)
        messages.success(request, did(verbs.say_gender.verb))
        return redirect("reviews:my_seat", slug)
    return render(
        request,
        "reviews/my_seat.html",
        {"panel": panel, "call": panel.call, "seat": seat, "form": form},
        status=status(form),
    )
