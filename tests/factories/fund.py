"""Factories of the institution: people with roles, envelopes with money, calls that could be published."""

from __future__ import annotations

from datetime import timedelta

import factory
from django.utils import timezone

from core.models import User
from fund.enums import (
    COLLEGE_ROLES,
    CallState,
    College,
    OrganisationKind,
    Role,
    RoleGrantState,
    RuleVersionState,
    Trigger,
)
from fund.models import (
    Call,
    Criterion,
    EligibilityQuestion,
    Envelope,
    FaqEntry,
    FundIdentity,
    InstalmentLine,
    Organisation,
    RoleGrant,
    RuleVersion,
    Theme,
)
from tests.factories.core import UserFactory

PAST_OPENING = (CallState.PUBLISHED, CallState.CLOSED, CallState.UNDER_REVIEW, CallState.DECIDED, CallState.ARCHIVED)


class RoleGrantFactory(factory.django.DjangoModelFactory):
    """A role in effect for a year already, without an end. College roles get civil society unless told otherwise."""

    class Meta:
        model = RoleGrant

    user = factory.SubFactory(UserFactory)
    role = Role.CASE_OFFICER
    college = factory.LazyAttribute(lambda o: College.CIVIL_SOCIETY if o.role in COLLEGE_ROLES else "")
    state = RoleGrantState.GRANTED
    starts_at = factory.LazyFunction(lambda: timezone.now() - timedelta(days=3650))
    granted_at = factory.LazyAttribute(lambda o: o.starts_at)
    granted_by = factory.LazyFunction(lambda: User.objects.system())


def person_with(role: Role, college: str = "", **user) -> User:
    """A person who holds this role now."""
    grant = RoleGrantFactory(user=UserFactory(**user), role=role, **({"college": college} if college else {}))
    return grant.user


class RuleVersionFactory(factory.django.DjangoModelFactory):
    """Rules in force, all parameters at their default unless `parameters` says otherwise."""

    class Meta:
        model = RuleVersion

    number = factory.Sequence(lambda n: n + 1)
    state = RuleVersionState.IN_FORCE
    in_force_at = factory.LazyAttribute(
        lambda o: None if o.state == RuleVersionState.DRAFT else timezone.now() - timedelta(days=3650)
    )


def rules_in_force(**parameters) -> RuleVersion:
    """The version in force (made when there is none); with parameters, a new one that has just replaced it."""
    current = RuleVersion.objects.filter(state=RuleVersionState.IN_FORCE).first()
    if current and not parameters:
        return current
    if current:
        RuleVersion.objects.filter(pk=current.pk).update(
            state=RuleVersionState.SUPERSEDED, superseded_at=timezone.now()
        )
    return RuleVersionFactory(parameters=parameters, number=RuleVersion.objects.count() + 1)


class EnvelopeFactory(factory.django.DjangoModelFactory):
    """An open envelope of EUR 500,000, all free."""

    class Meta:
        model = Envelope

    year = 2026
    reference = factory.Sequence(lambda n: f"E-2026-{n + 1}")
    label = factory.Sequence(lambda n: f"Exercice {n + 1}")
    state = "open"
    created_at = factory.LazyFunction(timezone.now)
    opened_amount = factory.LazyAttribute(lambda o: 0 if o.state == "draft" else 50_000_000)
    free_amount = factory.LazyAttribute(lambda o: o.opened_amount)


class ThemeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Theme
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"theme-{n}")
    label = factory.Sequence(lambda n: f"Thème {n}")


class OrganisationFactory(factory.django.DjangoModelFactory):
    """An association of Nevers, with a fictional SIRET that passes its checks."""

    class Meta:
        model = Organisation

    kind = OrganisationKind.ASSOCIATION
    name = factory.Sequence(lambda n: f"Association d’essai {n}")
    siret = factory.Sequence(lambda n: fictional_siret(n))
    insee_code, commune, department, region = "58194", "Nevers", "58", "27"
    email = factory.Sequence(lambda n: f"association{n}@demo.example")


class AdministrationFactory(OrganisationFactory):
    kind = OrganisationKind.ADMINISTRATION
    name = factory.Sequence(lambda n: f"Service public d’essai {n}")
    siret = factory.Sequence(lambda n: fictional_siret(50_000 + n))
    administration_type = "commune"


def _luhn_sign(digits: str) -> str:
    total = 0
    for place, sign in enumerate(reversed(digits)):
        number = int(sign) * (2 if place % 2 == 0 else 1)
        total += number - 9 if number > 9 else number
    return str(-total % 10)


def fictional_siret(n: int) -> str:
    """The n-th SIRET of a range that exists nowhere (0001…), valid by Luhn on 9 and on 14 digits."""
    siren = f"0001{n % 10_000:04d}"
    siren += _luhn_sign(siren)
    siret = f"{siren}{n // 10_000 + 1:04d}"
    return siret + _luhn_sign(siret)


class FundIdentityFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = FundIdentity
        django_get_or_create = ("id",)

    id = 1
    name = "Premier Essai"
    legal_name = "Établissement public fictif « Premier Essai »"
    siret = "00005070800015"
    address_lines = ["7 passage des Brouillons"]
    postcode, insee_code, commune, department, region = "58000", "58194", "Nevers", "58", "27"
    email = "bonjour@premier-essai.example"
    debtor_holder = "Premier Essai"
    debtor_iban = "FR309999900042DEMO000004792"
    debtor_bic = "DEMOFRPPXXX"


GRID = [("besoin", 30), ("prototype", 25), ("partenariat", 20), ("ouverture", 15), ("equipe", 10)]


class CallFactory(factory.django.DjangoModelFactory):
    """A complete draft; `state="published"` (and later states) give what goes with them. Opened 10 days ago, closes in 35 unless told otherwise.

    `children=False` leaves out criteria, plan, questions and FAQ.
    """

    class Meta:
        model = Call
        skip_postgeneration_save = True

    state = CallState.DRAFT
    number = factory.Sequence(lambda n: n + 1)
    slug = factory.Sequence(lambda n: f"appel-{n + 1}")
    title = factory.Sequence(lambda n: f"Appel d’essai {n + 1}")
    summary = "Des prototypes essayés pour de vrai, avec un service public."
    description = "Un premier paragraphe.\n\nUn second paragraphe."
    envelope = factory.SubFactory(EnvelopeFactory)
    ceiling_amount = 3_000_000
    floor_amount = 200_000
    max_duration_months = 18
    rule_version = factory.LazyFunction(rules_in_force)
    opens_at = factory.LazyFunction(lambda: timezone.now() - timedelta(days=10))
    closes_at = factory.LazyAttribute(lambda o: o.opens_at + timedelta(days=45) if o.opens_at else None)
    partner_deadline_at = factory.LazyAttribute(lambda o: o.closes_at + timedelta(days=7) if o.closes_at else None)
    eligibility_by_on = factory.LazyAttribute(
        lambda o: (o.closes_at + timedelta(days=14)).date() if o.closes_at else None
    )
    review_opens_on = factory.LazyAttribute(
        lambda o: (o.closes_at + timedelta(days=16)).date() if o.closes_at else None
    )
    review_closes_at = factory.LazyAttribute(lambda o: o.closes_at + timedelta(days=40) if o.closes_at else None)
    meeting_on = factory.LazyAttribute(lambda o: (o.closes_at + timedelta(days=50)).date() if o.closes_at else None)
    notified_by_on = factory.LazyAttribute(lambda o: (o.closes_at + timedelta(days=58)).date() if o.closes_at else None)
    authority = factory.LazyAttribute(lambda o: o.rule_version["authority"] if o.state in PAST_OPENING else "")
    published_at = factory.LazyAttribute(lambda o: o.opens_at - timedelta(days=20) if o.state in PAST_OPENING else None)
    closed_at = factory.LazyAttribute(lambda o: o.closes_at if o.state in PAST_OPENING[1:] else None)
    decided_at = factory.LazyAttribute(
        lambda o: o.closes_at + timedelta(days=58) if o.state in PAST_OPENING[3:] else None
    )
    archived_at = factory.LazyAttribute(
        lambda o: o.closes_at + timedelta(days=700) if o.state == CallState.ARCHIVED else None
    )

    @factory.post_generation
    def children(self, create, extracted, **kwargs):
        if not create or extracted is False:
            return
        for position, (code, weight) in enumerate(GRID, 1):
            Criterion.objects.create(
                call=self,
                position=position,
                code=code,
                label=code.capitalize(),
                weight=weight,
                question=f"Le critère {code} ?",
                anchors=[{"score": score, "label": f"Repère {score} de {code}"} for score in range(6)],
            )
        InstalmentLine.objects.create(
            call=self,
            number=1,
            code="advance",
            label="Avance à la signature",
            percent=70,
            trigger=Trigger.AGREEMENT_SIGNED,
        )
        InstalmentLine.objects.create(
            call=self, number=2, code="balance", label="Solde", percent=30, trigger=Trigger.FINAL_REPORT_ACCEPTED
        )
        EligibilityQuestion.objects.create(
            call=self,
            position=1,
            code="prototype",
            question="Essayez-vous quelque chose de nouveau ?",
            refusal="Le fonds ne finance pas le fonctionnement courant.",
            article="Règlement, article 3",
        )
        FaqEntry.objects.create(call=self, position=1, question="Faut-il un cofinancement ?", answer="Non.")


def open_call(**fields) -> Call:
    """A published call that is open now."""
    return CallFactory(state=CallState.PUBLISHED, **fields)
