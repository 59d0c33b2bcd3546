"""Guards of writing and filing: the window, the codes, the agreements, one file per applicant."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from applications import queries
from applications.enums import CLOSED, STANDING, WRITABLE, AttachmentKind, SectionCode
from applications.models import Application
from applications.periods import CLOSING_GRACE
from applications.rules.gaps import missing
from core.transitions import Act, Refusal
from fund.enums import ApplicantKind, CallState, OrganisationKind, Role
from fund.queries import has_role
from fund.rules.common import when


def code_hash(code: str) -> str:
    return hashlib.sha256("".join(code.split()).upper().encode()).hexdigest()


def call_not_cancelled(act: Act) -> None:
    call = _call(act.obj)
    if call.state == CallState.CANCELLED:
        raise Refusal(
            "call_cancelled",
            _("The call is cancelled: %(reason)s") % {"reason": call.cancelled_reason},
            remedy=_("Your application can be reused for another call."),
            article="art. 6",
            status=409,
        )


def _call(obj):
    return obj.call if isinstance(obj, Application) else obj


def filing_is_open(act: Act) -> None:
    """Half-open window on the instant the request was received, or a live access code given with it."""
    call_not_cancelled(act)
    application, call = act.obj, act.obj.call
    if call.is_open(act.at):
        return
    if call.state == CallState.PUBLISHED and act.at < call.opens_at or call.state == CallState.DRAFT:
        raise Refusal(
            "call_not_open_yet",
            _("The call opens on %(instant)s.") % {"instant": when(call.opens_at) if call.opens_at else "…"},
            remedy=_("You can file from that instant; your draft is kept."),
            article="art. 6",
            status=409,
        )
    code = act.get("access_code") or ""
    if act.preview and queries.code_is_live(application, act.at):
        return
    if code:
        find_code(application, code, act.at)
        return
    raise Refusal(
        "deadline_passed",
        _("The call closed on %(closed)s; your request arrived at %(received)s, service time.")
        % {"closed": when(call.closes_at), "received": timezone.localtime(act.at).strftime("%H:%M:%S")},
        remedy=_("Did a failure stop you? Write to us: an access code may be possible."),
        article="art. 8",
        status=409,
    )


def find_code(application: Application, code: str, at):
    """The live access code of this file. Raises Refusal when it is wrong, over or used up."""
    found = application.access_codes.filter(code_hash=code_hash(code)).first()
    if found is None or found.revoked_at:
        raise Refusal(
            "access_code_invalid",
            _("This code is not valid for this application."),
            remedy=_("Check it in the e-mail you received, or ask fund staff for one."),
            article="art. 8",
            field="access_code",
            status=403,
        )
    if found.expires_at <= at:
        raise Refusal(
            "access_code_expired",
            _("This code expired on %(instant)s.") % {"instant": when(found.expires_at)},
            remedy=_("Fund staff can extend it if the reason still holds."),
            article="art. 8",
            field="access_code",
            status=403,
        )
    if found.uses >= found.max_uses:
        raise Refusal(
            "access_code_used_up",
            _("This code has been used as often as allowed."),
            remedy=_("Ask fund staff for another."),
            article="art. 8",
            field="access_code",
            status=403,
        )
    return found


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


FilingCheck = Callable[[Application, object], None]
_filing_checks: list[FilingCheck] = []


def register_filing_check(check: FilingCheck) -> FilingCheck:
    """A higher app's reason not to file: `check(application, at)` raises Refusal (an overdue report of an earlier grant, art. 2)."""
    if check not in _filing_checks:
        _filing_checks.append(check)
    return check


def no_other_check_fails(act: Act) -> None:
    for check in _filing_checks:
        check(act.obj, act.at)


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
    if never:
        raise Refusal(
            "sign_off_missing",
            _("The agreement of %(people)s is missing.") % {"people": _names(never)},
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
    return ", ".join(str(person) for person in people)


def room_for_a_document(application: Application, most: int) -> None:
    """What the applicant adds is counted; the letters of partners are not."""
    pieces = application.attachments.current()
    if pieces.exclude(kind=AttachmentKind.PARTNER_LETTER, uploaded_by=None).count() >= most:
        raise Refusal(
            "attachment_count_exceeded",
            _("You already have %(n)s documents.") % {"n": most},
            remedy=_("Remove one or merge several."),
            article="art. 7",
            field="file",
        )


def content_is_writable(act: Act) -> None:
    """The content is open, and the part (`code`, when one is named) is this person's to write."""
    _content_is_open(act)
    areas = queries.areas_of(act.actor, act.obj) if act.get("code") else []
    if areas and act.get("code") not in areas:
        raise Refusal(
            "area_not_yours",
            _("You may read this part, not write in it. You write: %(areas)s.") % {"areas": area_labels(areas)},
            remedy=_("Ask %(name)s for the right to write here.") % {"name": act.obj.lead},
            status=403,
        )


def area_labels(areas: list[str]) -> str:
    return ", ".join(str(label) for code, label in SectionCode.choices if code in areas)


def whole_file(act: Act) -> None:
    """What engages the whole file, rights included, is not for an editor of some parts of it."""
    application = getattr(act.obj, "application", act.obj)
    if areas := queries.areas_of(act.actor, application):
        raise Refusal(
            "area_not_yours",
            _("This concerns the whole application; you write: %(areas)s.") % {"areas": area_labels(areas)},
            remedy=_("Ask %(name)s to do it, or for the right to write everywhere.") % {"name": application.lead},
            status=403,
        )


def _content_is_open(act: Act) -> None:
    """A draft at any time; a filed file while filing is open (on a copy); during a request, only what was asked."""
    application = act.obj
    if application.state not in WRITABLE:
        raise Refusal(
            "not_allowed_in_state",
            _("This application is read only: %(state)s.") % {"state": application.applicant_label},
            status=409,
        )
    if application.state == "draft":
        return call_not_cancelled(act)
    if application.state == "submitted":
        if application.call.is_open(act.at) or queries.code_is_live(application, act.at):
            return None
        raise Refusal(
            "deadline_passed",
            _("The call closed on %(closed)s: what you filed stands.") % {"closed": when(application.call.closes_at)},
            remedy=_("If something is missing, the fund will ask you for it."),
            article="art. 8",
            status=409,
        )
    if application.state == "information_requested":
        request = queries.open_request(application)
        if request is None or act.at >= request.due_at:
            raise information_deadline_passed(request)
        if act.get("code") and act.get("code") not in request.sections:
            raise Refusal(
                "information_out_of_scope",
                _("Only what was asked for can change."),
                remedy=_("The rest of your application stays as filed."),
                article="art. 10",
            )
    return None


def may_change_hands(act: Act) -> None:
    """The lead passes to another person while the file lives, filed or not; a citizen's file is the citizen's own.

    A citizen is the applicant, the bearer and the key under which one file a call is counted (art. 2): another person would be another applicant.
    """
    application = act.obj
    if application.applicant_kind == ApplicantKind.CITIZEN:
        raise Refusal(
            "applicant_is_the_lead",
            _("You apply as a citizen: this application is yours and cannot pass to someone else."),
            remedy=_(
                "Make the other person an editor, or open an application as a collective and copy your texts into it."
            ),
            article="art. 2",
            status=409,
        )
    if application.state in CLOSED:
        raise Refusal(
            "not_allowed_in_state",
            _("This application is over: %(state)s.") % {"state": application.applicant_label},
            remedy=_("Copy it for an open call; whoever opens the copy leads it."),
            status=409,
        )


def information_deadline_passed(request) -> Refusal:
    instant = when(request.due_at) if request else "…"
    return Refusal(
        "information_deadline_passed",
        _("The time to reply ended on %(instant)s.") % {"instant": instant},
        remedy=_("Write to your contact if something prevented you."),
        article="art. 10",
        status=409,
    )


def never_filed_and_over(act: Act) -> None:
    """A draft lapses fifteen minutes after closing, unless an access code still opens the door."""
    call = act.obj.call
    if call.state == CallState.PUBLISHED and act.at < call.closes_at + CLOSING_GRACE:
        raise Refusal("call_still_open", _("The call is not closed yet."), status=409)
    if call.state in (CallState.DRAFT, CallState.CANCELLED):
        raise Refusal("call_still_open", _("The call is not closed yet."), status=409)
    if queries.code_is_live(act.obj, act.at):
        raise Refusal("access_code_live", _("An access code still lets this application be filed."), status=409)


def may_revive(act: Act) -> None:
    application = act.obj
    if application.first_received_at is not None:
        why = _("the grant was awarded, then lapsed")
    elif application.call.is_open(act.at) or queries.code_is_live(application, act.at):
        return
    else:
        why = _("the call is closed")
    raise Refusal(
        "cannot_revive",
        _("This application cannot be revived here: %(why)s.") % {"why": why},
        remedy=_("Copy it for an open call."),
        article="art. 8",
        status=409,
    )


def call_is_announced(act: Act) -> None:
    """A draft is opened on a call that is announced or open, never on one that is over."""
    call, kind = act.obj, act.get("applicant_kind")
    call_not_cancelled(act)
    if call.state != CallState.PUBLISHED:
        raise Refusal(
            "deadline_passed",
            _("This call does not take applications."),
            remedy=_("See the open calls."),
            article="art. 8",
            status=409,
        )
    if act.at >= call.closes_at:
        raise Refusal(
            "deadline_passed",
            _("The call closed on %(closed)s.") % {"closed": when(call.closes_at)},
            remedy=_("See the open calls."),
            article="art. 8",
            status=409,
        )
    if kind is not None and kind not in ApplicantKind.values:
        raise Refusal(
            "applicant_kind_not_allowed",
            _("This call is open to: %(kinds)s.") % {"kinds": ", ".join(str(label) for label in ApplicantKind.labels)},
            article="art. 2",
            field="applicant_kind",
        )


def invitation_is_good(act: Act) -> None:
    """Someone else's address, with an @: the invitation leaves by mail."""
    if act.preview:
        return
    email = (act.get("email") or "").strip()
    if not email:
        raise Refusal("email_invalid", _("Write this person’s address."), field="email")
    try:
        validate_email(email)
    except ValidationError:
        raise Refusal(
            "email_invalid",
            _("This is not an e-mail address: %(text)s.") % {"text": email},
            remedy=_("Copy it again, whole."),
            field="email",
        ) from None


NOT_A_MEMBER = gettext_lazy("This person is not in the team.")
