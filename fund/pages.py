"""Addresses of the institution: the calls for everyone, the desks that write them and hold their money, the administration."""

from django.urls import path

from fund.views import calls, delegations, envelopes, identity, keys, public, roles, rules

app_name = "fund"
urlpatterns = [
    path("appels/", public.calls, name="calls"),
    path("appels/<slug:slug>/", public.call, name="call"),
    path("appels/<slug:slug>/reglement/", public.rules, name="call_rules"),
    path("appels/<slug:slug>/eligibilite/", public.eligibility, name="eligibility"),
    path("appels/<slug:slug>/calendrier.ics", public.calendar, name="calendar"),
    path("appels/<slug:slug>/carte.png", public.card, name="share_card"),
    path("regles/qui-fait-quoi/", public.who_does_what, name="who_does_what"),
    path("instruction/appels/", calls.listing, name="calls_desk"),
    path("instruction/appels/nouveau/", calls.new, name="call_new"),
    path("instruction/appels/<slug:slug>/", calls.desk, name="call_desk"),
    path("instruction/appels/<slug:slug>/modifier/", calls.edit, name="call_edit"),
    path("instruction/appels/<slug:slug>/apercu/", calls.preview, name="call_preview"),
    path("instruction/appels/<slug:slug>/amender/", calls.amend, name="call_amend"),
    path("instruction/cles/", keys.listing, name="keys"),
    path("instruction/cles/<str:reference>/", keys.act, name="key"),
    path("instruction/enveloppes/", envelopes.listing, name="envelopes"),
    path("instruction/enveloppes/nouvelle/", envelopes.new, name="envelope_new"),
    path("instruction/enveloppes/<str:reference>/", envelopes.envelope, name="envelope"),
    path("administration/roles/", roles.listing, name="roles"),
    path("administration/roles/proposer/", roles.propose, name="role_propose"),
    path("administration/roles/<int:pk>/", roles.role, name="role"),
    path("administration/delegations/proposer/", delegations.propose, name="delegation_propose"),
    path("administration/delegations/<str:reference>/", delegations.delegation, name="delegation"),
    path("administration/regles/", rules.listing, name="rules"),
    path("administration/regles/nouvelle/", rules.new, name="rules_new"),
    path("administration/regles/<int:number>/", rules.version, name="rules_version"),
    path("administration/regles/<int:number>/modifier/", rules.edit, name="rules_edit"),
    path("administration/identite/", identity.identity, name="identity"),
    path("administration/identite/modifier/", identity.change, name="identity_change"),
]
