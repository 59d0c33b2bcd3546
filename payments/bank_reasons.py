"""What banks say when they send a transfer back."""

from django.utils.translation import pgettext_lazy

BANK_REASONS = {
    "AC01": pgettext_lazy("bank", "account number wrong"),
    "AC03": pgettext_lazy("bank", "account of the payee wrong"),
    "AC04": pgettext_lazy("bank", "account closed"),
    "AC06": pgettext_lazy("bank", "account blocked"),
    "AC13": pgettext_lazy("bank", "kind of account wrong"),
    "AC14": pgettext_lazy("bank", "kind of account wrong"),
    "AG01": pgettext_lazy("bank", "transfers forbidden on this account"),
    "AM04": pgettext_lazy("bank", "not enough money on the fund’s account"),
    "AM05": pgettext_lazy("bank", "sent twice"),
    "BE01": pgettext_lazy("bank", "name and account do not agree"),
    "BE04": pgettext_lazy("bank", "address of the payee missing"),
    "CH03": pgettext_lazy("bank", "execution date too far away"),
    "CNOR": pgettext_lazy("bank", "the payee’s bank is not reached by this network"),
    "DUPL": pgettext_lazy("bank", "sent twice"),
    "FOCR": pgettext_lazy("bank", "returned at the fund’s request"),
    "MD07": pgettext_lazy("bank", "holder deceased"),
    "MS02": pgettext_lazy("bank", "refused by the payee"),
    "MS03": pgettext_lazy("bank", "refused by the payee’s bank"),
    "RC01": pgettext_lazy("bank", "identifier of the bank wrong"),
    "RR04": pgettext_lazy("bank", "regulatory reason"),
    "TECH": pgettext_lazy("bank", "technical reason"),
}
"""Why a bank sends a transfer back, in words (codes of ISO 20022, external code list "return reason")."""
