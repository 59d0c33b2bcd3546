"""Guards of the case officers' acts: one request at a time, two at most; a checklist before a verdict."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from applications import queries
from applications.enums import CONDITION_ARTICLES, Condition, SectionCode
from applications.models import Application, EligibilityCheck
from applications.rules.gaps import missing
from applications.rules.rights import information_deadline_passed
from core.transitions import Act, Refusal
from fund.rules.common import when


@dataclass(frozen=True)
class ConditionLine:
    """One line of the checklist: what the officer ticked, and what the service itself found (`facts`, `warns`)."""

    code: str
    label: str
    article: str
    check: EligibilityCheck | None
    facts: str
    warns: bool


def condition_codes(application: Application) -> list[tuple[str, str, str]]:
    """Code, label and article of every condition: the rulebook's, then the call's own."""
    own = [(code, str(label), CONDITION_ARTICLES[code]) for code, label in Condition.choices]
    return own + [
        (f"call_{question.code}", question.question, question.article)
        for question in application.call.eligibility_questions.all()
    ]


def checklist(application: Application) -> list[ConditionLine]:
    checks = {check.code: check for check in application.checks.select_related("checked_by")}
    found = _facts(application)
    return [
        ConditionLine(code, label, article, checks.get(code), *found.get(code, ("", False)))
        for code, label, article in condition_codes(application)
    ]


def _facts(application: Application) -> dict[str, tuple[str, bool]]:
    gaps = missing(application, application.content)
    by_section = {code: [gap.message for gap in gaps if gap.section == code] for code in SectionCode.values}
    confirmed = application.partnerships.filter(state="confirmed").count()
    months = application.duration_months or 0
    late = bool(application.late_reason)

    def told(*sections, ok: str):
        said = [message for section in sections for message in by_section[section]]
        return (" ".join(said), True) if said else (ok, False)

    return {
        "admissible": (
            _("Filed late with an access code: %(reason)s") % {"reason": application.late_reason}
            if late
            else _("Received on %(instant)s.") % {"instant": when(application.first_received_at)}
            if application.first_received_at
            else "",
            late,
        ),
        "applicant_kind": told("applicant", ok=str(application.get_applicant_kind_display())),
        "partnership_confirmed": (
            ngettext("%(n)s confirmed.", "%(n)s confirmed.", confirmed) % {"n": confirmed},
            confirmed < queries.rules_of(application)["partnership_confirmed_min"],
        ),
        "amount_within_ceiling": told("budget", ok=_("Within the ceiling, by the figures filed.")),
        "budget_balanced": told("budget", ok=_("The figures filed balance.")),
        "project_duration": (
            ngettext("%(n)s month.", "%(n)s months.", months) % {"n": months},
            months > application.call.max_duration_months,
        ),
        "openness_commitment": told("openness", ok=_("Committed in the file.")),
        "cer_when_due": told("statements", ok=_("Statements made in the file.")),
    }


def checklist_is_done(act: Act) -> None:
    lines = checklist(act.obj)
    left = [line.label for line in lines if line.check is None or line.check.ok is not True]
    if left:
        raise Refusal(
            "checklist_incomplete",
            _("Still to check: %(list)s.") % {"list": ", ".join(left)},
            article="art. 9",
            status=409,
        )


def partnership_is_confirmed(act: Act) -> None:
    fewest = queries.rules_of(act.obj)["partnership_confirmed_min"]
    if act.obj.partnerships.filter(state="confirmed").count() < fewest:
        raise Refusal(
            "partnership_missing",
            ngettext(
                "No administration has confirmed the partnership.",
                "At least %(n)s administrations must have confirmed their partnership.",
                fewest,
            )
            % {"n": fewest},
            remedy=_("The applicant can remind the one invited or invite another before %(instant)s.")
            % {"instant": when(act.obj.call.partner_deadline_at)},
            article="art. 3",
            status=409,
        )


def requests_left(act: Act) -> None:
    request = queries.open_request(act.obj)
    if request:
        raise Refusal(
            "information_request_open",
            _("A request is already open until %(instant)s.") % {"instant": when(request.due_at)},
            remedy=_("Extend it or drop it first."),
            article="art. 10",
            status=409,
        )
    most = queries.rules_of(act.obj)["information_request_max"]
    if act.obj.information_requests.count() >= most:
        raise Refusal(
            "information_requests_exhausted",
            ngettext(
                "%(n)s request for information has already been made.",
                "%(n)s requests for information have already been made.",
                most,
            )
            % {"n": most},
            remedy=_("Decide on the application as it stands."),
            article="art. 10",
            status=409,
        )


def request_says_what(act: Act) -> None:
    if act.preview:
        return
    items, due_at = act.get("items") or [], act.get("due_at")
    good = all(
        (item.get("label") or "").strip()
        and (item.get("reason") or "").strip()
        and item.get("section") in SectionCode.values
        for item in items
    )
    if not items or not good or due_at is None or due_at <= act.at:
        raise Refusal(
            "information_request_empty",
            _("Say what is missing, why, which rule asks for it, and a time limit to come:"),
            remedy=_("otherwise the two-month period is not suspended."),
            article="art. 10",
            field="items",
        )


def request_is_running(act: Act) -> None:
    """The answer counts by the instant it was received."""
    request = queries.open_request(act.obj)
    if request is None or act.at >= request.due_at:
        raise information_deadline_passed(request)


def answer_says_something(act: Act) -> None:
    """A change in what was asked, or a word on why it cannot be given."""
    if act.preview or (act.get("text") or "").strip():
        return
    request, filed, now = queries.open_request(act.obj), act.obj.content, queries.content_now(act.obj)
    if request is not None and all(filed.get(code) == now[code] for code in request.sections):
        raise Refusal(
            "answer_empty",
            _("Nothing has changed in what was asked for."),
            remedy=_("Complete it, or say why it cannot be given."),
            article="art. 10",
            field="text",
        )


def deadline_is_later(act: Act) -> None:
    if act.preview:
        return
    request = queries.open_request(act.obj)
    due_at = act.get("due_at")
    if request is None or due_at is None or due_at <= max(request.due_at, act.at):
        raise Refusal(
            "deadline_not_later",
            _("The new time limit must end after %(instant)s.") % {"instant": when(request.due_at) if request else "…"},
            article="art. 10",
            field="due_at",
        )


def request_is_overdue(act: Act) -> None:
    request = queries.open_request(act.obj)
    if request is None or act.at < request.due_at:
        raise Refusal("too_early", _("The time to answer is not over."), status=409)


def defect_was_told(act: Act) -> None:
    """An ineligible verdict comes only after the applicant could complete or correct (art. 9)."""
    if not act.obj.information_requests.exists():
        raise Refusal(
            "information_request_required_first",
            _("This defect can be corrected. Ask for it first;"),
            remedy=_("you can conclude after the answer or the time limit."),
            article="art. 9",
            status=409,
        )
