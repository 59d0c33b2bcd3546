"""Forms of the administration: roles, rules, the fund's identity."""

from __future__ import annotations

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from core.forms import DayField, EurosField, FundForm, InstantField
from core.models import User
from fund import rule_parameters as parameters
from fund.enums import College, DelegatedAct, Role
from fund.models import FundIdentity, RuleVersion
from fund.queries import holders
from fund.rules.identity import FIELDS


def _area(rows=3):
    return forms.Textarea(attrs={"rows": rows})


class RoleForm(FundForm):
    """A role for the person of an address."""

    email = forms.EmailField(
        label=_("E-mail address of the person"), help_text=_("Their account must exist: ask them to sign up first.")
    )
    role = forms.ChoiceField(label=_("Role"), choices=[("", "—"), *Role.choices])
    college = forms.ChoiceField(
        label=_("College"),
        choices=[("", "—"), *College.choices],
        required=False,
        help_text=_("For co-presidents and panel members only."),
    )
    title = forms.CharField(label=_("Office or capacity"), max_length=150, required=False)
    starts_at = InstantField(
        label=_("Start of the role"), required=False, help_text=_("Left empty: as soon as it is approved.")
    )
    ends_at = InstantField(label=_("End of the role"), required=False)

    def clean_email(self):
        address = self.cleaned_data["email"]
        self.person = User.objects.filter(email__iexact=address, is_active=True).first()
        if self.person is None or self.person.is_system:
            raise forms.ValidationError(_("No account has this address: ask the person to sign up first."))
        return address

    def params(self) -> dict:
        data = dict(self.cleaned_data)
        data.pop("email")
        return data | {"user": self.person}


class DelegationForm(FundForm):
    """What an authorising officer delegates, to somebody who holds the role for it."""

    delegate = forms.ModelChoiceField(
        queryset=User.objects.none(),
        label=_("To whom"),
        help_text=_("Only those who hold the role of delegate: an administrator proposes it, a co-president approves."),
    )
    acts = forms.MultipleChoiceField(
        label=_("Which acts"), choices=DelegatedAct.choices, widget=forms.CheckboxSelectMultiple
    )
    ceiling_amount = EurosField(
        label=_("Up to which amount for each act, in euros"), min_cents=1, max_cents=100_000_000
    )
    starts_on = DayField(label=_("First day"))
    ends_on = DayField(label=_("Last day, included"))
    deed = forms.CharField(
        label=_("Deed of delegation"),
        max_length=60,
        help_text=_("Its number and its day, for example “Decision 2026-12 of 3 November 2026”: signatures carry it."),
    )

    def __init__(self, *args, at, **options):
        super().__init__(*args, **options)
        field = self.fields["delegate"]
        field.queryset = holders(Role.DELEGATE, at)
        field.label_from_instance = str
        field.empty_label = "—"


class ExtendForm(FundForm):
    ends_at = InstantField(label=_("New end"), required=False, help_text=_("Left empty: the role has no end any more."))

    def params(self) -> dict:
        ends_at = self.cleaned_data["ends_at"]
        return {"ends_at": ends_at.isoformat() if ends_at else None}


def _field(parameter: parameters.Parameter) -> forms.Field:
    options = {"label": parameter.label, "help_text": _("Article %(article)s") % {"article": parameter.article}}
    if parameter.kind == parameters.BOOLEAN:
        return forms.BooleanField(required=False, **options)
    if parameter.kind == parameters.CHOICE:
        return forms.ChoiceField(choices=parameter.choices, **options)
    if parameter.kind == parameters.INTEGER:
        return forms.IntegerField(min_value=parameter.minimum, max_value=parameter.maximum, **options)
    if parameter.kind in (parameters.AMOUNT, parameters.AMOUNT_OR_NONE):
        required = parameter.kind == parameters.AMOUNT
        return EurosField(min_cents=parameter.minimum, max_cents=parameter.maximum, required=required, **options)
    if parameter.kind == parameters.TEXT:
        return forms.CharField(required=False, max_length=500, widget=_area(2), **options)
    return forms.CharField(max_length=60, **options)


class RulesForm(FundForm):
    """Every parameter, by group; each value is read by its own definition."""

    note = forms.CharField(
        label=_("What changes, and why"),
        max_length=5_000,
        required=False,
        widget=_area(3),
        help_text=_("Shown with the version, to everyone."),
    )

    def __init__(self, *args, obj: RuleVersion, **options):
        initial = {"note": obj.note} | {
            code: ", ".join(map(str, obj[code])) if isinstance(obj[code], list) else obj[code]
            for code in parameters.BY_CODE
        }
        super().__init__(*args, obj=obj, initial=initial, **options)
        for parameter in parameters.PARAMETERS:
            self.fields[parameter.code] = _field(parameter)

    @property
    def groups(self):
        return [
            (title, [self[parameter.code] for parameter in parameters.PARAMETERS if parameter.group == group])
            for group, title in parameters.GROUPS.items()
        ]

    def clean(self):
        data = super().clean()
        for code, parameter in parameters.BY_CODE.items():
            if code in data:
                try:
                    data[code] = parameter.read(data[code])
                except ValueError as error:
                    self.add_error(code, error.args[0])
        return data

    def params(self) -> dict:
        return {
            "parameters": {code: self.cleaned_data[code] for code in parameters.BY_CODE},
            "note": self.cleaned_data["note"],
        }


_LONG = {"short_description": 4, "fictional_notice": 3, "address_lines": 3}


class IdentityForm(FundForm):
    """The facts of the fund; only what differs is proposed."""

    def __init__(self, *args, obj: FundIdentity, **options):
        initial = {name: getattr(obj, name) for name in FIELDS} | {"address_lines": "\n".join(obj.address_lines)}
        super().__init__(*args, obj=obj, initial=initial, **options)
        for name in FIELDS:
            label = capfirst(FundIdentity._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
            if name == "opened_on":
                self.fields[name] = DayField(label=label, required=False)
            elif name == "pays_through_chorus":
                self.fields[name] = forms.BooleanField(label=label, required=False)
            else:
                widget = {"widget": _area(_LONG[name])} if name in _LONG else {}
                self.fields[name] = forms.CharField(label=label, required=name == "name", max_length=2_000, **widget)
        self.fields["insee_code"].help_text = _(
            "Not the postcode. The name of the commune, its department and region follow."
        )
        self.fields["pays_through_chorus"].help_text = _(
            "Finance officers may then write the Chorus numbers of commitments and payment requests beside the fund’s own."
        )
        self.fields["debtor_iban"].help_text = _(
            "Payments leave from this account. Approved by a co-president, who reads it on the act."
        )

    def changes(self) -> dict:
        changed = {}
        for name in self.changed_data:
            value = self.cleaned_data[name]
            changed[name] = (
                [line.strip() for line in value.splitlines() if line.strip()]
                if name == "address_lines"
                else value.isoformat()
                if hasattr(value, "isoformat")
                else value
            )
        return changed


class RefuseForm(FundForm):
    """The second key says no, and why."""

    reason = forms.CharField(
        label=_("Why you refuse"),
        max_length=1_000,
        widget=_area(3),
        error_messages={
            "required": _("Say why in one sentence: this reason will be kept and shown to those concerned.")
        },
    )
