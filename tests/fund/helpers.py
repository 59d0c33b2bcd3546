"""What the tests of the institution share: the two keys turned by two people, a content that could be published."""

from datetime import timedelta

from core import two_key
from fund.enums import College, Role
from tests.factories.fund import EnvelopeFactory, person_with, rules_in_force


def officer(**user):
    return person_with(Role.CASE_OFFICER, **user)


def president(college=College.CIVIL_SOCIETY, **user):
    return person_with(Role.CO_PRESIDENT, college, **user)


def with_two_keys(verb, obj, *, proposer, approver, at, **params):
    """Propose, then approve; what the verb returns."""
    act = two_key.propose(verb, obj, actor=proposer, at=at, params=params)
    return two_key.approve(act, actor=approver, at=at)


def content(at, **changes) -> dict:
    """Everything a call needs to be published at this instant, as plain data."""

    def instant(days):
        return (at + timedelta(days=days)).isoformat()

    def day(days):
        return (at + timedelta(days=days)).date().isoformat()

    rules_in_force()
    return {
        "title": "Au plus près",
        "slug": "au-plus-pres",
        "summary": "Des prototypes essayés pour de vrai.",
        "description": "Un premier paragraphe.\n\nUn second.",
        "contact_email": "bonjour@premier-essai.example",
        "ceiling_amount": 3_000_000,
        "floor_amount": 200_000,
        "max_duration_months": 18,
        "envelope": EnvelopeFactory().pk,
        "opens_at": instant(1),
        "closes_at": instant(46),
        "partner_deadline_at": instant(53),
        "eligibility_by_on": day(60),
        "review_opens_on": day(62),
        "review_closes_at": instant(85),
        "meeting_on": day(92),
        "notified_by_on": day(100),
        "criteria": [
            {
                "label": label,
                "question": f"{label} ?",
                "weight": weight,
                "anchors": [{"score": score, "label": f"Repère {score}"} for score in range(6)],
            }
            for label, weight in (("Besoin", 40), ("Prototype", 35), ("Partenariat", 25))
        ],
        "instalment_lines": [
            {"label": "Avance", "percent": 70, "trigger": "agreement_signed"},
            {"label": "Solde", "percent": 30, "trigger": "final_report_accepted"},
        ],
        "eligibility_questions": [
            {
                "question": "Essayez-vous quelque chose de nouveau ?",
                "refusal": "Pas de fonctionnement courant.",
                "article": "art. 3",
            }
        ],
        "faq": [{"question": "Faut-il un cofinancement ?", "answer": "Non."}],
    } | changes
