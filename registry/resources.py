"""Import of earlier grants with django-import-export: SCDL columns (and the older Etalab dialect), every problem named by row and column."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export import fields, resources
from import_export.widgets import Widget

from fund.identifiers import is_siret
from registry.exports.scdl import COLUMNS
from registry.models import PastGrant

_DATE = re.compile(r"^(\d{4})-(\d{2})-(\d{2})$")
_NATURES = {
    "aide en numéraire",
    "aide en nature",
    "aide en numéraire;aide en nature",
    "aide en nature;aide en numéraire",
}


def read_day(text: str) -> date:
    """An ISO or French day. Raises ValidationError naming what would be right."""
    text = (text or "").strip()
    if french := re.match(r"^(\d{1,2})/(\d{1,2})/(\d{4})$", text):
        text = f"{french[3]}-{int(french[2]):02d}-{int(french[1]):02d}"
    if match := _DATE.match(text):
        try:
            return date(*map(int, match.groups()))
        except ValueError:
            pass
    raise ValidationError(_("“%(text)s” is not a date: write it as 2026-03-05.") % {"text": text})


class DayWidget(Widget):
    def clean(self, value, row=None, **kwargs):
        return read_day(value)


class CentsWidget(Widget):
    def clean(self, value, row=None, **kwargs):
        text = re.sub(r"[\s\u00a0\u202f€]", "", str(value or "")).replace(",", ".")
        try:
            cents = Decimal(text) * 100
        except InvalidOperation:
            raise ValidationError(_("“%(text)s” is not an amount: write it as 22000.80.") % {"text": value}) from None
        if cents != cents.to_integral_value() or not 0 < cents < 10**15:
            raise ValidationError(_("“%(text)s” is not a positive amount in euros and cents.") % {"text": value})
        return int(cents)


class ShareWidget(Widget):
    def clean(self, value, row=None, **kwargs):
        try:
            share = Decimal(str(value or "1").replace(",", "."))
        except InvalidOperation:
            raise ValidationError(_("“%(text)s” is not a share: write it as 0.6, or 1.") % {"text": value}) from None
        if not 0 < share <= 1:
            raise ValidationError(_("A share lies between 0.01 and 1."))
        return share.quantize(Decimal("0.0001"))


class SiretWidget(Widget):
    def clean(self, value, row=None, **kwargs):
        text = re.sub(r"[\s.\u00a0]", "", str(value or ""))
        if text and not is_siret(text):
            raise ValidationError(
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
            raise ValidationError(_("This cell may not be empty."))
        if len(text) > self.limit:
            raise ValidationError(_("At most %(limit)s characters.") % {"limit": self.limit})
        return text


class RnaWidget(Widget):
    def clean(self, value, row=None, **kwargs):
        text = str(value or "").strip().upper()
        if text and not re.match(r"^W\d[A-Z\d]\d{7}$", text):
            raise ValidationError(_("“%(text)s” is not an RNA number: W and nine signs.") % {"text": value})
        return text


class NatureWidget(Widget):
    def clean(self, value, row=None, **kwargs):
        text = str(value or "").strip().lower()
        if text not in _NATURES:
            raise ValidationError(_("“%(text)s” is not a nature of aid: write “aide en numéraire”.") % {"text": value})
        return text


class YesNoWidget(Widget):
    def clean(self, value, row=None, **kwargs):
        text = str(value or "").strip().lower()
        if text in ("oui", "yes", "true", "1"):
            return True
        if text in ("non", "no", "false", "0", ""):
            return False
        raise ValidationError(_("“%(text)s”: write oui or non.") % {"text": value})


class PastGrantResource(resources.ModelResource):
    """Rows keyed by their own content: importing the same file twice changes nothing."""

    row_key = fields.Field("row_key", "row_key")
    funder_name = fields.Field("funder_name", "nomAttribuant", widget=TextWidget(255))
    funder_siret = fields.Field("funder_siret", "idAttribuant", widget=SiretWidget())
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
        import_id_fields = ["row_key"]
        fields = [
            "row_key",
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
        skip_unchanged = True
        report_skipped = True
        clean_model_instances = False
        use_transactions = True

    def __init__(self, actor, at):
        super().__init__()
        self.actor, self.at = actor, at

    def before_import(self, dataset, **kwargs):
        missing = [
            name
            for name in COLUMNS[:15]
            if name not in (dataset.headers or [])
            and name not in ("rnaBeneficiaire", "idRAE", "referenceDecision", "idBeneficiaire")
        ]
        if missing:
            raise ValidationError(_("Columns are missing: %(names)s.") % {"names": ", ".join(missing)})

    def before_import_row(self, row, **kwargs):
        for name in COLUMNS:
            row.setdefault(name, "")
        # Both dialects: SCDL writes 2017-12-14/2018-12-14, the older Etalab one 2017-12-14_2018-12-14.
        start, _sep, end = str(row["datesPeriodeVersement"] or "").replace("_", "/").partition("/")
        row["paid_from_on"], row["paid_until_on"] = start, end or start
        key = "|".join(str(row[name] or "").strip() for name in COLUMNS)
        row["row_key"] = hashlib.sha256(key.encode()).hexdigest()

    def after_init_instance(self, instance, new, row, **kwargs):
        if new:
            instance.imported_at, instance.imported_by = self.at, self.actor

    def before_save_instance(self, instance, row, **kwargs):
        if not (instance.recipient_siret or instance.recipient_rna):
            raise ValidationError(_("A beneficiary needs a SIRET or an RNA number."))
        if instance.paid_until_on < instance.paid_from_on:
            raise ValidationError(_("datesPeriodeVersement: the end is before the start."))
