"""The bank's side: files it takes, statements it sends, what comes back, what is imported twice."""

import hashlib
import time
from datetime import date, timedelta

import pytest
from django.utils import timezone
from lxml import etree

from core import two_key
from core.transitions import Refusal
from desks.awaited import of_officer
from payments import camt, pain001
from payments.enums import Control
from payments.models import Instalment, PayeeAccount, PaymentBatch, StatementLine
from payments.queries import liquidation
from payments.transitions import account, batch, instalment, matching, statement
from tests.environment import ROOT
from tests.factories import payments as make

pytestmark = pytest.mark.django_db
ISO = ROOT / "tests" / "data" / "iso20022"


def valid(content: bytes) -> bool:
    namespace = etree.QName(etree.fromstring(content)).namespace
    schema = etree.XMLSchema(etree.parse(str(ISO / f"{namespace.rpartition(':')[2]}.xsd")))
    return schema.validate(etree.fromstring(content)) or pytest.fail(str(schema.error_log))


@pytest.fixture
def people():
    return make.People()


def fresh(one):
    return Instalment.objects.get(pk=one.pk)


def refused(code, call, **params):
    with pytest.raises(Refusal) as caught:
        call(**params)
    assert caught.value.code == code, caught.value.code
    return caught.value


# ---- the file that leaves ----


@pytest.mark.parametrize("schema", pain001.SCHEMAS)
def test_the_bank_file_is_valid_and_the_same_every_time(at, people, schema):
    ones = [make.ordered(people, make.first_of(make.signed(people, 1_000_000 + n, at=at)), at=at) for n in range(3)]
    lot = make.exported(people, ones, at=at, schema=schema)
    content = lot.content.encode()
    assert valid(content) and lot.schema == schema and hashlib.sha256(content).hexdigest() == lot.sha256
    again = PaymentBatch.objects.get(pk=lot.pk)
    assert batch.file_bytes(again) == content == pain001.build(batch.frozen_content(again))
    root = etree.fromstring(content)
    text = {name: [e.text for e in root.iter("{*}" + name)] for name in ("CtrlSum", "NbOfTxs", "EndToEndId", "MsgId")}
    assert (
        text["CtrlSum"][0] == f"{lot.total_amount / 100:.2f}"
        and text["NbOfTxs"][0] == "3"
        and text["MsgId"] == [lot.reference]
    )
    assert text["EndToEndId"] == [one.end_to_end_id for one in sorted(ones, key=lambda one: one.pk)]
    assert not list(root.iter("{*}PstlAdr"))  # unstructured addresses are refused by banks


def test_names_survive_the_sepa_character_set():
    assert pain001.sepa_text("L’Œuvre & Cie – « Été » // 100 %", 70) == "L'OEuvre + Cie - Ete / 100"
    assert pain001.sepa_text("日本", 70)  # transliterated, never empty
    batch_ = pain001.FrozenBatch(
        "L-1",
        timezone.now(),
        date(2026, 1, 1),
        pain001.Debtor("Fonds", make.FUND_IBAN),
        (
            pain001.Transfer("A//B", "x", make.fictional_iban(1), 0, "r"),
            pain001.Transfer("A//B", "", make.fictional_iban(1), 5, "r"),
        ),
    )
    with pytest.raises(pain001.InvalidFile) as caught:
        pain001.build(batch_)
    assert len(caught.value.errors) >= 4


def test_a_batch_is_refused_without_its_controls_or_in_the_past(at, people):
    one = make.ordered(people, make.first_of(make.signed(people, at=at)), at=at)
    lot = batch.gather(batch=None, instalments=[one], actor=people.payer, at=at)
    refusal = refused(
        "controls_incomplete", batch.freeze, payment_batch=lot, actor=people.payer, at=at, controls=["credit"]
    )
    assert (
        refusal.field == "controls"
        and str(Control.PAYEE.label) in str(refusal.reason)
        and str(Control.CREDIT.label) not in str(refusal.reason)
    )
    refused(
        "execution_date_past",
        batch.freeze,
        payment_batch=lot,
        actor=people.payer,
        at=at,
        controls=Control.values,
        execution_on=timezone.localdate(at) - timedelta(days=1),
    )
    refused(
        "execution_date_far",
        batch.freeze,
        payment_batch=lot,
        actor=people.payer,
        at=at,
        controls=Control.values,
        execution_on=timezone.localdate(at) + timedelta(days=61),
    )
    empty = batch.open_batch(payment_batch=None, actor=people.payer, at=at)
    refused("batch_empty", batch.freeze, payment_batch=empty, actor=people.payer, at=at, controls=Control.values)


def test_one_payment_one_live_batch(at, people):
    one = make.ordered(people, make.first_of(make.signed(people, at=at)), at=at)
    lot = batch.gather(batch=None, instalments=[one], actor=people.payer, at=at)
    refused("already_in_batch", batch.gather, batch=None, instalments=[one], actor=people.payer, at=at)
    assert PaymentBatch.objects.count() == 1  # no empty batch stays behind
    refused("already_in_batch", instalment.recall, instalment=one, actor=people.orderer, at=at, reason="Erreur.")
    batch.remove(payment_batch=lot, instalments=[one], actor=people.payer, at=at)
    assert instalment.recall(instalment=one, actor=people.orderer, at=at, reason="Erreur.").state == "certified"
    assert make.invariants() == []


def test_a_frozen_batch_is_cancelled_until_its_file_exists(at, people):
    one = make.ordered(people, make.first_of(make.signed(people, at=at)), at=at)
    lot = batch.gather(batch=None, instalments=[one], actor=people.payer, at=at)
    lot = batch.freeze(payment_batch=lot, actor=people.payer, at=at, controls=Control.values)
    refused("not_allowed_in_state", batch.add, payment_batch=lot, actor=people.payer, at=at, instalments=[one])
    refused("not_allowed_in_state", batch.freeze, payment_batch=lot, actor=people.payer, at=at, controls=Control.values)
    batch.cancel(payment_batch=lot, actor=people.payer, at=at)
    assert fresh(one).state == "ordered" and fresh(one).paid_by is None
    other = make.exported(people, [fresh(one)], at=at)
    refused("not_allowed_in_state", batch.cancel, payment_batch=other, actor=people.payer, at=at)
    assert make.invariants() == []


def test_a_pdf_with_the_name_of_a_statement_is_called_a_pdf(at, people):
    said = refused(
        "statement_unreadable", make.import_bytes, people=people, content=b"%PDF-1.7\n%%EOF", name="releve.csv", at=at
    )
    assert "PDF" in str(said) and "CSV" in str(said)


def test_what_no_file_asked_for_is_not_settled(at, people):
    """A line that names a payment whose file was never produced waits for a person: settled, its file could still leave and pay it again."""
    one = make.ordered(people, make.first_of(make.signed(people, at=at)), at=at)
    lot = batch.gather(batch=None, instalments=[one], actor=people.payer, at=at)
    lot = batch.freeze(payment_batch=lot, actor=people.payer, at=at, controls=Control.values)
    one = fresh(one)
    make.import_bytes(people, make.camt053([make.Movement(one.end_to_end_id, one.certified_amount)]), at=at)
    line = StatementLine.objects.get()
    assert line.state == "to_check" and line.finding == "not_sent" and fresh(one).state == "in_payment"
    by_hand = {"statement_line": line, "actor": people.payer, "at": at, "instalment": one}
    refused("bank_line_mismatch", matching.match, **by_hand)
    batch.export(payment_batch=lot, actor=people.payer, at=at)
    matching.match(**by_hand)
    assert fresh(one).state == "paid" and make.invariants() == []


def test_no_file_asks_for_a_payment_that_does_not_wait_for_the_bank(at, people):
    one = make.ordered(people, make.first_of(make.signed(people, at=at)), at=at)
    lot = batch.gather(batch=None, instalments=[one], actor=people.payer, at=at)
    lot = batch.freeze(payment_batch=lot, actor=people.payer, at=at, controls=Control.values)
    Instalment.objects.filter(pk=one.pk).update(
        state="ordered", paid_by=None, in_payment_at=None
    )  # whatever took it from the bank
    refused("line_not_in_payment", batch.export, payment_batch=lot, actor=people.payer, at=at)


def test_a_whole_file_declared_rejected_takes_two_people(at, people):
    one = make.at_the_bank(people, make.first_of(make.signed(people, at=at)), at=at)
    lot = PaymentBatch.objects.get()
    refused(
        "second_key_missing",
        batch.reject_file,
        payment_batch=lot,
        actor=people.payer,
        at=at,
        reason="Courrier de la banque.",
    )
    act = two_key.propose(
        batch.reject_file.verb, lot, actor=people.payer, at=at, params={"reason": "Courrier de la banque."}
    )
    two_key.approve(act, actor=people.orderer, at=at)
    assert PaymentBatch.objects.get().state == "rejected" and fresh(one).state == "payment_rejected"
    assert make.invariants() == []


# ---- the bank's answers ----


@pytest.mark.parametrize("version", ["02", "08"])
@pytest.mark.parametrize("together", [False, True])
def test_a_statement_settles_what_it_names(at, people, version, together):
    ones = [make.ordered(people, make.first_of(make.signed(people, 1_000_000 + n, at=at)), at=at) for n in range(2)]
    make.exported(people, ones, at=at)
    content = make.camt053(
        [make.Movement(one.end_to_end_id, one.certified_amount) for one in ones], version=version, together=together
    )
    assert valid(content)
    found = make.import_bytes(people, content, at=at)
    assert found.matched_count == 2 and {fresh(one).state for one in ones} == {"paid"}
    assert PaymentBatch.objects.get().state == "settled" and make.invariants() == []


def test_the_same_file_or_line_twice_changes_nothing(at, people):
    one = make.at_the_bank(people, make.first_of(make.signed(people, at=at)), at=at)
    movement = make.Movement(one.end_to_end_id, one.certified_amount)
    content = make.camt053([movement], message_id="STMT-1")
    make.import_bytes(people, content, at=at)
    refused(
        "statement_already_imported",
        statement.import_statement,
        bank_statement=None,
        actor=people.payer,
        at=at,
        content=content,
        name="x.xml",
    )
    same_statement = make.camt053([movement], message_id="STMT-1", version="02")  # other bytes, the bank's same message
    refused(
        "statement_already_imported",
        statement.import_statement,
        bank_statement=None,
        actor=people.payer,
        at=at,
        content=same_statement,
        name="x.xml",
    )
    again = make.import_bytes(
        people, make.camt053([movement], message_id="STMT-2"), at=at
    )  # the line comes again in another statement
    assert (again.matched_count, again.known_count) == (0, 1)
    assert make.invariants() == [] and StatementLine.objects.count() == 1


def test_a_line_of_another_amount_says_so_and_offers_nothing_to_choose(at, people, as_user):
    one = make.at_the_bank(people, make.first_of(make.signed(people, at=at)), at=at)
    moves = [make.Movement(one.end_to_end_id, one.certified_amount - 2), make.Movement("AUTRE", one.certified_amount)]
    make.import_bytes(people, make.camt053(moves), at=at)
    less, same = StatementLine.objects.order_by("position")
    page = as_user(people.payer).get(f"/paiements/rapprochement/{less.pk}/").content.decode()
    assert "au centime près" in page and 'value="match"' not in page and 'value="dismiss"' in page
    page = as_user(people.payer).get(f"/paiements/rapprochement/{same.pk}/").content.decode()
    assert "au centime près" not in page and 'value="match"' in page


def test_lines_that_do_not_agree_wait_for_a_person(at, people):
    one = make.at_the_bank(people, make.first_of(make.signed(people, at=at)), at=at)
    moves = [
        make.Movement(one.end_to_end_id, one.certified_amount + 1),
        make.Movement("INCONNU", 500),
        make.Movement("", 1_250, text="FRAIS"),
        make.Movement(one.end_to_end_id, one.certified_amount, booked=False),
    ]
    found = make.import_bytes(people, make.camt053(moves), at=at)
    lines = list(found.lines.order_by("position"))
    assert [(line.state, line.finding) for line in lines] == [
        ("to_check", "amount"),
        ("to_check", "unknown"),
        ("to_check", "unknown"),
        ("ignored", ""),
    ]
    assert fresh(one).state == "in_payment" and found.matched_count == 0
    refused("bank_line_mismatch", matching.match, statement_line=lines[0], actor=people.payer, at=at, instalment=one)
    refused("reason_missing", matching.dismiss, statement_line=lines[2], actor=people.payer, at=at, note=" ")
    assert (
        matching.dismiss(statement_line=lines[2], actor=people.payer, at=at, note="Frais de tenue de compte.").state
        == "dismissed"
    )
    assert make.invariants() == []


def test_a_person_recognises_a_payment_the_bank_named_otherwise(at, people):
    one = make.at_the_bank(people, make.first_of(make.signed(people, at=at)), at=at)
    found = make.import_bytes(people, make.camt053([make.Movement("AUTRE", one.certified_amount)]), at=at)
    line = matching.match(statement_line=found.lines.get(), actor=people.payer, at=at, instalment=one)
    assert (line.state, line.finding, fresh(one).state) == ("matched", "by_hand", "paid")
    assert PaymentBatch.objects.get().state == "settled" and make.invariants() == []


def test_a_line_dated_in_the_future_settles_nothing_before_its_day(at, people):
    one = make.at_the_bank(people, make.first_of(make.signed(people, at=at)), at=at)
    far = timezone.localdate(at) + timedelta(days=11)
    content = make.camt053([make.Movement(one.end_to_end_id, one.certified_amount)], on=far)
    line = make.import_bytes(people, content, at=at).lines.get()
    assert (line.state, line.finding, fresh(one).state) == ("to_check", "ahead", "in_payment")
    asked = {"statement_line": line, "actor": people.payer, "instalment": one}
    refusal = refused("bank_line_ahead", matching.match, at=at, **asked)
    assert "5 décembre 2026" in refusal.reason.replace("\xa0", " ") and refusal.remedy
    matching.match(at=at + timedelta(days=1), **asked)
    assert (fresh(one).state, fresh(one).paid_on) == ("paid", far) and make.invariants() == []


def test_a_gift_and_a_whole_batch_of_the_future_wait_too(at, people):
    far = timezone.localdate(at) + timedelta(days=11)
    row = make.signed(people, at=at)
    make.paid(people, make.first_of(row), at=at)
    claim = make.claimed(people, row, 100_000, at=at)
    ones = [make.ordered(people, make.first_of(make.signed(people, 900_000 + n, at=at)), at=at) for n in range(2)]
    lot = make.exported(people, ones, at=at)
    moves = [
        make.Movement("", 100_000, credit=True, text=claim.reference),
        make.Movement("", lot.total_amount, batch=lot.message_id, count=2),
    ]
    found = make.import_bytes(people, make.camt053(moves, on=far), at=at)
    assert found.matched_count == 0 and {line.finding for line in found.lines.all()} == {"ahead"}
    gift = found.lines.get(direction="credit")
    by_hand = {"statement_line": gift, "actor": people.payer, "at": at}
    refused("bank_line_ahead", matching.match_repayment, recovery=claim, **by_hand)
    refused("bank_line_ahead", matching.record_return, agreement=row, **by_hand)
    assert {fresh(one).state for one in ones} == {"in_payment"} and make.invariants() == []


def test_the_banks_days_may_run_over_a_week_end(at, people):
    """On a Friday evening a bank books for Monday: that is no misread date."""
    one = make.at_the_bank(people, make.first_of(make.signed(people, at=at)), at=at)
    monday = timezone.localdate(at) + timedelta(days=10)
    make.import_bytes(people, make.camt053([make.Movement(one.end_to_end_id, one.certified_amount)], on=monday), at=at)
    assert (fresh(one).state, fresh(one).paid_on) == ("paid", monday)


def test_a_rejection_blocks_a_wrong_account_and_three_people_start_again(at, people):
    row = make.signed(people, at=at)
    one = make.at_the_bank(people, make.first_of(row), at=at)
    content = make.pain002(PaymentBatch.objects.get().message_id, [(one.end_to_end_id, "AC04")])
    assert valid(content)
    make.import_bytes(people, content, at=at)
    one = fresh(one)
    assert (one.state, one.rejection_code, PayeeAccount.objects.get().state) == ("payment_rejected", "AC04", "blocked")
    assert PaymentBatch.objects.get().state == "settled" and make.invariants() == []
    refused(
        "cause_not_removed", instalment.recertify, instalment=one, actor=people.officer, at=at, note="Nouveau compte."
    )
    assert any("certifier" in str(task.title) for task in of_officer(people.officer, at))
    new = make.give_account(row, at=at)
    account.approve(payee_account=new, actor=people.payer, at=at)
    one = instalment.recertify(instalment=one, actor=people.officer, at=at, note="Nouveau compte approuvé.")
    former = liquidation.order_of(people.payer, one.orders.get(attempt=1).reference)
    said = " ".join(fact for check in liquidation.checklist(former) for fact in check.facts)
    assert former.document.context["note"] in said and "Nouveau compte approuvé" not in said
    one = instalment.order(instalment=one, actor=people.orderer, at=at)
    assert one.end_to_end_id.endswith("-1-2") and one.orders.get(attempt=2).account == new
    make.exported(people, [one], at=at)
    make.import_bytes(people, make.camt053([make.Movement(one.end_to_end_id, one.certified_amount)]), at=at)
    assert fresh(one).state == "paid" and make.invariants() == []


def test_a_whole_file_refused_by_the_bank(at, people):
    ones = [make.ordered(people, make.first_of(make.signed(people, 900_000 + n, at=at)), at=at) for n in range(2)]
    lot = make.exported(people, ones, at=at)
    make.import_bytes(people, make.pain002(lot.message_id, whole_file=True), at=at)
    assert PaymentBatch.objects.get().state == "rejected" and {fresh(one).state for one in ones} == {"payment_rejected"}
    assert {row.state for row in PayeeAccount.objects.all()} == {"approved"}  # the accounts are not the reason
    assert make.invariants() == []


def test_money_that_comes_back_after_booking(at, people):
    row = make.signed(people, at=at)
    one = make.paid(people, make.first_of(row), at=at)
    found = make.import_bytes(
        people,
        make.camt053([make.Movement(one.end_to_end_id, one.certified_amount, returned=True, reason="AC01")]),
        at=at,
    )
    one = fresh(one)
    assert (found.matched_count, one.state, one.paid_on, one.rejection_code) == (1, "payment_rejected", None, "AC01")
    assert row.payee_accounts.get().state == "blocked" and make.invariants() == []


def test_a_payment_and_its_return_in_one_statement(at, people):
    one = make.at_the_bank(people, make.first_of(make.signed(people, at=at)), at=at)
    moves = [
        make.Movement(one.end_to_end_id, one.certified_amount, returned=True, reason="MD07"),
        make.Movement(one.end_to_end_id, one.certified_amount),
    ]
    assert make.import_bytes(people, make.camt053(moves), at=at).matched_count == 2
    assert fresh(one).state == "payment_rejected" and make.invariants() == []


def test_a_whole_batch_booked_as_one_sum(at, people):
    ones = [make.ordered(people, make.first_of(make.signed(people, 700_000 + n, at=at)), at=at) for n in range(3)]
    lot = make.exported(people, ones, at=at)
    wrong = make.import_bytes(
        people, make.camt053([make.Movement("", lot.total_amount - 1, batch=lot.message_id, count=3)]), at=at
    )
    assert (wrong.matched_count, wrong.lines.get().finding) == (0, "batch_amount")
    content = make.camt053([make.Movement("", lot.total_amount, batch=lot.message_id, count=3)])
    assert valid(content)
    assert make.import_bytes(people, content, at=at).matched_count == 3
    assert {fresh(one).state for one in ones} == {"paid"} and make.invariants() == []


# ---- files that must not be trusted ----

BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;"><!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">&f;</Document>"""
XXE = b"""<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>&x;</MsgId></GrpHdr></BkToCstmrStmt></Document>"""


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   ",
        b"not xml",
        b"<a",
        b"PK\x03\x04",
        b"<?xml version='1.0' encoding='utf-99'?><a/>",
        BOMB,
        XXE,
        b"<Document/>",
        b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.001.001.09'/>",
        b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'/>",
        b"\x00\xff\xfe",
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused_in_words(at, people, content):
    make.FundIdentityFactory()
    start = time.monotonic()
    refusal = refused(
        "statement_unreadable",
        statement.import_statement,
        bank_statement=None,
        actor=people.payer,
        at=at,
        content=content,
        name="x.xml",
    )
    assert time.monotonic() - start < 2 and refusal.field == "file" and "root:" not in str(refusal)


def test_a_file_over_the_limit_is_not_parsed(monkeypatch):
    monkeypatch.setattr(camt, "MAX_BYTES", 100)
    with pytest.raises(camt.Unreadable):
        camt.parse(make.camt053([]))


@pytest.mark.parametrize("options", [{"iban": "FR7630006000011234567890189"}, {"currency": "USD"}])
def test_a_statement_of_another_account_or_money_is_refused(at, people, options):
    one = make.at_the_bank(people, make.first_of(make.signed(people, at=at)), at=at)
    content = make.camt053([make.Movement(one.end_to_end_id, one.certified_amount)], **options)
    with pytest.raises(Refusal) as caught:
        make.import_bytes(people, content, at=at)
    assert (
        caught.value.code in ("statement_of_another_account", "statement_unreadable")
        and fresh(one).state == "in_payment"
    )


@pytest.mark.parametrize("amount", ["12.345", "-5.00", "1e3", "abc", ""])
def test_an_amount_that_cannot_be_read_refuses_the_whole_file(at, people, amount):
    one = make.at_the_bank(people, make.first_of(make.signed(people, at=at)), at=at)
    content = make.camt053([make.Movement(one.end_to_end_id, one.certified_amount), make.Movement("X", 777)]).replace(
        b">7.77<", f">{amount}<".encode()
    )
    refused("statement_unreadable", make.import_bytes, people=people, content=content, at=at)
    assert fresh(one).state == "in_payment"
