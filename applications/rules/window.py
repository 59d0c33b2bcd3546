"""When a call takes files: announced, open, closed but for an access code; and what becomes of a draft after that."""

from __future__ import annotations

import hashlib

from django.utils import timezone
from django.utils.translation import gettext as _

from applications import queries
from applications.models import Application
from applications.periods import CLOSING_GRACE
from core.transitions import Act, Refusal
from fund.enums import ApplicantKind, CallState
from fund.rules.common import when


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


def code_hash(code: str) -> str:
    return hashlib.sha256("".join(code.split()).upper().encode()).hexdigest()


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
