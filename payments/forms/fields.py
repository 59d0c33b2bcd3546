"""Fields of the money side."""
from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from django import forms
from django.utils.translation import gettext_lazy as _

_BLANKS = re.compile(r"[\s\u00a0\u202f€]")


class EurosField(forms.CharField):
    """Euros as people write them (`1 234,50`); cleaned to integer cents, or None when empty and not required."""

    default_error_messages = {"invalid": _("Write an amount in euros, such as 1 234,50.")}

    def __init__(self, **options):
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "class": "input w16"}))
        super().__init__(max_length=20, **options)

    def clean(self, value):
        text = _BLANKS.sub("", super().clean(value) or "").replace(",", ".")
        if not text:
            return None
        try:
            cents = Decimal(text) * 100
        except InvalidOperation:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None
        if not cents.is_finite() or cents != cents.to_integral_value() or not 0 <= cents < 10**12:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return int(cents)

    def prepare_value(self, value):
        if isinstance(value, int):
            return f"{value // 100},{value % 100:02d}" if value % 100 else str(value // 100)
        return value
