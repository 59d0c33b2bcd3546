"""Validators of the published standards, from the schemas bundled with the tests."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from pathlib import Path

import frictionless
import jsonschema
from stdnum.fr import siret

DATA = Path(__file__).parent.parent / "data"
checker = jsonschema.FormatChecker(formats=())


@checker.checks("date-time", raises=ValueError)
def is_date_time(value) -> bool:
    """RFC 3339: a day alone is none, and an instant without a zone is none."""
    return not isinstance(value, str) or ("T" in value and datetime.fromisoformat(value).tzinfo is not None)


@checker.checks("uri", raises=ValueError)
def is_uri(value) -> bool:
    return not isinstance(value, str) or "://" in value


def scdl_errors(text: str) -> list[str]:
    """Table Schema, then what it cannot say: the check digits of a SIRET, one of two identifiers, the order of a period."""
    schema = frictionless.Schema.from_descriptor(
        json.loads((DATA / "scdl/scdl-subventions-2.1.1.schema.json").read_text())
    )
    report = frictionless.Resource(data=text.encode(), format="csv", schema=schema).validate()
    problems = [error.message for task in report.tasks for error in task.errors]
    for row in csv.DictReader(io.StringIO(text)):
        if row["idBeneficiaire"] and not siret.is_valid(row["idBeneficiaire"]):
            problems.append(f"SIRET {row['idBeneficiaire']}")
        if not siret.is_valid(row["idAttribuant"]):
            problems.append(f"SIRET {row['idAttribuant']}")
        if not (row["idBeneficiaire"] or row["rnaBeneficiaire"]):
            problems.append("one of SIRET and RNA")
        start, _, end = row["datesPeriodeVersement"].partition("/")
        if end and end < start:
            problems.append(f"period {row['datesPeriodeVersement']}")
    return problems


def giving_errors(package: dict, *, formats: bool = False) -> list[str]:
    """JSON Schema of 360Giving, with or without asserting formats. Its declared dialect is not registered, so it is named anew; nothing is fetched."""
    grant = json.loads((DATA / "360giving/360-giving-schema.json").read_text())
    schema = json.loads((DATA / "360giving/360-giving-package-schema.json").read_text())
    for one in (grant, schema):
        one["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["properties"]["grants"]["items"] = grant
    validator = jsonschema.Draft202012Validator(schema, format_checker=checker if formats else None)
    return [error.message for error in validator.iter_errors(package)]
