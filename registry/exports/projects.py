"""The registry itself as CSV, JSON and XLSX: one line a grant, the columns of `COLUMNS`, amounts in euros. JSON adds what each score is made of."""

from __future__ import annotations

import json
from datetime import date, datetime
from tempfile import TemporaryFile

from django.utils.translation import gettext_lazy as _

from core.money import decimal_text
from registry.exports.cells import csv_lines, json_lines, safe

MEANINGS = {
    "reference": _("one for the file, the grant and the project"),
    "title": _("title; empty when the grant was not taken up, or its page unpublished"),
    "summary": _("what it does, in one paragraph"),
    "stage": _("awarded, active, completed, stopped, not_taken_up, unpublished, earlier"),
    "call": _("call for projects, or scheme of an earlier grant"),
    "recipient": _("who receives the money; a person is named with consent only"),
    "recipient_kind": _("citizen, association, collective"),
    "recipient_siret": _("SIRET of the recipient"),
    "recipient_rna": _("RNA number of the recipient"),
    "partner": _("administration that confirmed the partnership"),
    "department": _("department code (INSEE)"),
    "region": _("region code (INSEE)"),
    "themes": _("theme codes, between semicolons"),
    "requested_amount": _("euros asked for"),
    "awarded_amount": _("euros awarded by the decision"),
    "paid_amount": _("euros paid by the bank, before any repayment"),
    "score": _("score out of 5, mean of the two colleges"),
    "awarded_on": _("day the decision was notified"),
    "agreed_on": _("day both sides had signed the agreement"),
    "starts_on": _("first day of the project"),
    "ends_on": _("last day of the project"),
    "licence": _("licence of the results"),
    "repository": _("address of the source code"),
    "demo": _("address of a demonstration"),
    "url": _("page of the project"),
    "team": _("people of the project who agreed to be named, between semicolons"),
}
"""Columns and what they hold."""
COLUMNS = list(MEANINGS)


def record(grant) -> dict:
    """Plain values of one grant, in the order of COLUMNS; amounts as euros text with two decimals."""
    if grant.is_bare:
        said = dict.fromkeys(COLUMNS, "")
        return said | {
            "reference": grant.reference,
            "stage": grant.stage,
            "call": grant.scheme,
            "awarded_amount": decimal_text(grant.shared_amount),
            "paid_amount": _euros(grant.paid_amount),
            "awarded_on": _day(grant.awarded_on),
            "url": grant.url,
        }
    return {
        "reference": grant.reference,
        "title": grant.title,
        "summary": grant.purpose,
        "stage": grant.stage,
        "call": grant.scheme,
        "recipient": grant.recipient_name,
        "recipient_kind": grant.recipient_kind,
        "recipient_siret": grant.recipient_siret,
        "recipient_rna": grant.recipient_rna,
        "partner": grant.partner_name,
        "department": grant.department,
        "region": grant.region,
        "themes": ";".join(grant.themes),
        "requested_amount": _euros(grant.requested_amount),
        "awarded_amount": decimal_text(grant.shared_amount),
        "paid_amount": _euros(grant.paid_amount),
        "score": grant.score,
        "awarded_on": _day(grant.awarded_on),
        "agreed_on": _day(grant.agreed_on),
        "starts_on": _day(grant.starts_on),
        "ends_on": _day(grant.ends_on),
        "licence": grant.licence,
        "repository": grant.repository_url,
        "demo": grant.demo_url,
        "url": grant.url,
        "team": ";".join(grant.team),
    }


def _euros(cents: int | None) -> str:
    return "" if cents is None else decimal_text(cents)


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def scoring(grant) -> dict:
    """What the score is made of: the criteria with their weights, the half points given by each college, or why they are not told."""
    judged = grant.judged
    if judged is None:
        return {"criteria": [], "ballots": None, "ballots_withheld": ""}
    return {"criteria": judged.criteria, "ballots": judged.ballots, "ballots_withheld": judged.withheld}


def as_csv(grants):
    yield from csv_lines([COLUMNS])
    yield from csv_lines(list(record(grant).values()) for grant in grants)


def as_json(grants, modified_at: datetime):
    yield '{"modified": ' + json.dumps(modified_at.isoformat()) + ', "license": "Licence Ouverte 2.0", "projects": [\n'
    yield from json_lines(record(grant) | scoring(grant) for grant in grants)
    yield "\n]}\n"


def as_xlsx(grants, modified_at: datetime):
    """A workbook with typed amounts, in pieces; bytes depend on the rows and `modified_at` only. Rows go to disk as they are made."""
    import xlsxwriter

    with TemporaryFile() as kept:
        options = ("strings_to_formulas", "strings_to_urls", "strings_to_numbers")
        book = xlsxwriter.Workbook(kept, {"constant_memory": True} | dict.fromkeys(options, False))
        book.set_properties({"created": modified_at.replace(tzinfo=None)})
        sheet = book.add_worksheet("projets")
        euros = book.add_format({"num_format": "#,##0.00"})
        sheet.write_row(0, 0, COLUMNS)
        for line, grant in enumerate(grants, start=1):
            for column, (name, value) in enumerate(record(grant).items()):
                if not value:
                    continue
                if name.endswith("_amount"):
                    sheet.write_number(line, column, float(value), euros)
                else:
                    sheet.write_string(line, column, safe(value))
        book.close()
        kept.seek(0)
        while block := kept.read(65_536):
            yield block
