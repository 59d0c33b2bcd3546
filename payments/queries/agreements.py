"""Reads of the agreements: what is offered to whom, what a grant looks like to its recipient and to staff, what awaits whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from applications.models import Application
from fund.models import GrantAccount
from payments.enums import AGREEMENT_FINAL, INSTALMENT_OPEN, RECOVERY_OPEN
from payments.models import Agreement, Amendment, Recovery, Report
from reviews.models import Appeal, Decision

TABS = {
    "offered": ("offered",),
    "accepted": ("accepted",),
    "in_force": ("signed", "active"),
    "suspended": ("suspended",),
    "ended": ("completed", "terminated", "lapsed", "declined"),
}


def to_offer(user):
    """Notified decisions that select a file and have no agreement yet, oldest first; an agreement that fell with a former award is none."""
    fell = Q(application__agreement__state__in=("offered", "accepted", "lapsed"))
    none = Q(application__agreement__isnull=True) | fell & ~Q(application__agreement__decision=F("pk"))
    return (
        Decision.objects.filter(none, state="notified", outcome="selected", application__state="selected")
        .select_related(
            "application__call__rule_version",
            "application__lead",
            "application__bearer_organisation",
            "application__bearer_person",
            "application__organisation",
        )
        .order_by("application__call", "rank", "pk")
    )


def staff_list(user, *, tab: str = "", text: str = ""):
    """Agreements of a tab, newest first."""
    found = Agreement.objects.visible_to(user).select_related(
        "application__call", "application__lead", "signatory", "case_officer"
    )
    if tab in TABS:
        found = found.filter(state__in=TABS[tab])
    if text:
        found = found.filter(
            Q(reference__icontains=text) | Q(bearer_name__icontains=text) | Q(application__title__icontains=text)
        )
    return found.order_by("-pk")


def account_is_closed(agreement: Agreement) -> bool:
    """Whether the bank account of a grant no longer matters: the agreement has ended, and the bank sent nothing back since. One query at most."""
    ended = agreement.state in AGREEMENT_FINAL
    return ended and not agreement.instalments.filter(state__in=INSTALMENT_OPEN).exists()


def counts(user) -> dict[str, int]:
    """How many agreements stand in each tab, in one query."""
    found = Agreement.objects.visible_to(user).order_by().values_list("state").annotate(n=Count("pk"))
    by_state = dict(found)
    return {tab: sum(by_state.get(state, 0) for state in states) for tab, states in TABS.items()}


def to_sign(user):
    """Accepted agreements, those the bearer has signed first: they wait for the fund."""
    found = (
        Agreement.objects.visible_to(user)
        .filter(state="accepted")
        .select_related("application__call", "application__lead", "signatory")
    )
    return found.order_by(F("bearer_signed_at").asc(nulls_last=True), "pk")


def vacancies() -> list[dict]:
    """Calls where a grant was given up or lapsed and files wait on the reserve list: the next one, and whether the envelope holds its amount. Two queries.

    The promotion is a decision of its own, drafted by the authority; here only what makes it possible is said.
    """
    freed = Agreement.objects.filter(state__in=("declined", "lapsed")).values("application__call")
    reserve = (
        Decision.objects.filter(
            application__state="on_reserve", application__call__in=freed, outcome="reserve", state="notified"
        )
        .select_related("application__call__envelope")
        .order_by("application__call", "reserve_rank", "pk")
    )
    pending = set(
        Decision.objects.filter(kind="promotion", state__in=("drafted", "signed")).values_list("application", flat=True)
    )
    found: dict[int, dict] = {}
    for decision in reserve:
        call = decision.application.call
        amount = decision.amount or decision.application.requested_amount
        found.setdefault(
            call.pk,
            {
                "call": call,
                "decision": decision,
                "application": decision.application,
                "amount": amount,
                "possible": call.envelope is not None and call.envelope.free_amount >= amount,
                "pending": decision.application_id in pending,
            },
        )
    return list(found.values())


def open_of_call(call) -> list[str]:
    """What keeps a call open, in plain words; empty when it may be archived."""
    files = Application.objects.filter(call=call)
    found = []
    if n := files.filter(state="on_reserve").count():
        found.append(ngettext("%(n)s file on the reserve list", "%(n)s files on the reserve list", n) % {"n": n})
    if n := files.filter(Q(agreement=None) | Q(agreement__state="lapsed"), state="selected").count():
        found.append(ngettext("%(n)s grant to offer", "%(n)s grants to offer", n) % {"n": n})
    if n := Agreement.objects.filter(application__call=call).exclude(state__in=AGREEMENT_FINAL).count():
        found.append(ngettext("%(n)s agreement in progress", "%(n)s agreements in progress", n) % {"n": n})
    if n := Appeal.objects.filter(decision__application__call=call, state="filed").count():
        found.append(ngettext("%(n)s appeal to answer", "%(n)s appeals to answer", n) % {"n": n})
    if n := Recovery.objects.filter(agreement__application__call=call, state__in=RECOVERY_OPEN).count():
        found.append(ngettext("%(n)s amount to repay", "%(n)s amounts to repay", n) % {"n": n})
    return found


def find(user, reference: str) -> Agreement | None:
    """One agreement this person may see, with what its page shows."""
    return (
        Agreement.objects.visible_to(user)
        .select_related(
            "application__call__rule_version",
            "application__call__envelope",
            "application__lead",
            "application__bearer_organisation",
            "application__bearer_person",
            "application__organisation",
            "decision",
            "signatory",
            "case_officer",
            "document",
            "bearer_signed_by",
            "signed_by",
            "closing_document",
            "application__filed_version",
        )
        .filter(reference=reference)
        .first()
    )


def left(agreement) -> list:
    """Conditions before the start that nobody has met or waived yet."""
    return [one for one in agreement.conditions.all() if one.state == "open"]


def conditions_of(agreement):
    """The conditions of the present offer, with what shows each."""
    found = agreement.conditions.exclude(state="dropped").select_related("settled_by", "evidence")
    return found.order_by("number")


def waiting_conditions(user) -> int:
    """Agreements that both have signed and whose project waits for a condition."""
    found = Agreement.objects.visible_to(user).filter(state="signed", conditions__state="open")
    return found.distinct().count()


def money_of(agreement) -> GrantAccount | None:
    return GrantAccount.objects.filter(reference=agreement.reference).first()


@dataclass
class Task:
    """Something awaited: a sentence, a path, an instant (or a day) it is awaited before."""

    title: str
    path: str
    due: datetime | date | None = None
    kind: str = ""
    facts: dict = field(default_factory=dict)


def tasks_of_recipient(user, at) -> list[Task]:
    """What the grants of this person await from him. Constant queries."""
    mine = (
        Q(application__in=Application.objects.of_team(user).values("pk"))
        | Q(signatory=user)
        | Q(application__bearer_person=user)
    )
    came_back = Q(state="terminated", instalments__state="payment_rejected")
    going = Q(state__in=("offered", "accepted", "signed", "active", "suspended"))
    agreements = list(
        Agreement.objects.filter(mine)
        .filter(going | came_back)
        .distinct()
        .select_related("application__lead")
        .prefetch_related("payee_accounts", "document__signatures", "conditions")
    )
    found = [task for agreement in agreements for task in _awaited_of(agreement, user)]
    reports = Report.objects.filter(
        agreement__in=agreements, state__in=("due", "draft", "changes_requested")
    ).select_related("agreement__application")
    for report in reports.order_by("due_on"):
        title = report.agreement.application.title
        sentence = (
            _("Revise the report of “%(title)s”") if report.state == "changes_requested" else _("Report on “%(title)s”")
        )
        found.append(
            Task(
                sentence % {"title": title},
                f"/dossiers/{report.agreement.reference}/comptes-rendus/{report.pk}/",
                report.expected_on,
                "report",
            )
        )
    found += _changes_awaited(agreements, user)
    return found


def _awaited_of(agreement, user) -> Iterator[Task]:
    """The next step of one grant: accept, give an account (also for a payment that came back), sign, meet the conditions. No query: all is read."""
    base, title = f"/dossiers/{agreement.reference}", {"title": agreement.application.title}
    accounts = {account.state for account in agreement.payee_accounts.all()}
    if agreement.state == "offered":
        yield Task(
            _("Accept the grant for “%(title)s”") % title, f"{base}/convention/", agreement.accept_by_at, "accept"
        )
    elif not accounts & {"recorded", "approved"}:
        until = agreement.sign_by_at if agreement.state == "accepted" else None
        yield Task(_("Give the bank account for “%(title)s”") % title, f"{base}/compte/", until, "account")
    elif agreement.state == "accepted" and "approved" in accounts and _signs_now(agreement, user):
        yield Task(
            _("Sign the agreement of “%(title)s”") % title, f"{base}/convention/signer/", agreement.sign_by_at, "sign"
        )
    if agreement.state == "signed" and (waiting := left(agreement)):
        days = sorted(one.due_on for one in waiting if one.due_on)
        sentence = _("Meet the conditions before the start of “%(title)s”") % title
        yield Task(sentence, f"{base}/convention/", days[0] if days else None, "condition")


def _signs_now(agreement, user) -> bool:
    """Whether the bearer's representative, or the referent of a collective, has still to sign."""
    if user.pk not in (agreement.signatory_id, agreement.application.lead_id):
        return False
    signatures = agreement.document.signatures.all() if agreement.document else ()
    signed = user.pk in {signature.signer_id for signature in signatures}
    return not signed and (user.pk == agreement.signatory_id or not agreement.bearer_signed_at)


def _changes_awaited(agreements, user) -> list[Task]:
    """Amendments to sign, amounts to give back to comment or to repay."""
    found = []
    for amendment in Amendment.objects.filter(
        agreement__in=agreements, agreement__signatory=user, state="approved", bearer_signed_at__isnull=True
    ).select_related("agreement__application"):
        found.append(
            Task(
                _("Sign the amendment of “%(title)s”") % {"title": amendment.agreement.application.title},
                f"/dossiers/{amendment.agreement.reference}/avenants/{amendment.number}/",
                amendment.sign_by_at,
                "amendment",
            )
        )
    mine = Q(agreement__in=agreements) | Q(agreement__signatory=user)
    for one in Recovery.objects.filter(mine, state__in=RECOVERY_OPEN).select_related("agreement__application"):
        if one.state == "proposed" and one.observed_at:
            continue
        sentence = (
            _("Comment on the amount to give back for “%(title)s”")
            if one.state == "proposed"
            else _("Repay the amount notified for “%(title)s”")
        )
        found.append(
            Task(
                sentence % {"title": one.agreement.application.title},
                f"/dossiers/{one.agreement.reference}/reversements/{one.pk}/",
                one.observations_due_on if one.state == "proposed" else one.pay_by_on,
                "recovery",
            )
        )
    return found


def timeline(agreement, at) -> list[dict]:
    """Steps of the grant after the award: past, present and later, for the file's spine. Each: at, title, text, who, state (past, now, later)."""
    steps: list[dict] = [_step(agreement.offered_at, _("Grant offered"), "past")]
    waiting = {
        "offered": (_("Offer to accept"), _("the recipient"), agreement.accept_by_at),
        "accepted": (
            _("Agreement to sign"),
            _("the recipient") if not agreement.bearer_signed_at else _("the authorising officer"),
            agreement.sign_by_at,
        ),
    }
    if agreement.accepted_at:
        steps.append(_step(agreement.accepted_at, _("Grant accepted"), "past"))
    if agreement.bearer_signed_at:
        steps.append(_step(agreement.bearer_signed_at, _("Agreement signed by the bearer"), "past"))
    if agreement.signed_at:
        steps.append(_step(agreement.signed_at, _("Agreement signed by both sides"), "past"))
    if agreement.state == "signed":
        for one in left(agreement):
            words = {"at": one.due_on, "title": _("Condition before the start"), "who": _("the recipient")}
            steps.append({**words, "state": "now", "text": one.text})
    if agreement.state in waiting:
        title, who, due = waiting[agreement.state]
        steps.append({"at": due, "title": title, "who": who, "state": "now", "text": ""})
    today = timezone.localdate(at)
    for report in agreement.reports.exclude(state="cancelled").order_by("due_on"):
        state = (
            "past"
            if report.state == "accepted"
            else "now"
            if report.state in ("submitted", "changes_requested") or report.due_on <= today
            else "later"
        )
        steps.append(
            {
                "at": report.accepted_at or report.expected_on,
                "title": str(report.get_kind_display()).capitalize(),
                "state": state,
                "text": str(report.applicant_label),
                "who": _("fund staff") if report.state == "submitted" else _("the recipient"),
            }
        )
    for one in agreement.instalments.order_by("number"):
        state = "past" if one.state in ("paid", "cancelled") else "later" if one.state == "scheduled" else "now"
        steps.append(
            {
                "at": one.paid_on or one.pay_by_on,
                "title": _("Payment %(n)s") % {"n": one.number},
                "state": state,
                "text": str(one.applicant_label),
                "who": "" if state != "now" else _("the fund"),
                "amount": one.payable_amount,
            }
        )
    if agreement.closed_at:
        steps.append(_step(agreement.closed_at, str(agreement.applicant_label), "past"))
    order = {"past": 0, "now": 1, "later": 2}
    return sorted(steps, key=lambda step: (order[step["state"]], _day(step["at"])))


def _step(at, title, state) -> dict:
    return {"at": at, "title": title, "state": state, "text": "", "who": ""}


def _day(value) -> date:
    if value is None:
        return date.max
    return timezone.localdate(value) if isinstance(value, datetime) else value
