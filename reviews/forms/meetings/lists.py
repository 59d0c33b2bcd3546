"""The list that follows from the votes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import FundForm
from core.money import format_euros
from reviews.forms.reading import area


class ListForm(FundForm):
    """The list to adopt: `outcome_7` and `grounds_7` for the item 7. `lines` are those proposed from the votes, `voted` the amounts voted, by item:
    the amounts are the votes', the list changes none."""

    data: Any  # a copy of its own when the box must be ticked again
    OUTCOMES = [("selected", _("Fund")), ("reserve", _("Reserve list")), ("rejected", _("Do not fund"))]

    def __init__(self, *args, lines=(), voted=None, references=None, **options):
        super().__init__(*args, **options)
        self.lines, self.voted = list(lines), voted or {}
        references = references or {}
        self.offer_common()
        for line in self.lines:
            self.fields[f"outcome_{line.key}"] = forms.ChoiceField(
                label=_("Outcome"), choices=self.OUTCOMES, initial=line.outcome, required=False
            )
            self.fields[f"grounds_{line.key}"] = forms.CharField(
                label=_("Grounds of %(reference)s") % {"reference": references.get(line.key, "")},
                max_length=4000,
                widget=area(2),
                required=False,
            )

            self.initial[f"grounds_{line.key}"] = (
                line.grounds if line.left is None else ""
            )  # who waits has grounds of its own

    def offer_common(self):
        """One text for all the files of an outcome that have no grounds yet."""
        for outcome, label in self.OUTCOMES:
            if any(line.outcome == outcome and not line.grounds for line in self.lines):
                self.fields[f"common_{outcome}"] = forms.CharField(
                    label=_("Grounds of the files “%(outcome)s” that have none") % {"outcome": label},
                    max_length=4000,
                    widget=area(3),
                    required=False,
                )

    @property
    def common(self):
        return [self[name] for name in self.fields if name.startswith("common_")]

    def tell_total(self, lines) -> None:
        """What adopting these lines does, to be read and confirmed. Other lines since, and it is asked again."""
        aided = [line for line in lines if line.outcome == "selected"]
        total = format_euros(sum(line.amount or 0 for line in aided), cents_if_round=False)
        told = {"aids": len(aided), "amount": total, "others": len(lines) - len(aided)}
        self.read = "-".join(str(one) for one in told.values())
        words = _(
            "The panel adopts this list, nobody objecting. Aids: %(aids)s, for %(amount)s reserved at once. Other decisions: %(others)s."
        )
        self.fields.setdefault("sure", forms.BooleanField(required=False))
        self["sure"].label = words % told

    def confirms(self) -> bool:
        """Whether what the list does, as it is now, was read and confirmed; else asks for it."""
        if self.cleaned_data.get("sure") and self.data.get("read") == self.read:
            return True
        self.status = 422
        self.data = self.data.copy()
        self.data.pop("sure", None)
        self.add_error("sure", _("Read what adopting the list does, then tick the box."))
        for line in self.lines:
            if not self._grounds(line):
                self.add_error(f"grounds_{line.key}", _("Write the grounds: every decision has some."))
        return False

    def fields_of(self, key):
        return {name: self[f"{name}_{key}"] for name in ("outcome", "grounds")}

    def refuse(self, refusal):
        """Every file without grounds is told beside its own box."""
        super().refuse(refusal)
        for line in self.lines if refusal.code == "grounds_missing" else ():
            name = f"grounds_{line.key}"
            if name != refusal.field and not self._grounds(line):
                self.add_error(name, _("Write the grounds: every decision has some."))

    def _grounds(self, line) -> str:
        """Its own, else those of all the files of its outcome; who waits against the vote has its own."""
        own = self.cleaned_data.get(f"grounds_{line.key}") or ""
        outcome = self.cleaned_data.get(f"outcome_{line.key}") or line.outcome
        return own or (self.cleaned_data.get(f"common_{outcome}") or "" if line.left is None else "")

    def params(self):
        return {
            "lines": [
                {
                    "item": line.key,
                    "outcome": self.cleaned_data[f"outcome_{line.key}"],
                    "amount": self.voted.get(line.key) if line.amount is None else line.amount,
                    "grounds": self._grounds(line),
                }
                for line in self.lines
            ]
        }
