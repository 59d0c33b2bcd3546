"""360Giving 1.4, as a JSON package made grant by grant. Natural persons appear under an identifier used nowhere else, without a name."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from functools import lru_cache

from django.utils import timezone

from registry.exports.cells import json_lines, shorten

PERSON = "Personne physique"


def _organisation_id(siret: str, rna: str, prefix: str, fallback: str) -> str:
    if siret:
        return f"FR-RCS-{siret[:9]}"
    return f"360G-{prefix}-{rna or fallback}"


def grant_object(grant, fund, prefix: str) -> dict:
    """One grant. `amountDisbursed` is the gross paid total; 0 is said, what is not known is left out."""
    title = shorten(grant.title, 139)
    description = grant.purpose.strip() or title
    if description == title:
        description = f"{title}. {grant.scheme}".strip()
    data = {
        "id": f"360G-{prefix}-{grant.public_id}",
        "title": title,
        "description": description,
        "currency": "EUR",
        "amountAwarded": _number(grant.shared_amount),
        "awardDate": _instant(grant.awarded_on),
        "fundingOrganization": [{"id": _organisation_id(fund.siret, "", prefix, "fund"), "name": fund.legal_name}],
        "dateModified": grant.modified_at.isoformat(),
        "dataSource": fund.data_url,
    }
    if grant.is_person:
        data["recipientIndividual"] = {"id": f"360G-{prefix}-{grant.person_id}", "name": PERSON}
    else:
        data["recipientOrganization"] = [
            {
                "id": _organisation_id(grant.recipient_siret, grant.recipient_rna, prefix, grant.public_id),
                "name": grant.recipient_name,
            }
        ]
    if grant.requested_amount is not None:
        data["amountAppliedFor"] = _number(grant.requested_amount)
    if grant.paid_amount is not None:
        data["amountDisbursed"] = _number(grant.paid_amount)
    if grant.scheme:
        data["grantProgramme"] = [{"title": grant.scheme}]
        data["fromOpenCall"] = "Yes" if not grant.is_past else "No"
    if grant.department:
        data["beneficiaryLocation"] = [
            {"name": grant.department_name or grant.department, "geoCode": grant.department, "geoCodeType": "DEP"}
        ]
    if grant.starts_on and grant.ends_on and grant.starts_on <= grant.ends_on:
        data["plannedDates"] = [{"startDate": _instant(grant.starts_on), "endDate": _instant(grant.ends_on)}]
    return data


@lru_cache(maxsize=4096)
def _instant(day: date) -> str:
    """The beginning of a day in Paris, as a full date-time. The schema wants exactly one of `date-time` and a day's pattern to match: where formats
    are not checked, a bare day matches both and a full date-time one alone, so this is valid for every validator.
    """
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone()).isoformat()


def _number(cents: int):
    return cents // 100 if cents % 100 == 0 else cents / 100


def lines(grants, fund, prefix: str, modified_at: datetime):
    """The package, in pieces. `fund` has legal_name, siret, website, data_url."""
    head = {
        "version": "1.4",
        "title": f"{fund.name} : projets aidés",
        "description": "Toutes les aides publiées par le fonds, depuis le même ensemble que ses pages.",
        "issued": modified_at.isoformat(),
        "modified": modified_at.isoformat(),
        "identifier": f"{fund.data_url}360giving.json",
        "publisher": {
            "identifier": _organisation_id(fund.siret, "", prefix, "fund"),
            "name": fund.legal_name,
            "website": fund.website,
        },
        "downloadURL": f"{fund.data_url}360giving.json",
        "accessURL": fund.data_url,
        "license": "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
    }
    text = json.dumps(head, ensure_ascii=False)
    yield text[:-1] + ', "grants": [\n'
    yield from json_lines(
        grant_object(grant, fund, prefix)
        for grant in grants
        if not grant.is_bare and grant.shared_amount > 0 and grant.funder_siret == fund.siret
    )
    yield "\n]}\n"
