"""What happened, who is awaited, what is next: the facts of a file's spine, for its team and for staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from applications.enums import InformationRequestState
from applications.models import Application, InformationRequest
from applications.queries.silence import silence


@dataclass(frozen=True)
class Step:
    """One line of the spine. `when` is past, now or later; `who` is the person awaited; `link` the page to act on."""

    when: str
    at: datetime | date | None
    title: str
    text: str = ""
    who: str = ""
    link: str = ""


def my_applications(user):
    """The person's files, newest first, with what the list shows."""
    files = Application.objects.of_team(user).select_related("call", "lead", "filed_version")
    confirmed = Count("partnerships", filter=Q(partnerships__state="confirmed"), distinct=True)
    return files.annotate(partners_confirmed=confirmed).order_by("-created_at", "-id")


def latest_request(application: Application) -> InformationRequest | None:
    return application.information_requests.order_by("-number").first()


def timeline(application: Application, user, at: datetime | None = None) -> list[Step]:
    """Facts until the panel takes over, then what comes by the call's calendar. Nothing here depends on a decision that is not notified."""
    at = at or timezone.now()
    team = application.lead_id == user.pk or application.members.filter(user=user, joined_at__isnull=False).exists()
    steps = [*_past(application), *_now(application, at, team), *_later(application, at)]
    order = {"past": 0, "now": 1, "later": 2}
    return sorted(steps, key=lambda step: (order[step.when], _instant(step.at)))


def _instant(moment: Any) -> float:
    if moment is None:
        return float("inf")
    if not isinstance(moment, datetime):
        moment = timezone.make_aware(datetime.combine(moment, datetime.min.time()))
    return moment.timestamp()


def _past(application: Application) -> list[Step]:
    steps = [Step("past", application.created_at, _("Draft opened"))]
    for version in application.versions.select_related("filed_by", "receipt"):
        first = version.number == 1
        link = f"/documents/{version.receipt.code}/" if version.receipt else ""
        steps.append(
            Step(
                "past",
                version.received_at,
                _("Application filed") if first else _("New version filed"),
                _("Version %(n)s, received by the service.") % {"n": version.number},
                str(version.filed_by),
                link,
            )
        )
    for partnership in application.partnerships.select_related("organisation"):
        if partnership.confirmed_at:
            steps.append(
                Step(
                    "past",
                    partnership.confirmed_at,
                    _("%(name)s confirmed the partnership") % {"name": partnership.organisation.name},
                )
            )
        elif partnership.state == "declined":
            steps.append(
                Step(
                    "past",
                    partnership.answered_at,
                    _("%(name)s declined the partnership") % {"name": partnership.organisation.name},
                )
            )
    for request in application.information_requests.all():
        link = f"/dossiers/{application.reference}/complements/"
        steps.append(Step("past", request.opened_at, _("The fund asked for missing items"), link=link))
        if request.answered_at:
            steps.append(Step("past", request.answered_at, _("You answered the fund’s request")))
        elif request.state == InformationRequestState.EXPIRED:
            steps.append(Step("past", request.closed_at, _("The time to answer passed")))
    if application.eligible_at:
        steps.append(Step("past", application.eligible_at, _("Declared eligible")))
    if application.closed_at and application.state in ("withdrawn", "lapsed", "dismissed", "renounced"):
        steps.append(Step("past", application.closed_at, str(application.applicant_label)))
    return steps


def _now(application: Application, at, team: bool) -> list[Step]:
    root, call = f"/dossiers/{application.reference}/", application.call
    if application.state == "draft":
        return [
            Step(
                "now",
                call.closes_at,
                _("Finish and file your application"),
                _("Filing closes at this instant, by the service’s clock."),
                _("you"),
                f"{root}verifier/",
            )
        ]
    if application.state == "information_requested":
        request = application.information_requests.filter(state=InformationRequestState.OPEN).first()
        return [
            Step(
                "now",
                request.due_at if request else None,
                _("Answer the fund’s request"),
                "",
                _("you") if team else _("the applicant"),
                f"{root}complements/",
            )
        ]
    if application.state in ("submitted", "eligible"):
        steps = []
        if application.state == "submitted":
            steps.append(
                Step("now", call.eligibility_by_on, _("The fund checks your application"), "", _("a case officer"))
            )
        for partnership in application.partnerships.select_related("organisation").filter(state="invited"):
            steps.append(
                Step(
                    "now",
                    partnership.deadline_at,
                    _("%(name)s must answer") % {"name": partnership.organisation.name},
                    "",
                    partnership.agent_name or partnership.agent_email,
                    f"{root}partenaires/",
                )
            )
        return steps
    if application.state == "under_review":
        return [Step("now", call.meeting_on, _("The panel reads and deliberates"), "", _("the panel"))]
    return []


def _later(application: Application, at) -> list[Step]:
    if application.state not in ("draft", "submitted", "information_requested", "eligible", "under_review"):
        return []
    call, steps = application.call, []
    if application.state in ("draft", "submitted", "information_requested", "eligible") and call.meeting_on:
        steps.append(Step("later", call.meeting_on, _("The panel meets")))
    if call.notified_by_on:
        steps.append(Step("later", call.notified_by_on, _("The decision is notified to everyone")))
    clock = silence(application, at)
    if clock:
        steps.append(
            Step(
                "later",
                clock.rejected_on,
                _("Without a decision, the request counts as rejected"),
                _("A decision remains possible afterwards.")
                if not clock.paused
                else _("This date is pushed back while the fund waits for your answer."),
            )
        )
    return steps


@dataclass(frozen=True)
class Next:
    """What is next on a file, in a list: a sentence, its date, the page to act on (empty when nothing is awaited from the person)."""

    text: str
    at: datetime | date | None = None
    link: str = ""


def requests_due(application_ids: list[int]) -> dict[int, datetime]:
    """End of the time to answer of each open request, by application; one query, none when the list is empty."""
    if not application_ids:
        return {}
    return dict(
        InformationRequest.objects.filter(
            application__in=application_ids, state=InformationRequestState.OPEN
        ).values_list("application", "due_at")
    )


def next_step(application: Application, at: datetime, due_at: datetime | None = None) -> Next:
    """The next thing for the team, without a query (the call is loaded). Never says more than a notified decision does."""
    root, call, state = f"/dossiers/{application.reference}/", application.call, application.state
    if state == "draft":
        if call.closes_at and at >= call.closes_at:
            return Next(_("The call is closed."), call.closes_at, root)
        return Next(_("Finish and file"), call.closes_at, f"{root}verifier/")
    if state == "information_requested":
        return Next(_("Answer the fund’s request"), due_at, f"{root}complements/")
    if state == "submitted":
        return Next(_("The fund checks your application"), call.eligibility_by_on)
    if state == "eligible":
        return Next(_("The panel will review it"), call.meeting_on)
    if state == "under_review":
        return Next(_("The decision is notified to everyone"), call.notified_by_on)
    if state == "selected":
        return Next(_("What follows is in the agreement"), None, f"{root}convention/")
    if state in ("ineligible", "rejected", "on_reserve"):
        return Next(_("A decision is there to read"), None, f"{root}decision/")
    return Next(_("It can be reused for another call"), None, f"{root}lire/")
