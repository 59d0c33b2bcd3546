"""Security of one's account: password, second factor, API tokens; proving again who one is; a kept form taken up again."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base.forms import ReauthenticateForm
from allauth.mfa.models import Authenticator
from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core import kept, links, mail_choices, person, reauth, tokens
from core.access import allow, anyone, signed_in
from core.forms import FundForm
from core.idempotency import new_nonce
from core.models import User
from core.transitions import Refusal

TOKENS = 20
"""Live tokens one person may hold."""


class PasswordForm(FundForm):
    """The password again. Wrong ones count in the same limit as at sign-in."""

    password = forms.CharField(
        label=gettext_lazy("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def clean_password(self):
        if not get_adapter().reauthenticate(self.user, self.cleaned_data["password"]):
            raise get_adapter().validation_error("incorrect_password")
        return self.cleaned_data["password"]


class CodeForm(ReauthenticateForm):
    """The code of the second factor instead."""

    def __init__(self, *args, user=None, **options):
        options.setdefault("label_suffix", "")
        super().__init__(*args, user=user, **options)
        self.fields["code"].label = gettext_lazy("Code of your second factor, or a recovery code")
        self.fields["code"].widget = forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"})


@sensitive_post_parameters("password", "code")
@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request):
    """Prove again who you are, then go on to `next`. Password, or the second factor when there is one."""
    there = links.safe_next(request, reverse("core:security"))
    has_factor = get_mfa_adapter().is_mfa_enabled(request.user, [Authenticator.Type.TOTP])
    by_code = has_factor and request.POST.get("code", "") != ""
    form = CodeForm(request.POST if by_code else None, user=request.user) if has_factor else None
    password = PasswordForm(request.POST if request.method == "POST" and not by_code else None, user=request.user)
    bound = form if by_code else password
    if request.method == "POST" and bound.is_valid():
        if by_code:
            form.authenticator.record_usage()
        reauth.remember(request, "totp" if by_code else "password")
        request.session.pop("account_reauthentication_state", None)
        if request.POST.get("next"):
            messages.warning(
                request, _("It is confirmed that it is you. What you were doing is not done yet: go on here.")
            )
        return redirect(there)
    status = 422 if request.method == "POST" else 200
    return render(request, "core/confirm.html", {"form": password, "code_form": form, "next": there}, status=status)


@allow(anyone)
@require_http_methods(["GET", "HEAD", "POST"])
def reopen(request, key):
    """The link of the mail to a closed account. Opening it changes nothing: a mail scanner may."""
    if request.method != "POST":
        return render(request, "account/reopen.html", {"works": person.closed_account(key) is not None})
    try:
        person.reopen(key=key, at=request.received_at)
    except Refusal:
        return render(request, "account/reopen.html", {"works": False}, status=409)
    messages.success(request, _("Your account is open again. Sign in."))
    return redirect("account_login")


@allow(signed_in)
@require_safe
def security(request):
    """What protects the account: password, second factor, tokens."""
    rows = request.user.api_tokens.filter(revoked_at=None, expires_at__gt=request.received_at).order_by("-pk")[:TOKENS]
    factors = set(Authenticator.objects.filter(user=request.user).values_list("type", flat=True))
    return render(
        request,
        "core/security.html",
        {
            "tokens": rows,
            "has_second_factor": Authenticator.Type.TOTP in factors,
            "has_recovery_codes": Authenticator.Type.RECOVERY_CODES in factors,
        },
    )


class DetailsForm(FundForm):
    name = forms.CharField(
        label=gettext_lazy("First and last name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of your pages and mails"), choices=User._meta.get_field("language").choices or ()
    )


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
def details(request):
    """My name and my language: what changes with them, and what does not."""
    me = request.user
    form = DetailsForm(request.POST or None, user=me, initial={"name": me.name, "language": me.language})
    if request.method == "POST" and form.is_valid():
        try:
            person.change_details(user=me, actor=me, at=request.received_at, **form.params())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Your name and your language are saved."))
            return redirect("core:details")
    return render(request, "core/details.html", {"form": form}, status=422 if form.errors else 200)


class MailsForm(FundForm):
    """The mails that may be switched off, ticked while they come."""

    wanted = forms.MultipleChoiceField(
        label=gettext_lazy("I want to receive"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["wanted"].choices = [(one.key, one.label) for one in mail_choices.CHOICES.values()]

    def params(self) -> dict:
        return {"off": [key for key in mail_choices.CHOICES if key not in self.cleaned_data["wanted"]]}


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
def mails(request):
    """Which mails I receive: those I may switch off, and those I may not with the reason."""
    me = request.user
    wanted = [key for key in mail_choices.CHOICES if key not in me.mails_off]
    form = MailsForm(request.POST if request.method == "POST" else None, user=me, initial={"wanted": wanted})
    if request.method == "POST" and form.is_valid():
        person.choose_mails(user=me, actor=me, at=request.received_at, **form.params())
        messages.success(request, _("Your choice is saved."))
        return redirect("core:mails")
    context = {"form": form, "choices": mail_choices.CHOICES.values()}
    return render(request, "core/mails.html", context, status=422 if form.errors else 200)


class TokenForm(FundForm):
    label = forms.CharField(label=gettext_lazy("What it is for"), max_length=80)
    days = forms.TypedChoiceField(
        label=gettext_lazy("Valid for"),
        coerce=int,
        initial=90,
        choices=[(30, gettext_lazy("30 days")), (90, gettext_lazy("90 days")), (365, gettext_lazy("one year"))],
    )
    may_write = forms.BooleanField(label=gettext_lazy("It may act in my name, not only read"), required=False)


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
def new_token(request):
    """Make an API token; it is shown once, on the answer to this POST."""
    form = TokenForm(request.POST or None, user=request.user)
    shown = ""
    if request.method == "POST" and form.is_valid():
        if not reauth.is_recent(request):
            return redirect(f"{reverse('core:confirm')}?next={reverse('core:new_token')}")
        if request.user.api_tokens.filter(revoked_at=None, expires_at__gt=request.received_at).count() >= TOKENS:
            form.add_error(None, _("You have %(count)s tokens already: revoke one first.") % {"count": TOKENS})
        else:
            shown = tokens.make_token(request.user, at=request.received_at, **form.params())
    return render(request, "core/new_token.html", {"form": form, "shown": shown}, status=422 if form.errors else 200)


@allow(signed_in)
@require_POST
def revoke_token(request, pk):
    """End a token of mine."""
    token = request.user.api_tokens.filter(pk=pk, revoked_at=None).first()
    if token is None:
        raise Http404
    tokens.revoke_token(token, at=request.received_at)
    messages.success(request, _("The token is revoked."))
    return redirect("core:security")


@allow(signed_in)
@require_http_methods(["GET", "HEAD", "POST"])
def resume(request):
    """After sign-in: the form that was sent while the session had ended, with what was typed, to send it or to drop it."""
    waiting = kept.waiting(request)
    if waiting is None:
        return redirect(settings.LOGIN_REDIRECT_URL)
    if request.method == "POST":
        kept.forget(request)
        messages.info(request, _("What you had typed was dropped."))
        return redirect(waiting["path"].partition("?")[0])
    fields = waiting["fields"]
    context = {
        "fields": fields,
        "texts": [field for field in fields if field.is_text],
        "again": waiting["path"],
        "files": waiting["files"],
        "secrets": waiting["secrets"],
        "nonce": new_nonce(request.user),
    }
    return render(request, "core/resume.html", context)
