"""A machine of core with verbs of the tests' own: the frame is proved without any room of the fund."""

from contextlib import contextmanager

import pytest
from django.db import transaction

from core import documents
from core.models import Document
from core.transitions import VERBS, Refusal, TwoKey, Who, verb
from tests.factories.core import UserFactory

keeper = Who("KE", "a keeper", lambda actor, obj, at: actor.name.startswith("Gardien"))
clock = Who("CL", "the clock", lambda actor, obj, at: actor.is_system)


def keeper_of(number: int = 1):
    return UserFactory(name=f"Gardien {number}")


class Owner:
    """What a document belongs to."""

    machine, pk = "shelf", 7


def frozen(at, **context) -> Document:
    """A document of a kind the templates have, with what its letter says."""
    values = {
        "fund_name": "Le Premier Essai",
        "fund_legal_name": "Fonds",
        "fund_address": "1 rue du Port",
        "fund_commune": "Toulouse",
        "letter_on": "24 novembre 2026",
        "fund_email": "bonjour@demo.example",
        "appeals_email": "",
        "reference": "FP-2026-4T8RWZ2M",
        "recipient": "Élise Garrigou",
        "recipient_body": "Mains d’audience",
        "project_title": "Le courrier en clair",
        "signed_on": "1er mars 2026",
        "accepted_on": "2 mars 2026",
        "accepted": "10 000,00 €",
        "has_unspent": False,
        "unspent": "0,00 €",
        "payments": [
            {"number": 1, "label": "Avance", "amount": "7 000,00 €", "paid_on": "3 mars 2026", "state": "paid"}
        ],
        "amount": "10 000,00 €",
        "paid": "7 000,00 €",
        "public_url": "http://127.0.0.1:8000/projets/X/",
        "officer_name": "Malo Kerdraon",
        "officer_email": "malo@demo.example",
    } | context
    with transaction.atomic():
        return documents.freeze(
            "closing_letter",
            owner=Owner,
            subject="FP-2026-4T8RWZ2M",
            title="Votre convention est terminée",
            context=values,
            at=at,
        )


@contextmanager
def verbs(**declared):
    """Verbs of Document that exist during a test: name -> keywords of `verb` and the body."""
    before = dict(VERBS.get("document", {}))
    made = {}
    try:
        for name, (body, options) in declared.items():
            body.__name__ = name
            made[name] = verb(machine=Document, label=name, **options)(body)
        yield made
    finally:
        VERBS["document"] = before


@contextmanager
def refused(code: str):
    """The block is refused with this code; gives the refusal."""
    with pytest.raises(Refusal) as caught:
        yield caught
    assert caught.value.code == code


def two_keys():
    return TwoKey(proposes=(keeper,), approves=(keeper,), title=lambda document: f"Void {document.code}")
