"""The parameters of a rule version: what may be set, its type, its bounds and its default. One place; nothing else knows a default.

Values are JSON scalars or lists: whole numbers, yes or no, one of a list of choices, text, or an exact fraction or decimal written as text
("1/2", "2.50") so that no figure of the panel ever passes through a floating-point number. Amounts are cents; one that may be left out is null then.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext_lazy as _

from fund.enums import Authority

INTEGER, BOOLEAN, CHOICE, TEXT, FRACTION, AMOUNT, AMOUNT_OR_NONE, INTEGERS = (
    "integer",
    "boolean",
    "choice",
    "text",
    "fraction",
    "amount",
    "amount_or_none",
    "integers",
)


@dataclass(frozen=True)
class Parameter:
    """One rule. `article` is the article of the rulebook; bounds apply to numbers and to each number of a list."""

    code: str
    default: Any
    label: Any
    group: str
    article: str
    kind: str = INTEGER
    choices: tuple[tuple[str, Any], ...] = ()
    minimum: Any = 0
    maximum: Any = 3650

    def read(self, value: Any) -> Any:
        """The value as it is stored. Raises ValueError with the reason in plain words."""
        return _READERS[self.kind](self, value)


def _integer(parameter: Parameter, value: Any) -> int:
    if isinstance(value, bool):
        raise ValueError(_("Enter a whole number."))
    try:
        number = int(str(value).strip())
    except ValueError as error:
        raise ValueError(_("Enter a whole number.")) from error
    if not parameter.minimum <= number <= parameter.maximum:
        raise ValueError(
            _("Enter a number between %(minimum)s and %(maximum)s.")
            % {"minimum": parameter.minimum, "maximum": parameter.maximum}
        )
    return number


def _boolean(parameter: Parameter, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("true", "1", "on", "yes"):
        return True
    if str(value).lower() in ("false", "0", "", "no"):
        return False
    raise ValueError(_("Answer yes or no."))


def _choice(parameter: Parameter, value: Any) -> str:
    if value not in [code for code, _label in parameter.choices]:
        raise ValueError(_("Choose one of the values of the list."))
    return value


def _text(parameter: Parameter, value: Any) -> str:
    text = str(value or "").strip()
    if len(text) > 500:
        raise ValueError(_("Write 500 characters at most."))
    return text


def _fraction(parameter: Parameter, value: Any) -> str:
    text = str(value).strip().replace(",", ".")
    try:
        number = Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise ValueError(_("Enter a number such as 2.50, or a fraction such as 1/2.")) from error
    if not Fraction(str(parameter.minimum)) <= number <= Fraction(str(parameter.maximum)):
        raise ValueError(
            _("Enter a number between %(minimum)s and %(maximum)s.")
            % {"minimum": parameter.minimum, "maximum": parameter.maximum}
        )
    return text


def _amount_or_none(parameter: Parameter, value: Any) -> int | None:
    return None if value is None or isinstance(value, str) and not value.strip() else _integer(parameter, value)


def _integers(parameter: Parameter, value: Any) -> list[int]:
    parts = (
        value
        if isinstance(value, list)
        else [part for part in str(value).replace(",", " ").replace(";", " ").split() if part]
    )
    numbers = sorted({_integer(parameter, part) for part in parts}, reverse=True)
    if len(numbers) > 6:
        raise ValueError(_("Give six numbers at most."))
    return numbers


_READERS = {
    INTEGER: _integer,
    BOOLEAN: _boolean,
    CHOICE: _choice,
    TEXT: _text,
    FRACTION: _fraction,
    AMOUNT: _integer,
    AMOUNT_OR_NONE: _amount_or_none,
    INTEGERS: _integers,
}

GROUPS = {
    "call": _("Call and filing"),
    "eligibility": _("Eligibility"),
    "panel": _("Panel and interests"),
    "reading": _("Reading and scores"),
    "meeting": _("Meetings and votes"),
    "decision": _("Decisions and appeals"),
    "agreement": _("Agreement"),
    "payment": _("Payments"),
    "report": _("Reports and recoveries"),
    "publication": _("Publication and data kept"),
}


_p = Parameter

PARAMETERS: tuple[Parameter, ...] = (
    _p("call_open_min_days", 30, _("Shortest time a call stays open, in days"), "call", "6", minimum=1, maximum=365),
    _p("ceiling_amount", 3_000_000, _("Highest grant"), "call", "4", AMOUNT, minimum=1, maximum=100_000_000),
    _p("project_max_months", 18, _("Longest project, in months"), "call", "5", minimum=1, maximum=60),
    _p(
        "indirect_cost_max_rate",
        "0.10",
        _("Overheads: highest share of the expenses"),
        "call",
        "5",
        FRACTION,
        maximum=1,
    ),
    _p(
        "closing_grace_minutes",
        15,
        _("Minutes kept after closing to finish handling what arrived in time"),
        "call",
        "8",
        minimum=0,
        maximum=120,
    ),
    _p(
        "applications_per_applicant_per_call",
        1,
        _("Files an applicant may have in one call"),
        "call",
        "2",
        minimum=1,
        maximum=1,  # the database holds it too: one standing file an applicant and call
    ),
    _p(
        "overdue_report_blocks_filing", True, _("A late report prevents filing a new application"), "call", "2", BOOLEAN
    ),
    _p("collective_min_members", 2, _("Fewest people in a collective"), "call", "2", minimum=2, maximum=50),
    _p(
        "question_answer_days",
        10,
        _("Days within which a question to the fund is answered"),
        "call",
        "6",
        minimum=1,
        maximum=60,
    ),
    _p("attachment_max_count", 20, _("Most attachments of a file"), "call", "7", minimum=1, maximum=100),
    _p("attachment_max_megabytes", 10, _("Largest attachment, in megabytes"), "call", "7", minimum=1, maximum=50),
    _p("open_licence_required", True, _("What is funded is published under an open licence"), "call", "7", BOOLEAN),
    _p(
        "partnership_invited_min_to_file",
        1,
        _("Partners invited before filing, at least"),
        "eligibility",
        "3",
        maximum=10,
    ),
    _p(
        "partnership_confirmed_min",
        1,
        _("Partners confirmed to be eligible, at least"),
        "eligibility",
        "3",
        minimum=1,
        maximum=10,
    ),
    _p(
        "partnership_invitation_days",
        21,
        _("Days a partner has to answer an invitation"),
        "eligibility",
        "3",
        minimum=1,
        maximum=90,
    ),
    _p(
        "partner_deadline_days_after_close",
        7,
        _("Days after closing within which partners may still confirm"),
        "eligibility",
        "3",
        maximum=90,
    ),
    _p(
        "eligibility_days", 15, _("Days to check eligibility after closing"), "eligibility", "9", minimum=1, maximum=120
    ),
    _p(
        "information_request_days",
        15,
        _("Days to answer a request for information"),
        "eligibility",
        "10",
        minimum=1,
        maximum=90,
    ),
    _p(
        "information_request_max",
        2,
        _("Requests for information per file, at most"),
        "eligibility",
        "10",
        minimum=1,
        maximum=10,
    ),
    _p(
        "ineligible_only_after_information_request",
        True,
        _("A file is not declared ineligible before it could be completed"),
        "eligibility",
        "9",
        BOOLEAN,
    ),
    _p(
        "silence_months",
        2,
        _("Months of silence that count as a rejection"),
        "eligibility",
        "10",
        minimum=1,
        maximum=12,
    ),
    _p(
        "authority",
        Authority.CO_PRESIDENTS.value,
        _("Who signs the decisions"),
        "panel",
        "1",
        CHOICE,
        choices=tuple(Authority.choices),
    ),
    _p("full_members_per_college", 4, _("Full members in each college"), "panel", "11", minimum=1, maximum=50),
    _p("alternates_per_college_max", 4, _("Alternates in each college, at most"), "panel", "11", maximum=50),
    _p("term_months", 36, _("Length of a panel member's term, in months"), "panel", "11", minimum=1, maximum=120),
    _p("term_renewals_max", 1, _("Renewals of a term, at most"), "panel", "11", maximum=10),
    _p(
        "interest_lookback_months",
        36,
        _("Months looked back at for links of interest"),
        "panel",
        "12",
        minimum=1,
        maximum=120,
    ),
    _p("reviews_per_college", 2, _("Reviews of each file by each college"), "reading", "13", minimum=1, maximum=10),
    _p("review_days", 21, _("Days to read"), "reading", "13", minimum=1, maximum=120),
    _p(
        "review_reminder_days",
        [7, 2],
        _("Reminders before reading closes, in days"),
        "reading",
        "13",
        INTEGERS,
        maximum=60,
    ),
    _p(
        "overall_comment_required",
        True,
        _("A comment to the applicant is required with each review"),
        "reading",
        "14",
        BOOLEAN,
    ),
    _p(
        "flag_college_gap",
        "1.5",
        _("Gap between colleges from which a file is pointed out"),
        "reading",
        "14",
        FRACTION,
        maximum=5,
    ),
    _p(
        "flag_range",
        "2.5",
        _("Gap between readers from which a file is pointed out"),
        "reading",
        "14",
        FRACTION,
        maximum=5,
    ),
    _p("minimum_score", "2.50", _("Lowest score that can be funded"), "reading", "14", FRACTION, maximum=5),
    _p(
        "notice_days_min",
        5,
        _("Days between the notice and the meeting, at least"),
        "meeting",
        "15",
        minimum=5,  # R133-8; an urgency is said on the notice itself
        maximum=60,
    ),
    _p("quorum", "1/2", _("Quorum, of all the voting seats"), "meeting", "15", FRACTION, maximum=1),
    _p("quorum_college", "1/2", _("Quorum, of the seats of each college"), "meeting", "15", FRACTION, maximum=1),
    _p(
        "quorum_recused",
        "stays_in_base",
        _("A recused member, in the base of the quorum"),
        "meeting",
        "15",
        CHOICE,
        choices=(("stays_in_base", _("stays in the base")), ("leaves_base", _("leaves the base"))),
    ),
    _p("proxies_max", 1, _("Proxies a member may hold, in the same college"), "meeting", "15", maximum=5),
    _p(
        "second_notice_voters_per_college_min",
        1,
        _("Voters of each college at a meeting held on a second notice, at least"),
        "meeting",
        "15",
        minimum=1,
        maximum=10,
    ),
    _p(
        "majority",
        "r133_11",
        _("Majority"),
        "meeting",
        "16",
        CHOICE,
        choices=(
            ("r133_11", _("majority of the members present or represented (article R133-11)")),
            ("college_weighted", _("each college weighs half, whatever the number of its voters")),
        ),
    ),
    _p(
        "tie",
        "second_discussion",
        _("Equal split of the votes"),
        "meeting",
        "16",
        CHOICE,
        choices=(
            ("second_discussion", _("a second discussion and vote; not adopted if still equal")),
            ("defer", _("the item is deferred to another meeting")),
            ("reject", _("not adopted, at once")),
        ),
    ),
    _p(
        "tie_draw",
        False,
        _(
            "Files equal after every criterion may be parted by a public draw: lawful only when the rules say so (Conseil d’État, 22 December 2017, no. 410561)"
        ),
        "decision",
        "17",
        BOOLEAN,
    ),
    _p("legal_basis", "", _("Legal basis of the college-weighted vote"), "meeting", "16", TEXT),
    _p(
        "secret_ballot_on_request_of",
        1,
        _("Members whose request is enough for a secret ballot"),
        "meeting",
        "16",
        minimum=1,
        maximum=20,
    ),
    _p("reserve_list_validity_months", 6, _("Months the reserve list lasts"), "decision", "17", minimum=1, maximum=24),
    _p(
        "notification_days_after_meeting",
        15,
        _("Days to notify the decisions after the meeting"),
        "decision",
        "18",
        minimum=1,
        maximum=120,
    ),
    _p("appeal_months", 2, _("Months to appeal"), "decision", "19", minimum=2, maximum=12),
    _p("appeal_answer_months", 2, _("Months to answer an appeal"), "decision", "19", minimum=1, maximum=12),
    _p("offer_acceptance_days", 30, _("Days to accept the grant"), "agreement", "20", minimum=5, maximum=180),
    _p("agreement_signature_days", 30, _("Days to sign the agreement"), "agreement", "20", minimum=5, maximum=180),
    _p(
        "offer_reminder_days",
        [7, 2],
        _("Reminders before the offer lapses, in days"),
        "agreement",
        "20",
        INTEGERS,
        maximum=60,
    ),
    _p(
        "budget_shift_free_rate",
        "0.20",
        _("Budget moved between lines without an amendment, at most"),
        "agreement",
        "24",
        FRACTION,
        maximum=1,
    ),
    _p(
        "amendment_extension_max_months",
        6,
        _("Longest extension by amendment, in months"),
        "agreement",
        "24",
        minimum=1,
        maximum=24,
    ),
    _p(
        "amendment_answer_days",
        30,
        _("Days to answer a request for an amendment"),
        "agreement",
        "24",
        minimum=1,
        maximum=120,
    ),
    _p("amendment_signature_days", 30, _("Days to sign an amendment"), "agreement", "24", minimum=1, maximum=120),
    _p("payment_days", 60, _("Days to pay an instalment that is due"), "payment", "21", minimum=1, maximum=120),
    _p(
        "payee_account_change_hours",
        72,
        _("Hours a changed account waits before it may be paid"),
        "payment",
        "22",
        maximum=720,
    ),
    _p(
        "third_signature_above_amount",
        None,
        _("Payment orders above this amount need a third signature (left empty: none)"),
        "payment",
        "22",
        AMOUNT_OR_NONE,
        maximum=100_000_000,
    ),
    _p(
        "final_report_months_after_project_end",
        3,
        _("Months to file the final report"),
        "report",
        "23",
        minimum=1,
        maximum=12,
    ),
    _p(
        "interim_report_over_months",
        12,
        _("An interim report is due for projects longer than, in months"),
        "report",
        "23",
        minimum=1,
        maximum=60,
    ),
    _p(
        "report_gap_explanation_rate",
        "0.10",
        _("Gap on a line that must be explained, as a share"),
        "report",
        "23",
        FRACTION,
        maximum=1,
    ),
    _p(
        "report_gap_explanation_amount",
        20_000,
        _("Gap on a line that must be explained, in cents"),
        "report",
        "23",
        AMOUNT,
        maximum=10_000_000,
    ),
    _p(
        "report_reminder_days",
        [30, 7, 0],
        _("Reminders before a report is due, in days"),
        "report",
        "23",
        INTEGERS,
        maximum=120,
    ),
    _p("report_review_days", 30, _("Days to review a report"), "report", "23", minimum=1, maximum=120),
    _p(
        "report_formal_notice_days_late",
        30,
        _("Days late before a formal notice"),
        "report",
        "23",
        minimum=1,
        maximum=180,
    ),
    _p(
        "adversarial_days",
        15,
        _("Days to give observations before an unfavourable measure"),
        "report",
        "25",
        minimum=8,
        maximum=90,
    ),
    _p(
        "unspent_keepable_rate",
        "0.05",
        _("Unspent share a non-profit body may keep"),
        "report",
        "25",
        FRACTION,
        maximum=1,
    ),
    _p("recovery_payment_days", 30, _("Days to repay"), "report", "25", minimum=1, maximum=365),
    _p(
        "publication_months_after_signature",
        3,
        _("Months to publish a grant after signature, at most"),
        "publication",
        "26",
        minimum=1,
        maximum=3,
    ),
    _p(
        "retention_lapsed_draft_months",
        12,
        _("Months a lapsed draft is kept"),
        "publication",
        "27",
        minimum=1,
        maximum=60,
    ),
    _p(
        "retention_refused_months_after_appeal_time",
        24,
        _("Months a refused file is kept after the time to appeal"),
        "publication",
        "27",
        minimum=1,
        maximum=120,
    ),
)
BY_CODE: dict[str, Parameter] = {parameter.code: parameter for parameter in PARAMETERS}
DEFAULTS: dict[str, Any] = {parameter.code: parameter.default for parameter in PARAMETERS}


def unknown(parameters: dict[str, Any]) -> list[str]:
    """Names that are no parameter."""
    return sorted(set(parameters) - set(BY_CODE))


def read_all(parameters: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Typed values by code, and the errors by code (plain words). Missing parameters are left to their default."""
    values, errors = {}, {}
    for code, value in parameters.items():
        try:
            values[code] = BY_CODE[code].read(value)
        except KeyError:
            errors[code] = _("This is not a parameter of the rules.")
        except ValueError as error:
            errors[code] = error.args[0]
    return values, errors
