"""Guards of partnerships: the deadline, the personal link, what an administration is."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from applications import queries
from applications.models import Application, Partnership
from core.transitions import Act, Refusal
from fund import identifiers
from fund.enums import OrganisationKind
from fund.models import Organisation
from fund.rules.common import when

MAX_INVITED = 10
INVITING = ("draft", "submitted", "information_requested", "eligible")


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def partner_deadline(application: Application, at):
    """Until when a partnership may be confirmed: the call's term, or later while a request of the fund asks for a partner."""
    request = queries.open_request(application)
    if request and "partnership" in request.sections and at < request.due_at:
        term = application.call.partner_deadline_at
        return max(request.due_at, term) if term else request.due_at
    return application.call.partner_deadline_at


def partners_may_answer(act: Act) -> None:
    application = act.obj.application if isinstance(act.obj, Partnership) else act.obj
    deadline = partner_deadline(application, act.at)
    if act.at >= deadline:
        raise Refusal(
            "partner_deadline_passed",
            _("The time to confirm a partnership ended on %(instant)s.") % {"instant": when(deadline)},
            remedy=_("Write to your contact."),
            article="art. 3",
            status=409,
        )


def file_takes_partners(act: Act) -> None:
    application = act.obj.application if isinstance(act.obj, Partnership) else act.obj
    if application.state not in INVITING:
        raise Refusal(
            "not_allowed_in_state",
            _("This is not possible in the present state: %(state)s.") % {"state": application.applicant_label},
            status=409,
        )


def invitation_is_complete(act: Act) -> None:
    """An address, a name or a number of the administration; and that number is not a company's or an association's."""
    if act.preview:
        return
    email = (act.get("agent_email") or "").strip()
    try:
        validate_email(email)
    except ValidationError:
        raise Refusal(
            "email_invalid",
            _("This is not an e-mail address: %(text)s.") % {"text": email or "…"},
            remedy=_("Copy it again, whole."),
            field="agent_email",
        ) from None
    organisation, siret = act.get("organisation"), identifiers.compact(act.get("siret") or "")
    if siret and not identifiers.is_siret(siret):
        raise Refusal(
            "siret_invalid",
            _(
                "This SIRET is not valid: fourteen digits are needed, and the last ones must fit the others. Check the number."
            ),
            article="art. 3",
            field="siret",
        )
    known = organisation or (Organisation.objects.filter(siret=siret).first() if siret else None)
    if known is not None and known.kind != OrganisationKind.ADMINISTRATION:
        raise not_an_administration()
    not_the_applicant(act.obj, known.siret if known else siret)
    if known is None and not (act.get("organisation_name") or "").strip():
        raise Refusal(
            "answer_incomplete", _("Give the name of the administration."), article="art. 3", field="organisation_name"
        )
    if act.obj.partnerships.filter(state="invited").count() >= MAX_INVITED:
        raise Refusal(
            "too_many_invitations",
            _("%(n)s invitations already await an answer.") % {"n": MAX_INVITED},
            remedy=_("Cancel one first."),
            status=409,
        )


def agent_is_new(act: Act) -> None:
    """One running invitation or partnership per agent; and nobody of the team answers for the administration."""
    if act.preview:
        return
    row = act.obj if isinstance(act.obj, Partnership) else None
    application = row.application if row else act.obj
    email = (row.agent_email if row else act.get("agent_email") or "").strip().lower()
    if (
        application.partnerships.filter(agent_email__iexact=email, state__in=("invited", "confirmed"))
        .exclude(pk=row.pk if row else None)
        .exists()
    ):
        raise Refusal(
            "already_invited",
            _("%(email)s is already invited.") % {"email": email},
            remedy=_("Cancel that invitation to send another one."),
            field="agent_email",
            status=409,
        )
    team = {
        application.lead.email.lower(),
        *(member.email.lower() for member in application.members.all()),
        *(address.lower() for address in application.members.exclude(user=None).values_list("user__email", flat=True)),
    }
    if email in team:
        raise Refusal(
            "partner_is_team",
            _("%(email)s is in the team: another person must answer for the administration.") % {"email": email},
            article="art. 3",
            field="agent_email",
        )


def not_an_administration() -> Refusal:
    return Refusal(
        "partner_not_administration",
        _("This body is not an administration under the rulebook."),
        remedy=_(
            "Invite a State service, a local authority, a public institution or a body in charge of a public service."
        ),
        article="art. 3",
        field="siret",
    )


def not_the_applicant(application: Application, siret: str) -> None:
    """Who asks for the grant, or receives it for a collective, is not the administration that helps; an establishment of the same body neither."""
    written = queries.section_now(application, "applicant")
    applying = {identifiers.compact(written.get(name) or "")[:9] for name in ("siret", "bearer_siret")} - {""}
    if siret and siret[:9] in applying:
        raise Refusal(
            "partner_is_applicant",
            _(
                "This SIRET is the applicant’s: the body that asks for the grant cannot be its own partner administration."
            ),
            remedy=_("Give the SIRET of the administration you answer for, or ask its accounts department for it."),
            article="art. 3",
            field="siret",
        )


def link_is_good(act: Act) -> None:
    """The personal link: known, not used, not expired. Every act through it consumes it."""
    if act.preview:
        return
    partnership, given = act.obj, token_hash(act.get("token") or "")
    if given == partnership.used_token_hash or partnership.token_hash != given:
        raise Refusal(
            "partnership_link_used",
            _("This link has been used."),
            remedy=_("To correct or withdraw your answer, use the link you received with its copy."),
            article="art. 3",
            status=410,
        )
    if partnership.state == "invited" and act.at >= partnership.deadline_at:
        raise Refusal(
            "partnership_link_expired",
            _("This link has expired."),
            remedy=_("Ask the applicant for a new one."),
            article="art. 3",
            status=410,
        )


def answer_faults(given) -> list[Refusal]:
    """Who answers, for which department, in which capacity, what it brings (art. 3): everything that is missing, for the form; the verb says the first."""
    faults = [
        Refusal("answer_incomplete", _("Give %(what)s.") % {"what": label}, article="art. 3", field=name)
        for name, label in (
            ("service", _("your department")),
            ("agent_name", _("your name")),
            ("agent_role", _("your position")),
            ("commitment", _("what your administration brings, in a sentence at least")),
        )
        if not (given.get(name) or "").strip()
    ]
    if not (given.get("siret") or "").strip():
        faults.append(
            Refusal(
                "siret_invalid",
                _("Give %(what)s.") % {"what": _("the SIRET of your administration")},
                article="art. 3",
                field="siret",
            )
        )
    elif not identifiers.is_siret(identifiers.compact(given["siret"])):
        faults.append(
            Refusal(
                "siret_invalid",
                _(
                    "This SIRET is not valid: fourteen digits are needed, and the last ones must fit the others. Check the number."
                ),
                article="art. 3",
                field="siret",
            )
        )
    return faults


def answer_is_complete(act: Act) -> None:
    """Nothing missing, and a number that is an administration's, never the applicant's."""
    if act.preview:
        return
    for fault in answer_faults(act.params):
        raise fault
    siret = identifiers.compact(act.get("siret") or "")
    known = Organisation.objects.filter(siret=siret).first()
    if known and known.kind != OrganisationKind.ADMINISTRATION:
        raise not_an_administration()
    not_the_applicant(act.obj.application, siret)


def link_holder(token: str) -> Partnership | None:
    """The partnership a link belongs to, used or not; None for a link nobody made."""
    if not token or len(token) > 200:
        return None
    digest = token_hash(token)
    rows = Partnership.objects.select_related(
        "application__call", "application__lead", "application__organisation", "organisation", "invited_by"
    )
    return rows.filter(token_hash=digest).first() or rows.filter(used_token_hash=digest).first()


def followed(token: str) -> Partnership | None:
    """The confirmed partnership this follow link was made for; None once revoked, as for a link nobody made."""
    if not token or len(token) > 200:
        return None
    rows = Partnership.objects.confirmed().filter(follow_token_hash=token_hash(token))
    return rows.select_related(
        "application__call",
        "application__lead",
        "application__organisation",
        "application__filed_version",
        "organisation",
    ).first()


def follow_link_lives(act: Act) -> None:
    if not act.obj.follow_token_hash:
        raise Refusal("no_follow_link", _("The administration has no link to follow the application."), status=409)


def deadline_passed(act: Act) -> None:
    if act.at < act.obj.deadline_at:
        raise Refusal("too_early", _("The time to answer is not over."), status=409)


def reminder_is_due(act: Act) -> None:
    """An agent gets at most one mail a day, and none about a link that no longer opens."""
    row = act.obj
    if act.at >= row.deadline_at:
        raise Refusal("invitation_expired", _("This invitation has expired."), remedy=_("Send a new link."), status=409)
    free = max(row.invited_at, row.reminded_at or row.invited_at) + timedelta(days=1)
    if act.at < free:
        raise Refusal(
            "reminded_today",
            _("A mail left less than a day ago."),
            remedy=_("You may send a reminder from %(at)s on.") % {"at": when(free)},
            status=409,
        )
