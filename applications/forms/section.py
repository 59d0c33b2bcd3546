"""The page of one section, made from the schema: its fields, its tables, and what was typed, which is never lost.

Nothing is required to save. What cannot be read (an amount in letters) is shown again with its message, and the rest is saved all the same.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from applications.enums import BearerKind
from applications.models import Application
from applications.rules.gaps import due_statements, needs_cer
from applications.schema import LICENCES, MAX_AMOUNT, MAX_ROWS, SECTIONS, Key
from core.forms import DayField, EurosField, FundForm, WordedForm
from fund import communes, identifiers
from fund.enums import ApplicantKind
from fund.models import Theme

_BEARER = (
    "bearer_kind",
    "bearer_name",
    "bearer_siret",
    "bearer_rna",
    "bearer_court_registry",
    "bearer_address",
    "bearer_representative",
    "bearer_email",
)
_ECONOMIC = ("economic_activity", "de_minimis_amount")
APPLICANT_KEYS = {
    ApplicantKind.CITIZEN: ("name", "address", "phone", "adult", *_ECONOMIC),
    ApplicantKind.ASSOCIATION: (
        "name",
        "siret",
        "rna",
        "court_registry",
        "purpose",
        "address",
        "phone",
        "representative_name",
        "representative_role",
        *_ECONOMIC,
    ),
    ApplicantKind.COLLECTIVE: ("name", "purpose", "address", "phone", *_BEARER, "adult", *_ECONOMIC),
}
LABELS: dict[tuple[str, str, str], Any] = {
    ("applicant", ApplicantKind.CITIZEN, "name"): _("your first and last name"),
    ("applicant", ApplicantKind.ASSOCIATION, "name"): _("name of the association"),
    ("applicant", ApplicantKind.COLLECTIVE, "name"): _("name of the collective"),
    ("applicant", ApplicantKind.COLLECTIVE, "adult"): _("the member who receives the money is an adult"),
}
HINTS = {
    "siret": _("Fourteen digits, on your notice of the Sirene directory. Spaces do not matter."),
    "rna": _("A W and nine signs, on the receipt of the prefecture."),
    "court_registry": _("Only in Moselle, Bas-Rhin and Haut-Rhin: court, volume and folio."),
    "purpose": _("In a few lines, what you are together for."),
    "phone": _("Only the fund’s staff call it."),
    "de_minimis_amount": _("State aid received as de minimis over three years, even none: write 0."),
    "bearer_kind": _(
        "A collective cannot receive money itself: the bearer signs and receives for it, the collective stays the laureate."
    ),
    "bearer_email": _("The address with which this member joined the team."),
    "title": _("Short, as you would say it to a neighbour."),
    "summary": _("What the registry will show if the project is funded."),
    "need": _("Who meets which difficulty, how you know it, what exists already."),
    "solution": _("What you will build, with whom, how you will try it, how you will know that it works."),
    "origin": _("Whose initiative it is: the fund orders nothing, the idea is yours."),
    "duration_months": _("From the signature of the agreement."),
    "expectation": _("Time, a place to try, data, advice, opinions of agents."),
    "commitment": _("What was already said, if anything; the agent will confirm it in his own words."),
    "requested_amount": _("The grant can cover the whole budget: no co-funding is asked."),
    "minimum_viable_amount": _("Optional. The panel may award less than you ask, never less than this."),
    "choices": _("Quotes, rates, past projects: how you came to these figures."),
    "secret_reason": _(
        "Only if a secret protected by law prevents opening part of the result: which one, for which part."
    ),
    "accessibility": _("For whom it will be usable, and how you check."),
    "note": _("Optional: what the reader should look at first."),
    "cer_on": _("The day the association subscribed to it; today if you do it now."),
}
RESOURCE_STATUS = (("requested", _("requested")), ("acquired", _("acquired")))
LICENCE_NAMES = {
    "EUPL-1.2": _("Code: European Union Public Licence (EUPL-1.2)"),
    "CC-BY-4.0": _("Texts and pictures: Creative Commons, name the author (CC-BY-4.0)"),
    "CC-BY-SA-4.0": _("Texts and pictures: Creative Commons, name the author and share alike (CC-BY-SA-4.0)"),
    "CC0-1.0": _("Everything: Creative Commons, no condition (CC0-1.0)"),
    "etalab-2.0": _("Data: Open Licence of the French State (etalab-2.0)"),
    "ODbL-1.0": _("Data: Open Database License, share alike (ODbL-1.0)"),
}
"""Said in words where the code alone speaks to few."""
CER_TEXT = "https://www.legifrance.gouv.fr/jorf/id/JORFTEXT000044806609"
"""Decree 2021-1947 of 31 December 2021, whose annex is the contract (law 2000-321, art. 10-1)."""
OPTIONAL = (
    "court_registry",
    "minimum_viable_amount",
    "note",
    "secret_reason",
    "repository_url",
    "demo_url",
    "commitment",
    "choices",
    "accessibility",
    "origin",
    "bearer_rna",
    "bearer_court_registry",
)


class NumberField(forms.IntegerField):
    def __init__(self, **options):
        super().__init__(
            min_value=0,
            max_value=100_000,
            widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "input w8", "autocomplete": "off"}),
            **options,
        )


class IdentifierField(forms.CharField):
    """A SIRET or an RNA number as people copy them, with spaces or dots; kept compact."""

    def __init__(self, *, signs: int, **options):
        self.signs = signs
        super().__init__(
            max_length=40,
            widget=forms.TextInput(attrs={"class": "input w16", "autocomplete": "off", "spellcheck": "false"}),
            **options,
        )

    def clean(self, value):
        number = identifiers.compact(super().clean(value))
        if len(number) > self.signs:
            raise forms.ValidationError(
                gettext("This number has %(count)s signs; %(signs)s are expected.")
                % {"count": len(number), "signs": self.signs}
            )
        return number


class ProseField(forms.CharField):
    """A long text. A new line is one sign, as the browser counts it, however it was sent."""

    def to_python(self, value):
        return (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")


def _capital(label) -> str:
    text = str(label)
    return text[:1].upper() + text[1:]


def shown_keys(application: Application, code: str, content: dict) -> tuple[str, ...]:
    """The answers asked of this applicant in this section, in order."""
    if code == "applicant":
        return APPLICANT_KEYS[ApplicantKind(application.applicant_kind)]
    if code == "statements":
        names = ["accurate", *[name for name in due_statements(application, content) if name != "accurate"]]
        if needs_cer(application, content):
            names += ["cer", "cer_on"]
        return (*names, "electronic_notification")
    return tuple(key.name for key in SECTIONS[code].keys)


def _field(key: Key, value, **options) -> forms.Field:
    options |= {"required": False}
    if key.kind == "flag":
        return forms.BooleanField(**options)
    if key.kind == "amount":
        amount = EurosField(max_cents=MAX_AMOUNT, **options)
        amount.affix = "€"  # type: ignore[attr-defined]
        return amount
    if key.kind == "number":
        return NumberField(**options)
    if key.kind == "text":
        field = ProseField(
            widget=forms.Textarea(attrs={"rows": 4 if key.words <= 200 else 10}), max_length=key.signs, **options
        )
        field.max_words = key.words  # type: ignore[attr-defined]
        return field
    if key.choices:
        known = [code for code, _label in key.choices]
        kept = [(value, value)] if value and value not in known else []
        return forms.ChoiceField(choices=[("", "—"), *key.choices, *kept], **options)
    return forms.CharField(max_length=key.signs, **options)


class SectionForm(FundForm):
    """The fields of a section that stand alone. `content` is the whole working copy (what is asked may depend on it)."""

    def __init__(self, *args, application: Application, code: str, content: dict, **options):
        self.application, self.code, self.options_found = application, code, []
        held = content[code]
        self.keys = [
            SECTIONS[code].key(name)
            for name in shown_keys(application, code, content)
            if SECTIONS[code].key(name).kind != "rows"
        ]
        super().__init__(*args, initial={key.name: held.get(key.name) for key in self.keys}, **options)
        for key in self.keys:
            label = LABELS.get((code, application.applicant_kind, key.name), key.label)
            self.fields[key.name] = self._special(key, held) or _field(
                key, held.get(key.name), label=_capital(label), help_text=HINTS.get(key.name, key.hint)
            )
            self.fields[key.name].label = _capital(label)
            self.fields[key.name].optional = key.name in OPTIONAL  # type: ignore[attr-defined]
        if "insee_code" in self.fields:
            found = communes.find(held.get("insee_code") or "")
            self.fields["commune"] = forms.CharField(
                label=gettext("Commune"),
                max_length=100,
                required=False,
                help_text=_("Its name or postcode; add the department if several share it: Saint-Denis 93."),
            )
            self.initial["commune"] = str(found) if found else ""
            self.order_fields(
                [
                    *(name for name in self.fields if name not in ("commune", "insee_code", "themes")),
                    "commune",
                    "insee_code",
                    "themes",
                ]
            )

    def _special(self, key: Key, held: dict) -> forms.Field | None:
        if key.name == "insee_code":
            return forms.CharField(max_length=5, required=False, widget=forms.HiddenInput)
        if key.name == "themes":
            themes = self.application.call.themes.all() or Theme.objects.all()
            self.initial["themes"] = list(held.get("themes") or [])
            return forms.MultipleChoiceField(
                choices=[(theme.code, theme.label) for theme in themes],
                required=False,
                widget=forms.CheckboxSelectMultiple,
                help_text=_("One or several."),
            )
        if key.name == "licence":
            value = held.get("licence") or ""
            kept = [(value, value)] if value and value not in LICENCES else []
            return forms.ChoiceField(
                choices=[("", "—"), *((code, LICENCE_NAMES.get(code, code)) for code in LICENCES), *kept],
                required=False,
                help_text=_(
                    "For code, for texts and pictures, for data or for hardware: the one that fits what you make."
                ),
            )
        if key.name.endswith(("siret", "rna")):
            return IdentifierField(
                signs=key.signs, required=False, help_text=HINTS.get(key.name.removeprefix("bearer_"), "")
            )
        if key.name == "bearer_kind":
            return forms.ChoiceField(
                choices=BearerKind.choices, required=False, widget=forms.RadioSelect, help_text=HINTS["bearer_kind"]
            )
        if key.name == "cer":
            return forms.BooleanField(
                required=False,
                help_text=format_html(
                    '{} <a href="{}" rel="external">{}</a>',
                    gettext(
                        "The law asks it of every association that asks for public money. Seven commitments: the laws of the Republic, "
                        "freedom of conscience, freedom of the members, equality and non-discrimination, fraternity and no violence, "
                        "dignity of the person, the symbols of the Republic. The association tells its members."
                    ),
                    CER_TEXT,
                    gettext("Read the contract (decree 2021-1947, on Légifrance)"),
                ),
            )
        if key.name == "cer_on":
            return DayField(required=False, help_text=HINTS["cer_on"])
        return None

    def clean(self):
        found = super().clean()
        if "commune" in self.fields and "commune" in found:
            found["insee_code"] = self._commune(found.get("commune") or "", found.get("insee_code") or "")
        if "cer_on" in self.fields and found.get("cer_on"):
            found["cer_on"] = found["cer_on"].isoformat()
        return found

    def _commune(self, text: str, code: str) -> str:
        """The INSEE code of what was typed. A name that several communes share is asked again, with the list."""
        kept = communes.find(code)
        if not text or (kept and str(kept) == text):
            return code if text else ""
        found = communes.search(text, limit=40)
        exact = [
            one
            for one in found
            if communes.fold(one.name) in (communes.fold(text), communes.fold(text.rpartition(" ")[0]))
        ]
        for one in found:
            if one.insee_code == code or str(one) == text:
                return one.insee_code
        if len(found) == 1 or len(exact) == 1:
            return (exact or found)[0].insee_code
        if not found:
            self.add_error("commune", gettext("No commune has this name or postcode. Check the spelling."))
        else:
            self.fields["insee_code"] = forms.ChoiceField(
                label=gettext("Which one?"),
                choices=[(one.insee_code, f"{one.name}, {one.department_name} ({one.department})") for one in found],
                required=False,
                widget=forms.RadioSelect,
            )
            self._bound_fields_cache.pop("insee_code", None)  # type: ignore[attr-defined]  # it was drawn as a hidden field until now
            self.add_error(
                "commune",
                gettext("Several communes fit “%(text)s”: choose yours below, or add the department.") % {"text": text},
            )
        return ""


class RowForm(WordedForm):
    """One row of a table of the schema."""

    use_required_attribute = False
    columns: tuple[Key, ...] = ()

    def __init__(self, *args, **options):
        options.setdefault("label_suffix", "")
        # An untouched row is read like any other: the browser goes on posting rows that were saved since as if they were new.
        options["empty_permitted"] = False
        super().__init__(*args, **options)
        for column in self.columns:
            if column.name == "is_fund":
                continue
            value = (self.initial or {}).get(column.name)
            if column.name == "status":
                field: forms.Field = forms.ChoiceField(choices=[("", "—"), *RESOURCE_STATUS], required=False)
            else:
                field = _field(column, value)
            field.label = _capital(column.label)
            self.fields[column.name] = field

    @property
    def is_written(self) -> bool:
        return bool(self.errors) or any(self.cleaned_data.values())

    def values(self, held: dict) -> dict[str, Any]:
        """What was typed and could be read; what could not keeps what was held."""
        return {name: held.get(name) if name in self.errors else self.cleaned_data.get(name) for name in self.fields}


def _table(key: Key) -> type[BaseFormSet]:
    row = type("Row", (RowForm,), {"columns": key.columns})
    return formset_factory(row, extra=1, max_num=MAX_ROWS, absolute_max=MAX_ROWS * 2, validate_max=True)


class SectionPage:
    """A section being written: its form and its tables, bound when something was posted."""

    def __init__(self, application: Application, code: str, content: dict, data=None, plus: str = ""):
        self.application, self.code, self.held, self.data = application, code, content[code], data
        self.form = SectionForm(data, application=application, code=code, content=content)
        self.tables: dict[str, Any] = {}
        for key in SECTIONS[code].keys:
            if key.kind == "rows":
                given = data if data is not None and f"{key.name}-TOTAL_FORMS" in data else None
                table: Any = _table(key)(given, prefix=key.name, initial=self._rows(key.name))
                table.extra = 3 if plus == key.name else 1 if self._rows(key.name) else 2
                table.label = _capital(key.label)
                self.tables[key.name] = table

    def _rows(self, name: str) -> list[dict]:
        return [row for row in self.held.get(name) or [] if not row.get("is_fund")]

    def is_valid(self) -> bool:
        tables = [table.is_valid() for table in self.tables.values() if table.is_bound]
        return self.form.is_valid() and all(tables)

    def values(self, *, without: str = "") -> dict[str, Any]:
        """The content to save: what could be read of what was posted. `without` is a row to leave out, as `expenses-2`."""
        self.is_valid()
        found: dict[str, Any] = {}
        for key in self.form.keys:
            if key.name not in self.form.errors and not (key.name == "insee_code" and "commune" in self.form.errors):
                found[key.name] = self.form.cleaned_data.get(key.name)
        for name, table in self.tables.items():
            if table.is_bound and not table.non_form_errors() and table.management_form.is_valid():
                held, place, rows = self._rows(name), 0, []
                for form in table.forms:
                    if form.prefix != without:
                        rows.append(form.values(held[place] if place < len(held) else {}))
                    place += form.is_written  # blank rows are not kept, so they have no place among those held
                found[name] = rows + [row for row in self.held.get(name) or [] if row.get("is_fund")]
        return found

    def problems(self) -> list[str]:
        """Everything that could not be read, in words."""
        lines = [
            f"{self.form.fields[name].label} : {error}" if name in self.form.fields else str(error)
            for name, errors in self.form.errors.items()
            for error in errors
        ]
        for table in self.tables.values():
            if table.is_bound:
                lines += [str(error) for error in table.non_form_errors()]
                for number, form in enumerate(table.forms, 1):
                    lines += [
                        gettext("%(table)s, row %(n)s, %(field)s: %(error)s")
                        % {"table": table.label, "n": number, "field": form.fields[name].label, "error": error}
                        for name, errors in form.errors.items()
                        for error in errors
                    ]
        return lines
