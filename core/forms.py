"""Forms and fields of the house: one renderer, amounts in cents, days and instants of Paris."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.conflicts import Conflict
from core.money import thousands

_BLANKS = re.compile(r"[\s\u00a0\u202f€]")
LARGEST = 10**12
"""Ten billion euros, in cents: what no field of the fund needs to pass."""


def _plainly(field, error: forms.ValidationError) -> forms.ValidationError:
    """A limit in the product's own words, where the field has none of its own."""
    if error.code in field.error_messages or not error.params or "limit_value" not in error.params:
        return error
    least, most = getattr(field, "min_value", None), getattr(field, "max_value", None)
    if error.code == "max_length":
        said = gettext("Your text is %(length)s characters long: %(limit)s at most.") % {
            "length": thousands(error.params["show_value"]),
            "limit": thousands(error.params["limit_value"]),
        }
    elif error.code not in ("min_value", "max_value"):
        return error
    elif least is None or most is None:
        words = (
            gettext("Write a number that is %(limit)s at least.")
            if most is None
            else gettext("Write a number that is %(limit)s at most.")
        )
        said = words % {"limit": error.params["limit_value"]}
    else:
        said = gettext("Write a number from %(least)s to %(most)s.") % {"least": least, "most": most}
    return forms.ValidationError(said, code=error.code)


class WordedForm(forms.Form):
    """Says the limits of its fields in plain words."""

    def add_error(self, field, error):
        if field in self.fields and isinstance(error, forms.ValidationError) and hasattr(error, "error_list"):
            error = forms.ValidationError([_plainly(self.fields[field], one) for one in error.error_list])
        super().add_error(field, error)


def _one_end_of_line(data):
    """Browsers send the ends of lines as CR LF: a text nobody touched would differ from the one that was shown."""
    if not hasattr(data, "lists") or not any(
        "\r\n" in str(value) for _name, values in data.lists() for value in values
    ):
        return data
    plain = data.copy()
    for name, values in data.lists():
        plain.setlist(name, [one.replace("\r\n", "\n") if isinstance(one, str) else one for one in values])
    return plain


class FundForm(WordedForm):
    """Base of the forms of the fund. `obj` is the row the form is about, `user` the person; both optional.

    Rendered by `{% include "components/form.html" with form=form %}`: error summary first, then each field with its own message.
    """

    required_css_class = "required"
    error_css_class = "has-error"
    act = ""
    """Name of the act it is for, on a page that has several."""
    conflict: list[dict] | None = None
    """What somebody else wrote meanwhile, line by line, when that is why it comes back."""
    status = 0
    """HTTP status of the refusal that sent it back, when a rule did."""

    def __init__(self, data=None, *args, obj=None, user=None, **options):
        self.obj, self.user = obj, user
        options.setdefault("label_suffix", "")
        super().__init__(_one_end_of_line(data), *args, **options)

    def params(self) -> dict:
        """The keywords of the verb."""
        return dict(self.cleaned_data)

    def refuse(self, refusal) -> None:
        """Put a rule's reason beside the field it is about, or on top of the form."""
        self.status = refusal.status
        self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))


class ReasonField(forms.CharField):
    """Why an act is done. The verb requires it and says so in its own words, hence not `required` here; the page tells it all the same."""

    mark = "required"

    def __init__(self, **options):
        options.setdefault("label", _("Reason"))
        options.setdefault("help_text", _("One sentence: it is kept, and shown to those concerned."))
        options.setdefault("widget", forms.Textarea(attrs={"rows": 3}))
        super().__init__(**{"max_length": 1000, "required": False, **options})


class PlainForm(FundForm):
    """An act without anything to say."""


class ReasonForm(FundForm):
    reason = ReasonField()


class SharedForm(FundForm):
    """A form that several people may have open: it keeps, hidden, what it showed, so that only what its writer changes is written (`core.conflicts`).
    A key of `read` is the name of a field, unless `put` and `told` are written anew."""

    data: Any  # a copy of its own once it comes back

    def keep(self, key, value: str) -> None:
        """What the page shows of `key`."""
        self.fields[f"read-{key}"] = forms.CharField(
            required=False, strip=False, initial=value, widget=forms.HiddenInput
        )

    @property
    def read(self) -> dict[str, str]:
        """What the page showed, as far as it was told."""
        return {
            name.removeprefix("read-"): value
            for name, value in self.cleaned_data.items()
            if name.startswith("read-") and self.add_prefix(name) in self.data
        }

    def params(self) -> dict:
        told = {name: value for name, value in super().params().items() if not name.startswith("read-")}
        return told | {"read": self.read}

    def put(self, key, value) -> None:
        """Show what is stored of `key` in place of what was posted."""
        self.data[self.add_prefix(str(key))] = value

    def told(self, key, value) -> tuple[str, Any, Any]:
        """(field, label, words) of one side of a conflict."""
        return str(key), self.fields[str(key)].label, value

    def keep_anew(self, conflict: Conflict) -> None:
        """From now on the page shows what is stored: sent once more, what was typed takes its place."""
        for key, value in conflict.stored.items():
            if (name := self.add_prefix(f"read-{key}")) in self.data:
                self.data[name] = value

    def refuse(self, refusal) -> None:
        if isinstance(refusal, Conflict):
            self.show_both(refusal)
        else:
            super().refuse(refusal)

    def show_both(self, refusal: Conflict) -> None:
        self.status, self.data, self.conflict = refusal.status, self.data.copy(), []
        self.keep_anew(refusal)
        for key, value in refusal.stored.items():
            self.put(key, refusal.mine.get(key, value))
        for key in refusal.keys:
            field, label, theirs = self.told(key, refusal.stored[key])
            self.conflict.append({"label": label, "theirs": theirs, "mine": self.told(key, refusal.mine[key])[2]})
            self.add_error(field, str(refusal))


class EurosField(forms.CharField):
    """Euros as people write them (`1 234,50`, `1234.5`, `28 500 €`); cleaned to integer cents, or None when empty and not required."""

    default_error_messages = {
        "invalid": _("Write an amount in euros, such as 1 234,50."),
        "negative": _("The amount cannot be negative."),
        "min_amount": _("The amount is too small."),
        "max_amount": _("The amount is too large."),
    }

    def __init__(self, *, min_cents: int = 0, max_cents: int = LARGEST, **options):
        options.setdefault(
            "widget", forms.TextInput(attrs={"inputmode": "decimal", "class": "input w16", "autocomplete": "off"})
        )
        options.setdefault("max_length", 24)
        self.min_cents, self.max_cents = min_cents, max_cents
        super().__init__(**options)

    def clean(self, value):
        text = _BLANKS.sub("", super().clean(value) or "").replace("−", "-")
        if not text:
            return None
        if re.fullmatch(
            r"-?\d{1,3}((,\d{3})+\.\d{1,2}|(,\d{3}){2,})", text
        ):  # 1,234.50 as English readers write it; 1,234 alone could be either
            text = text.replace(",", "")
        elif re.fullmatch(r"-?\d{1,3}((\.\d{3})+,\d{1,2}|(\.\d{3}){2,})", text):  # 12.000,50, as their neighbours do
            text = text.replace(".", "")
        text = text.replace(",", ".")
        if not re.fullmatch(r"-?\d{1,13}(\.\d{0,2})?", text):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        try:
            cents = int(Decimal(text.rstrip(".")) * 100)
        except InvalidOperation:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None
        if cents < 0 <= self.min_cents:
            raise forms.ValidationError(self.error_messages["negative"], code="negative")
        if cents < self.min_cents:
            raise forms.ValidationError(self.error_messages["min_amount"], code="min_amount")
        if cents > self.max_cents:
            raise forms.ValidationError(self.error_messages["max_amount"], code="max_amount")
        return cents

    def prepare_value(self, value):
        if isinstance(value, int):
            sign, cents = ("-" if value < 0 else ""), abs(value)
            return f"{sign}{cents // 100},{cents % 100:02d}" if cents % 100 else f"{sign}{cents // 100}"
        return value


OUR_YEARS = range(1900, 2200)
"""Years that calendars and time zones can add to and take from."""


class DayField(forms.DateField):
    """A day of our time, typed or picked (`2026-11-24`, `24/11/2026`)."""

    def __init__(self, **options):
        options.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        options.setdefault("input_formats", ["%Y-%m-%d", "%d/%m/%Y"])
        super().__init__(**options)

    def to_python(self, value):
        day = super().to_python(value)
        if day and day.year not in OUR_YEARS:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return day


class InstantWidget(forms.SplitDateTimeWidget):
    template_name = "django/forms/widgets/splitdatetime.html"

    def __init__(self, attrs=None):
        super().__init__(
            attrs, date_format="%Y-%m-%d", time_format="%H:%M", date_attrs={"type": "date"}, time_attrs={"type": "time"}
        )

    def decompress(self, value):
        if value:
            local = timezone.localtime(value, ZoneInfo("Europe/Paris")) if timezone.is_aware(value) else value
            return [local.date(), local.time().replace(second=0, microsecond=0)]
        return [None, None]

    def get_context(self, name, value, attrs):
        """When one of the two misses, it alone is marked invalid."""
        context = super().get_context(name, value, attrs)
        parts = context["widget"]["subwidgets"]
        filled = [part for part in parts if part["value"]]
        for part in filled if len(filled) < len(parts) else ():
            part["attrs"].pop("aria-invalid", None)
        return context


class InstantField(forms.MultiValueField):
    """A day and a time of Paris; cleaned to an aware instant. An hour that does not exist or exists twice (change of season) is refused."""

    widget = InstantWidget
    default_error_messages = {
        "ambiguous": _("This hour does not exist, or exists twice, that night: choose another."),
        "incomplete": _("Give the day and the time."),
    }

    def __init__(self, **options):
        fields = (
            DayField(),
            forms.TimeField(input_formats=["%H:%M", "%H:%M:%S", "%Hh%M", "%H h %M"]),
        )
        options.setdefault("require_all_fields", False)
        super().__init__(fields, **options)

    def compress(self, parts):
        day, hour = (list(parts or []) + [None, None])[:2]
        if day is None and hour is None:
            return None
        if day is None or hour is None:
            raise forms.ValidationError(self.error_messages["incomplete"], code="incomplete")
        paris = ZoneInfo("Europe/Paris")
        instant = datetime.combine(day, hour, paris)
        if instant.utcoffset() != instant.replace(fold=1).utcoffset():
            raise forms.ValidationError(self.error_messages["ambiguous"], code="ambiguous")
        return instant
