"""Validators of the published standards, from the schemas bundled with the tests."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from uuid import UUID

import frictionless
import jsonschema
import yaml
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


@lru_cache
def _common_grants() -> dict:
    return yaml.safe_load((DATA / "commongrants/openapi.0.4.0.yaml").read_text())


def common_grants_errors(path: str, answer: dict, status: int = 200) -> list[str]:
    """An answer of the CommonGrants protocol against its own description of that address; what the models do not define is an error too."""
    whole = _common_grants()
    responses = whole["paths"][path]["get"]["responses"]
    schema = responses[str(status)]["content"]["application/json"]["schema"]
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": whole["components"], **schema}
    validator = jsonschema.Draft202012Validator(document, format_checker=checker)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(answer)]


def common_grants_fields(name: str) -> set[str]:
    """Every field that a model of the protocol defines."""
    model = _common_grants()["components"]["schemas"][f"CommonGrants.Models.{name}"]
    found = set(model.get("properties", {}))
    for part in model.get("allOf", []):
        found |= common_grants_fields(part["$ref"].rpartition("Models.")[2])
    return found


@checker.checks("uuid", raises=ValueError)
def is_uuid(value) -> bool:
    return not isinstance(value, str) or str(UUID(value)) == value


@checker.checks("date", raises=ValueError)
def is_date(value) -> bool:
    return not isinstance(value, str) or bool(date.fromisoformat(value))
