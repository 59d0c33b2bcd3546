"""Forms of the public draw. `obj` is the meeting."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import FundForm


class AnnounceDrawForm(FundForm):
    """`groups`: the files that share each rank."""

    rank = forms.ChoiceField(label=_("Files to part"), required=False)
    source = forms.CharField(
        label=_("Public source of the seed"),
        max_length=300,
        required=False,
        help_text=_("For instance the numbers of a national lottery, in the order they are published."),
    )
    source_on = forms.DateField(
        label=_("Day on which it exists"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args, groups=None, **options):
        super().__init__(*args, **options)
        self.fields["rank"].choices = [
            (str(number), _("Rank %(rank)s: %(files)s") % {"rank": number, "files": ", ".join(group)})
            for number, group in (groups or {}).items()
        ]

    def params(self):
        facts = dict(self.cleaned_data)
        return facts | {"rank": int(facts["rank"]) if facts["rank"] else None}


class SeedForm(FundForm):
    """`draws`: those that are not made yet."""

    draw = forms.ChoiceField(label=_("Draw"), required=False)
    seed = forms.CharField(
        label=_("Seed, as you read it at the source"),
        max_length=200,
        required=False,
        help_text=_("Both co-presidents write it, each from his own account, and the same to the sign."),
    )

    def __init__(self, *args, draws=(), **options):
        super().__init__(*args, **options)
        self.fields["draw"].choices = [(str(draw.pk), f"{draw.commitment[:12]} · {draw.source}") for draw in draws]

    def params(self):
        facts = dict(self.cleaned_data)
        return facts | {"draw": int(facts["draw"]) if facts["draw"] else None}
