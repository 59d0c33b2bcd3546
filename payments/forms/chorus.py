"""The numbers of Chorus beside an order."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import FundForm


class ChorusForm(FundForm):
    commitment = forms.CharField(
        label=_("Commitment (engagement juridique, EJ)"),
        max_length=30,
        required=False,
        help_text=_("Ten digits. The same for every payment of this grant."),
    )
    request = forms.CharField(
        label=_("Payment request (demande de paiement, DP)"),
        max_length=30,
        required=False,
        help_text=_("Ten digits, of this order alone."),
    )
