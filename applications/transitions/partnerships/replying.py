"""The agent's side, without an account: each answer uses its link up, and the copy of it carries the next one.

A confirmation gives a second link, to follow the application: the applicant revokes it here.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from applications.models import Application, Partnership
from applications.notifications import tell, tell_staff, writers_of
from applications.rules import partners as rules
from applications.rules import people, rights
from applications.transitions.common import lock_file, new_link
from applications.transitions.partnerships.administrations import administration, forget, one_line
from applications.transitions.writing import attach_letter
from core.links import absolute
from core.transitions import verb
from fund import identifiers

STANDING = ("submitted", "information_requested", "eligible", "under_review", "on_reserve", "selected")


def follow_link(application: Application, email: str, confirmed_at) -> tuple[str, str]:
    return new_link("partnership.follow", application.reference, email, confirmed_at)


def _answer(act, partnership: Partnership, facts: dict) -> None:
    """What the agent says: who he is, for which department, what it brings. The SIRET says which administration it is."""
    for name in ("agent_name", "agent_role", "agent_phone", "service", "commitment", "time_planned", "authority"):
        most = getattr(partnership._meta.get_field(name), "max_length", None) or 5000
        said = facts.get(name) or ""
        setattr(partnership, name, (said.strip() if name == "commitment" else one_line(said))[:most])
    partnership.siret, partnership.publish_agent_name = (
        identifiers.compact(facts["siret"]),
        bool(facts.get("publish_agent_name")),
    )
    former = partnership.organisation
    if former.siret != partnership.siret:
        partnership.organisation = administration(
            one_line(facts.get("organisation_name") or former.name)[:200], partnership.siret
        )
        partnership.save(update_fields=["organisation"])
        forget(former, partnership.application)


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
