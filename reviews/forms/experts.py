"""Forms of external experts: what the asker fills in, what the expert says and writes. Rules stay in the verbs."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import FundForm, InstantField
from reviews.enums.experts import EXPERT_GROUNDS
from reviews.forms.reading import area


class AskForm(FundForm):
    name = forms.CharField(label=_("First name and name"), max_length=150, required=False)
    email = forms.CharField(label=_("E-mail address"), max_length=254, required=False)
    organisation = forms.CharField(label=_("Organisation"), max_length=200, required=False)
    expertise = forms.CharField(
        label=_("Expertise"), max_length=200, required=False, help_text=_("For example: accessibility of websites.")
    )
    question = forms.CharField(
        label=_("The question you ask"),
        max_length=5000,
        widget=area(4),
        required=False,
        help_text=_("The expert reads it before he answers; keep it to what the panel needs to know."),
    )
    deadline_at = InstantField(label=_("Answer before"), required=False)


class ExtendForm(FundForm):
    deadline_at = InstantField(label=_("New deadline"), required=False)


class UndertakingForm(FundForm):
    no_interest = forms.BooleanField(
        label=_("I have no interest in this application: neither tie, nor work, nor rivalry with those who carry it."),
        required=False,
    )
    secrecy = forms.BooleanField(
        label=_("I keep what I read to myself, use it for this opinion only, and delete what I downloaded."),
        required=False,
    )


class ExpertInterestForm(FundForm):
    ground = forms.ChoiceField(label=_("Which link"), choices=[("", "—"), *EXPERT_GROUNDS], required=False)


class OpinionForm(FundForm):
    opinion = forms.CharField(label=_("Your opinion"), max_length=20_000, widget=area(10), required=False)
    strengths = forms.CharField(label=_("Strengths, if you wish"), max_length=20_000, widget=area(4), required=False)
    risks = forms.CharField(
        label=_("Risks or weak points, if you wish"), max_length=20_000, widget=area(4), required=False
    )
