"""Factories of the file: complete drafts, files in any state, with a team, a partner, a filed version."""

from __future__ import annotations

from datetime import timedelta

import factory
from django.utils import timezone

from applications.enums import CLOSED, FILED
from applications.models import (
    Application,
    ApplicationSection,
    ApplicationVersion,
    EligibilityCheck,
    InformationRequest,
    Partnership,
    TeamMember,
)
from applications.queries import content_now
from applications.schema import CER_VERSION, clean
from core import references
from core.transitions import canonical_hash
from fund.enums import ApplicantKind, Role
from tests.factories.core import UserFactory
from tests.factories.fund import AdministrationFactory, CallFactory, OrganisationFactory, fictional_siret, person_with

SUMMARY = "Des habitants et une mairie réécrivent ensemble douze courriers que personne ne comprend, les essaient en vrai et publient la méthode."


def complete_content(
    kind: str = ApplicantKind.ASSOCIATION,
    *,
    title: str = "Le courrier en clair",
    requested: int = 1_850_000,
    number: int = 1,
) -> dict:
    """Sections of a file that lacks nothing, for this kind of applicant (amounts in cents). A collective's bearer is an association."""
    own = 70_000
    applicant = {
        "name": f"Porteur {number}",
        "address": "7 passage des Brouillons, 58000 Nevers",
        "phone": "03 00 00 00 00",
        "adult": True,
        "purpose": "Rendre les démarches compréhensibles par tous.",
    }
    if kind == ApplicantKind.ASSOCIATION:
        applicant |= {
            "siret": fictional_siret(number),
            "rna": "W991234567",
            "representative_name": "Ada Morel",
            "representative_role": "présidente",
        }
    if kind == ApplicantKind.COLLECTIVE:
        applicant |= {
            "bearer_kind": "association",
            "bearer_name": f"Maison {number}",
            "bearer_siret": fictional_siret(20_000 + number),
            "bearer_address": "1 rue du Pont, 58000 Nevers",
            "bearer_representative": "Lou Perrin",
        }
    return {
        "applicant": applicant,
        "project": {
            "title": title,
            "summary": SUMMARY,
            "need": "Une visite sur trois commence par un courrier incompris.",
            "solution": "Un atelier par lettre, lue à voix haute.",
            "origin": "Des bénévoles du guichet.",
            "deliverables": [{"title": "Douze lettres", "description": "Modèles modifiables", "due_month": 5}],
            "timeline": [{"from_month": 1, "to_month": 5, "label": "Ateliers"}],
            "risks": [{"risk": "Relecture juridique", "answer": "Invitée dès le départ"}],
            "expected_outcomes": [{"indicator": "Appels évités", "target": "un sur cinq"}],
            "duration_months": 9,
            "insee_code": "58194",
            "themes": ["inclusion"],
        },
        "partnership": {
            "expectation": "Deux agents une demi-journée par quinzaine.",
            "commitment": "Les modèles de lettres.",
        },
        "budget": {
            "requested_amount": requested,
            "minimum_viable_amount": requested // 2,
            "expenses": [
                {"account": "604", "label": "Graphisme", "amount": requested - 500_000 + own},
                {"account": "641", "label": "Coordination", "amount": 500_000},
            ],
            "resources": [{"account": "756", "label": "Cotisations", "amount": own, "status": "acquired"}],
            "in_kind_expenses": [{"account": "864", "label": "Bénévolat", "amount": 270_000, "hours": 180}],
            "in_kind_resources": [{"account": "870", "label": "Bénévolat", "amount": 270_000}],
        },
        "openness": {
            "licence": "CC-BY-4.0",
            "publish_data": True,
            "reuse": True,
            "repository_url": "https://forge.example/lettres",
        },
        "documents": {},
        "statements": {
            "accurate": True,
            "authorised": True,
            "not_started": True,
            "no_double_funding": True,
            "social_and_tax": True,
            "cer": True,
            "cer_on": "2026-01-15",
            "cer_version": CER_VERSION,
            "mandates_held": True,
            "electronic_notification": True,
        },
    }


def write(application: Application, content: dict, at) -> None:
    """Put this content in the working copy."""
    for code, section in content.items():
        ApplicationSection.objects.update_or_create(
            application=application,
            code=code,
            defaults={"content": clean(code, section), "version": 1, "updated_at": at, "updated_by": application.lead},
        )


class ApplicationFactory(factory.django.DjangoModelFactory):
    """A complete file in the state asked (default draft), on an open call; filed states have their version and dates. `content={}` leaves it empty."""

    class Meta:
        model = Application

    content = None
    received_at = None
    call = factory.SubFactory(CallFactory, state="published")
    lead = factory.SubFactory(UserFactory)
    applicant_kind = ApplicantKind.ASSOCIATION
    title = factory.Sequence(lambda n: f"Le courrier en clair {n}")
    requested_amount = 1_850_000

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        content, received_at = kwargs.pop("content", None), kwargs.pop("received_at", None)
        state, at = kwargs.pop("state", "draft"), kwargs.pop("created_at", None) or timezone.now()
        number = Application.objects.count() + 1
        kind, lead = kwargs["applicant_kind"], kwargs["lead"]
        if kind == ApplicantKind.ASSOCIATION and "organisation" not in kwargs:
            kwargs["organisation"] = kwargs["bearer_organisation"] = OrganisationFactory()
        elif (
            kind == ApplicantKind.COLLECTIVE
            and not kwargs.get("bearer_organisation")
            and not kwargs.get("bearer_person")
        ):
            kwargs["bearer_organisation"] = OrganisationFactory()
        elif kind == ApplicantKind.CITIZEN:
            kwargs.setdefault("bearer_person", lead)
        organisation = kwargs.get("organisation")
        defaults = {
            "reference": references.new("FP", 2026),
            "created_at": at,
            "summary": SUMMARY,
            "minimum_viable_amount": kwargs["requested_amount"] // 2,
            "insee_code": "58194",
            "commune": "Nevers",
            "department": "58",
            "region": "27",
            "themes": ["inclusion"],
            "duration_months": 9,
            "applicant_name": organisation.name
            if organisation
            else f"Porteur {number}"
            if kind == ApplicantKind.COLLECTIVE
            else lead.name,
            "applicant_key": f"organisation:{organisation.pk}" if organisation else f"user:{lead.pk}",
        }
        application = Application.objects.create(**(defaults | kwargs))
        content = (
            complete_content(kind, title=application.title, requested=application.requested_amount, number=number)
            if content is None
            else content
        )
        if content and organisation:
            content["applicant"] |= {"siret": organisation.siret, "name": organisation.name}
        write(application, content, at)
        if state == "draft":
            return application
        return put_in_state(application, state, received_at or at)


def put_in_state(application: Application, state: str, at) -> Application:
    """The file in this state with the facts it needs, past the verbs (tests only)."""
    facts: dict = {"state": state, "closed_at": at if state in CLOSED else None}
    if state in FILED and application.filed_version_id is None:
        content = content_now(application)
        version = ApplicationVersion.objects.create(
            application=application,
            number=1,
            content=content,
            content_hash=canonical_hash(content),
            filed_at=at,
            received_at=at,
            filed_by=application.lead,
        )
        facts |= {"filed_version": version, "first_received_at": at, "received_at": at}
    if state in ("eligible", "under_review", "on_reserve", "selected", "rejected", "renounced"):
        facts["eligible_at"] = at
    Application.objects.filter(pk=application.pk).update(**facts)
    application = Application.objects.get(pk=application.pk)
    if state == "information_requested" and not application.information_requests.filter(state="open").exists():
        InformationRequestFactory(application=application, opened_at=at)
    return application


class InformationRequestFactory(factory.django.DjangoModelFactory):
    """An open request about the budget, to answer within fifteen days. The file's own state is not touched."""

    class Meta:
        model = InformationRequest

    application = factory.LazyFunction(lambda: ApplicationFactory(state="submitted"))
    number = factory.LazyAttribute(lambda o: o.application.information_requests.count() + 1)
    items = factory.LazyFunction(
        lambda: [
            {
                "section": "budget",
                "label": "Le devis du graphisme",
                "reason": "La ligne 604 n’est pas expliquée",
                "article": "art. 5",
            }
        ]
    )
    requested_by = factory.LazyFunction(lambda: person_with(Role.CASE_OFFICER))
    opened_at = factory.LazyFunction(timezone.now)
    due_at = factory.LazyAttribute(lambda o: o.opened_at + timedelta(days=15))


class TeamMemberFactory(factory.django.DjangoModelFactory):
    """Someone who joined the team as an editor."""

    class Meta:
        model = TeamMember

    application = factory.SubFactory(ApplicationFactory)
    user = factory.SubFactory(UserFactory)
    email = factory.LazyAttribute(lambda o: o.user.email if o.user else "")
    name = factory.LazyAttribute(lambda o: o.user.name if o.user else "Personne nommée")
    role = "coordination"
    right = "editor"
    created_at = factory.LazyFunction(timezone.now)
    joined_at = factory.LazyAttribute(lambda o: o.created_at if o.user else None)


class PartnershipFactory(factory.django.DjangoModelFactory):
    """A confirmed partnership; `state="invited"` for one that waits."""

    class Meta:
        model = Partnership

    class Params:
        waits = factory.LazyAttribute(lambda o: o.state == "invited")

    application = factory.SubFactory(ApplicationFactory)
    organisation = factory.SubFactory(AdministrationFactory)
    state = "confirmed"
    agent_name = "Delphine Wattrelos"
    agent_email = factory.Sequence(lambda n: f"agent{n}@mairie.example")
    agent_role = "responsable de l’accueil"
    service = "Accueil du public"
    siret = factory.LazyAttribute(lambda o: o.organisation.siret)
    invited_by = factory.LazyAttribute(lambda o: o.application.lead)
    invited_at = factory.LazyFunction(timezone.now)
    deadline_at = factory.LazyAttribute(lambda o: o.invited_at + timedelta(days=21))
    token_hash = factory.Sequence(lambda n: f"{n:064x}")
    confirmed_at = factory.LazyAttribute(lambda o: o.invited_at if o.state == "confirmed" else None)
    answered_at = factory.LazyAttribute(lambda o: None if o.waits else o.invited_at)
    commitment = "Deux agents, une demi-journée par quinzaine."


# Through the verbs.

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>"
)


def ready_draft(at=None, **fields) -> Application:
    """A draft that lacks nothing: complete, a partner invited, everyone agreed to this very content."""
    from applications import queries
    from applications import transitions as files
    from core.models import User

    at = at or timezone.now()
    application = ApplicationFactory(created_at=at, **fields)
    if application.applicant_kind == ApplicantKind.COLLECTIVE and application.members.count() == 0:
        TeamMemberFactory(application=application, created_at=at)
    if not application.partnerships.exists():
        PartnershipFactory(application=application, state="invited", invited_at=at)
    content_hash = queries.hash_now(application)
    for person in queries.signatories(application):
        if isinstance(person, User):
            files.sign_off(application=application, actor=person, at=at, content_hash=content_hash, mandate=True)
    return application


def filed(at=None, **fields) -> Application:
    """A file filed through the verb, with its receipt and its version."""
    from applications import transitions as files

    at = at or timezone.now()
    application = ready_draft(at, **fields)
    return files.submit(application=application, actor=application.lead, at=at)


def check_all(application: Application, officer, at=None, *, ok: bool = True) -> None:
    """Every condition looked at, with the same finding."""
    from applications.rules.instruction import condition_codes

    at = at or timezone.now()
    for code, _label, _article in condition_codes(application):
        EligibilityCheck.objects.update_or_create(
            application=application, code=code, defaults={"ok": ok, "checked_by": officer, "checked_at": at}
        )


def eligible(at=None, officer=None, **fields) -> Application:
    """A file declared eligible through the verb: filed, its partner confirmed, its conditions checked."""
    from applications import transitions as files

    at, officer = at or timezone.now(), officer or person_with(Role.CASE_OFFICER)
    application = filed(at, **fields)
    if not application.partnerships.filter(state="confirmed").exists():
        PartnershipFactory(application=application, invited_at=at)
    check_all(application, officer, at)
    return files.declare_eligible(application=application, actor=officer, at=at)
