"""Adapters of django-allauth: mails go through the outbox, second-factor secrets are encrypted, links come from PUBLIC_BASE_URL."""

from __future__ import annotations

from datetime import timedelta
from secrets import token_hex
from urllib.parse import quote, urlencode

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as current
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core import links, outbox, reauth, site
from core import person as core_person
from core.browser import client_ip
from core.fields import cipher
from core.models import Mail, User

MAILS = {
    "account/email/email_confirmation_signup": ("confirm", "activate_url"),
    "account/email/email_confirmation": ("confirm", "activate_url"),
    "account/email/password_reset_key": ("reset", "password_reset_url"),
    "account/email/unknown_account": ("unknown", None),
    "account/email/account_already_exists": ("exists", None),
    "account/email/password_changed": ("password_changed", None),
    "account/email/password_reset": ("password_changed", None),
    "account/email/password_set": ("password_changed", None),
    "mfa/email/totp_activated": ("second_factor_on", None),
    "mfa/email/totp_deactivated": ("second_factor_off", None),
    "mfa/email/recovery_codes_generated": ("recovery_codes", None),
}
"""allauth's mail -> ours (templates/emails/account/), and the name of the link it brings; the others lead to the page that answers."""
ASKED_FOR = ("confirm", "reset", "unknown", "exists", "closed")
"""Mails that anybody can cause by typing an address: so many an hour to one address, whatever they are."""
MAILS_AN_HOUR = 5
PAGES = {"unknown": "account_signup", "exists": "account_reset_password", "password_changed": "account_reset_password"}


class AccountAdapter(DefaultAccountAdapter):
    def send_mail(self, template_prefix, email, context):
        code, link = MAILS.get(template_prefix, (None, None))
        if code is None:
            raise LookupError(f"no mail of ours stands for {template_prefix}")
        if code == "exists":
            make_password(token_hex())  # as long as an account takes to make: the time of the answer tells nothing
        person = context.get("user") or User.objects.filter(email__iexact=email).first()
        now = timezone.now()
        if code in ASKED_FOR and self.has_enough(email, now):
            return  # nobody is flooded, whoever asks: the mails before this one still work
        if code in ("unknown", "exists") and person is not None and not person.is_active:
            self.send_reopening(person, now)
            return
        outbox.queue(
            f"account/{code}",
            to=person if person is not None and person.email.lower() == email.lower() else email,
            at=now,
            language=person.language if person is not None else (get_language() or "fr")[:2],
            context={
                "link": context[link]
                if link
                else links.absolute(links.localized(reverse(PAGES.get(code, "core:security"))))
            },
        )

    @staticmethod
    def send_reopening(person: User, at) -> None:
        """To the address of an account closed because nobody used it: the link that opens it again."""
        path = reverse("core:reopen", args=[core_person.reopening_key(person)])
        outbox.queue(
            "account/closed",
            to=person.email,
            at=at,
            language=person.language,
            context={"link": links.absolute(links.localized(path))},
        )

    @staticmethod
    def has_enough(email: str, at) -> bool:
        codes = [f"account/{code}" for code in ASKED_FOR]
        lately = Mail.objects.filter(to__iexact=email, code__in=codes, created_at__gt=at - timedelta(hours=1)).count()
        return lately >= max(1, round(MAILS_AN_HOUR * settings.RATE_LIMIT_SCALE))

    def send_notification_mail(self, template_prefix, user, context=None, email=None):
        """A change of password or of second factor is told at once, to the address on the account."""
        if template_prefix in MAILS:
            self.send_mail(template_prefix, email or user.email, {"user": user})

    def get_email_confirmation_url(self, request, emailconfirmation):
        """The link leads back to what one came for, also when it is opened on another device."""
        here, there = reverse("account_confirm_email", args=[emailconfirmation.key]), links.safe_next(request, "")
        return links.absolute(f"{here}?{urlencode({'next': there})}" if there else here)

    def get_reset_password_from_key_url(self, key):
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return links.absolute(path.replace("UID-KEY", quote(key)))

    def get_client_ip(self, request):
        """The address of the browser as the nearest trusted proxies report it; a header that says more is not believed."""
        return client_ip(request)

    def get_login_redirect_url(self, request):
        return settings.LOGIN_REDIRECT_URL

    def is_reauthentication_required(self, *, app, **kwargs):
        request = self.request or current.request
        return not reauth.is_recent(request)

    def get_reauthentication_methods(self, user):
        return (
            [{"id": "reauthenticate", "description": _("Confirm that it is you"), "url": reverse("core:confirm")}]
            if user.is_authenticated
            else []
        )


class MFAAdapter(DefaultMFAAdapter):
    def encrypt(self, text):
        return cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text):
        return cipher().decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self):
        return str(site.current().name)


class SecondFactorForm(ActivateTOTPForm):
    """allauth's, with a label that says where the code is read."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["code"].label = _("Code shown by the application")
        self.fields["code"].widget = forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"})


class SignupForm(forms.Form):
    """What we ask besides e-mail and password: a name, because files and letters carry it."""

    name = forms.CharField(
        label=_("First name and last name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )

    field_order = ["name", "email", "password1"]

    def signup(self, request, user):
        user.name = self.cleaned_data["name"].strip()
        user.language = (get_language() or "fr")[:2]
        user.save(update_fields=["name", "language"])
