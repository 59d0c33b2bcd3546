"""Sign-in and account (allauth's views, mounted one by one on French paths), documents, language, the demo's mailbox."""

from allauth.account import views as account
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from django.urls import include, path, re_path

from core.access import allow, anyone, signed_in
from core.open_pages import legal
from core.style_guide import style_guide
from core.views import account as mine
from core.views import demo, documents
from core.views.language import language

core_patterns = [
    path("connexion/rouvrir/<str:key>/", mine.reopen, name="reopen"),
    path("mon-espace/compte/", mine.details, name="details"),
    path("mon-espace/courriels/", mine.mails, name="mails"),
    path("mon-espace/securite/", mine.security, name="security"),
    path("mon-espace/securite/jetons/nouveau/", mine.new_token, name="new_token"),
    path("mon-espace/securite/jetons/<int:pk>/revoquer/", mine.revoke_token, name="revoke_token"),
    path("mon-espace/confirmer/", mine.confirm, name="confirm"),
    path("mon-espace/reprendre/", mine.resume, name="resume"),
    path("documents/<slug:code>/", documents.document, name="document"),
    path("documents/<slug:code>.pdf", documents.document_pdf, name="document_pdf"),
    path("langue/", language, name="language"),
    path("style/", style_guide, name="style_guide"),
    path("mentions-legales/", legal, name="legal"),
    path("demo/courrier/", demo.mailbox, name="mailbox"),
    path("demo/courrier/<int:pk>/", demo.mail, name="mail"),
]
for _view in (
    account.login,
    account.logout,
    account.account_inactive,
    account.signup,
    account.email_verification_sent,
    account.confirm_email,
    account.password_reset,
    account.password_reset_done,
    account.password_reset_from_key,
    account.password_reset_from_key_done,
    second_factor.authenticate,
):
    allow(anyone)(_view)
for _view in (
    account.password_change,
    account.password_set,
    totp.activate_totp,
    totp.deactivate_totp,
    recovery_codes.view_recovery_codes,
    recovery_codes.generate_recovery_codes,
    recovery_codes.download_recovery_codes,
):
    allow(signed_in)(_view)

urlpatterns = [
    path("connexion/", account.login, name="account_login"),
    path("connexion/second-facteur/", second_factor.authenticate, name="mfa_authenticate"),
    path("connexion/fermee/", account.account_inactive, name="account_inactive"),
    path("deconnexion/", account.logout, name="account_logout"),
    path("inscription/", account.signup, name="account_signup"),
    path("inscription/adresse/", account.email_verification_sent, name="account_email_verification_sent"),
    re_path(r"^inscription/adresse/(?P<key>[-:\w]+)/$", account.confirm_email, name="account_confirm_email"),
    path("mot-de-passe/", account.password_reset, name="account_reset_password"),
    path("mot-de-passe/envoye/", account.password_reset_done, name="account_reset_password_done"),
    path("mot-de-passe/change/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^mot-de-passe/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("mon-espace/confirmer/", mine.confirm, name="account_reauthenticate"),
    path("mon-espace/confirmer/", mine.confirm, name="mfa_reauthenticate"),
    path("mon-espace/securite/", mine.security, name="mfa_index"),
    path("mon-espace/securite/mot-de-passe/", account.password_change, name="account_change_password"),
    path("mon-espace/securite/mot-de-passe/choisir/", account.password_set, name="account_set_password"),
    path("mon-espace/securite/second-facteur/", totp.activate_totp, name="mfa_activate_totp"),
    path("mon-espace/securite/second-facteur/retirer/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("mon-espace/securite/codes/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "mon-espace/securite/codes/nouveaux/",
        recovery_codes.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "mon-espace/securite/codes/telecharger/",
        recovery_codes.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
    path("", include((core_patterns, "core"))),
]
