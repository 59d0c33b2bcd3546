"""Reading a file of earlier grants with django-import-export: SCDL columns (and the older Etalab dialect), every problem named by row and column.

Nothing is written here: what is read and right goes to the verb `registry.transitions.import_past_grants`.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import tablib
from django.utils.translation import gettext as _
from import_export import fields, resources
from import_export.widgets import Widget

from core.transitions import Refusal
from fund.identifiers import is_siret
from registry.exports.cells import safe
from registry.exports.scdl import COLUMNS
from registry.models import PastGrant

MAX_ROWS = 20_000
OPTIONAL = ("referenceDecision", "idBeneficiaire", "rnaBeneficiaire", "idRAE", "dispositifAide")
"""Columns a file may lack; a beneficiary still needs one of the two identifiers."""

_DATE = re.compile(r"^(\d{4})-(\d{2})-(\d{2})$")
_NUMBER = re.compile(r"^[0-9]{1,12}(\.[0-9]{1,12})?$")
_NATURES = {
    "aide en numéraire",
    "aide en nature",
    "aide en numéraire;aide en nature",
    "aide en nature;aide en numéraire",
}


def read_day(text: str) -> date:
    """An ISO or French day. Raises ValueError naming what would be right."""
    text = (text or "").strip()
    if french := re.match(r"^(\d{1,2})/(\d{1,2})/(\d{4})$", text):
        text = f"{french[3]}-{int(french[2]):02d}-{int(french[1]):02d}"
    if match := _DATE.match(text):
        with suppress(ValueError):
            return date(*map(int, match.groups()))
    raise ValueError(_("“%(text)s” is not a date: write it as 2026-03-05.") % {"text": text})


class DayWidget(Widget):
    def clean(self, value, row=None, **kwargs):
        return read_day(value)


class CentsWidget(Widget):
    def clean(self, value, row=None, **kwargs):
        text = re.sub(r"[\s\u00a0\u202f€]", "", str(value or "")).replace(",", ".")
        if not _NUMBER.match(text):
            raise ValueError(_("“%(text)s” is not an amount: write it as 22000.80.") % {"text": value})
        cents = Decimal(text) * 100
        if cents != cents.to_integral_value() or cents <= 0:
            raise ValueError(_("“%(text)s” is not a positive amount in euros and cents.") % {"text": value})
        return int(cents)


class ShareWidget(Widget):
    def clean(self, value, row=None, **kwargs):
        text = str(value or "1").strip().replace(",", ".")
        if not _NUMBER.match(text):
            raise ValueError(_("“%(text)s” is not a share: write it as 0.6, or 1.") % {"text": value})
        share = Decimal(text).quantize(Decimal("0.0001"))
        if not 0 < share <= 1:
            raise ValueError(_("A share lies between 0.01 and 1."))
        return share


class SiretWidget(Widget):
    def __init__(self, required=False):
        super().__init__()
        self.required = required

    def clean(self, value, row=None, **kwargs):
        text = re.sub(r"[\s.\u00a0]", "", str(value or ""))
        if self.required and not text:
            raise ValueError(_("This cell may not be empty."))
        if text and not is_siret(text):
            raise ValueError(
                _("“%(text)s” is not a SIRET: fourteen digits whose last one checks the others.") % {"text": value}
            )
        return text


class TextWidget(Widget):
    def __init__(self, limit, required=True, default=""):
        super().__init__()
        self.limit, self.required, self.default = limit, required, default

    def clean(self, value, row=None, **kwargs):
        text = " ".join(str(value or "").replace("\x00", "").split()) or self.default
        if self.required and not text:
            raise ValueError(_("This cell may not be empty."))
        if safe(text) != text:
            raise ValueError(_("This cell begins like a formula (=, +, -, @): write it as a text."))
        if len(text) > self.limit:
            raise ValueError(_("At most %(limit)s characters.") % {"limit": self.limit})
        return text


class RnaWidget(Widget):
    def clean(self, value, row=None, **kwargs):
        text = str(value or "").strip().upper()
        if text and not re.match(r"^W\d[A-Z\d]\d{7}$", text):
            raise ValueError(_("“%(text)s” is not an RNA number: W and nine signs.") % {"text": value})
        return text


class NatureWidget(Widget):
    def clean(self, value, row=None, **kwargs):
        text = str(value or "").strip().lower()
        if text not in _NATURES:
            raise ValueError(_("“%(text)s” is not a nature of aid: write “aide en numéraire”.") % {"text": value})
        return text


class YesNoWidget(Widget):
    def clean(self, value, row=None, **kwargs):
        text = str(value or "").strip().lower()
        if text in ("oui", "yes", "true", "1"):
            return True
        if text in ("non", "no", "false", "0", ""):
            return False
        raise ValueError(_("“%(text)s”: write oui or non.") % {"text": value})


class PastGrantResource(resources.ModelResource):
    """Rows keyed by what they say, however it is written: reading the same file twice finds nothing new."""

    funder_name = fields.Field("funder_name", "nomAttribuant", widget=TextWidget(255))
    funder_siret = fields.Field("funder_siret", "idAttribuant", widget=SiretWidget(required=True))
    agreed_on = fields.Field("agreed_on", "dateConvention", widget=DayWidget())
    decision_reference = fields.Field("decision_reference", "referenceDecision", widget=TextWidget(255, required=False))
    recipient_name = fields.Field("recipient_name", "nomBeneficiaire", widget=TextWidget(255))
    recipient_siret = fields.Field("recipient_siret", "idBeneficiaire", widget=SiretWidget())
    recipient_rna = fields.Field("recipient_rna", "rnaBeneficiaire", widget=RnaWidget())
    purpose = fields.Field("purpose", "objet", widget=TextWidget(5000))
    amount = fields.Field("amount", "montant", widget=CentsWidget())
    nature = fields.Field("nature", "nature", widget=NatureWidget())
    conditions = fields.Field("conditions", "conditionsVersement", widget=TextWidget(256))
    paid_from_on = fields.Field("paid_from_on", "paid_from_on", widget=DayWidget())
    paid_until_on = fields.Field("paid_until_on", "paid_until_on", widget=DayWidget())
    rae = fields.Field("rae", "idRAE", widget=TextWidget(5, required=False))
    eu_notified = fields.Field("eu_notified", "notificationUE", widget=YesNoWidget())
    share = fields.Field("share", "pourcentageSubvention", widget=ShareWidget())
    scheme = fields.Field("scheme", "dispositifAide", widget=TextWidget(255, required=False))

    class Meta:
        model = PastGrant
        import_id_fields: list[str] = []
        fields = [
            "funder_name",
            "funder_siret",
            "agreed_on",
            "decision_reference",
            "recipient_name",
            "recipient_siret",
            "recipient_rna",
            "purpose",
            "amount",
            "nature",
            "conditions",
            "paid_from_on",
            "paid_until_on",
            "rae",
            "eu_notified",
            "share",
            "scheme",
        ]
        force_init_instance = True
        skip_diff = True
        report_skipped = False
        clean_model_instances = False
        use_transactions = False

    def __init__(self):
        super().__init__()
        self.rows: list[PastGrant] = []
        self.known: set[str] = set()

    def before_import(self, dataset, **kwargs):
        self.known = set(PastGrant.objects.values_list("row_key", flat=True))

    def after_import(self, dataset, result, **kwargs):
        """Reading writes nothing, so there is no sequence to reset (which the library does on PostgreSQL)."""

    def before_import_row(self, row, **kwargs):
        for name in COLUMNS:
            row.setdefault(name, "")
        # Both dialects: SCDL writes 2017-12-14/2018-12-14, the older Etalab one 2017-12-14_2018-12-14.
        start, _sep, end = str(row["datesPeriodeVersement"] or "").replace("_", "/").partition("/")
        # Published files hold periods written backwards, and their schema takes them: a period is its two days, in order.
        days = [start, end or start]
        row["paid_from_on"], row["paid_until_on"] = sorted(days) if all(map(_DATE.match, days)) else days

    def skip_row(self, instance, original, row, import_validation_errors=None):
        if import_validation_errors:
            return False
        said = "|".join(str(getattr(instance, name)) for name in self.Meta.fields)
        instance.row_key = hashlib.sha256(said.encode()).hexdigest()
        return instance.row_key in self.known

    def validate_instance(self, instance, import_validation_errors=None, validate_unique=True):
        errors = dict(import_validation_errors or {})
        if not errors and not (instance.recipient_siret or instance.recipient_rna):
            errors["recipient_siret"] = [_("A beneficiary needs a SIRET or an RNA number.")]
        super().validate_instance(instance, errors, validate_unique)

    def save_instance(self, instance, is_create, row, **kwargs):
        self.known.add(instance.row_key)
        self.rows.append(instance)


@dataclass
class Reading:
    """What a file says: right rows that are new, how many are known already, every problem as (row of the table, column, message)."""

    rows: list[PastGrant] = field(default_factory=list)
    unchanged: int = 0
    problems: list[tuple[int, str, str]] = field(default_factory=list)

    @property
    def wrong(self) -> int:
        """How many rows have a problem."""
        return len({row for row, _column, _message in self.problems})

    @property
    def new(self) -> int:
        return len(self.rows)

    @property
    def cents(self) -> int:
        return sum(row.shared_amount for row in self.rows)


def read_text(raw: bytes) -> str:
    """The text of a file in UTF-8 (with or without BOM) or Windows-1252. Raises Refusal in words."""
    remedy = _("Export the table as CSV, in UTF-8.")
    if raw[:4] == b"PK\x03\x04" or raw[:4] == b"\xd0\xcf\x11\xe0":
        raise Refusal("unreadable_file", _("This is a spreadsheet, not a CSV file."), remedy=remedy)
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Refusal("unreadable_file", _("The letters of this file are in no known encoding."), remedy=remedy)
    if "\x00" in text or not text.strip():
        raise Refusal("unreadable_file", _("This file is empty or is not a CSV file."), remedy=remedy)
    return text


def read_table(raw: bytes) -> tablib.Dataset:
    """The table of a file, comma, semicolon or tab between cells. Raises Refusal in words when it is not one, or lacks columns."""
    text = read_text(raw)
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    table = tablib.Dataset()
    try:
        lines = [
            line for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True) if any(line)
        ]
    except csv.Error as error:
        raise Refusal(
            "unreadable_file",
            _("This file cannot be read as a table: a quotation mark or a cell does not end."),
            remedy=_("Export the table as CSV, in UTF-8."),
        ) from error
    headers = [name.strip() for name in lines[0]]
    missing = [name for name in COLUMNS if name not in headers and name not in OPTIONAL]
    if missing:
        raise Refusal(
            "missing_columns",
            _("Columns are missing: %(names)s.") % {"names": ", ".join(missing)},
            remedy=_("The first line must hold the names of SCDL, between commas, semicolons or tabs."),
        )
    if doubled := sorted({name for name in headers if name and headers.count(name) > 1}):
        raise Refusal("doubled_columns", _("Columns are there twice: %(names)s.") % {"names": ", ".join(doubled)})
    if len(lines) - 1 > MAX_ROWS:
        raise Refusal("file_too_long", _("At most %(rows)s rows at a time.") % {"rows": MAX_ROWS})
    table.headers = headers
    for number, line in enumerate(lines[1:], start=2):
        if len(line) > len(headers):
            raise Refusal(
                "unreadable_file",
                _("Row %(row)s has more cells than the first line.") % {"row": number},
                remedy=_("Put texts that hold the separator between quotation marks."),
            )
        table.append(line + [""] * (len(headers) - len(line)))
    return table


def read_past_grants(raw: bytes) -> Reading:
    """Read and check a file, whole. Raises Refusal when it is not a table of the right columns."""
    table = read_table(raw)
    resource = PastGrantResource()
    result = resource.import_data(table, dry_run=False)  # it writes nothing, and a dry run would open a savepoint a row
    reading = Reading(resource.rows, result.totals["skip"])
    for row in result.invalid_rows:
        for name, messages in row.field_specific_errors.items():
            reading.problems += [(row.number + 1, _column(name), str(message)) for message in messages]
    for number, errors in result.row_errors():
        reading.problems += [(number + 1, "", str(error.error)) for error in errors]
    reading.problems.sort()
    return reading


def _column(name: str) -> str:
    if name in ("paid_from_on", "paid_until_on"):
        return "datesPeriodeVersement"
    known = PastGrantResource.fields.get(name)
    return known.column_name if known else ""
