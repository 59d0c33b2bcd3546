"""The list that the panel adopts, and the minutes: read by sections, corrected, signed by both presidents."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core import documents, reauth
from core.access import allow
from core.browser import as_int
from core.forms import ReasonForm
from core.idempotency import once
from core.transitions import Offer, Refusal
from fund.people import instruction_desk
from fund.views.acts import Card, did, status
from reviews.documents.minutes import late_lines
from reviews.enums.meeting import MEETING_HELD, MeetingState
from reviews.forms import meetings as forms
from reviews.models import Decision
from reviews.queries import meetings as queries
from reviews.queries.late import late_interests
from reviews.rules import meetings as rules
from reviews.transitions import meetings, minutes
from reviews.transitions.deeds import offer_of
from reviews.views.acts import confirm_identity, member_desk, signed, unfinished
from reviews.views.meetings.acts import MEMBERS, STAFF, Desk, KeyedOffer
from reviews.views.meetings.live import meeting_or_404

# ---- the list ----


def _lines(meeting, ranks):
    """(candidates, lines proposed from the votes, items by id, free cents)."""
    items = {item.pk: item for item in queries.items_of(meeting)}
    free = queries.free_amount(meeting)
    candidates = rules.candidates_of(meeting, items.values(), ranks)
    return candidates, rules.propose_list(candidates, free), items, free


def _list(request, pk: int, desk: Desk):
    meeting = meeting_or_404(request, pk)
    if meeting.state not in (MeetingState.OPEN, *MEETING_HELD):
        raise Http404
    closed = queries.closed_files(request.user, meeting)
    offer = offer_of(meetings.adopt_list, meeting, request.user, request.received_at)
    context = {"desk": desk, "meeting": meeting, "closed": closed, "offer": offer, "form": None, "rows": []}
    if request.method == "POST" and (closed or meeting.list_adopted_at):
        meetings.adopt_list(meeting=meeting, actor=request.user, at=request.received_at)  # refused, with its reason
    if closed:
        return render(request, "reviews/meetings/list.html", context | {"total": 0, "free": 0, "left": 0})
    if meeting.list_adopted_at:
        return render(request, "reviews/meetings/list.html", context | _adopted(meeting))
    ranks = queries.ranking(meeting)
    candidates, lines, items, free = _lines(meeting, ranks)
    form = forms.ListForm(
        request.POST if request.method == "POST" else None,
        obj=meeting,
        user=request.user,
        lines=lines,
        voted={pk: item.amount for pk, item in items.items()},
        references={pk: item.application.reference for pk, item in items.items() if item.application is not None},
    )
    form.tell_total(lines)
    typed = form.params() if form.is_bound and form.is_valid() else None
    if typed is not None:
        lines = rules.with_changes(lines, typed["lines"])  # the total shown is that of what was typed
        form.tell_total(lines)
        if not (offer and offer.allowed) or form.confirms():
            try:
                meetings.adopt_list(meeting=meeting, actor=request.user, at=request.received_at, **typed)
                messages.success(
                    request, _("The list is adopted: the money is reserved, and nothing is public before notification.")
                )
                return redirect(desk.meeting, meeting.pk)
            except Refusal as refusal:
                form.refuse(refusal)
    rows = [
        {
            "line": line,
            "item": items[line.key],
            "rank": ranks.get(items[line.key].application_id),
            "fields": form.fields_of(line.key),
            "least": rules.least_amount(items[line.key].application),
            "voted": items[line.key].amount if rules.waits_against_vote(line, items[line.key].disposition) else None,
        }
        for line in lines
    ]
    total, causes = sum(line.amount or 0 for line in lines), rules.reserve_causes(lines, candidates, free)
    wait = [items[key].application.reference for key, cause in causes.items() if cause == "choice"]
    return render(
        request,
        "reviews/meetings/list.html",
        context | {"form": form, "rows": rows, "total": total, "free": free, "left": free - total, "affordable": wait},
        status=form.status or status(form),
    )


def _adopted(meeting) -> dict:
    rows = list(
        Decision.objects.filter(agenda_item__meeting=meeting, kind="award")
        .exclude(state="annulled")
        .select_related("application")
        .order_by("rank", "id")
    )
    total, free = sum(row.amount or 0 for row in rows), queries.free_amount(meeting)
    wait = [row.application.reference for row in rows if row.details.get("reserve_cause") == "choice"]
    return {"decisions": rows, "total": total, "free": free, "left": free - total, "affordable": wait}


@allow(member_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def adopt_list(request, pk):
    """The list that follows from the votes, put to the vote by a president recused from none of its files."""
    return _list(request, pk, MEMBERS)


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def conduct_list(request, pk):
    """The same list, as the secretary shows it on the wall."""
    return _list(request, pk, STAFF)


# ---- minutes ----


def _card(request, meeting, call, form, bound):
    name = call.verb.name.lstrip("_")
    offer = offer_of(call, meeting, request.user, request.received_at)
    if offer is None or not offer.in_state:
        return None
    if offer.refusal is not None and offer.refusal.code == "document_not_rendered":
        offer = Offer(offer.verb, None)  # the bytes are made when one signs
    return Card(
        KeyedOffer(offer.verb, offer.refusal, key=name), bound if bound is not None and bound.act == name else form
    )


def _forms(request, meeting, mine, data=None) -> dict:
    """Every act of the page with its verb and form, by name."""
    common = {"obj": meeting, "user": request.user}
    act = request.POST.get("act") if data is not None else None
    found = {
        "revise_minutes": (minutes.revise_minutes, forms.ReviseForm, {"sections": mine}),
        "sign": (
            minutes.sign_minutes,
            forms.SignMinutesForm,
            {"initial": {"read": unfinished(request) is not None}},
        ),
        "refuse_minutes": (minutes.refuse_minutes, ReasonForm, {}),
        "designate_acting": (
            meetings.designate_acting,
            forms.ActingForm,
            {"room": queries.room_of(meeting, request.received_at)},
        ),
        "adopt_by_vote": (minutes.adopt_by_vote, forms.AdoptByVoteForm, {}),
    }
    made = {}
    for name, (call, form_class, extra) in found.items():
        form = form_class(data if name == act else None, prefix=name, **common, **extra)
        form.act = name
        made[name] = (call, form)
    return made


def _signature(request, meeting, form, here):
    """(response, refusal): identity proved within five minutes, bytes made, then the signature."""
    try:
        reauth.require_recent(request)
    except Refusal:
        return confirm_identity(request, here)
    if meeting.minutes.state != "rendered":
        documents.render(meeting.minutes, at=request.received_at)
        meeting.refresh_from_db()
    adopted = minutes.sign_minutes(
        meeting=meeting, actor=request.user, at=request.received_at, evidence=reauth.evidence(request)
    )
    signed(request)
    messages.success(
        request,
        _("The minutes are signed and adopted.")
        if adopted.state == MeetingState.MINUTES_ADOPTED
        else _("Signed. %(people)s must sign too.") % {"people": _still_to_sign(adopted, request.received_at)},
    )
    return redirect(here)


def _still_to_sign(meeting, at) -> str:
    """Who presides the colleges that lack a signature, by name."""
    presidents, acting = queries.presidents_of(meeting, at), queries.acting_of(meeting)
    people = []
    for college in rules.missing_signatures(meeting):
        stands_in, president = acting.get(college), presidents.get(college)
        people += [str(seat.user) for seat in (stands_in.seat if stands_in else None, president) if seat is not None][
            :1
        ]
    return ", ".join(people)


def _act(request, meeting, known, here):
    """(response, bound form)."""
    name = request.POST.get("act", "")
    if name not in known:
        raise Refusal("unknown_act", _("This act does not exist on this page."), status=400)
    call, form = known[name]
    if not form.is_valid():
        return None, form
    try:
        if name == "sign":
            return _signature(request, meeting, form, here), None
        call(meeting=meeting, actor=request.user, at=request.received_at, **form.params())
        messages.success(request, did(call.verb))
        return redirect(here), None
    except Refusal as refusal:
        form.refuse(refusal)
        return None, form


def _may_revise(request, meeting) -> bool:
    return minutes.revise_minutes.verb.permits(request.user, meeting, request.received_at)


def _earlier(request, meeting, desk: Desk, number: int, closed):
    """A version that another one replaced, for those who correct the minutes: to read."""
    found = {one.number: one for one in queries.versions_of(meeting)}
    if request.method == "POST" or number not in found or not _may_revise(request, meeting):
        raise Http404
    sections = [
        (one, bool(one.item_id and one.item.application_id in closed)) for one in queries.sections_of(meeting, number)
    ]
    context = {"desk": desk, "meeting": meeting, "sections": sections, "version": found[number]}
    return render(request, "reviews/meetings/minutes_version.html", context)


def _declared_since(sections) -> list[tuple[str, list[str]]]:
    """By reference, the interests declared after the vote that no section says: the minutes were written before them, and stay as they were signed."""
    files = {one.item.application_id: one for one in sections if one.item_id and one.item.application_id}
    return [
        (files[pk].item.application.reference, left)
        for pk, found in late_interests(files).items()
        if (left := [line for line in late_lines(found) if line not in files[pk].text])
    ]


def _minutes(request, pk: int, desk: Desk):
    meeting = meeting_or_404(request, pk)
    if meeting.state not in MEETING_HELD:
        raise Http404
    here, closed = reverse(desk.minutes, args=[pk]), queries.closed_files(request.user, meeting)
    if (earlier := as_int(request.GET.get("version"))) is not None:
        return _earlier(request, meeting, desk, earlier, closed)
    sections = queries.sections_of(meeting)
    mine = [one for one in sections if not (one.item_id and one.item.application_id in closed)]
    bound = None
    if request.method == "POST":
        response, bound = _act(request, meeting, _forms(request, meeting, mine, request.POST), here)
        if response is not None:
            return response
        meeting = meeting_or_404(request, pk)
    cards = {
        name: found
        for name, (call, form) in _forms(request, meeting, mine).items()
        if (found := _card(request, meeting, call, form, bound)) is not None
    }
    shown = any(one.form is bound and one.offer.allowed for one in cards.values())
    _college, capacity, to_sign = rules.to_sign(request.user, meeting, sections, request.received_at)
    signatures = queries.signatures_of(meeting)
    return render(
        request,
        "reviews/meetings/minutes.html",
        {
            "desk": desk,
            "meeting": meeting,
            "sections": [(one, one not in mine) for one in sections],
            "late": _declared_since(mine),
            "signatures": signatures,
            "missing": [
                (college, len(left))
                for college, left in rules.missing_signatures(meeting, sections, signatures).items()
            ],
            "refusals": meeting.minutes_refusals.filter(withdrawn_at__isnull=True).select_related("user"),
            "sign": cards.pop("sign", None),
            "revise": cards.pop("revise_minutes", None),
            "versions": queries.versions_of(meeting)[1:]
            if meeting.minutes_version > 1 and _may_revise(request, meeting)
            else [],
            "capacity": capacity,
            "unfinished": unfinished(request),
            "to_sign": to_sign,
            "cards": list(cards.values()),
            "paper": documents.url(meeting.minutes) if meeting.minutes and not closed else "",
            "stray": None if shown else bound,
        },
        status=bound is not None and bound.status or status(bound),
    )


@allow(member_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def my_minutes(request, pk):
    """The minutes as a member reads them; signed by the presidents, each for the sections he may see."""
    return _minutes(request, pk, MEMBERS)


@allow(instruction_desk)
@require_http_methods(["GET", "HEAD", "POST"])
@once
def conduct_minutes(request, pk):
    """The minutes as the secretary corrects them."""
    return _minutes(request, pk, STAFF)
