"""The case officers' acts on a filed file: ask for what is missing, check the conditions, declare eligible, examine again; and codes for a late filing."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications import documents as papers
from applications import queries
from applications.models import AccessCode, Application, EligibilityCheck, InformationRequest
from applications.notifications import tell
from applications.rules import instruction as rules
from applications.rules import people, window
from applications.transitions.common import note, writing
from applications.transitions.filing import withdraw_request
from core.models import User
from core.references import ALPHABET
from core.transitions import Refusal, clock, verb

OFFICER = (people.officer_has_no_interest,)


@verb(
    machine=InformationRequest,
    label=_("open a request for information"),
    who=(people.case_officer,),
    creates="open",
    on="application",
    inner=True,
    name="open",
)
def open_request(act, application, *, items, due_at, message):
    """The next request of this file."""
    return InformationRequest.objects.create(
        application=application,
        number=application.information_requests.count() + 1,
        items=items,
        message=message,
        requested_by=act.actor,
        opened_at=act.at,
        due_at=due_at,
    )


@verb(
    machine=InformationRequest,
    label=_("give more time"),
    who=(people.case_officer,),
    inner=True,
    name="extend",
    fsm="extend",
)
def extend_request(act, information_request, *, due_at):
    """A later end."""
    information_request.extend(due_at)


@verb(
    machine=InformationRequest, label=_("let the request expire"), who=(clock,), inner=True, name="expire", fsm="expire"
)
def expire_request_row(act, information_request):
    """The time passed."""
    information_request.expire(act.at)


@verb(
    machine=Application,
    label=_("request information"),
    who=(people.case_officer,),
    guards=(*OFFICER, rules.requests_left, rules.request_says_what),
    documents=("information_request",),
    mails=("applications/information.requested",),
)
def request_information(act, application, *, items, due_at, message=""):
    """Ask for what is missing: `items` is [{section, label, reason, article}], `due_at` the end of the time given. The two-month clock stops."""
    application.request_information()
    application.save()
    plain = [
        {name: str(item.get(name) or "").strip() for name in ("section", "label", "reason", "article")}
        for item in items
    ]
    request = open_request(
        application=application, actor=act.actor, at=act.at, items=plain, due_at=due_at, message=message.strip()
    )
    request.document = papers.freeze_information_request(application, request, at=act.at)
    request.save(update_fields=["document"])
    act.note(request=request.number, items=len(plain))
    tell(
        "information.requested",
        application,
        "complements/",
        at=act.at,
        wait_for=request.document,
        count=len(plain),
        until=due_at,
    )


@verb(
    machine=Application,
    label=_("give more time"),
    who=(people.case_officer,),
    guards=(*OFFICER, people.reason_given, rules.deadline_is_later),
    mails=("applications/information.extended",),
)
def extend(act, application, *, due_at, reason):
    """A later end for the request that is open."""
    act.because(reason)
    application.extend()
    extend_request(information_request=queries.open_request(application), actor=act.actor, at=act.at, due_at=due_at)
    tell("information.extended", application, "complements/", at=act.at, until=due_at)


@verb(
    machine=Application,
    label=_("drop the request"),
    who=(people.case_officer,),
    guards=(*OFFICER, people.reason_given),
    mails=("applications/information.dropped",),
)
def drop_request(act, application, *, reason):
    """The fund no longer needs what it asked for; the clock resumes."""
    act.because(reason)
    withdraw_request(information_request=queries.open_request(application), actor=act.actor, at=act.at)
    application.drop_request()
    tell("information.dropped", application, "", at=act.at)


@verb(
    machine=Application,
    label=_("let the request expire"),
    who=(clock,),
    guards=(rules.request_is_overdue,),
    mails=("applications/information.overdue",),
)
def expire_request(act, application):
    """Nobody answered in time: the file is marked incomplete and the clock resumes."""
    expire_request_row(information_request=queries.open_request(application), actor=act.actor, at=act.at)
    application.expire_request()
    tell("information.overdue", application, "", at=act.at)


@verb(
    machine=Application,
    label=_("declare eligible"),
    who=(people.case_officer,),
    guards=(*OFFICER, rules.partnership_is_confirmed, rules.checklist_is_done),
    mails=("applications/eligibility.eligible",),
)
def declare_eligible(act, application):
    """Every condition is checked and met: the panel may read the file."""
    application.declare_eligible(act.at)
    call = application.call
    tell(
        "eligibility.eligible",
        application,
        "",
        at=act.at,
        meeting_on=call.meeting_on,
        notified_by_on=call.notified_by_on,
    )


@verb(
    machine=Application,
    label=_("examine again"),
    who=(people.case_officer,),
    guards=(*OFFICER, people.reason_given),
    mails=("applications/eligibility.reexamined",),
)
def reexamine(act, application, *, reason):
    """A new fact (a partner withdrew…): eligibility is checked again."""
    act.because(reason)
    application.reexamine()
    tell("eligibility.reexamined", application, "", at=act.at, reason=reason.strip())


def save_checks(
    *, application: Application, actor: User, at: datetime, checks: dict[str, tuple[bool | None, str]]
) -> int:
    """Keep the officer's findings: condition code -> (met, not met or not looked at; note). Returns how many changed."""
    known = {code for code, _label, _article in rules.condition_codes(application)}
    with writing("save_checks", application, actor=actor, at=at, who=people.case_officer, guards=OFFICER) as act:
        if act.obj.state not in ("submitted", "information_requested"):
            raise Refusal(
                "not_allowed_in_state",
                gettext("This application is no longer being checked: %(state)s.") % {"state": act.obj.staff_label},
                status=409,
            )
        held, changed = {check.code: check for check in act.obj.checks.all()}, 0
        for code, (ok, text) in checks.items():
            if code not in known:
                continue
            row = held.get(code) or EligibilityCheck(application=act.obj, code=code)
            if (
                row.pk is None
                and ok is None
                and not text.strip()
                or (row.pk and row.ok == ok and row.note == text.strip())
            ):
                continue
            row.ok, row.note, row.checked_by, row.checked_at = ok, text.strip(), actor, at
            row.save()
            changed += 1
        if changed:
            note(act, checks=changed)
        return changed


def issue_access_code(
    *, application: Application, actor: User, at: datetime, reason: str, expires_at: datetime, max_uses: int = 1
) -> tuple[AccessCode, str]:
    """Open a late filing for a cause the applicant has no part in (art. 8). Returns the row and the code, which leaves by mail and is kept hashed only."""
    guards = (*OFFICER, people.reason_given)
    with writing(
        "issue_access_code", application, actor=actor, at=at, who=people.case_officer, guards=guards, reason=reason
    ) as act:
        if (
            act.obj.state not in ("draft", "lapsed", "submitted")
            or act.obj.state == "lapsed"
            and act.obj.first_received_at
        ):
            raise Refusal(
                "not_allowed_in_state",
                gettext("This application cannot be filed: %(state)s.") % {"state": act.obj.staff_label},
                status=409,
            )
        if expires_at <= at or not 1 <= max_uses <= 5:
            raise Refusal(
                "access_code_dates",
                gettext("The code must end later than now, and serve one to five times."),
                field="expires_at",
            )
        code = "".join(secrets.choice(ALPHABET) for _sign in range(10))
        row = AccessCode.objects.create(
            application=act.obj,
            code_hash=window.code_hash(code),
            reason=reason.strip()[:300],
            expires_at=expires_at,
            max_uses=max_uses,
            issued_by=actor,
            issued_at=at,
        )
        act.because(reason)
        note(act, access_code=row.pk)
        tell(
            "application.late_code",
            act.obj,
            f"verifier/?code={code}",
            at=at,
            reason=row.reason,
            until=expires_at,
            uses=max_uses,
            code=f"{code[:5]} {code[5:]}",
        )
        return row, code


def revoke_access_code(*, access_code: AccessCode, actor: User, at: datetime) -> AccessCode:
    """The code stops working."""
    with writing(
        "revoke_access_code", access_code.application, actor=actor, at=at, who=people.case_officer, guards=OFFICER
    ) as act:
        if access_code.revoked_at is None:
            access_code.revoked_at = at
            access_code.save(update_fields=["revoked_at"])
            note(act, access_code=access_code.pk)
        return access_code
