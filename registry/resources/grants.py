"""Rows of earlier grants read with django-import-export: each right one becomes a grant, each problem is named by row and column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import tablib
from django.utils.translation import gettext as _
from import_export import fields, resources

from registry.models import PastGrant
from registry.queries.earlier import FACTS, Correction, Row, compare
from registry.resources import cells
from registry.resources.headers import CURRENCY, ORDER
from registry.resources.tables import Message, Table, read_table

PERIOD = "datesPeriodeVersement"


class PastGrantResource(resources.ModelResource):
    """Every right row as a grant, with its place in the table; nothing is written."""

    funder_name = fields.Field("funder_name", "nomAttribuant", widget=cells.TextWidget(255))
    funder_siret = fields.Field("funder_siret", "idAttribuant", widget=cells.SiretWidget("idAttribuant", required=True))
    agreed_on = fields.Field("agreed_on", "dateConvention", widget=cells.DayWidget())
    decision_reference = fields.Field(
        "decision_reference", "referenceDecision", widget=cells.TextWidget(255, required=False)
    )
    recipient_name = fields.Field("recipient_name", "nomBeneficiaire", widget=cells.TextWidget(255))
    recipient_siret = fields.Field("recipient_siret", "idBeneficiaire", widget=cells.SiretWidget("idBeneficiaire"))
    recipient_rna = fields.Field("recipient_rna", "rnaBeneficiaire", widget=cells.RnaWidget())
    purpose = fields.Field("purpose", "objet", widget=cells.TextWidget(5000))
    amount = fields.Field("amount", "montant", widget=cells.CentsWidget())
    nature = fields.Field("nature", "nature", widget=cells.NatureWidget())
    conditions = fields.Field("conditions", "conditionsVersement", widget=cells.TextWidget(256, required=False))
    paid_from_on = fields.Field("paid_from_on", "paid_from_on", widget=cells.GivenWidget())
    paid_until_on = fields.Field("paid_until_on", "paid_until_on", widget=cells.GivenWidget())
    rae = fields.Field("rae", "idRAE", widget=cells.TextWidget(5, required=False))
    eu_notified = fields.Field("eu_notified", "notificationUE", widget=cells.YesNoWidget())
    share = fields.Field("share", "pourcentageSubvention", widget=cells.ShareWidget())
    scheme = fields.Field("scheme", "dispositifAide", widget=cells.TextWidget(255, required=False))

    class Meta:
        model = PastGrant
        import_id_fields: list[str] = []
        fields = list(FACTS)
        force_init_instance = True
        skip_diff = True
        report_skipped = False
        clean_model_instances = False
        use_transactions = False

    def __init__(self, told: Callable[[int], None] | None = None):
        super().__init__()
        self.told = told
        self.rows: list[Row] = []
        self.notes: list[tuple[int, str, str]] = []

    def after_import(self, dataset, result, **kwargs):
        """Reading writes nothing, so there is no sequence to reset (which the library does on PostgreSQL)."""

    def before_import_row(self, row, **kwargs):
        number = str(row["idBeneficiaire"] or "").strip().upper()
        if cells.RNA.match(number) and cells.says_nothing(row["rnaBeneficiaire"]):
            row["idBeneficiaire"], row["rnaBeneficiaire"] = "", number
        row["paid_from_on"] = row["paid_until_on"] = None
        if not cells.says_nothing(row[PERIOD]):
            try:
                row["paid_from_on"], row["paid_until_on"] = cells.read_period(row[PERIOD], row, PERIOD)
            except ValueError as error:
                row["paid_from_on"] = error

    def after_import_row(self, row, row_result, **kwargs):
        if self.told and kwargs["row_number"] % 1000 == 0:
            self.told(kwargs["row_number"])
        self.notes += [(kwargs["row_number"], column, words) for column, words in row.get(cells.NOTES, ())]

    def import_instance(self, instance, row, **kwargs):
        super().import_instance(instance, row, **kwargs)
        if not cells.says_nothing(row[CURRENCY]) and str(row[CURRENCY]).strip().upper() not in ("EUR", "€"):
            raise ValueError(_("The amount is in %(currency)s: give it in euros.") % {"currency": row[CURRENCY]})

    def validate_instance(self, instance, import_validation_errors=None, validate_unique=True):
        errors = dict(import_validation_errors or {})
        if not errors and not (instance.recipient_siret or instance.recipient_rna):
            errors["recipient_siret"] = [_("A beneficiary needs a SIRET or an RNA number.")]
        super().validate_instance(instance, errors, validate_unique)

    def save_instance(self, instance, is_create, row, **kwargs):
        self.rows.append((kwargs["row_number"], instance))


@dataclass
class Reading:
    """What a file says: right rows that are new, those that correct a grant, how many are known already, every problem and everything worth
    saying by row and column.
    """

    rows: list[PastGrant] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    unchanged: int = 0
    problems: list[Message] = field(default_factory=list)
    notices: list[Message] = field(default_factory=list)

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


def read_past_grants(raw: bytes, told: Callable[[int, int], None] | None = None) -> Reading:
    """Read and check a file, whole. Raises Refusal when it is not a table of the right columns. `told` hears how many rows of how many are read."""
    table = read_table(raw)
    rows = len(table.rows)
    resource = PastGrantResource((lambda done: told(done, rows)) if told else None)
    data = tablib.Dataset(*table.rows, headers=ORDER)
    result = resource.import_data(data, dry_run=False)  # it writes nothing, and a dry run would open a savepoint a row
    found = compare([(table.numbers[nth - 1], grant) for nth, grant in resource.rows])
    unchanged = found.unchanged + len(found.repeated)
    reading = Reading(found.new, found.corrections, unchanged, list(table.problems), list(table.notices))
    words = _("This row says the same as row %(row)s: it counts once.")
    reading.notices += [(number, "", words % {"row": first}) for number, first in found.repeated]
    for row in result.invalid_rows:
        for name, messages in row.field_specific_errors.items():
            reading.problems += [_message(table, row.number, _column(name), message) for message in messages]
    for number, errors in result.row_errors():
        reading.problems += [_message(table, number, "", error.error) for error in errors]
    reading.notices += [_message(table, number, column, said) for number, column, said in resource.notes]
    reading.problems.sort()
    reading.notices.sort()
    return reading


def _message(table: Table, nth: int, column: str, words) -> Message:
    return table.numbers[nth - 1], table.header.said(column) if column else "", str(words)


def _column(name: str) -> str:
    if name in ("paid_from_on", "paid_until_on"):
        return PERIOD
    known = PastGrantResource.fields.get(name)
    return known.column_name if known else ""
