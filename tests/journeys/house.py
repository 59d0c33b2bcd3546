"""A fund on its first day: people, roles, rules and identity, each by its verb and with its two keys. All else happens on the screens."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from core import two_key
from core.models import TwoKeyAct, User
from core.transitions import VERBS
from fund.enums import Role
from fund.models import Theme
from fund.transitions import identity, roles, rules
from tests.factories.fund import AdministrationFactory, fictional_siret
from tests.factories.payments import fictional_iban
from tests.journeys.people import PASSWORD

STAFF = {
    "admin": ("Nour Haddad", None, ""),
    "civil1": ("Maya Roussel", None, "civil_society"),
    "etat1": ("Paul Verdier", None, "state"),
    "civil2": ("Inès Caron", Role.PANEL_MEMBER, "civil_society"),
    "etat2": ("Hugo Lemoine", Role.PANEL_MEMBER, "state"),
    "civil3": ("Sacha Petit", Role.PANEL_MEMBER, "civil_society"),
    "etat3": ("Léa Fontaine", Role.PANEL_MEMBER, "state"),
    "officer": ("Claire Dumas", Role.CASE_OFFICER, ""),
    "officer2": ("Marc Olivier", Role.CASE_OFFICER, ""),
    "orderer": ("Anne Garnier", Role.AUTHORISING_OFFICER, ""),
    "payer": ("Luc Marchal", Role.ACCOUNTING_OFFICER, ""),
}
RULES = {"full_members_per_college": 2, "reviews_per_college": 2, "minimum_score": "0"}


def email(key: str) -> str:
    return f"{key}@fonds.example"


def account(key: str, name: str) -> User:
    """Somebody who can sign in, their address confirmed."""
    user = User.objects.create(email=email(key), name=name, password=make_password(PASSWORD))
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def open_fund(at) -> dict[str, User]:
    """Everybody of the fund, by key."""
    people = {key: account(key, name) for key, (name, _role, _college) in STAFF.items()}
    roles.bootstrap(administrator=people["admin"], civil=people["civil1"], state=people["etat1"], at=at)
    people = {key: User.objects.get(pk=user.pk) for key, user in people.items()}
    for key, (_name, role, college) in STAFF.items():
        if role:
            grant = roles.propose(
                user=people[key], actor=people["admin"], at=at, role=role, college=college, title="membre"
            )
            act = TwoKeyAct.objects.get(target_machine="role_grant", target_id=grant.pk, state="proposed")
            two_key.approve(act, actor=people["civil1"], at=at)
    people = {key: User.objects.get(pk=user.pk) for key, user in people.items()}
    two_key.approve(
        identity.propose_change(
            {
                "name": "Premier Essai",
                "tagline": "Des prototypes d’intérêt général.",
                "short_description": "Le fonds paie l’essai ; chaque euro est public.",
                "legal_name": "Établissement public Premier Essai",
                "legal_form": "établissement public",
                "siret": fictional_siret(900),
                "address_lines": ["12 rue du Banc d’essai"],
                "postcode": "58000",
                "insee_code": "58194",
                "website": "https://fonds.example",
                **dict.fromkeys(
                    ("email", "data_protection_email", "accessibility_email", "appeals_email"), "bonjour@fonds.example"
                ),
                "phone": "03 86 00 00 00",
                "opening_hours": "du lundi au vendredi, 9 h – 17 h",
                "debtor_holder": "Établissement public Premier Essai",
                "debtor_iban": fictional_iban(900),
                "debtor_bic": "DEMOFRPPXXX",
                "opened_on": at.date().isoformat(),
            },
            actor=people["admin"],
            at=at,
        ),
        actor=people["civil1"],
        at=at,
    )
    version = rules.create(parameters=RULES, actor=people["civil1"], at=at, note="Règles de départ.")
    two_key.approve(
        two_key.propose(VERBS["rule_version"]["put_in_force"], version, actor=people["civil1"], at=at, params={}),
        actor=people["etat1"],
        at=at,
    )
    for code, label in (("inclusion", "Inclusion"), ("numerique", "Numérique")):
        Theme.objects.create(code=code, label=label)
    AdministrationFactory(name="Ville de Nevers")
    return people
