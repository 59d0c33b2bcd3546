"""Who applies and who receives the money: a citizen, an association, or a collective with its bearer."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from applications.enums import BearerKind
from applications.models import Application
from applications.queries import rules_of
from applications.rules.gaps.frame import Missing, needed, too_long
from fund import identifiers
from fund.enums import ApplicantKind

_PHONE = re.compile(r"\+?(?:[ .()/-]*\d){8,15}[ .]*")


def gaps_of(application: Application, content: dict) -> list[Missing]:
    section = content["applicant"]
    gaps = needed("applicant", content, "name", "address", "phone")
    if application.applicant_kind == ApplicantKind.CITIZEN:
        gaps += _adult(section)
    elif application.applicant_kind == ApplicantKind.ASSOCIATION:
        gaps += needed("applicant", content, "siret", "purpose", "representative_name", "representative_role")
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
    return gaps + too_long("applicant", content)


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
    section, gaps = content["applicant"], needed("applicant", content, "purpose")
    fewest = rules_of(application)["collective_min_members"]
    if application.members.exclude(user=application.lead).count() + 1 < fewest:
        gaps.append(
            Missing(
                "applicant",
                "",
                _("A collective has at least %(n)s people. Invite another one, or apply as a citizen.") % {"n": fewest},
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
        gaps += needed("applicant", content, "bearer_siret", "bearer_address", "bearer_representative") + _numbers(
            section, "bearer_"
        )
    else:
        gaps += needed("applicant", content, "bearer_email")
        if _is_email(section["bearer_email"]) and bearer_person(application, section["bearer_email"]) is None:
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


def bearer_person(application: Application, email: str):
    if application.lead.email.lower() == email.lower():
        return application.lead
    member = (
        application.members.select_related("user").filter(joined_at__isnull=False, user__email__iexact=email).first()
    )
    return member.user if member else None
