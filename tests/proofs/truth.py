"""What must hold after every act, said anew from the rows: nothing here asks the product's own rules, except the last line of each that lets it speak too."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime

from django.db.models import F, Sum

from core.models import Event, TwoKeyAct
from fund.ledger.verify import verify
from fund.models import Entry, Envelope, GrantAccount, Posting, Seal
from payments.models import Agreement, BatchLine, Instalment, PaymentBatch, PaymentOrder, Recovery
from payments.queries import invariants
from reviews.models import Decision
from tests.proofs.world import THIRD_ABOVE, World

STANDING = ("free", "reserved", "committed", "ordered", "paid", "claimed", "returned")
HANDS = {
    "agreement.offer": "CO",
    "agreement.sign": "AO",
    "agreement.suspend": "CO",
    "agreement.resume": "CO",
    "agreement.terminate": "AO",
    "amendment.approve": "CO",
    "amendment.sign": "AO",
    "decision.sign": "CP",
    "decision.notify": "CO",
    "instalment.certify": "CO",
    "instalment.recertify": "CO",
    "instalment.order": "AO",
    "instalment.countersign_order": "AO",
    "instalment.return_to_due": "AO",
    "instalment.recall": "AO",
    "instalment.refuse": "AC",
    "instalment.claim_for_batch": "AC",
    "instalment.settle": "AC",
    "instalment.cancel": "AO",
    "instalment.undo_return": "AO",
    "payee_account.approve": "AC",
    "payee_account.unblock": "AO",
    "payment_batch.freeze": "AC",
    "payment_batch.export": "AC",
    "payment_batch.reject_file": "AO",
    "bank_statement.import_statement": "AC",
    "statement_line.undo_repayment": "AO",
    "recovery.propose": "CO",
    "recovery.notify": "AO",
    "recovery.reduce": "AO",
    "recovery.waive": "CP",
    "recovery.write_off": "AO",
    "report.accept": "CO",
    "envelope.raise_": "CP",
    "envelope.lower": "CP",
}
"""Whose hand each act needs (the second, of an act with two keys), as the rulebook says it."""
DELEGATED = {"agreement.sign", "amendment.sign", "instalment.order", "instalment.countersign_order"}
"""What the first delegate may do in the place of the first authorising officer, in no file of his."""
OF_THE_RECIPIENT = set(
    """agreement.accept agreement.decline agreement.sign_as_bearer agreement.observe recovery.observe amendment.request amendment.withdraw
    amendment.sign_as_bearer report.start report.write report.revise report.submit""".split()
)
"""Whoever is of the file may do these in it, an officer of the fund too: he is then its applicant."""
NEVER = datetime.min.replace(tzinfo=UTC)


def check(world: World, since: int) -> int:
    """Raises AssertionError with what does not hold. `since`: the last event already looked at; returns the last one now."""
    lines = _postings()
    _envelopes(lines)
    _grants(lines)
    _agreements()
    _decisions(lines)
    _payments(world)
    found = invariants.problems()
    assert not found, found
    written = [model.objects.count() for model in (Entry, Seal)]
    # Between two postings the sums above say whether a balance moved; a life ends with a whole reading.
    if written != world.verified:
        verify()
        world.verified = written
    return _hands(world, since)


def _postings() -> dict:
    rows = Posting.objects.values_list("entry__grant", "envelope", "account").annotate(cents=Sum("cents")).order_by()
    return {(grant, envelope, account): cents for grant, envelope, account, cents in rows}


def _envelopes(lines: dict) -> None:
    for row in Envelope.objects.all():
        sums = Counter()
        for (_grant, envelope, account), cents in lines.items():
            if envelope == row.pk:
                sums[account] += cents
        columns = {name: getattr(row, f"{name}_amount") for name in STANDING}
        assert columns == {name: sums[name] for name in STANDING}, (row.reference, columns, sums)
        assert min(columns.values()) >= 0 and row.opened_amount == sum(columns.values()) == -sums["source"], columns


def _grants(lines: dict) -> None:
    """paid <= ordered <= certified <= committed <= awarded <= min(requested, ceiling), over the life of each grant."""
    for row in GrantAccount.objects.all():
        stands = {name: lines.get((row.reference, row.envelope_id, name), 0) for name in STANDING[1:]}
        assert stands == {name: getattr(row, f"{name}_amount") for name in STANDING[1:]}, row.reference
        paid = stands["paid"] + stands["claimed"] + stands["returned"]
        ordered = paid + stands["ordered"]
        committed = ordered + stands["committed"]
        steps = [0, paid, ordered, row.certified_amount, committed, committed + stands["reserved"], row.awarded_amount]
        steps.append(min(row.requested_amount, row.ceiling_amount))
        assert steps == sorted(steps), (row.reference, steps)


def _agreements() -> None:
    rows = Instalment.objects.exclude(state="cancelled").order_by("pk")
    shares: dict[int, int] = defaultdict(int)
    for one in rows:
        shares[one.agreement_id] += one.amount if one.certified_amount is None else one.certified_amount
    accounts = {row.reference: row for row in GrantAccount.objects.all()}
    came_back = dict(Entry.objects.filter(kind="bounce").order_by("pk").values_list("basis", "at"))
    for row in Agreement.objects.select_related("application", "decision"):
        account = accounts[row.reference]
        if row.signed_at:
            committed = sum(getattr(account, f"{name}_amount") for name in STANDING[2:])
            assert row.decision.state == "notified", (row.reference, row.decision.state)
            assert shares[row.pk] == committed and not account.reserved_amount, (
                row.reference,
                shares[row.pk],
                committed,
            )
        assert row.amount <= row.award_amount, row.reference
        if row.state in ("lapsed", "declined"):
            taken_back = (
                row.decision.state == "replaced"
            )  # it fell with its award: the decisions that follow say where the file is
            assert taken_back or row.application.state in ("lapsed", "renounced"), (row.reference, row.state)
        if row.state == "terminated":
            # Only what the bank sent back since waits: to be paid after all or cancelled, two people decide.
            waiting = [one for one in rows if one.agreement_id == row.pk and one.state != "paid"]
            ended = row.closed_at.replace(microsecond=0)
            assert all(came_back.get(f"{row.reference}/{one.number}", NEVER) >= ended for one in waiting), waiting


def _decisions(lines: dict) -> None:
    """Money stands aside for a standing award only, and is public exactly when its decision is known."""
    selected = Decision.objects.filter(outcome="selected").select_related("application")
    known: dict[str, set[str]] = defaultdict(set)
    for row in selected:
        known[row.application.reference].add(row.state)
    for (grant, _envelope, account), cents in lines.items():
        if grant and account in STANDING[1:4] and cents:
            assert known[grant] & {"voted", "drafted", "signed", "notified"}, (grant, account, cents, known[grant])
    states = {row.reference: row.state for row in Decision.objects.all()}
    for basis, seal in Entry.objects.filter(kind="reserve").values_list("basis", "seal"):
        assert (seal is not None) == (states[basis] in ("notified", "replaced")), (basis, states[basis])
    live = Decision.objects.filter(state__in=("voted", "drafted", "signed", "notified")).values_list(
        "application", "kind"
    )
    double = [key for key, count in Counter(live).items() if count > 1 and key[1] != "appeal"]
    assert not double, f"two live decisions of a kind: {double}"


def _payments(world: World) -> None:
    """Three hands, four above the threshold; at most one live line and one paid order an instalment; every file written once; claims within what was paid."""
    for one in Instalment.objects.filter(certified_by__isnull=False):
        hands = (one.certified_by_id, one.ordered_by_id, one.countersigned_by_id, one.paid_by_id)
        people = [person for person in hands if person]
        assert len(set(people)) == len(people), f"{one.basis}: the same hand twice"
    contents = list(PaymentBatch.objects.exclude(content="").values_list("content", flat=True))
    names = Counter(name for content in contents for name in set(_names(content)))
    assert not [name for name, count in names.items() if count > 1], names
    lines = Counter(BatchLine.objects.filter(live=True).values_list("instalment", flat=True))
    ends = Counter(PaymentOrder.objects.values_list("instalment", "outcome"))
    booked = Counter(Entry.objects.values_list("basis", "kind"))
    undone = Counter(Entry.objects.filter(kind="reversal", reverses__kind="bounce").values_list("basis", flat=True))
    for one in Instalment.objects.select_related("agreement"):
        assert lines[one.pk] <= 1, f"{one.basis} stands in two batches"
        assert ends[one.pk, ""] <= 1 and ends[one.pk, "paid"] <= 1, (one.basis, ends)
        payments = booked[one.basis, "pay"] - booked[one.basis, "bounce"] + undone[one.basis]
        assert payments == (one.state == "paid"), (one.basis, payments, one.state)
        if one.state == "paid":
            assert ends[one.pk, "paid"] == 1, (one.basis, ends)
    in_a_file = BatchLine.objects.filter(in_file=True, order__amount__gt=THIRD_ABOVE, order__ordered_at__gt=world.began)
    assert not in_a_file.filter(third_signature=None).exists(), "in a file without its third signature"
    assert not PaymentOrder.objects.exclude(ended_at=None).filter(outcome="").exists()
    for claim in Recovery.objects.all():
        assert 0 <= claim.repaid_amount <= claim.amount or claim.state == "waived", claim.reference
    assert not TwoKeyAct.objects.filter(state="approved", closed_by=F("proposed_by")).exists()


def _names(content: str) -> list[str]:
    return [part.split("<")[0] for part in content.split("<EndToEndId>")[1:]]


def _hands(world: World, since: int) -> int:
    """Every act since was done by somebody of its role, and by nobody in whose file he has an interest."""
    roles = {person.pk: code for code, group in world.people.items() for person in group}
    delegate = world.people["DE"][0].pk
    strangers = {world.people[code][1].pk for code in ("CO", "AO", "AC", "DE")}
    last = since
    read = Event.objects.filter(pk__gt=since, machine="bank_statement", verb="import_statement")
    statements = set(read.values_list("actor", "at"))
    for event in Event.objects.filter(pk__gt=since).order_by("pk"):
        last = event.pk
        name = f"{event.machine}.{event.verb}"
        needed = HANDS.get(name)
        role = roles.get(event.actor_id)
        if needed and event.verb not in (
            "terminate",
            "cancel",
            "unblock",
            "reject_file",
            "write_off",
            "waive",
            "raise_",
            "lower",
        ):
            if name in DELEGATED and event.actor_id == delegate:
                role = needed
            assert role == needed, f"{event.machine}.{event.verb} by {role}, belongs to {needed}"
        elif needed:
            assert role == needed or event.from_state == "proposed", f"{event.machine}.{event.verb} approved by {role}"
        of_the_money = event.machine in ("instalment", "agreement", "recovery", "amendment", "report")
        of_the_money &= (
            event.actor_id,
            event.at,
        ) not in statements  # what the bank says of all is booked by whoever reads it
        if event.actor_id in strangers and of_the_money and name not in OF_THE_RECIPIENT:
            assert world.friend not in event.subject, f"{event.machine}.{event.verb} by somebody of the file"
    return last
