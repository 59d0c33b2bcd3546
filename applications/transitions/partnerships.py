"""Partnerships: an administration is invited, its agent answers through a personal link without an account. Every answer uses the link up."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from applications.models import Application, Partnership
from applications.notifications import tell, tell_staff, writers_of
from applications.periods import deadline_in
from applications.rules import partners as rules
from applications.rules import people, rights
from applications.transitions.common import lock_file, new_link, rules_of
from applications.transitions.writing import attach_letter
from core.links import absolute
from core.transitions import Refusal, clock, verb
from fund import identifiers
from fund.enums import OrganisationKind
from fund.models import Organisation

STANDING = ("submitted", "information_requested", "eligible", "under_review", "on_reserve", "selected")


def _deadline(application: Application, at):
    """Twenty-one days, never beyond the call's own term (art. 3)."""
    return min(
        deadline_in(rules_of(application)["partnership_invitation_days"], at), rules.partner_deadline(application, at)
    )


def _administration(name: str, siret: str) -> Organisation:
    """The administration of this SIRET, found or created. Without a SIRET, a row of its own until its agent gives the number."""
    siret = identifiers.compact(siret)
    if siret:
        return Organisation.objects.get_or_create(
            siret=siret, defaults={"kind": OrganisationKind.ADMINISTRATION, "name": name}
        )[0]
    return Organisation.objects.create(kind=OrganisationKind.ADMINISTRATION, name=name)


def invitation_link(application: Application, email: str, invited_at) -> tuple[str, str]:
    return new_link("partnership.invitation", application.reference, email, invited_at)


def follow_link(application: Application, email: str, confirmed_at) -> tuple[str, str]:
    return new_link("partnership.follow", application.reference, email, confirmed_at)


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
        organisation=organisation or _administration(_one_line(organisation_name)[:200], siret),
        agent_email=agent_email.strip().lower(),
        agent_name=_one_line(agent_name)[:150],
        service=_one_line(service)[:200],
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


def _one_line(text: str) -> str:
    """A name stays on its line in the mails it is written into."""
    return " ".join(text.split())


def _answer(act, partnership: Partnership, facts: dict) -> None:
    """What the agent says: who he is, for which department, what it brings. The SIRET says which administration it is."""
    for name in ("agent_name", "agent_role", "agent_phone", "service", "commitment", "time_planned", "authority"):
        most = getattr(partnership._meta.get_field(name), "max_length", None) or 5000
        said = facts.get(name) or ""
        setattr(partnership, name, (said.strip() if name == "commitment" else _one_line(said))[:most])
    partnership.siret, partnership.publish_agent_name = (
        identifiers.compact(facts["siret"]),
        bool(facts.get("publish_agent_name")),
    )
    former = partnership.organisation
    if former.siret != partnership.siret:
        partnership.organisation = _administration(
            _one_line(facts.get("organisation_name") or former.name)[:200], partnership.siret
        )
        partnership.save(update_fields=["organisation"])
        _forget(former, partnership.application)


def _forget(former: Organisation, application: Application) -> None:
    """An answer corrected undoes what it registered: the row goes with the last answer that named it, unless the fund knows more of it or uses it."""
    Application.objects.filter(pk=application.pk, state="draft", organisation=former).update(organisation=None)
    Application.objects.filter(pk=application.pk, state="draft", bearer_organisation=former).update(
        bearer_organisation=None
    )
    known = former.administration_type or former.insee_code or former.rna or former.email or former.website
    used = any(
        relation.related_model._base_manager.filter(**{relation.field.name: former}).exists()
        for relation in former._meta.related_objects
    )
    if not known and not used:
        former.delete()


def _copy_to_agent(partnership: Partnership, token: str, at, follow: str = "") -> None:
    tell(
        "partner.copy",
        partnership.application,
        f"/partenariat/{token}/",
        at=at,
        to=[partnership.agent_email],
        language="fr",
        answered_at=at,
        agent=partnership.agent_name,
        organisation=partnership.organisation.name,
        service=partnership.service,
        role=partnership.agent_role,
        commitment=partnership.commitment,
        follow=absolute(f"/partenariat/suivi/{follow}/") if follow else "",
    )
    partnership.link_token = token


@verb(
    machine=Partnership,
    label=_("confirm the partnership"),
    who=(people.partner_agent,),
    guards=(rules.link_is_good, rules.file_takes_partners, rules.partners_may_answer, rules.answer_is_complete),
    mails=("applications/partner.confirmed", "applications/partner.copy", "applications/team.sign_off_reset"),
    lock=lock_file,
)
def confirm(
    act,
    partnership,
    *,
    token,
    agent_name,
    agent_role,
    service,
    siret,
    organisation_name="",
    agent_phone="",
    commitment="",
    time_planned="",
    authority="",
    publish_agent_name=False,
    letter=None,
    letter_type="",
    letter_scanned=True,
):
    """The agent confirms for his department. The link is used up; the copy he gets by mail carries the next one, to correct or withdraw.

    `letter` is a file already checked (`core.files.check_or_quarantine` gave its type and whether it was scanned).
    """
    _answer(act, partnership, {**act.params})
    new, digest = new_link("partnership.answer", partnership.application.reference, partnership.agent_email, act.at)
    follow, follow_digest = follow_link(partnership.application, partnership.agent_email, act.at)
    partnership.confirm(act.at, digest, follow_digest)
    application = partnership.application
    tell(
        "partner.confirmed",
        application,
        "partenaires/",
        at=act.at,
        to=writers_of(application),
        organisation=partnership.organisation.name,
        agent=partnership.agent_name,
        role=partnership.agent_role,
    )
    _copy_to_agent(partnership, new, act.at, follow)
    if letter:
        attach_letter(
            application=application,
            actor=act.actor,
            at=act.at,
            uploaded=letter,
            content_type=letter_type,
            scanned=letter_scanned,
            sender=partnership.organisation.name,
        )


@verb(
    machine=Partnership,
    label=_("correct the answer"),
    who=(people.partner_agent,),
    guards=(rules.link_is_good, rules.answer_is_complete),
    mails=("applications/partner.copy",),
    lock=lock_file,
)
def correct(
    act,
    partnership,
    *,
    token,
    agent_name,
    agent_role,
    service,
    siret,
    organisation_name="",
    agent_phone="",
    commitment="",
    time_planned="",
    authority="",
    publish_agent_name=False,
):
    """The agent corrects what he answered."""
    _answer(act, partnership, {**act.params})
    new, digest = new_link("partnership.answer", partnership.application.reference, partnership.agent_email, act.at)
    partnership.correct(act.at, digest)
    _copy_to_agent(partnership, new, act.at)


@verb(
    machine=Partnership,
    label=_("revoke the link to follow the application"),
    who=(people.applicant,),
    guards=(rights.whole_file, rules.follow_link_lives),
    danger=True,
)
def revoke_follow(act, partnership):
    """The administration no longer follows the application; its confirmation stands."""
    partnership.revoke_follow()


@verb(
    machine=Partnership,
    label=_("decline the partnership"),
    who=(people.partner_agent,),
    guards=(rules.link_is_good,),
    mails=("applications/partner.declined",),
    lock=lock_file,
)
def decline(act, partnership, *, token, reason=""):
    """The agent says no, with a word if he wishes: the applicant reads it."""
    partnership.decline(act.at, reason.strip()[:5000])
    application = partnership.application
    until = rules.partner_deadline(application, act.at)
    tell(
        "partner.declined",
        application,
        "partenaires/",
        at=act.at,
        to=writers_of(application),
        organisation=partnership.organisation.name,
        reason=partnership.decline_reason,
        until=until,
        still=act.at < until,
    )


@verb(
    machine=Partnership,
    label=_("withdraw from the partnership"),
    who=(people.partner_agent,),
    guards=(rules.link_is_good, people.reason_given),
    mails=("applications/partner.withdrawn", "applications/partner.withdrawn_staff"),
    lock=lock_file,
    danger=True,
)
def withdraw(act, partnership, *, token, reason):
    """The administration takes its confirmation back: an eligible file is to be examined again, a later one is told to the case officers."""
    act.because(reason)
    partnership.withdraw(act.at, reason.strip()[:5000])
    application = partnership.application
    if application.state == "eligible":
        Application.objects.filter(pk=application.pk).update(to_reexamine=True)
    until = rules.partner_deadline(application, act.at)
    tell(
        "partner.withdrawn",
        application,
        "partenaires/",
        at=act.at,
        to=writers_of(application),
        organisation=partnership.organisation.name,
        reason=partnership.decline_reason,
        answered_at=act.at,
        until=until,
        still=act.at < until and application.state in rules.INVITING,
    )
    if application.state in STANDING:
        tell_staff(
            "partner.withdrawn_staff",
            application,
            "",
            at=act.at,
            organisation=partnership.organisation.name,
            state=application.get_state_display(),
        )


__all__ = [
    "cancel",
    "confirm",
    "correct",
    "decline",
    "expire",
    "follow_link",
    "invite",
    "invite_again",
    "remind",
    "revoke_follow",
    "send_reminder",
    "withdraw",
]
