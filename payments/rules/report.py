"""Guards of the report: complete, every large gap explained, and who decides."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from django.utils import timezone
from django.utils.formats import date_format, localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.money import format_euros
from core.transitions import Act, Refusal
from payments.enums import AGREEMENT_FINAL

HEADINGS = (
    (
        "done",
        gettext_lazy("What was done"),
        gettext_lazy("Tell the story: what you promised, what you did, when, with whom."),
    ),
    (
        "results",
        gettext_lazy("What came out of it"),
        gettext_lazy("Figures of what you said you would measure, and what people say."),
    ),
    (
        "partnership",
        gettext_lazy("The work with the administration"),
        gettext_lazy("What it did, what helped, what did not."),
    ),
)
"""Headings of the narrative: code, title, hint."""


def threshold(report):
    """The share and the cents beyond both of which a gap must be explained."""
    rules = report.agreement.rules
    if rules is None:
        return Fraction("0.10"), 20_000
    return Fraction(str(rules["report_gap_explanation_rate"])), rules["report_gap_explanation_amount"]


def needs_explanation(line, share: Fraction, cents: int) -> bool:
    """Gap over the share of the budget and over the amount, both; a line outside the budget counts whole."""
    gap = line.gap_amount
    if gap is None or abs(gap) <= cents:
        return False
    return line.budget_amount == 0 or abs(gap) > line.budget_amount * share


def gap_text(line) -> str:
    """`−12,5 %`, or that the line was not in the budget."""
    tenths = line.gap_tenths
    if tenths is None:
        return _("not in the budget")
    return f"{'−' if tenths < 0 else ''}{localize(abs(tenths) / 10)}\u00a0%"


def gaps(report) -> list[tuple[str, str]]:
    """(field, sentence) of all that is missing to file; empty when it may be filed."""
    found = []
    for code, title, _hint in HEADINGS:
        if not (report.narrative.get(code) or "").strip():
            found.append((code, str(title)))
    if not report.learnt.strip():
        found.append(("learnt", _("what you learnt")))
    if report.kind == "final":
        if not report.repository_url and not report.demo_url:
            found.append(("repository_url", _("where the result can be seen or tried")))
        if not report.licence:
            found.append(("licence", _("the open licence")))
        if not report.adoption:
            found.append(("adoption", _("what became of the prototype in the administration")))
    lines = list(report.lines.all())
    empty = [line for line in lines if line.actual_amount is None]
    if empty:
        found.append(
            (
                f"actual_{empty[0].position}",
                _("the amount spent on: %(lines)s") % {"lines": ", ".join(line.label for line in empty[:3])},
            )
        )
    return found


def nobody_saved_since(act: Act) -> None:
    """`version` is the one the page was opened with; without it nothing is compared."""
    report, given = act.obj, act.get("version")
    if given is not None and given != report.version:
        raise Refusal(
            "version_conflict",
            _("%(person)s saved this report in the meantime.") % {"person": report.updated_by or _("Someone")},
            remedy=_("What you typed is below: compare, then save again to keep your version."),
            status=409,
        )


TIMES_BUDGET = 2
"""A project may cost more than its budget, and its bearer pays the rest; one expense of more than so many times the whole budget is a slip of the keyboard."""


def spending_bound(report) -> int:
    """Cents above which nothing is believed on one line: from the budget as filed, or the grant when it says nothing."""
    return TIMES_BUDGET * max(report.budget_total_amount, report.agreement.amount)


def too_much(report) -> str:
    """Why an amount above the bound is not taken, for who typed it."""
    said = _("This is more than twice the whole budget of the project, %(budget)s: check the figures and the comma.")
    return said % {"budget": format_euros(spending_bound(report) // TIMES_BUDGET)}


def lines_within_bound(act: Act) -> None:
    for row in act.get("lines") or ():
        if (row.get("actual_amount") or 0) > spending_bound(act.obj):
            raise Refusal(
                "spending_above_bound",
                too_much(act.obj),
                remedy=_("If it is right, write to the fund first."),
                article="art. 23",
                field=f"actual_{row['position']}" if row.get("position") else "lines",
            )


def complete(act: Act) -> None:
    missing = gaps(act.obj)
    if missing:
        raise Refusal(
            "report_incomplete",
            _("Missing: %(things)s.") % {"things": "; ".join(sentence for _field, sentence in missing)},
            remedy=_("Your draft is kept."),
            article="art. 23",
            field=missing[0][0],
        )


def unexplained(report) -> list:
    share, cents = threshold(report)
    return [
        line for line in report.lines.all() if needs_explanation(line, share, cents) and not line.explanation.strip()
    ]


def gaps_explained(act: Act) -> None:
    for line in unexplained(act.obj):
        raise Refusal(
            "gap_explanation_missing",
            _("The line “%(line)s” is off by %(gap)s (%(percent)s).")
            % {"line": line.label, "gap": format_euros(line.gap_amount), "percent": gap_text(line)},
            remedy=_("Say why in one sentence."),
            article="art. 23",
            field=f"explanation_{line.position}",
        )


def agreement_going(act: Act) -> None:
    if act.obj.agreement.state in AGREEMENT_FINAL:
        raise Refusal(
            "agreement_final",
            _("The agreement has ended: this report can no longer be reopened."),
            article="art. 23",
            status=409,
        )


def changes_given(act: Act) -> None:
    if not act.preview and not act.get("changes"):
        raise Refusal("changes_missing", _("Say what is expected, line by line."), field="changes", article="art. 23")


def answer_day_to_come(act: Act) -> None:
    due_on = act.get("due_on")
    if due_on is not None and due_on <= timezone.localdate(act.at):
        raise Refusal(
            "date_passed",
            _("The day the answer is expected by must be in the future."),
            field="due_on",
            article="art. 23",
        )


def accepted_within_actual(act: Act) -> None:
    lines = {line.pk: line for line in act.obj.lines.all()}
    for pk, cents in (act.get("accepted") or {}).items():
        line = lines.get(int(pk))
        if line is None or cents is None or not 0 <= cents <= (line.actual_amount or 0):
            raise Refusal(
                "accepted_above_actual",
                _("What is admitted on “%(line)s” cannot be above what was spent.")
                % {"line": line.label if line else "?"},
                field=f"accepted_{pk}",
            )


def notice_from(report):
    """The day from which a formal notice may be given: so many days late, as the rules of the grant say (rulebook, art. 23)."""
    return report.due_on + timedelta(days=report.agreement.rules["report_formal_notice_days_late"])


def agreement_in_force(act: Act) -> None:
    if act.obj.agreement.state not in ("signed", "active", "suspended"):
        raise Refusal("agreement_final", _("The agreement is not in force."), article="art. 23", status=409)


def late_enough(act: Act) -> None:
    if timezone.localdate(act.at) < notice_from(act.obj):
        raise Refusal(
            "report_not_late_enough",
            _("This report is not late enough for a formal notice."),
            remedy=_("It becomes possible on %(day)s.") % {"day": date_format(notice_from(act.obj))},
            article="art. 23",
            status=409,
        )


def no_notice_yet(act: Act) -> None:
    if act.obj.notice_id:
        raise Refusal("notice_already_given", _("The formal notice was already given."), article="art. 23", status=409)


def not_paid_on(act: Act) -> None:
    """A report whose payment is under way is not reopened."""
    trigger = f"{act.obj.kind}_report_accepted"
    if act.obj.agreement.instalments.filter(
        trigger=trigger, state__in=("certified", "ordered", "in_payment", "paid")
    ).exists():
        raise Refusal(
            "report_already_paid_on",
            _("A payment that rests on this report is under way or made."),
            remedy=_("Open a recovery if money must come back."),
            article="art. 23",
            status=409,
        )
