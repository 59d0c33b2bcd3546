"""An external expert: asked, reminded, given more time, withdrawn by the fund; declares, writes and answers by a personal link. No vote, no score."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from applications.transitions.common import lock_file, new_link
from core import links
from core.outbox import queue
from core.transitions import Refusal, clock, verb
from reviews.enums.experts import OPEN_REQUESTS
from reviews.models import ExpertRequest
from reviews.notifications import tell
from reviews.rules import experts as rules
from reviews.rules.people import case_officer, co_president, reason_given
from reviews.transitions.deeds import deed

ASKERS = (case_officer, co_president)
TEXTS = ("opinion", "strengths", "risks")
MOST_SIGNS = 20_000


def link_of(row: ExpertRequest) -> tuple[str, str]:
    """The link of this moment: of the request, then, once the expert declared, of his reading; and its hash."""
    if row.declared_at:
        return new_link("expert.reading", row.application.reference, row.email, row.declared_at)
    return new_link("expert.request", row.application.reference, row.email, row.asked_at)


def _write(row: ExpertRequest, code: str, token: str, at, **context) -> None:
    queue(
        f"reviews/expert.{code}",
        to=row.email,
        at=at,
        language="fr",
        reference=row.application.reference,
        context={
            "reference": row.application.reference,
            "link": links.absolute(f"/expertise/{token}/"),
            "call": row.application.call.title,
            "name": row.name,
            "until": row.deadline_at,
            **context,
        },
    )
    row.link_token = token


def _tell_asker(row: ExpertRequest, code: str, at) -> None:
    """To who asked, unless the file closed to him meanwhile."""
    if not ExpertRequest.objects.visible_to(row.asked_by).filter(pk=row.pk).exists():
        return
    room = "instruction" if case_officer(row.asked_by, row, at) else "commission"
    reference = row.application.reference
    tell(f"expert.{code}", [row.asked_by], f"/{room}/dossiers/{reference}/experts/", at=at, reference=reference)


@verb(
    machine=ExpertRequest,
    label=_("ask an external expert"),
    who=ASKERS,
    creates="asked",
    on="application",
    guards=(
        rules.asker_may_open_file,
        rules.panel_is_at_work,
        rules.request_is_complete,
        rules.deadline_is_ahead,
        rules.expert_is_outside,
    ),
    mails=("reviews/expert.asked",),
)
def ask(act, application, *, name, email, organisation, expertise, question, deadline_at):
    """A named person from outside, one file, one question. The mail carries a link of his own, that works until the deadline."""
    row = ExpertRequest(
        application=application,
        name=" ".join(name.split())[:150],
        email=email.strip().lower(),
        organisation=" ".join(organisation.split())[:200],
        expertise=" ".join(expertise.split())[:200],
        question=question.strip()[:5000],
        asked_by=act.actor,
        asked_at=act.at,
        deadline_at=deadline_at,
    )
    token, row.token_hash = link_of(row)
    row.save()
    _write(row, "asked", token, act.at, asker=str(act.actor), expertise=row.expertise)
    return row


@verb(
    machine=ExpertRequest,
    label=_("declare no interest and undertake secrecy"),
    who=(rules.expert,),
    guards=(rules.link_is_good, rules.undertakes, rules.expert_is_outside),
    mails=("reviews/expert.reading",),
    lock=lock_file,
)
def declare_free(act, expert_request, *, token, no_interest, secrecy):
    """The first link is used up; the next one opens the file."""
    row = expert_request
    reading, digest = new_link("expert.reading", row.application.reference, row.email, act.at)
    row.declare_free(act.at, digest)
    _write(row, "reading", reading, act.at)


@verb(
    machine=ExpertRequest,
    label=_("declare an interest"),
    who=(rules.expert,),
    guards=(rules.link_is_good, rules.ground_is_known),
    mails=("reviews/expert.ended",),
    lock=lock_file,
    danger=True,
)
def declare_conflict(act, expert_request, *, token, ground):
    """Access closes at once, and what was begun is gone."""
    act.note(ground=ground)
    expert_request.declare_conflict(ground, act.at)
    _tell_asker(expert_request, "ended", act.at)


@verb(
    machine=ExpertRequest,
    label=_("decline to give an opinion"),
    who=(rules.expert,),
    guards=(rules.link_is_good,),
    mails=("reviews/expert.ended",),
    lock=lock_file,
)
def decline(act, expert_request, *, token):
    """No time, not his field: the link ends."""
    expert_request.decline(act.at)
    _tell_asker(expert_request, "ended", act.at)


def _keep(row: ExpertRequest, given: dict) -> None:
    for name in TEXTS:
        setattr(row, name, (given.get(name) or "").strip()[:MOST_SIGNS])


@verb(
    machine=ExpertRequest,
    label=_("save the draft of the opinion"),
    who=(rules.expert,),
    guards=(rules.link_is_good,),
    lock=lock_file,
)
def save_opinion(act, expert_request, *, token, opinion="", strengths="", risks=""):
    """Kept for the expert alone; the link goes on."""
    _keep(expert_request, act.params)
    expert_request.save_opinion(act.at)


@verb(
    machine=ExpertRequest,
    label=_("give the opinion"),
    who=(rules.expert,),
    guards=(rules.link_is_good, rules.opinion_is_written, rules.expert_is_outside),
    mails=("reviews/expert.submitted",),
    lock=lock_file,
)
def submit(act, expert_request, *, token, opinion, strengths="", risks=""):
    """Once: the panel reads it, the link ends."""
    _keep(expert_request, act.params)
    expert_request.submit(act.at)
    _tell_asker(expert_request, "submitted", act.at)


@deed(
    on=ExpertRequest,
    label=_("remind the expert"),
    who=(*ASKERS, clock),
    sources=OPEN_REQUESTS,
    guards=(rules.asker_may_open_file, rules.panel_is_at_work, rules.reminder_is_due),
    mails=("reviews/expert.reminder",),
)
def remind(act, expert_request):
    """The same link once more, at most once a day; by hand, or by the clock three days before the end."""
    token, digest = link_of(expert_request)
    if digest != expert_request.token_hash:  # the signing key changed since: the link cannot be written again
        raise Refusal(
            "link_lost", _("This link can no longer be sent."), remedy=_("Withdraw the request, then ask again.")
        )
    expert_request.reminded_at = act.at
    _write(expert_request, "reminder", token, act.at)


@deed(
    on=ExpertRequest,
    label=_("give the expert more time"),
    who=ASKERS,
    sources=OPEN_REQUESTS,
    guards=(rules.asker_may_open_file, rules.panel_is_at_work, rules.deadline_is_ahead),
    mails=("reviews/expert.reminder",),
)
def extend(act, expert_request, *, deadline_at):
    """A new deadline; an expired link opens again."""
    expert_request.deadline_at, expert_request.reminded_at = deadline_at, act.at
    token, digest = link_of(expert_request)
    if digest == expert_request.token_hash:
        _write(expert_request, "reminder", token, act.at)


@verb(
    machine=ExpertRequest,
    label=_("withdraw the request to the expert"),
    who=ASKERS,
    guards=(rules.asker_may_open_file, reason_given),
    danger=True,
)
def revoke(act, expert_request, *, reason):
    """The link opens nothing any more."""
    act.because(reason)
    expert_request.revoke(act.at)
