"""The fund on which whole grants are lived at random: six files decided by the panel, money for three and a half of them, and people of every role."""

from __future__ import annotations

import inspect
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from core.models import Document, User
from fund.enums import Role
from fund.models import Call, Envelope
from payments.enums import Control, RecoveryGround
from payments.models import Agreement, Instalment, PaymentBatch, Recovery
from reviews.models import Decision, Panel
from reviews.transitions import calls
from tests.factories import delegations, reviews
from tests.factories import payments as make
from tests.factories.applications import TeamMemberFactory
from tests.factories.core import UserFactory
from tests.factories.fund import person_with, rules_in_force

ASKED = 1_000_001
THIRD_ABOVE = ASKED // 2
"""Cents above which an order needs a third signature."""
OUTCOMES = ("selected", "selected", "selected", "reserve", "reserve", "rejected")


@dataclass
class World:
    began: datetime
    at: datetime
    call: Call
    envelope: int
    people: dict[str, list[User]] = field(default_factory=dict)
    leads: dict[str, User] = field(default_factory=dict)
    friend: str = ""
    """The reference of the file in which the second case officer, orderer and payer have an interest."""
    verified: list[int] = field(default_factory=list)
    """How many entries and seals the ledger's own verifier has last read."""

    def everyone(self) -> list[User]:
        return [person for group in self.people.values() for person in group] + list(self.leads.values())


def built(at: datetime) -> World:
    """One award notified, one agreement in progress, one paid once, all by the verbs; the readings alone are "read in the meeting", on record."""
    made = reviews.under_review(
        reviews.world(files=len(OUTCOMES), envelope=3 * ASKED + ASKED // 2, requested=ASKED, reviews_per_college=1),
        declare=False,
    )
    plenary = {one.reference: {"fallback": "plenary", "reason": "Lu en séance."} for one in made.files}
    Panel.objects.filter(pk=made.panel.pk).update(shortages=plenary)
    for place, (application, outcome) in enumerate(zip(made.files, OUTCOMES, strict=True), 1):
        reviews.notified(made, reviews.decided(made, application, outcome, rank=place))
    call = calls.conclude(call=made.call, actor=made.officer)
    world = World(at, at, call, call.envelope_id, friend=made.files[0].reference)
    for code, role in (("CO", Role.CASE_OFFICER), ("AO", Role.AUTHORISING_OFFICER), ("AC", Role.ACCOUNTING_OFFICER)):
        world.people[code] = [person_with(role), person_with(role)]
    world.people["DE"] = [person_with(Role.DELEGATE), person_with(Role.DELEGATE)]  # nobody delegates to the second
    world.people["CP"] = made.presidents
    world.people["CL"] = [User.objects.system()]
    world.people["none"] = [made.members[reviews.CIVIL][1], person_with(Role.AUDITOR), UserFactory()]
    delegations.given(
        world.people["AO"][0], world.people["DE"][0], at=at, ends_on=timezone.localdate(at) + timedelta(days=300)
    )
    for code in ("CO", "AO", "AC", "DE"):
        TeamMemberFactory(application=made.files[0], user=world.people[code][1])
    world.leads = {one.reference: one.lead for one in made.files}
    hands = make.People(*(world.people[code][0] for code in ("CO", "AO", "AC")))
    awards = {one.application.reference: one for one in Decision.objects.filter(outcome="selected")}
    going = [awards[one.reference] for one in made.files if one.reference in awards]
    make.signed(hands, at=at, decision=going[1])
    make.paid(hands, make.first_of(make.signed(hands, at=at, decision=going[2])), at=at)
    rules_in_force(third_signature_above_amount=THIRD_ABOVE)
    return world


def render_all() -> None:
    """What is frozen has bytes, without the renderer."""
    Document.objects.filter(state="frozen").update(state="rendered", rendered_at=timezone.now(), sha256="a" * 64)


@cache
def _pdf() -> bytes:
    return make.pdf_proof().read()


# ---- what each act is given ----


def _draft(world: World, application, chance) -> dict:
    choices = {
        "on_reserve": [("promotion", "selected"), ("promotion", "selected"), ("reserve_closure", "rejected")],
        "selected": [("withdrawal", "rejected"), ("appeal", "rejected")],
        "rejected": [("appeal", "selected"), ("appeal", "reserve")],
    }
    kind, outcome = chance.choice(choices.get(application.state, [("appeal", "selected")]))
    cited = Decision.objects.filter(application=application, state="notified").order_by("-pk").first()
    found = {"kind": kind, "outcome": outcome, "grounds": "Des motifs.", "cites": cited}
    if outcome == "selected":
        found["amount"] = chance.choice([ASKED, ASKED, ASKED - 100_003])
    if application.state == "selected":
        invited = timezone.localdate(world.at) - timedelta(days=chance.choice([3, 40]))
        found["details"] = {"observations_invited_on": invited.isoformat(), "observations": chance.choice(["", "Lu."])}
    return found


def _accept(world, agreement, chance) -> dict:
    return {"signatory": agreement.application.lead, "signatory_capacity": "présidente", "terms": True, "cer": True}


def _account(world, agreement, chance) -> dict:
    proof = SimpleUploadedFile("rib.pdf", _pdf(), content_type="application/pdf")
    return {"holder": agreement.bearer_name, "iban": make.fictional_iban(chance.randrange(1, 10**9)), "proof": proof}


def _amendment(world, agreement, chance) -> dict:
    kind = chance.choice(["lower", "lower", "later", "words"])
    if kind == "lower":
        return {"reason": "Moins cher.", "new_amount": max(1, agreement.amount - chance.choice([1, 100_003, 900_000]))}
    if kind == "later" and agreement.ends_on:
        return {"reason": "Plus tard.", "new_ends_on": agreement.ends_on + timedelta(days=9)}
    return {"reason": "Autrement.", "content": "Dix ateliers."}


def _write(world, report, chance) -> dict:
    gap = chance.choice([0, 0, 250_000, 10**7])
    lines = [
        {
            "position": line.position,
            "actual_amount": max(0, line.budget_amount - gap),
            "explanation": "Moins cher que prévu." if gap else "",
        }
        for line in report.lines.all()
    ]
    facts = {
        "narrative": dict.fromkeys(("done", "results", "partnership"), "Fait."),
        "learnt": "Lire à voix haute.",
        "repository_url": "https://forge.example/x",
        "licence": "CC-BY-4.0",
        "adoption": "yes",
    }
    return {"facts": facts, "lines": lines}


def _admitted(world, report, chance) -> dict:
    line, less = report.lines.first(), chance.choice([0, 0, 100_000])
    return {"accepted": {line.pk: max(0, (line.actual_amount or 0) - less)}} if line and less else {}


def _propose(world, agreement, chance) -> dict:
    return {
        "ground": chance.choice(RecoveryGround.values),
        "facts": "Une facture d’un autre projet.",
        "amount": chance.choice([1, 200_001, 700_000, ASKED]),
    }


def _ordered(world, batch, chance) -> dict:
    ones = list(Instalment.objects.filter(state="ordered").order_by("pk"))
    if not ones and chance.random() < 0.9:
        return {"instalments": None}
    return {"instalments": chance.sample(ones, min(len(ones), chance.choice([1, 2])))}


def _lined(world, batch, chance) -> dict:
    return {"instalments": list(Instalment.objects.filter(batch_lines__batch=batch, batch_lines__live=True))[:1]}


def _bank(world, _none, chance) -> dict:
    """What a bank may send: the booking, the rejection, the return, the whole file at once, a repayment, a gift, nonsense."""
    on = timezone.localdate(world.at)
    ones = list(Instalment.objects.exclude(end_to_end_id="").order_by("pk"))
    sent = [one for one in ones if one.state in ("in_payment", "paid", "payment_rejected")] or ones
    waiting = [one for one in sent if one.state == "in_payment"]
    kind = chance.choice(
        ["book"] * (6 if waiting else 1) + "reject return whole repay repay gift gift wrong file all".split()
    )
    one = chance.choice(waiting if waiting and kind != "return" else sent) if sent else None
    claims = list(Recovery.objects.filter(state="notified").order_by("pk"))
    lots = list(PaymentBatch.objects.filter(state="exported").order_by("pk"))
    movements = [make.Movement("", chance.choice([1, 2_009, 2_009, 999_999]), credit=True, text="merci")]
    if kind == "repay" and claims:
        claim = chance.choice(claims)
        amount = chance.choice([claim.left_amount, min(1_003, claim.left_amount), claim.left_amount + 1])
        movements = [make.Movement("", amount, credit=True, text=claim.reference)]
    elif kind in ("file", "reject") and lots:
        lot = chance.choice(lots)
        whole = kind == "file" and chance.random() < 0.3
        inside = [row.order.end_to_end_id for row in lot.lines.filter(in_file=True).select_related("order")][:1]
        reason = chance.choice(["MS03", "AC04"])
        return {
            "content": make.pain002(
                lot.message_id, [] if whole else [(name, reason) for name in inside], whole_file=whole
            ),
            "name": "retour.xml",
        }
    elif kind in ("whole", "all") and lots:
        lot = chance.choice(lots)
        rows = [row.order for row in lot.lines.filter(live=True).select_related("order")]
        total = sum(row.amount for row in rows)
        movements = (
            [make.Movement("", total, batch=lot.message_id, count=len(rows))]
            if kind == "whole"
            else [make.Movement(row.end_to_end_id, row.amount) for row in rows]
        )
    elif one is not None and one.certified_amount:
        amount = one.certified_amount + (kind == "wrong")
        returned = kind == "return"
        movements = [make.Movement(one.end_to_end_id, amount, returned=returned, reason="AC04" if returned else "")]
    return {"content": make.camt053(movements or [make.Movement("", 5)], on=on), "name": "releve.xml"}


def _some(model, states, name):
    def params(world, obj, chance) -> dict:
        rows = list(model.objects.filter(state__in=states).order_by("pk"))
        return {name: chance.choice(rows)} if rows else {}

    return params


PARAMS = {
    "decision.draft": _draft,
    "agreement.offer": lambda world, decision, chance: {"amount": chance.choice([None, None, 900_000])},
    "agreement.accept": _accept,
    "agreement.extend": lambda world, row, chance: {"until": (row.accept_by_at or world.at) + timedelta(days=10)},
    "agreement.extend_signature": lambda world, row, chance: {
        "until": (row.sign_by_at or world.at) + timedelta(days=10)
    },
    "payee_account.record": _account,
    "amendment.request": _amendment,
    "instalment.certify": lambda world, row, chance: {"amount": chance.choice([None, None, None, 123])},
    "payment_batch.add": _ordered,
    "payment_batch.remove": _lined,
    "payment_batch.freeze": lambda world, row, chance: {"controls": Control.values},
    "bank_statement.import_statement": _bank,
    "statement_line.match": _some(Instalment, ("in_payment", "paid"), "instalment"),
    "statement_line.match_repayment": _some(Recovery, ("notified",), "recovery"),
    "statement_line.record_return": _some(Agreement, ("active", "completed", "terminated"), "agreement"),
    "report.write": _write,
    "report.revise": _write,
    "report.request_changes": lambda world, row, chance: {"changes": [{"line": "", "text": "Précisez."}]},
    "report.accept": _admitted,
    "recovery.propose": _propose,
    "recovery.notify": lambda world, row, chance: {"amount": chance.choice([None, None, 5]), "answer": "Lu."},
    "recovery.reduce": lambda world, row, chance: {"amount": chance.choice([7, row.amount])},
    "envelope.raise_": lambda world, row, chance: {"amount": chance.choice([1, 500_000])},
    "envelope.lower": lambda world, row, chance: {"amount": chance.choice([1, 500_000])},
}
WORDS = {
    "reason": "Une raison.",
    "answer": "Une réponse.",
    "text": "Je conteste.",
    "note": "Vu.",
    "remedy": "Des pièces.",
}


def params_of(world: World, verb, obj, chance: random.Random) -> dict | None:
    """What the form of this act would send: words where words are asked, the rest from above. None when there is nothing to choose."""
    found = PARAMS.get(f"{verb.machine}.{verb.name}", lambda *_: {})(world, obj, chance)
    asked = inspect.signature(verb.function).parameters
    words = {name: text for name, text in WORDS.items() if name in asked and name not in found}
    given = words | {name: value for name, value in found.items() if value is not None}
    needed = [name for name, one in asked.items() if one.kind == one.KEYWORD_ONLY and one.default is one.empty]
    return given if set(needed) <= set(given) else None


def envelope(world: World) -> Envelope:
    return Envelope.objects.get(pk=world.envelope)
