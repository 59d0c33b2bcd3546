"""What a file still lacks to be filed: one list, shown on the check page with links and asked again by the verb that files."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from applications import queries
from applications.enums import BearerKind
from applications.models import Application
from applications.schema import SECTIONS, Key, count_words, total
from core.money import format_euros
from fund import communes, identifiers
from fund.enums import ApplicantKind
from fund.models import Theme

MIN_COLLECTIVE = 2
INDIRECT_PERCENT = 10
_PHONE = re.compile(r"\+?(?:[ .()/-]*\d){8,15}[ .]*")
_ADDRESS = URLValidator(schemes=["http", "https"])


@dataclass(frozen=True)
class Missing:
    """One thing missing: its section, the field to go to, and the sentence; `code` is the refusal's."""

    section: str
    field: str
    message: str
    code: str = "section_incomplete"
    page: str = ""

    @property
    def path(self) -> str:
        """The end of the address, under the file's own."""
        if self.page:
            return f"{self.page}/"
        return f"ecrire/{self.section}/" + (f"#{self.anchor}" if self.field else "")

    @property
    def anchor(self) -> str:
        """The element of the section's page that mends it: the table, or the field one can see (a commune is typed by its name)."""
        if any(key.name == self.field and key.kind == "rows" for key in SECTIONS[self.section].keys):
            return f"table-{self.field}"
        return "id_commune" if self.field == "insee_code" else f"id_{self.field}"


def missing(application: Application, content: dict | None = None) -> list[Missing]:
    """Everything that keeps the working copy (or the given content) from being filed, in the order of the sections."""
    content = content if content is not None else queries.content_now(application)
    gaps: list[Missing] = []
    for check in (_applicant, _project, _partnership, _budget, _openness, _documents, _statements):
        gaps += check(application, content)
    return gaps


def _words(section: str, content: dict) -> list[Missing]:
    gaps = []
    for key in SECTIONS[section].keys:
        words = count_words(content[section].get(key.name) or "") if key.words else 0
        if key.words and words > key.words:
            gaps.append(
                Missing(
                    section,
                    key.name,
                    _(
                        "“%(label)s” has %(words)s words; the limit is %(limit)s. Everything is kept; shorten it to be able to file."
                    )
                    % {"label": key.label, "words": words, "limit": key.words},
                    "word_limit_exceeded",
                )
            )
    return gaps


def _needed(section: str, content: dict, *names: str) -> list[Missing]:
    gaps = []
    for name in names:
        key: Key = SECTIONS[section].key(name)
        if content[section].get(name) in (None, "", [], False):
            gaps.append(Missing(section, name, _("To fill in: %(label)s.") % {"label": key.label}))
    return gaps


def needs_cer(application: Application, content: dict) -> bool:
    """The contract is due from an association, laureate or bearer; never from a natural person."""
    if application.applicant_kind == ApplicantKind.ASSOCIATION:
        return True
    return (
        application.applicant_kind == ApplicantKind.COLLECTIVE
        and content["applicant"].get("bearer_kind") == BearerKind.ASSOCIATION
    )


def _applicant(application: Application, content: dict) -> list[Missing]:
    section = content["applicant"]
    gaps = _needed("applicant", content, "name", "address", "phone")
    if application.applicant_kind == ApplicantKind.CITIZEN:
        gaps += _adult(section)
    elif application.applicant_kind == ApplicantKind.ASSOCIATION:
        gaps += _needed("applicant", content, "siret", "purpose", "representative_name", "representative_role")
        if not section["rna"] and not section["court_registry"]:
            gaps.append(Missing("applicant", "rna", _("Give the RNA number, or the court registry in Alsace-Moselle.")))
        gaps += _numbers(section)
    else:
        gaps += _collective(application, content)
    if section["phone"] and not _PHONE.fullmatch(section["phone"].strip()):
        gaps.append(
            Missing("applicant", "phone", _("This is not a phone number: write its digits, as 01 23 45 67 89."))
        )
    if section["economic_activity"] and section["de_minimis_amount"] is None:
        gaps.append(
            Missing(
                "applicant",
                "de_minimis_amount",
                _("Say which de minimis aid the bearer has received over three years, even if none (0)."),
            )
        )
    return gaps + _words("applicant", content)


def _numbers(section: dict, prefix: str = "") -> list[Missing]:
    gaps = []
    if section[f"{prefix}siret"] and not identifiers.is_siret(section[f"{prefix}siret"]):
        gaps.append(
            Missing(
                "applicant",
                f"{prefix}siret",
                _(
                    "This SIRET is not valid: fourteen digits are needed, and the last ones must fit the others. Check the number."
                ),
                "siret_invalid",
            )
        )
    if section[f"{prefix}rna"] and not identifiers.is_rna(section[f"{prefix}rna"]):
        gaps.append(
            Missing(
                "applicant",
                f"{prefix}rna",
                _(
                    "This RNA number has the wrong form: W followed by nine characters. In Alsace-Moselle, choose the court register instead."
                ),
                "rna_invalid",
            )
        )
    return gaps


def _adult(section: dict) -> list[Missing]:
    if section["adult"]:
        return []
    return [
        Missing(
            "applicant",
            "adult",
            _("The person who signs must be an adult. An adult member or an association can sign instead."),
            "age_below_minimum",
        )
    ]


def _collective(application: Application, content: dict) -> list[Missing]:
    section, gaps = content["applicant"], _needed("applicant", content, "purpose")
    if application.members.exclude(user=application.lead).count() + 1 < MIN_COLLECTIVE:
        gaps.append(
            Missing(
                "applicant",
                "",
                _("A collective has at least two people. Invite another one, or apply as a citizen."),
                "collective_too_small",
                "equipe",
            )
        )
    if section["bearer_email"] and not _is_email(section["bearer_email"]):
        gaps.append(
            Missing(
                "applicant",
                "bearer_email",
                _("This is not an e-mail address: %(text)s.") % {"text": section["bearer_email"]},
                "bearer_missing",
            )
        )
    if section["bearer_kind"] not in BearerKind.values or not section["bearer_name"]:
        gaps.append(
            Missing(
                "applicant",
                "bearer_kind",
                _("A collective cannot receive money itself. Choose a bearer: an association, or an adult member."),
                "bearer_missing",
            )
        )
    elif section["bearer_kind"] == BearerKind.ASSOCIATION:
        gaps += _needed("applicant", content, "bearer_siret", "bearer_address", "bearer_representative") + _numbers(
            section, "bearer_"
        )
    else:
        gaps += _needed("applicant", content, "bearer_email")
        if _is_email(section["bearer_email"]) and _bearer_person(application, section["bearer_email"]) is None:
            gaps.append(
                Missing(
                    "applicant",
                    "bearer_email",
                    _("The member who receives the money must have joined the team with this address."),
                    "bearer_missing",
                )
            )
        gaps += _adult(section)
    return gaps


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def _bearer_person(application: Application, email: str):
    if application.lead.email.lower() == email.lower():
        return application.lead
    member = (
        application.members.select_related("user").filter(joined_at__isnull=False, user__email__iexact=email).first()
    )
    return member.user if member else None


bearer_person = _bearer_person


def _project(application: Application, content: dict) -> list[Missing]:
    section, call = content["project"], application.call
    gaps = _needed(
        "project",
        content,
        "title",
        "summary",
        "need",
        "solution",
        "deliverables",
        "timeline",
        "expected_outcomes",
        "duration_months",
        "insee_code",
    )
    if not section["themes"] and Theme.objects.exists():
        gaps += _needed("project", content, "themes")
    if section["insee_code"] and communes.find(section["insee_code"]) is None:
        gaps.append(Missing("project", "insee_code", _("This commune is not in the official list. Choose it again.")))
    duration = section["duration_months"]
    if duration is not None and duration < 1:
        gaps.append(Missing("project", "duration_months", _("The project lasts at least one month.")))
    elif duration and duration > call.max_duration_months:
        gaps.append(
            Missing(
                "project",
                "duration_months",
                _(
                    "The project lasts %(months)s months; the maximum is %(max)s. Tighten the schedule or keep the rest for another call."
                )
                % {"months": duration, "max": call.max_duration_months},
                "project_too_long",
            )
        )
    return gaps + _months(section) + _words("project", content)


def _months(section: dict) -> list[Missing]:
    """Months are counted from the signature: each within the project, no step ending before it begins."""
    gaps, last = [], section["duration_months"] or 0
    for table, names in (("deliverables", ("due_month",)), ("timeline", ("from_month", "to_month"))):
        label = SECTIONS["project"].key(table).label
        for number, row in enumerate(section[table], 1):
            months = [row[name] for name in names if row.get(name) is not None]
            if last and any(not 0 <= month <= last for month in months):
                gaps.append(
                    Missing(
                        "project",
                        table,
                        _("%(table)s, line %(n)s: the month goes beyond the %(last)s months of the project.")
                        % {"table": _sentence(label), "n": number, "last": last},
                    )
                )
            elif months != sorted(months):
                gaps.append(
                    Missing(
                        "project",
                        table,
                        _("%(table)s, line %(n)s: the step ends before it begins.")
                        % {"table": _sentence(label), "n": number},
                    )
                )
    return gaps


def _sentence(label) -> str:
    text = str(label)
    return text[:1].upper() + text[1:]


def _partnership(application: Application, content: dict) -> list[Missing]:
    gaps = _needed("partnership", content, "expectation")
    if not application.partnerships.filter(state__in=("invited", "confirmed")).exists():
        gaps.append(
            Missing(
                "partnership",
                "",
                _("Invite at least one partner administration: one e-mail is enough, it can reply later."),
                "partner_not_invited",
                "partenaires",
            )
        )
    return gaps + _words("partnership", content)


def _budget(application: Application, content: dict) -> list[Missing]:
    section, call = content["budget"], application.call
    requested = section["requested_amount"]
    gaps = []
    if requested is None:
        gaps += _needed("budget", content, "requested_amount")
    elif requested <= 0:
        gaps.append(
            Missing("budget", "requested_amount", _("The amount requested must be above zero."), "amount_not_positive")
        )
    elif requested > call.ceiling_amount:
        gaps.append(
            Missing(
                "budget",
                "requested_amount",
                _(
                    "You ask for %(asked)s; the ceiling is %(ceiling)s. Lower the request or find another resource for the difference."
                )
                % {"asked": format_euros(requested), "ceiling": format_euros(call.ceiling_amount)},
                "amount_above_ceiling",
            )
        )
    elif requested < call.floor_amount:
        gaps.append(
            Missing(
                "budget",
                "requested_amount",
                _("You ask for %(asked)s; this call starts at %(floor)s.")
                % {"asked": format_euros(requested), "floor": format_euros(call.floor_amount)},
                "amount_below_floor",
            )
        )
    if requested and section["minimum_viable_amount"] and section["minimum_viable_amount"] > requested:
        gaps.append(
            Missing(
                "budget",
                "minimum_viable_amount",
                _("Your minimum amount is higher than your request. Lower one or raise the other."),
                "minimum_above_request",
            )
        )
    return gaps + _lines(section) + _balance(section) + _words("budget", content)


def _lines(section: dict) -> list[Missing]:
    gaps = []
    if not section["expenses"]:
        gaps.append(Missing("budget", "expenses", _("No line yet. Start with the biggest expense.")))
    for table in ("expenses", "resources", "in_kind_expenses", "in_kind_resources"):
        accounts = {code for code, _label in SECTIONS["budget"].key(table).columns[0].choices}
        for number, row in enumerate((row for row in section[table] if not row.get("is_fund")), 1):
            if not row["label"] or row["amount"] is None:
                gaps.append(
                    Missing(
                        "budget",
                        table,
                        _("%(table)s, line %(n)s: say what and how much.")
                        % {"table": SECTIONS["budget"].key(table).label, "n": number},
                    )
                )
            elif row["amount"] <= 0:
                gaps.append(
                    Missing(
                        "budget", table, _("Line “%(line)s”: the amount must be above zero.") % {"line": row["label"]}
                    )
                )
            elif row["account"] not in accounts:
                gaps.append(
                    Missing(
                        "budget",
                        table,
                        _("The line “%(line)s” has no account, or one that cannot be funded. Choose it from the list.")
                        % {"line": row["label"]},
                        "expense_not_eligible",
                    )
                )
    return gaps


def _balance(section: dict) -> list[Missing]:
    gaps = []
    spent, found = total(section["expenses"]), total(section["resources"])
    if spent != found:
        gaps.append(
            Missing(
                "budget",
                "expenses",
                _("Expenses: %(spent)s; resources: %(found)s. They must be equal; the gap is %(gap)s.")
                % {"spent": format_euros(spent), "found": format_euros(found), "gap": format_euros(abs(spent - found))},
                "budget_unbalanced",
            )
        )
    given, used = total(section["in_kind_resources"]), total(section["in_kind_expenses"])
    if given != used:
        gaps.append(
            Missing(
                "budget",
                "in_kind_expenses",
                _("In kind: %(used)s used, %(given)s given. They must be equal.")
                % {"used": format_euros(used), "given": format_euros(given)},
                "budget_unbalanced",
            )
        )
    indirect = total([row for row in section["expenses"] if row["indirect"]])
    requested = section["requested_amount"] or 0
    if indirect * 100 > requested * INDIRECT_PERCENT and indirect:
        gaps.append(
            Missing(
                "budget",
                "expenses",
                _(
                    "Overheads are %(amount)s, more than %(percent)s%% of the grant. Detail the excess as direct costs or reduce it."
                )
                % {"amount": format_euros(indirect), "percent": INDIRECT_PERCENT},
                "indirect_costs_too_high",
            )
        )
    return gaps


def _openness(application: Application, content: dict) -> list[Missing]:
    section = content["openness"]
    gaps = []
    if not section["licence"] and not section["secret_reason"]:
        gaps.append(
            Missing(
                "openness",
                "licence",
                _(
                    "Say under which open licence you will publish the result, or which legally protected secret prevents it."
                ),
                "openness_commitment_missing",
            )
        )
    if not section["secret_reason"] and not (section["publish_code"] or section["publish_data"]):
        gaps.append(
            Missing(
                "openness",
                "publish_code",
                _("Tick what you will publish: the source code, the contents and data, or both."),
                "openness_commitment_missing",
            )
        )
    for name in ("repository_url", "demo_url"):
        if section[name] and not _is_address(section[name]):
            gaps.append(
                Missing(
                    "openness",
                    name,
                    _("“%(label)s”: write an address of the web, as https://forge.example/project, or leave it empty.")
                    % {"label": _sentence(SECTIONS["openness"].key(name).label)},
                )
            )
    return gaps + _words("openness", content)


def _is_address(text: str) -> bool:
    """With or without `https://`: people leave it out."""
    text = text.strip()
    try:
        _ADDRESS(text if "://" in text else f"https://{text}")
    except ValidationError:
        return False
    return True


def _documents(application: Application, content: dict) -> list[Missing]:
    """A document still waiting for the antivirus is no gap: at the deadline, a scanner that is down must not cost an applicant the call.
    Nobody opens it before it is clean.
    """
    return _words("documents", content)


def due_statements(application: Application, content: dict) -> list[str]:
    """The statements on honour this applicant owes, by name, without the republican contract."""
    names = ["accurate", "not_started", "no_double_funding"]
    if application.applicant_kind == ApplicantKind.ASSOCIATION:
        names += ["authorised", "social_and_tax"]
    if application.applicant_kind == ApplicantKind.COLLECTIVE:
        names += ["mandates_held"]
    return names


def _statements(application: Application, content: dict) -> list[Missing]:
    section, gaps = content["statements"], []
    for name in due_statements(application, content):
        if not section[name]:
            gaps.append(
                Missing(
                    "statements",
                    name,
                    _("This statement on honour is missing: %(statement)s.")
                    % {"statement": SECTIONS["statements"].key(name).label},
                    "statement_missing",
                )
            )
    if needs_cer(application, content) and not (section["cer"] and section["cer_on"]):
        gaps.append(
            Missing(
                "statements",
                "cer",
                _(
                    "An association must subscribe to the republican commitment contract. Its representative can do it online now."
                ),
                "cer_missing",
            )
        )
    elif needs_cer(application, content):
        day = day_of(section["cer_on"])
        if day is None or day > timezone.localdate():
            gaps.append(
                Missing(
                    "statements",
                    "cer_on",
                    _(
                        "The date of the subscription to the contract is a day to come: give the day it was signed, today at the latest."
                    ),
                )
            )
    return gaps


def day_of(text):
    """A date kept as text, or None."""
    try:
        return parse_date(str(text))
    except ValueError:
        return None


FilingCheck = Callable[[Application, object], None]
_filing_checks: list[FilingCheck] = []


def register_filing_check(check: FilingCheck) -> FilingCheck:
    """A higher app's reason not to file: `check(application, at)` raises Refusal (an overdue report of an earlier grant, art. 2)."""
    if check not in _filing_checks:
        _filing_checks.append(check)
    return check


def other_filing_checks(application: Application, at) -> None:
    for check in _filing_checks:
        check(application, at)
