"""The forms a call is written with: they parse and keep what was typed; the rules stay in the verbs."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.utils.functional import lazy
from django.utils.text import capfirst, slugify
from django.utils.translation import gettext_lazy as _

from core.forms import DayField, EurosField, FundForm, InstantField, ReasonForm
from core.transitions import Refusal
from fund.forms.call_rows import ADD, HINTS, ROW_FORMS, TITLES, YES_NO, area, formset_class, one_more
from fund.models import Call, Envelope, Theme
from fund.models.ledger import EnvelopeState
from fund.rules.call_amendments import AMENDABLE_DATES

_capitalised = lazy(capfirst, str)


def _label(name):
    return _capitalised(Call._meta.get_field(name).verbose_name)


def _text(name, most, rows=0, **options):
    return forms.CharField(
        label=_label(name), max_length=most, required=False, **({"widget": area(rows)} if rows else {}), **options
    )


class NewCallForm(FundForm):
    """A title, an address, and what to start from."""

    title = forms.CharField(
        label=_label("title"), max_length=120, help_text=_("What a neighbour would call it, in a few words.")
    )
    slug = forms.CharField(
        label=_label("slug"),
        max_length=80,
        required=False,
        help_text=_(
            "The end of the page’s address. Left empty, it is made from the title. An address is never used twice."
        ),
    )
    source = forms.ChoiceField(
        label=_("Start from"), required=False, help_text=_("Everything is copied but the dates and the envelope.")
    )

    def __init__(self, *args, calls=(), **options):
        super().__init__(*args, **options)
        self.fields["source"].choices = [
            ("", _("the grid of the rulebook")),
            *((call.slug, call.title) for call in calls),
        ]

    def params(self) -> dict[str, Any]:
        title = self.cleaned_data["title"]
        return {
            "title": title,
            "slug": self.cleaned_data["slug"].strip() or slugify(title)[:80],
            "source": self.cleaned_data["source"],
        }


class CallForm(FundForm):
    """Everything of a call but its lists. Nothing but the title is required to save a draft."""

    title = forms.CharField(label=_label("title"), max_length=120)
    slug = forms.CharField(label=_label("slug"), max_length=80, help_text=Call._meta.get_field("slug").help_text)
    summary = _text("summary", 400, 2, help_text=_("Two sentences that everyone reads."))
    description = _text("description", 20_000, 10, help_text=_("A blank line makes a paragraph."))
    contact_email = forms.EmailField(label=_label("contact_email"), required=False)
    themes = forms.MultipleChoiceField(
        label=_label("themes"), required=False, widget=forms.CheckboxSelectMultiple(attrs={"class": "line"})
    )
    new_themes = forms.CharField(
        label=_("Themes to add"),
        max_length=1_000,
        required=False,
        widget=area(2),
        help_text=_("One a line; they can then be chosen in every call."),
    )
    envelope = forms.ChoiceField(label=_label("envelope"), required=False)
    ceiling_amount = EurosField(label=_label("ceiling_amount"), min_cents=1, max_cents=100_000_000)
    floor_amount = EurosField(label=_label("floor_amount"), required=False, max_cents=100_000_000)
    max_duration_months = forms.IntegerField(label=_label("max_duration_months"), min_value=1, max_value=60)
    blind = forms.BooleanField(
        label=_label("blind"),
        required=False,
        help_text=_("Readers do not see who applies; they declare their interests on the list of names."),
    )
    opens_at = InstantField(label=_label("opens_at"), required=False)
    closes_at = InstantField(label=_label("closes_at"), required=False)
    partner_deadline_at = InstantField(
        label=_label("partner_deadline_at"),
        required=False,
        help_text=_("Left empty, it follows the closing as the rules say."),
    )
    eligibility_by_on = DayField(
        label=_label("eligibility_by_on"),
        required=False,
        help_text=_("Left empty, it follows the closing as the rules say."),
    )
    review_opens_on = DayField(label=_label("review_opens_on"), required=False)
    review_closes_at = InstantField(
        label=_label("review_closes_at"),
        required=False,
        help_text=_("Left empty, it follows the opening of reading as the rules say."),
    )
    meeting_on = DayField(label=_label("meeting_on"), required=False)
    notified_by_on = DayField(
        label=_label("notified_by_on"),
        required=False,
        help_text=_("Left empty, it follows the meeting as the rules say."),
    )
    agreements_by_on = DayField(label=_label("agreements_by_on"), required=False)
    projects_end_by_on = DayField(label=_label("projects_end_by_on"), required=False)
    reports_by_on = DayField(label=_label("reports_by_on"), required=False)

    TEXTS = ("title", "slug", "summary", "description", "contact_email", "themes", "new_themes")
    MONEY = ("envelope", "ceiling_amount", "floor_amount", "max_duration_months", "blind")

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["themes"].choices = list(Theme.objects.values_list("code", "label"))
        self.fields["envelope"].choices = [
            ("", "—"),
            *(
                (str(row.pk), f"{row.reference} · {row.label}")
                for row in Envelope.objects.exclude(state=EnvelopeState.CLOSED)
            ),
        ]
        self.fields["summary"].mark = self.fields["description"].mark = self.fields["contact_email"].mark = ""

    @property
    def texts(self):
        return [self[name] for name in self.TEXTS]

    @property
    def money(self):
        return [self[name] for name in self.MONEY]

    @property
    def dates(self):
        return [self[name] for name in self.fields if name not in (*self.TEXTS, *self.MONEY)]

    def content(self) -> dict:
        data = dict(self.cleaned_data)
        data["envelope"] = int(data["envelope"]) if data["envelope"] else None
        data["floor_amount"] = data["floor_amount"] or 0
        data["new_themes"] = [line.strip() for line in data["new_themes"].splitlines() if line.strip()]
        return data

    @staticmethod
    def initial_of(call: Call) -> dict:
        values = {name: getattr(call, name) for name in (*Call.PLAIN, *Call.INSTANTS, *Call.DAYS)}
        return values | {"envelope": str(call.envelope_id or ""), "themes": [theme.code for theme in call.themes.all()]}


class CallForms:
    """The form of a call and its lists, read, checked and refused together."""

    def __init__(self, call: Call, data=None, user=None, kinds=tuple(ROW_FORMS)):
        content = call.content() if call.pk else {}
        self.adding = (data or {}).get("add_row", "") if data is not None else ""
        if data is not None and self.adding in kinds:
            data = data.copy()
            total = f"{self.adding}-TOTAL_FORMS"
            data[total] = one_more(data.get(total, ""))
        self.form = CallForm(data, obj=call, user=user, initial=CallForm.initial_of(call))
        self.sets = {
            name: formset_class(name)(
                data,
                prefix=name,
                initial=[ROW_FORMS[name].initial_of(row) for row in content.get(name, [])],  # type: ignore[attr-defined]
                form_kwargs={"obj": call, "user": user},
            )
            for name in kinds
        }
        if self.adding:
            self.form._errors, self.form.cleaned_data = ErrorDict(), {}  # type: ignore[attr-defined]
            for rows in self.sets.values():
                rows.silence()

    @property
    def sections(self):
        return [
            {"name": name, "formset": rows, "title": TITLES[name], "hint": HINTS[name], "add": ADD[name]}
            for name, rows in self.sets.items()
        ]

    def is_valid(self) -> bool:
        if self.adding:
            return False
        return all([self.form.is_valid(), *(rows.is_valid() for rows in self.sets.values())])

    @property
    def refused(self) -> bool:
        return not self.adding and bool(
            self.form.errors or any(rows.total_error_count() for rows in self.sets.values())
        )

    def content(self) -> dict:
        return self.form.content() | {name: rows.rows() for name, rows in self.sets.items()}

    def refuse(self, refusal: Refusal) -> None:
        """Put the reason beside the field it names: `criteria-1-weight` is the weight of the second criterion kept."""
        found = re.fullmatch(r"(\w+)-(\d+)-(\w+)", refusal.field or "")
        if found and found[1] in self.sets and int(found[2]) < len(kept := self.sets[found[1]].kept):
            form, name = kept[int(found[2])], "anchor_0" if found[3] == "anchors" else found[3]
            form.add_error(name if name in form.fields else None, str(refusal))
        elif refusal.field in self.sets:
            self.sets[refusal.field]._non_form_errors.append(str(refusal))
        else:
            self.form.refuse(refusal)


class AmendForm(FundForm):
    """Texts and dates of a published call, and what changes in one sentence."""

    title = forms.CharField(label=_label("title"), max_length=120)
    summary = _text("summary", 400, 2)
    description = _text("description", 20_000, 10)
    contact_email = forms.EmailField(label=_label("contact_email"), required=False)

    def __init__(self, *args, obj, **options):
        options.setdefault("initial", CallForm.initial_of(obj))
        super().__init__(*args, obj=obj, **options)
        for name in AMENDABLE_DATES:
            kind = InstantField if name in Call.INSTANTS else DayField
            self.fields[name] = kind(label=_label(name), required=False)
            self.fields[name].mark = ""
        self.order_fields([*list(self.fields)[:4], *(name for name in CallForm.base_fields if name in AMENDABLE_DATES)])
        self.fields["reason"] = forms.CharField(
            label=_("What changes, and why"),
            max_length=1_000,
            widget=area(3),
            help_text=_("Sent to everyone who has a file under way in this call."),
        )

    def changes(self) -> dict:
        """What differs from the call, as plain values. Seconds that a form cannot show do not count as a change."""
        changed = {}
        for name in self.fields:
            if name == "reason":
                continue
            former, new = getattr(self.obj, name), self.cleaned_data[name]
            if (
                isinstance(new, datetime)
                and isinstance(former, datetime)
                and new == former.replace(second=0, microsecond=0)
            ):
                continue
            if new != former:
                changed[name] = new.isoformat() if isinstance(new, date | datetime) else new
        return changed


class ReopenForm(ReasonForm):
    """After an outage: a new closing, and why."""

    closes_at = InstantField(label=_("New closing"))
    partner_deadline_at = InstantField(
        label=_label("partner_deadline_at"), required=False, help_text=_("Left empty, it does not move unless it must.")
    )

    field_order = ("closes_at", "partner_deadline_at", "reason")

    def params(self) -> dict[str, Any]:
        partners = self.cleaned_data["partner_deadline_at"]
        return {
            "closes_at": self.cleaned_data["closes_at"].isoformat(),
            "partner_deadline_at": partners.isoformat() if partners else "",
            "reason": self.cleaned_data["reason"],
        }


class EligibilityForm(FundForm):
    """The yes-or-no questions of a call; nothing is kept."""

    def __init__(self, *args, questions, **options):
        super().__init__(*args, **options)
        self.questions = list(questions)
        for question in self.questions:
            self.fields[question.code] = forms.ChoiceField(
                label=question.question,
                choices=YES_NO,
                widget=forms.RadioSelect,
                required=True,
                error_messages={"required": _("Answer yes or no."), "invalid_choice": _("Answer yes or no.")},
            )

    def obstacles(self) -> list:
        """The questions whose answer closes the call to this idea."""
        return [
            question for question in self.questions if (self.cleaned_data[question.code] == "yes") != question.expected
        ]
