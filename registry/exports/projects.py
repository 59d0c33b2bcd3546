"""The registry itself as CSV, JSON and XLSX: one line a grant, the columns of `COLUMNS`, amounts in euros. JSON adds what each score is made of."""

from __future__ import annotations

import io
import json
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from core.money import decimal_text
from registry.exports.cells import csv_lines, safe

MEANINGS = {
    "reference": _("one for the file, the grant and the project"),
    "title": _("title; empty when the grant was not taken up"),
    "summary": _("what it does, in one paragraph"),
    "stage": _("awarded, active, completed, stopped, not_taken_up, earlier"),
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
    hidden = grant.not_taken_up
    return {
        "reference": grant.reference,
        "title": "" if hidden else grant.title,
        "summary": "" if hidden else grant.purpose,
        "stage": grant.stage,
        "call": grant.scheme,
        "recipient": "" if hidden else grant.recipient_name,
        "recipient_kind": "" if hidden else grant.recipient_kind,
        "recipient_siret": "" if hidden else grant.recipient_siret,
        "recipient_rna": "" if hidden else grant.recipient_rna,
        "partner": "" if hidden else grant.partner_name,
        "department": "" if hidden else grant.department,
        "region": "" if hidden else grant.region,
        "themes": "" if hidden else ";".join(grant.themes),
        "requested_amount": decimal_text(grant.requested_amount)
        if grant.requested_amount is not None and not hidden
        else "",
        "awarded_amount": decimal_text(grant.shared_amount),
        "paid_amount": decimal_text(grant.paid_amount) if grant.paid_amount is not None else "",
        "score": "" if hidden else grant.score,
        "awarded_on": grant.awarded_on.isoformat() if grant.awarded_on else "",
        "agreed_on": grant.agreed_on.isoformat() if grant.agreed_on and not hidden else "",
        "starts_on": grant.starts_on.isoformat() if grant.starts_on and not hidden else "",
        "ends_on": grant.ends_on.isoformat() if grant.ends_on and not hidden else "",
        "licence": "" if hidden else grant.licence,
        "repository": "" if hidden else grant.repository_url,
        "demo": "" if hidden else grant.demo_url,
        "url": grant.url,
        "team": "" if hidden else ";".join(grant.team),
    }


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
    for index, grant in enumerate(grants):
        yield (",\n" if index else "") + json.dumps(record(grant) | scoring(grant), ensure_ascii=False)
    yield "\n]}\n"


def as_xlsx(grants, modified_at: datetime) -> bytes:
    """A workbook with typed amounts; bytes depend on the rows and `modified_at` only."""
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer,
        {
            "in_memory": True,
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_properties({"created": modified_at.replace(tzinfo=None)})
    sheet = book.add_worksheet("projets")
    euros = book.add_format({"num_format": "#,##0.00"})
    sheet.write_row(0, 0, COLUMNS)
    for line, grant in enumerate(grants, start=1):
        for column, (name, value) in enumerate(record(grant).items()):
            if name.endswith("_amount") and value:
                sheet.write_number(line, column, float(value), euros)
            else:
                sheet.write_string(line, column, str(safe(value)))
    book.close()
    return buffer.getvalue()
