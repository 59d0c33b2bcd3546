"""Reads that span a whole life: the spine of a file, its documents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from applications.models import Application
from applications.queries import is_member, officer_interest, silence
from core.models import Document, Event
from core.templatetags.ui import day
from desks.words import APPLICANT, STAFF
from fund.enums import Role
from fund.queries import has_role
from payments.models import Agreement, Instalment, Report
from reviews.enums.reading import DecisionOutcome, DecisionState
from reviews.queries import appeal_until, known_decisions
from reviews.queries import appeals as appeal_dates


@dataclass(frozen=True)
class Step:
    """One bead of the spine: `when` is past (at), now or later."""

    title: str
    at: datetime | None = None
    when: str = "past"
    who: str = ""
    body: str = ""
    url: str = ""


CONTESTED = (DecisionOutcome.REJECTED, DecisionOutcome.INELIGIBLE, DecisionOutcome.RESERVE)
FINANCE = (Role.AUTHORISING_OFFICER, Role.DELEGATE, Role.ACCOUNTING_OFFICER)
STAFF_ROLES = (Role.CASE_OFFICER, Role.AUDITOR, *FINANCE)


def files_visible_to(user):
    """Applications whose page this person may open: the team's own; filed ones for case officers and auditors; agreed ones for finance."""
    if not user.is_authenticated:
        return Application.objects.none()
    visible = Q(pk__in=Application.objects.visible_to(user).values("pk"))
    if any(has_role(user, role) for role in FINANCE):
        visible |= Q(pk__in=Agreement.objects.values("application"))
    return Application.objects.filter(visible)


def is_staff_view(user) -> bool:
    return any(has_role(user, role) for role in STAFF_ROLES)


def messages_path(user, application: Application, at) -> str:
    """Where this person reads the conversation about this file; empty for those who never see it."""
    if is_member(user, application):
        return f"/dossiers/{application.reference}/messages/"
    if application.is_filed and has_role(user, Role.CASE_OFFICER, at) and not officer_interest(user, application):
        return f"/instruction/dossiers/{application.reference}/messages/"
    return ""


def spine(application: Application, user, at) -> list[Step]:
    """What happened, who is awaited, what comes: only what this person may know."""
    team = Application.objects.of_team(user).filter(pk=application.pk).exists()
    words = APPLICANT if team or not is_staff_view(user) else STAFF
    steps = [
        Step(
            str(words[key]),
            event.at,
            url=f"/dossiers/{application.reference}/decision/" if event.machine in ("decision", "appeal") else "",
        )
        for event in Event.objects.filter(subject=application.reference).order_by("at", "id")
        if (key := f"{event.machine}.{event.verb}") in words
    ]
    clock = silence(application, at)
    if team and clock is not None and clock.passed:
        path = f"/dossiers/{application.reference}/decision/"
        steps.append(
            Step(
                _("Rejected by silence: what you can do"),
                None,
                "now",
                body=_("since %(day)s") % {"day": day(clock.rejected_on)},
                url=path,
            )
        )
    return steps + _ahead(application)


@dataclass(frozen=True)
class Verdict:
    """What the team was told: until when it may contest it (an instant; None once contested, too late or of no use), and where its appeal stands."""

    contest_before: datetime | None
    appeal: str = ""
    answer_by: date | None = None


def verdict(application: Application, at) -> Verdict | None:
    """The decision its team reads; None while nothing was notified. Never for anyone else."""
    known = known_decisions(application)
    told = known.filter(state=DecisionState.NOTIFIED).first() or known.first()
    if told is None:
        return None
    appeal = appeal_dates.of_application(application).first()
    if appeal is not None:
        answer_by = appeal_dates.implicit_rejection_on(appeal) if appeal.state == "filed" else None
        if appeal.decision_id == told.pk or answer_by:
            return Verdict(None, str(appeal_dates.label(appeal)), answer_by)
    until = appeal_until(told) if told.outcome in CONTESTED else None
    return Verdict(until if until and at < until else None)


def documents(application: Application, user) -> list[Document]:
    """Documents of the file that this person may open."""
    from core.documents import is_visible

    rows = (
        Document.objects.filter(subject=application.reference)
        .exclude(state="void")
        .order_by("frozen_at")
        .defer("context")
    )
    return [document for document in rows if is_visible(user, document)]


def _ahead(application: Application) -> list[Step]:
    """The next steps of a file, from its state: the first is awaited now."""
    base = f"/dossiers/{application.reference}/"
    state = application.state
    if state == "draft":
        return [
            Step(
                _("File the application"),
                application.call.closes_at,
                "now",
                _("Awaited: you and your team"),
                url=f"{base}verifier/",
            )
        ]
    if state == "information_requested":
        request = application.information_requests.filter(state="open").first()
        return [
            Step(
                _("Answer the fund’s request"),
                request.due_at if request else None,
                "now",
                _("Awaited: you"),
                url=f"{base}complements/",
            ),
            *_later("eligibility"),
        ]
    if state == "submitted":
        return [Step(_("Eligibility check"), None, "now", _("Awaited: the fund’s case officer")), *_later("reading")]
    if state == "eligible":
        return [Step(_("Reading by the panel"), None, "now", _("Awaited: the panel")), *_later("decision")]
    if state == "under_review":
        return [Step(_("Decision of the panel"), None, "now", _("Awaited: the panel")), *_later("agreement")]
    if state == "selected":
        return _ahead_of_grant(application, base)
    return []


def _later(first: str) -> list[Step]:
    order = {
        "eligibility": _("Eligibility check"),
        "reading": _("Reading by the panel"),
        "decision": _("Decision of the panel"),
        "agreement": _("Agreement and payments, if selected"),
    }
    names = list(order)
    return [Step(order[name], when="later") for name in names[names.index(first) :]]


def _ahead_of_grant(application: Application, base: str) -> list[Step]:
    agreement = Agreement.objects.filter(application=application).first()
    if agreement is None:
        return [Step(_("Agreement offered by the fund"), None, "now", _("Awaited: the fund"))]
    if agreement.state == "offered":
        return [Step(_("Accept the grant"), agreement.accept_by_at, "now", _("Awaited: you"), url=f"{base}convention/")]
    if agreement.state == "accepted":
        return [Step(_("Sign the agreement"), None, "now", _("Awaited: you, then the fund"), url=f"{base}convention/")]
    steps = []
    report = (
        Report.objects.filter(agreement=agreement, state__in=["due", "draft", "changes_requested"])
        .order_by("due_on")
        .first()
    )
    if agreement.state in ("active", "suspended") and report:
        steps.append(
            Step(
                _("Report on the project"),
                None,
                "now",
                _("Awaited: you"),
                body=_("before %(day)s") % {"day": day(report.expected_on)},
                url=f"{base}comptes-rendus/{report.pk}/",
            )
        )
    for instalment in (
        Instalment.objects.filter(agreement=agreement).exclude(state__in=["paid", "cancelled"]).order_by("number")
    ):
        steps.append(Step(_("Payment: %(label)s") % {"label": instalment.label}, when="later"))
    return steps
