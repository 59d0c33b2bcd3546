"""The statements on honour and the republican commitment contract, by kind of applicant."""

from __future__ import annotations

from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from applications.enums import BearerKind
from applications.models import Application
from applications.rules.gaps.frame import Missing
from applications.schema import SECTIONS
from fund.enums import ApplicantKind


def gaps_of(application: Application, content: dict) -> list[Missing]:
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


def due_statements(application: Application, content: dict) -> list[str]:
    """The statements on honour this applicant owes, by name, without the republican contract."""
    names = ["accurate", "not_started", "no_double_funding"]
    if application.applicant_kind == ApplicantKind.ASSOCIATION:
        names += ["authorised", "social_and_tax"]
    if application.applicant_kind == ApplicantKind.COLLECTIVE:
        names += ["mandates_held"]
    return names


def needs_cer(application: Application, content: dict) -> bool:
    """The contract is due from an association, laureate or bearer; never from a natural person."""
    if application.applicant_kind == ApplicantKind.ASSOCIATION:
        return True
    return (
        application.applicant_kind == ApplicantKind.COLLECTIVE
        and content["applicant"].get("bearer_kind") == BearerKind.ASSOCIATION
    )


def day_of(text):
    """A date kept as text, or None."""
    try:
        return parse_date(str(text))
    except ValueError:
        return None
