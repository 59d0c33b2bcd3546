"""Who may write what: the content while it is open, the parts of each member, the documents, the team and its lead."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applications import queries
from applications.enums import CLOSED, WRITABLE, AttachmentKind, SectionCode
from applications.models import Application
from applications.rules.window import call_not_cancelled
from core.transitions import Act, Refusal
from fund.enums import ApplicantKind
from fund.rules.common import when

NOT_A_MEMBER = gettext_lazy("This person is not in the team.")


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


def information_deadline_passed(request) -> Refusal:
    instant = when(request.due_at) if request else "…"
    return Refusal(
        "information_deadline_passed",
        _("The time to reply ended on %(instant)s.") % {"instant": instant},
        remedy=_("Write to your contact if something prevented you."),
        article="art. 10",
        status=409,
    )


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


def area_labels(areas: list[str]) -> str:
    return ", ".join(str(label) for code, label in SectionCode.choices if code in areas)


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
