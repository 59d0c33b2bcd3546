"""What a section holds: its keys, their types and limits. Forms, the filing rules, the summary and the API read the same table.

Content is plain JSON. Amounts are integer cents, months are counted from the start of the project (1 is the first), `insee_code` is INSEE's.
Saving never asks for completeness: `clean` only gives a section its shape, drops what is unknown and the characters no text holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

WORD = re.compile(
    r"[^\s\u001c-\u001f\u0085\u200b\ufeff\u00ad\u200c-\u200f\u2060!?:;,.…«»“”\"'’()\[\]–—•·/-][^\s\u001c-\u001f\u0085\u200b\ufeff]*"
)
"""A word: from its first sign that is neither blank, invisible nor mere punctuation to the next blank. `Oui !` is one word, `l’essai` one, `« oui »` one.

core/static/js/enhance.js holds the same expression, sign for sign, so that the counter and the refusal never disagree.
"""
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
MAX_AMOUNT = 100_000_000_00
MAX_ROWS = 60


def count_words(text: str) -> int:
    """Words as the browser counts them too (see WORD)."""
    return len(WORD.findall(text or ""))


@dataclass(frozen=True)
class Key:
    """One answer. `kind`: text, line, amount, number, flag, list (of codes) or rows (then `columns`). `words` and `signs` are limits to file, not to save."""

    name: str
    label: StrOrPromise
    kind: str = "line"
    signs: int = 300
    words: int = 0
    choices: tuple = ()
    columns: tuple[Key, ...] = ()
    hint: str = ""


def _line(name, label, signs=200, **more):
    return Key(name, label, "line", signs, **more)


def _text(name, label, words, **more):
    return Key(name, label, "text", 20_000, words, **more)


def _rows(name, label, *columns, **more):
    return Key(name, label, "rows", columns=columns, **more)


@dataclass(frozen=True)
class Section:
    code: str
    keys: tuple[Key, ...] = field(default_factory=tuple)

    def key(self, name: str) -> Key:
        return next(key for key in self.keys if key.name == name)


# Accounts of the Cerfa form, two digits detailed where associations use the detail.
EXPENSE_ACCOUNTS = (
    ("601", _("601 Raw materials")),
    ("604", _("604 Services bought")),
    ("606", _("606 Supplies")),
    ("607", _("607 Goods")),
    ("611", _("611 Subcontracting")),
    ("613", _("613 Rent")),
    ("615", _("615 Upkeep")),
    ("616", _("616 Insurance")),
    ("618", _("618 Documentation")),
    ("621", _("621 Outside staff")),
    ("622", _("622 Fees")),
    ("623", _("623 Publicity and publications")),
    ("625", _("625 Travel and missions")),
    ("626", _("626 Post and telecoms")),
    ("627", _("627 Bank services")),
    ("628", _("628 Other services")),
    ("631", _("631 Taxes on pay")),
    ("635", _("635 Other taxes")),
    ("641", _("641 Pay")),
    ("645", _("645 Social contributions")),
    ("648", _("648 Other staff costs")),
    ("651", _("651 Licences and royalties")),
    ("658", _("658 Other current costs")),
)
FUND_ACCOUNT = "741"
RESOURCE_ACCOUNTS = (
    ("706", _("706 Services sold")),
    ("707", _("707 Goods sold")),
    ("741", _("741 State")),
    ("742", _("742 Region")),
    ("743", _("743 Department")),
    ("744", _("744 Commune or group of communes")),
    ("745", _("745 Social bodies")),
    ("746", _("746 European funds")),
    ("747", _("747 Other public bodies")),
    ("754", _("754 Donations")),
    ("756", _("756 Membership fees")),
    ("758", _("758 Other current income")),
    ("789", _("789 Earmarked funds carried over")),
)
IN_KIND_EXPENSE_ACCOUNTS = (
    ("860", _("860 Help in kind")),
    ("861", _("861 Free use of goods or services")),
    ("862", _("862 Services in kind")),
    ("864", _("864 Volunteers’ time")),
)
IN_KIND_RESOURCE_ACCOUNTS = (
    ("870", _("870 Volunteering")),
    ("871", _("871 Services in kind")),
    ("875", _("875 Gifts in kind")),
)
LICENCES = (
    "EUPL-1.2",
    "AGPL-3.0-or-later",
    "GPL-3.0-or-later",
    "LGPL-3.0-or-later",
    "MIT",
    "Apache-2.0",
    "CC-BY-4.0",
    "CC-BY-SA-4.0",
    "CC0-1.0",
    "etalab-2.0",
    "ODbL-1.0",
    "CERN-OHL-S-2.0",
    "CERN-OHL-W-2.0",
    "CERN-OHL-P-2.0",
)


def _budget_rows(name, label, accounts, *more):
    return _rows(
        name,
        label,
        Key("account", _("account"), "line", 6, choices=accounts),
        _line("label", _("what")),
        Key("amount", _("amount"), "amount"),
        *more,
    )


APPLICANT = Section(
    "applicant",
    (
        _line("name", _("name"), 200),
        _line("siret", _("SIRET number"), 14),
        _line("rna", _("RNA number"), 10),
        _line("court_registry", _("court registry (Alsace-Moselle)"), 200),
        _text("purpose", _("purpose"), 150),
        _line("address", _("postal address"), 300),
        _line("phone", _("phone"), 30),
        _line("representative_name", _("legal representative"), 150),
        _line("representative_role", _("position of the legal representative"), 120),
        Key("adult", _("I am an adult"), "flag"),
        Key("economic_activity", _("the bearer has an economic activity"), "flag"),
        Key("de_minimis_amount", _("de minimis aid received over three years"), "amount"),
        _line("bearer_kind", _("who receives the money"), 20),
        _line("bearer_name", _("name of the bearer"), 200),
        _line("bearer_siret", _("SIRET number of the bearer"), 14),
        _line("bearer_rna", _("RNA number of the bearer"), 10),
        _line("bearer_court_registry", _("court registry of the bearer (Alsace-Moselle)"), 200),
        _line("bearer_address", _("address of the bearer"), 300),
        _line("bearer_representative", _("who signs for the bearer"), 150),
        _line("bearer_email", _("e-mail address of the bearer"), 254),
    ),
)
PROJECT = Section(
    "project",
    (
        _line("title", _("title of the project"), 120),
        _text("summary", _("summary"), 100),
        _text("need", _("the need"), 600),
        _text("solution", _("the prototype"), 900),
        _text("origin", _("where the idea comes from"), 200),
        _rows(
            "deliverables",
            _("what you will hand over"),
            _line("title", _("what"), 150),
            _line("description", _("description"), 300),
            Key("due_month", _("month"), "number"),
        ),
        _rows(
            "timeline",
            _("schedule"),
            Key("from_month", _("from month"), "number"),
            Key("to_month", _("to month"), "number"),
            _line("label", _("step"), 200),
        ),
        _rows("risks", _("risks"), _line("risk", _("risk"), 300), _line("answer", _("what you will do"), 300)),
        _rows(
            "expected_outcomes",
            _("what will be measured"),
            _line("indicator", _("indicator"), 200),
            _line("target", _("target"), 200),
        ),
        Key("duration_months", _("duration in months"), "number"),
        _line("insee_code", _("commune"), 5),
        Key("themes", _("themes"), "list"),
    ),
)
PARTNERSHIP = Section(
    "partnership",
    (
        _text("expectation", _("what you ask of the administration"), 200),
        _text("commitment", _("what the administration brings"), 200),
    ),
)
BUDGET = Section(
    "budget",
    (
        Key("requested_amount", _("amount requested"), "amount"),
        Key("minimum_viable_amount", _("amount below which the project cannot be done"), "amount"),
        _budget_rows("expenses", _("expenses"), EXPENSE_ACCOUNTS, Key("indirect", _("overhead"), "flag")),
        _budget_rows(
            "resources",
            _("other resources"),
            RESOURCE_ACCOUNTS,
            Key("is_fund", _("this fund"), "flag"),
            _line("status", _("status"), 20),
        ),
        _budget_rows(
            "in_kind_expenses",
            _("use of what is given free"),
            IN_KIND_EXPENSE_ACCOUNTS,
            Key("hours", _("hours"), "number"),
        ),
        _budget_rows("in_kind_resources", _("what is given free"), IN_KIND_RESOURCE_ACCOUNTS),
        _text("choices", _("how the amounts were found"), 200),
    ),
)
OPENNESS = Section(
    "openness",
    (
        _line("licence", _("open licence"), 200),
        _line("repository_url", _("where the work will be published"), 300),
        _line("demo_url", _("where it can be tried"), 300),
        _text("secret_reason", _("secret protected by law"), 150),
        Key("publish_code", _("the source code will be published"), "flag"),
        Key("publish_data", _("contents and data will be published"), "flag"),
        Key("reuse", _("another administration can reuse it"), "flag"),
        _text("accessibility", _("accessibility"), 150),
    ),
)
DOCUMENTS = Section("documents", (_text("note", _("a word on the documents"), 150),))
STATEMENTS = Section(
    "statements",
    (
        Key("accurate", _("what I write is accurate"), "flag"),
        Key("authorised", _("I may sign for the applicant"), "flag"),
        Key("not_started", _("the project is not finished and its expenses are not paid yet"), "flag"),
        Key("no_double_funding", _("no other grant pays for the same expenses"), "flag"),
        Key("social_and_tax", _("social and tax obligations are met"), "flag"),
        Key("cer", _("the republican commitment contract is subscribed"), "flag"),
        _line("cer_on", _("date of the subscription"), 10),
        _line("cer_version", _("version of the contract"), 40),
        Key("mandates_held", _("every member has mandated the bearer in writing"), "flag"),
        Key("electronic_notification", _("decisions may be notified here"), "flag"),
    ),
)
SECTIONS: dict[str, Section] = {
    section.code: section for section in (APPLICANT, PROJECT, PARTNERSHIP, BUDGET, OPENNESS, DOCUMENTS, STATEMENTS)
}
CER_VERSION = "2021-1947"


def _clean_value(key: Key, value):
    if key.kind == "flag":
        return value is True
    if key.kind in ("amount", "number"):
        if isinstance(value, bool) or not isinstance(value, (int, str)) or not re.fullmatch(r"-?\d{1,12}", str(value)):
            return None
        return max(-MAX_AMOUNT, min(MAX_AMOUNT, int(value)))
    if key.kind == "list":
        return [str(code)[:40] for code in value if isinstance(code, str)][:20] if isinstance(value, list) else []
    if key.kind == "rows":
        rows = value if isinstance(value, list) else []
        shaped = [
            {column.name: _clean_value(column, row.get(column.name)) for column in key.columns}
            for row in rows[:MAX_ROWS]
            if isinstance(row, dict)
        ]
        return [row for row in shaped if any(cell not in (None, "", False) for cell in row.values())]
    text = (
        value
        if isinstance(value, str)
        else ""
        if value is None or isinstance(value, (dict, list, bool))
        else str(value)
    )
    text = CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if key.kind == "line":
        text = " ".join(text.split())
    return text[: key.signs]


def clean(code: str, content: dict) -> dict:
    """The content of a section in its shape: every key present, unknown keys dropped. Raises KeyError for an unknown section."""
    given = content if isinstance(content, dict) else {}
    shaped = {key.name: _clean_value(key, given.get(key.name)) for key in SECTIONS[code].keys}
    return _with_fund_line(shaped) if code == "budget" else shaped


def _with_fund_line(budget: dict) -> dict:
    """The fund's own line among the resources follows the amount requested, so that the two can never differ."""
    others = [row for row in budget["resources"] if not row["is_fund"]]
    fund = next((row for row in budget["resources"] if row["is_fund"]), {})
    amount = budget["requested_amount"] or 0
    line = {
        "account": fund.get("account") or FUND_ACCOUNT,
        "label": fund.get("label") or "",
        "amount": amount,
        "is_fund": True,
        "status": "requested",
    }
    return budget | {"resources": ([line] if amount else []) + others}


def total(rows: list[dict]) -> int:
    """Sum of the amounts of budget rows, in cents."""
    return sum(row.get("amount") or 0 for row in rows or [])
