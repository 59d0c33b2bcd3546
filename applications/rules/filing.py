"""Guards of filing: one file per applicant, nothing missing, everyone agreed. The dates are in `window`, the right to write in `rights`."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from applications import queries
from applications.enums import STANDING
from applications.models import Application
from applications.rules.gaps import missing
from core.transitions import Act, Refusal
from fund.enums import ApplicantKind, OrganisationKind, Role
from fund.queries import has_role
from fund.rules.common import when


def applicant_may_file(act: Act) -> None:
    """Those who handle calls cannot ask for a grant."""
    application = act.obj
    people = [
        application.lead,
        *(member.user for member in application.members.select_related("user").filter(joined_at__isnull=False)),
    ]
    if any(has_role(person, Role.CASE_OFFICER, act.at) for person in people):
        raise Refusal(
            "applicant_conflicted_role",
            _("Someone in your team handles this call: this person cannot apply to it."),
            remedy=_("They must be replaced before filing, or leave the team."),
            article="art. 2",
            status=403,
        )


def one_file_per_applicant(act: Act) -> None:
    """Asked on what would be filed: the number of the working copy says who the applicant is."""
    _no_other_file(act, queries.applicant_key(act.obj))


def leads_no_other_file(act: Act) -> None:
    """Asked on who leads a file that was filed: a draft is asked when it is filed."""
    if act.obj.state in STANDING:
        _no_other_file(act, act.obj.applicant_key)


def _no_other_file(act: Act, key: str) -> None:
    application = act.obj
    other = (
        Application.objects.filter(call=application.call_id, applicant_key=key, state__in=STANDING)
        .exclude(pk=application.pk)
        .first()
    )
    if other:
        mine = queries.is_member(act.actor, other)
        raise Refusal(
            "already_filed_in_call",
            _("You have already filed application %(reference)s in this call.") % {"reference": other.reference}
            if mine
            else _("This applicant has already filed an application in this call."),
            remedy=_("Withdraw it before filing another."),
            article="art. 2",
            status=409,
        )


def bodies_may_receive(act: Act) -> None:
    """Neither the laureate nor the bearer may be an administration."""
    written = queries.section_now(act.obj, "applicant")
    for prefix in ("", "bearer_"):
        body = queries.find_body(written, prefix)
        if body is not None and body.kind == OrganisationKind.ADMINISTRATION:
            raise Refusal(
                "applicant_kind_not_allowed",
                _("“%(name)s” is a public administration: it cannot receive a grant.") % {"name": body.name},
                remedy=_("It may be your partner."),
                article="art. 2",
                field=f"{prefix}siret",
            )


FilingCheck = Callable[[Act], None]
_filing_checks: list[FilingCheck] = []


def register_filing_check(check: FilingCheck) -> FilingCheck:
    """A higher app's reason not to file, asked like any guard of the filing (an overdue report of an earlier grant, art. 2)."""
    if check not in _filing_checks:
        _filing_checks.append(check)
    return check


def no_other_check_fails(act: Act) -> None:
    for check in _filing_checks:
        check(act)


def complete(act: Act) -> None:
    """Raises with the exact code when one thing only is missing, with the list otherwise."""
    gaps = missing(act.obj)
    if not gaps:
        return
    if len(gaps) == 1:
        raise Refusal(gaps[0].code, gaps[0].message, article="art. 7", field=gaps[0].field)
    raise Refusal(
        "section_incomplete",
        ngettext("%(n)s answer is missing: %(list)s", "%(n)s answers are missing: %(list)s", len(gaps))
        % {"n": len(gaps), "list": " ".join(gap.message for gap in gaps[:4]) + (" …" if len(gaps) > 4 else "")},
        remedy=_("Complete them to be able to file."),
        article="art. 7",
    )


def something_to_file(act: Act) -> None:
    """Filing twice the same content would only make a second receipt of the same thing."""
    filed = act.obj.filed_version
    if filed is not None and filed.content_hash == queries.hash_now(act.obj):
        raise Refusal(
            "nothing_to_file",
            _("What you filed on %(instant)s is exactly this content.") % {"instant": when(filed.received_at)},
            remedy=_("Change something first; what is filed stands."),
            status=409,
        )


def everyone_agreed(act: Act) -> None:
    """Each signatory agreed to exactly this content; in a collective each also mandated the bearer."""
    application = act.obj
    content_hash = queries.hash_now(application)
    never, outdated = queries.missing_signatures(application, content_hash)
    if [*never, *outdated] == [act.actor]:  # alone, or the last: the words are for this person
        raise Refusal(
            "sign_off_missing" if never else "sign_off_outdated",
            _("Your own agreement is missing.") if never else _("The content changed after you agreed."),
            remedy=_("Give it above, after reading the content.")
            if never
            else _("Read it again and give your agreement above."),
            article="art. 2",
            status=409,
        )
    if act.actor in [*never, *outdated]:
        others = [person for person in [*never, *outdated] if person != act.actor]
        raise Refusal(
            "sign_off_missing",
            _("Your own agreement is missing, and that of %(people)s.") % {"people": _names(others)},
            remedy=_("Give yours above, after reading the content, and remind the others."),
            article="art. 2",
            status=409,
        )
    if never:
        raise Refusal(
            "sign_off_missing",
            _("The agreement of %(people)s is missing.") % {"people": _names([*never, *outdated])},
            remedy=_("Remind them from the Team page."),
            article="art. 2",
            status=409,
        )
    if outdated:
        raise Refusal(
            "sign_off_outdated",
            _("The content changed after %(people)s agreed.") % {"people": _names(outdated)},
            remedy=_("Ask them to read the changes and confirm this version."),
            article="art. 2",
            status=409,
        )
    if application.applicant_kind == ApplicantKind.COLLECTIVE:
        signed = queries.signed_hashes(application)
        without = [person for person in queries.signatories(application) if not signed[person.pk].mandate]
        if without:
            raise Refusal(
                "bearer_mandate_missing",
                _("The bearer does not yet have the mandate of %(people)s.") % {"people": _names(without)},
                remedy=_("Each can give it online."),
                article="art. 2",
            )


def _names(people) -> str:
    return get_text_list([str(person) for person in people], _("and"))
