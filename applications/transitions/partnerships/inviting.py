"""The applicant's side: an administration is invited and reminded, the invitation cancelled; the clock lets it expire."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from applications.models import Application, Partnership
from applications.notifications import tell, writers_of
from applications.periods import deadline_in
from applications.queries import rules_of
from applications.rules import partners as rules
from applications.rules import people, rights
from applications.transitions.common import new_link
from applications.transitions.partnerships.administrations import administration, one_line
from core.transitions import Refusal, clock, verb
from fund import identifiers


def _deadline(application: Application, at):
    """Twenty-one days, never beyond the call's own term (art. 3)."""
    return min(
        deadline_in(rules_of(application)["partnership_invitation_days"], at), rules.partner_deadline(application, at)
    )


def invitation_link(application: Application, email: str, invited_at) -> tuple[str, str]:
    return new_link("partnership.invitation", application.reference, email, invited_at)


def _send(partnership: Partnership, token: str, at) -> None:
    application = partnership.application
    tell(
        "partner.invited",
        application,
        f"/partenariat/{token}/",
        at=at,
        to=[partnership.agent_email],
        language="fr",
        applicant=application.laureate_name,
        inviter=str(partnership.invited_by),
        agent=partnership.agent_name,
        organisation=partnership.organisation.name,
        summary=application.summary,
        message=partnership.message,
        until=partnership.deadline_at,
    )
    partnership.link_token = token  # for the one who just invited (tests, the demo's seed); only its hash is stored


def _remind(partnership: Partnership, at) -> bool:
    application = partnership.application
    token, digest = invitation_link(application, partnership.agent_email, partnership.invited_at)
    if digest != partnership.token_hash:
        return False
    tell(
        "partner.reminder",
        application,
        f"/partenariat/{token}/",
        at=at,
        to=[partnership.agent_email],
        language="fr",
        applicant=application.laureate_name,
        until=partnership.deadline_at,
    )
    return True


def remind(partnership: Partnership, *, at) -> bool:
    """Clock: the same link once more, to an agent who has not answered. Tells whether a mail left (not after a change of the signing key)."""
    reminded = _remind(partnership, at)
    Partnership.objects.filter(pk=partnership.pk).update(reminded_at=at)
    return reminded


@verb(
    machine=Partnership,
    label=_("invite an administration"),
    who=(people.applicant,),
    creates="invited",
    on="application",
    guards=(
        rights.whole_file,
        rules.file_takes_partners,
        rules.partners_may_answer,
        rules.invitation_is_complete,
        rules.agent_is_new,
    ),
    mails=("applications/partner.invited",),
)
def invite(
    act,
    application,
    *,
    agent_email,
    organisation=None,
    organisation_name="",
    siret="",
    agent_name="",
    service="",
    message="",
):
    """Ask an administration (an `organisation`, or its name with or without SIRET) through one of its agents. The mail's link is personal and works once."""
    token, digest = invitation_link(application, agent_email.strip().lower(), act.at)
    partnership = Partnership.objects.create(
        application=application,
        organisation=organisation or administration(one_line(organisation_name)[:200], siret),
        agent_email=agent_email.strip().lower(),
        agent_name=one_line(agent_name)[:150],
        service=one_line(service)[:200],
        siret=(organisation.siret if organisation else identifiers.compact(siret)),
        message=message.strip(),
        invited_by=act.actor,
        invited_at=act.at,
        deadline_at=_deadline(application, act.at),
        token_hash=digest,
    )
    _send(partnership, token, act.at)
    return partnership


@verb(
    machine=Partnership,
    label=_("send a new link"),
    who=(people.applicant,),
    guards=(rights.whole_file, rules.file_takes_partners, rules.partners_may_answer, rules.agent_is_new),
    mails=("applications/partner.invited",),
)
def invite_again(act, partnership, *, message=""):
    """A new link to the same agent; the former one stays dead."""
    token, digest = invitation_link(partnership.application, partnership.agent_email, act.at)
    partnership.message = message.strip() or partnership.message
    partnership.invite_again(act.at, _deadline(partnership.application, act.at), digest)
    _send(partnership, token, act.at)


@verb(
    machine=Partnership,
    label=_("send a reminder"),
    who=(people.applicant,),
    guards=(rights.whole_file, rules.partners_may_answer, rules.reminder_is_due),
    mails=("applications/partner.reminder",),
)
def send_reminder(act, partnership):
    """The same link once more, at most once a day; the clock's own reminders count."""
    if not _remind(partnership, act.at):  # the signing key changed since: the link cannot be written again
        raise Refusal(
            "link_lost", _("This link can no longer be sent."), remedy=_("Cancel the invitation, then send a new link.")
        )
    partnership.send_reminder(act.at)


@verb(
    machine=Partnership,
    label=_("cancel the invitation"),
    who=(people.applicant,),
    guards=(rights.whole_file,),
    danger=True,
)
def cancel(act, partnership):
    """The link of the invitation stops working."""
    partnership.cancel()


@verb(
    machine=Partnership,
    label=_("let the invitation expire"),
    who=(clock,),
    guards=(rules.deadline_passed,),
    mails=("applications/partner.expired",),
)
def expire(act, partnership):
    """Nobody answered in time."""
    partnership.expire()
    application = partnership.application
    tell(
        "partner.expired",
        application,
        "partenaires/",
        at=act.at,
        to=writers_of(application),
        organisation=partnership.organisation.name,
        until=rules.partner_deadline(application, act.at),
        still=act.at < rules.partner_deadline(application, act.at),
    )
