"""The form of the sign-in page; apart from `core.accounts`, which allauth's forms import."""

from __future__ import annotations

from allauth.account.forms import LoginForm


class SignInForm(LoginForm):
    """allauth's, without a link between the two boxes: from the address, the tabulator leads to the password."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["password"].help_text = ""
