"""Guards of the requests to external experts: who may ask, whom, until when, what a link still opens."""

from __future__ import annotations

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applications.models import Attachment
from applications.queries import officer_interest
from applications.rules.partners import token_hash
from core.transitions import Act, Refusal, Who
from fund.enums import Role
from fund.queries import has_role
from fund.rules.common import when
from reviews.enums.experts import EXPERT_GROUNDS
from reviews.models import Declaration, ExpertRequest, Seat
from reviews.queries import experts as queries
from reviews.queries.interests import folded

expert = Who("EX", gettext_lazy("the external expert, by his personal link"), lambda actor, obj, at: actor.is_system)
"""The expert has no account: the fund's own user signs, and the link is the proof (`link_is_good`)."""

MAX_RUNNING = 5
"""Requests that run at once on one file."""


def _application(obj):
    return obj.application if isinstance(obj, ExpertRequest) else obj


def asker_may_open_file(act: Act) -> None:
    """A co-president asks about a file he may open; nobody who has an interest asks, whatever his role."""
    application = _application(act.obj)
    if act.actor.is_system:
        return
    said = Declaration.objects.filter(user=act.actor, application=application).first()
    may = said.state == "none" if said else has_role(act.actor, Role.CASE_OFFICER, act.at)
    if not may or officer_interest(act.actor, application):
        raise Refusal(
            "recused",
            _("This application is closed to you."),
            remedy=_("Another case officer or the other co-president can ask the expert."),
            article="art. 12",
            status=403,
        )


def panel_is_at_work(act: Act) -> None:
    if not queries.panel_works_on(_application(act.obj)):
        raise Refusal(
            "panel_not_at_work",
            _(
                "An expert is asked while the panel works on the application: from the start of reading to the decision."
            ),
            status=409,
        )


def request_is_complete(act: Act) -> None:
    """Who, for which organisation, for what knowledge, about what, until when."""
    if act.preview:
        return
    for field, label in (
        ("name", _("the expert’s name")),
        ("organisation", _("the expert’s organisation")),
        ("expertise", _("the expertise you turn to")),
        ("question", _("the question you ask")),
    ):
        if not (act.get(field) or "").strip():
            raise Refusal("request_incomplete", _("Give %(what)s.") % {"what": label}, field=field)
    email = (act.get("email") or "").strip()
    try:
        validate_email(email)
    except ValidationError:
        raise Refusal(
            "email_invalid",
            _("This is not an e-mail address: %(text)s.") % {"text": email or "…"},
            remedy=_("Copy it again, whole."),
            field="email",
        ) from None
    if _application(act.obj).expert_requests.running().filter(email__iexact=email).exists():
        raise Refusal(
            "already_asked",
            _("%(email)s is already asked about this application.") % {"email": email},
            remedy=_("Send a reminder, or withdraw that request first."),
            field="email",
            status=409,
        )
    if _application(act.obj).expert_requests.running().count() >= MAX_RUNNING:
        raise Refusal(
            "too_many_requests",
            _("%(n)s requests already run on this application.") % {"n": MAX_RUNNING},
            remedy=_("Withdraw one first."),
            status=409,
        )


def deadline_is_ahead(act: Act) -> None:
    """Between a day and ninety days ahead."""
    if act.preview:
        return
    deadline = act.get("deadline_at")
    if deadline is None or not act.at + timedelta(hours=24) <= deadline <= act.at + timedelta(days=90):
        raise Refusal(
            "deadline_unreasonable",
            _("Leave the expert a day at least, ninety days at most."),
            field="deadline_at",
        )


def tie_of(application, email: str, name: str, organisation: str) -> str:
    """How this person stands too near the file to be an expert on it: `panel`, `team`, `partner`, `body`, or nothing."""
    email, name, organisation = email.strip().casefold(), folded(name), folded(organisation)
    seats = Seat.objects.filter(panel__call=application.call_id).values_list("user__email", flat=True)
    if email in {one.casefold() for one in seats}:
        return "panel"
    members = application.members.select_related("user")
    team = {application.lead.email, *(one.email for one in members), *(one.user.email for one in members if one.user)}
    if application.bearer_person:
        team.add(application.bearer_person.email)
    said = (application.content or {}).get("applicant", {})
    officers = {folded(said.get(key)) for key in ("representative_name", "bearer_representative")} - {""}
    if email in {one.casefold() for one in team} or name in officers:
        return "team"
    partnerships = application.partnerships.select_related("organisation")
    if email in {row.agent_email.casefold() for row in partnerships}:
        return "partner"
    bodies = {application.applicant_name, *(row.organisation.name for row in partnerships)}
    bodies |= {one.name for one in (application.organisation, application.bearer_organisation) if one}
    return "body" if organisation and organisation in {folded(one) for one in bodies} else ""


def expert_is_outside(act: Act) -> None:
    """Nobody of the panel, of the team, of a partner or of their bodies. In a blind call the reason does not say which."""
    if act.preview:
        return
    row = act.obj if isinstance(act.obj, ExpertRequest) else None
    facts = [getattr(row, key) if row else act.get(key) or "" for key in ("email", "name", "organisation")]
    application = _application(act.obj)
    tie = tie_of(application, *facts)
    if not tie:
        return
    reasons = {
        "panel": _("This person sits on the panel: an expert comes from outside."),
        "team": _("This person is of the applicant’s team."),
        "partner": _("This person answers for a partner administration of the project."),
        "body": _("This organisation is the applicant, receives the money or is a partner of the project."),
    }
    near = _("This person is too near this application: of its team, of its partners or of the panel.")
    raise Refusal(
        "expert_not_independent",
        near if row or application.call.blind else reasons[tie],
        remedy=_("Ask somebody else."),
        article="art. 12",
        field="" if row else ("organisation" if tie == "body" else "email"),
    )


def link_is_good(act: Act) -> None:
    """The personal link: known, not used, not withdrawn, not expired, on a file the panel still works on."""
    if act.preview:
        return
    row = act.obj
    if row.token_hash != token_hash(act.get("token") or ""):
        raise Refusal(
            "expert_link_used",
            _("This link has been used or withdrawn."),
            remedy=_("Use the link of the last mail, or write to the fund."),
            status=410,
        )
    if not queries.panel_works_on(row.application):
        raise Refusal("expert_link_over", _("The panel no longer works on this application."), status=410)
    if act.at >= row.deadline_at:
        raise Refusal(
            "expert_link_expired",
            _("This link expired on %(instant)s.") % {"instant": when(row.deadline_at)},
            remedy=_("Write to the fund: it can give you more time."),
            status=410,
        )


def undertakes(act: Act) -> None:
    """No interest, and secrecy: both said."""
    if act.preview:
        return
    for field in ("no_interest", "secrecy"):
        if act.get(field) is not True:
            raise Refusal(
                "undertaking_missing",
                _("Both are needed: you have no interest in this application, and you keep what you read to yourself."),
                article="art. 12",
                field=field,
            )


def ground_is_known(act: Act) -> None:
    if not act.preview and act.get("ground") not in dict(EXPERT_GROUNDS):
        raise Refusal("ground_missing", _("Choose the link you have with it."), article="art. 12", field="ground")


def opinion_is_written(act: Act) -> None:
    if not act.preview and not (act.get("opinion") or "").strip():
        raise Refusal("opinion_missing", _("Write your opinion before you send it."), field="opinion")


def reminder_is_due(act: Act) -> None:
    """One mail a day at most, none about a link that opens nothing."""
    row = act.obj
    if act.at >= row.deadline_at:
        raise Refusal(
            "expert_link_expired", _("The time to answer is over."), remedy=_("Give more time instead."), status=409
        )
    free = max(row.asked_at, row.reminded_at or row.asked_at) + timedelta(days=1)
    if act.at < free:
        raise Refusal(
            "reminded_today",
            _("A mail left less than a day ago."),
            remedy=_("You may send a reminder from %(at)s on.") % {"at": when(free)},
            status=409,
        )


def expert_may_read_piece(row: ExpertRequest, piece: Attachment, token: str, at) -> bool:
    """The rule for each document, asked one by one: the expert declared no interest, his link lives, the call is not blind, and this very document was filed
    with this file and found clean."""
    filed = {one["id"] for one in (row.application.content or {}).get("documents", {}).get("files", [])}
    return (
        queries.situation(row, token, at) == "write"
        and not row.application.call.blind
        and piece.application_id == row.application_id
        and piece.pk in filed
        and piece.first_filed_at is not None
        and piece.scan_state == "clean"
    )
