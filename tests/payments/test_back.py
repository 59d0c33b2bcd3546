"""Agreements that change and money that comes back: asked, discussed, decided, repaid, given up; never above what was paid."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.formats import date_format

from core import documents, two_key
from core.models import Mail, TwoKeyAct, User
from core.transitions import VERBS, Refusal
from fund.enums import Role
from fund.models import GrantAccount
from payments import tasks
from payments.models import Agreement, Amendment, Instalment, Recovery, StatementLine
from payments.rules.amendment import latest_end
from payments.transitions import agreement, amendment, matching, recovery, report
from tests.factories import payments as make
from tests.factories.fund import person_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.People()


@pytest.fixture
def row(at, people):
    """A grant in progress, its first instalment due."""
    return make.signed(people, at=at)


@pytest.fixture
def paid(at, people, row):
    """The same, its first instalment of 12 950 euros paid."""
    make.paid(people, make.first_of(row), at=at)
    return row


def refused(code, call, **params):
    with pytest.raises(Refusal) as caught:
        call(**params)
    assert caught.value.code == code, caught.value.code
    assert str(caught.value.reason)
    return caught.value


def sent(code) -> int:
    return Mail.objects.filter(code=f"payments/{code}").count()


def books(row) -> GrantAccount:
    return GrantAccount.objects.get(reference=row.reference)


# ---- amendments ----


def test_an_amendment_extends_the_project_and_its_report(at, people, row):
    due = row.reports.get().due_on
    end = row.ends_on + timedelta(days=60)
    one = make.signed_amendment(people, row, at=at, new_ends_on=end)
    row = Agreement.objects.get()
    assert (one.state, row.ends_on) == ("signed", end) and row.reports.get().due_on > due
    assert sent("amendment.answered") and sent("amendment.fund_to_sign") and sent("amendment.signed")
    assert one.document.signatures.count() == 2


def test_an_amendment_lowers_the_grant_and_makes_the_payments_again(at, people, row):
    free = books(row).envelope.free_amount
    make.signed_amendment(people, row, at=at, new_amount=1_500_001)
    row = Agreement.objects.get()
    assert [one.amount for one in Instalment.objects.order_by("number")] == [1_050_000, 450_001]
    assert (row.amount, books(row).committed_amount) == (1_500_001, 1_500_001)
    assert books(row).envelope.free_amount == free + 349_999 and make.invariants() == []


@pytest.mark.parametrize("off", [1, 2, 3])
def test_an_amendment_that_takes_a_few_cents_off_takes_them_from_some_payments_only(at, people, row, off):
    before = [one.amount for one in row.instalments.order_by("number")]
    make.signed_amendment(people, row, at=at, new_amount=row.amount - off)
    after = [one.amount for one in row.instalments.order_by("number")]
    assert sum(before) - sum(after) == off and all(0 < now <= then for now, then in zip(after, before, strict=True))
    assert Agreement.objects.get().amount == sum(after) and make.invariants() == []


def test_what_is_certified_is_not_lowered_and_the_rest_bears_it_all(at, people, row):
    make.certified(people, make.first_of(row), at=at)
    refused("amendment_below_paid", make.asked, row=row, at=at, new_amount=1_294_999)
    make.signed_amendment(people, row, at=at, new_amount=1_295_000)
    assert [one.state for one in Instalment.objects.order_by("number")] == ["certified", "cancelled"]
    assert books(row).committed_amount == 1_295_000 and make.invariants() == []


def test_money_certified_while_an_amendment_waits_stops_it(at, people, row):
    one = make.approved_amendment(people, row, at=at, new_amount=1_000_000)
    make.certified(people, make.first_of(row), at=at)
    refused("amendment_below_paid", amendment.sign_as_bearer, amendment=one, actor=row.signatory, at=at)


@pytest.mark.parametrize(
    "code, changes",
    [
        ("amendment_raises_award", {"new_amount": 1_850_000}),
        ("amendment_raises_award", {"new_amount": 9_999_999}),
        ("amendment_below_paid", {"new_amount": 0}),
        ("amendment_empty", {"changes": []}),
        ("amendment_row_incomplete", {"changes": [{"term": "budget", "before": "", "after": "1 000 €"}]}),
        ("amendment_row_incomplete", {"changes": [{"term": "budget", "before": "Dix", "after": " Dix"}]}),
        ("amendment_row_incomplete", {"changes": [{"term": "amount", "before": "1", "after": "2"}]}),
        ("amendment_end_refused", {"new_ends_on": "present"}),
        ("amendment_end_refused", {"new_ends_on": "past"}),
        ("amendment_end_refused", {"new_ends_on": "too late"}),
    ],
)
def test_what_an_amendment_cannot_ask(at, people, row, code, changes):
    days = {
        "present": row.ends_on,
        "past": at.date() - timedelta(days=1),
        "too late": latest_end(row) + timedelta(days=1),
    }
    changes = {name: days.get(value, value) if isinstance(value, str) else value for name, value in changes.items()}
    refusal = refused(code, make.asked, row=row, at=at, **changes)
    assert refusal.field in changes and not Amendment.objects.exists()


def test_one_amendment_at_a_time_and_not_after_the_end(at, people, row):
    one = make.asked(row, at=at, new_ends_on=latest_end(row))
    refused("amendment_already_open", make.asked, row=row, at=at)
    one = amendment.withdraw(amendment=one, actor=row.application.lead, at=at)
    assert one.state == "withdrawn"
    late = at + timedelta(days=800)
    refused("amendment_too_late", make.asked, row=row, at=late)


def test_an_amendment_is_refused_with_its_reason(at, people, row):
    one = make.asked(row, at=at)
    refused("reason_missing", amendment.refuse, amendment=one, actor=people.officer, at=at, reason=" ")
    refused("not_permitted", amendment.refuse, amendment=one, actor=row.application.lead, at=at, reason="Non.")
    one = amendment.refuse(amendment=one, actor=people.officer, at=at, reason="L’objet changerait.")
    assert (one.state, one.answer) == ("refused", "L’objet changerait.") and make.asked(row, at=at).number == 2


def test_an_amendment_is_signed_in_order_and_lapses_unsigned(at, people, row):
    one = make.approved_amendment(people, row, at=at)
    refused("fund_signs_last", amendment.sign, amendment=one, actor=people.orderer, at=at)
    refused("not_permitted", amendment.sign_as_bearer, amendment=one, actor=people.officer, at=at)
    refused("deadline_not_passed", amendment.lapse, amendment=one, actor=User.objects.system(), at=one.sign_by_at)
    refused("amendment_lapsed", amendment.sign_as_bearer, amendment=one, actor=row.signatory, at=one.sign_by_at)
    assert tasks.unsigned_amendments(one.sign_by_at + timedelta(minutes=16), User.objects.system()) == 1
    one = Amendment.objects.get()
    assert (one.state, one.document.state) == ("lapsed", "void") and Agreement.objects.get().amount == 1_850_000


# ---- recoveries: the discussion, then the decision ----


def test_money_is_claimed_after_the_recipient_was_heard(at, people, paid):
    one = make.proposed(people, paid, 300_000, at=at)
    assert one.reference == f"{paid.reference}-R1" and one.invitation.context["law"] and books(paid).claimed_amount == 0
    refusal = refused("observations_period_open", recovery.notify, recovery=one, actor=people.orderer, at=at)
    assert refusal.remedy
    one = recovery.observe(recovery=one, actor=paid.application.lead, at=at, reason="La facture est la nôtre.")
    refusal = refused("answer_missing", recovery.notify, recovery=one, actor=people.orderer, at=at)
    assert refusal.field == "answer"
    refused("claim_above_paid", recovery.notify, recovery=one, actor=people.orderer, at=at, answer="x", amount=300_001)
    one = recovery.notify(recovery=one, actor=people.orderer, at=at, answer="Elle porte un autre nom.", amount=250_000)
    letter = one.letter.context
    assert (one.state, one.amount, one.left_amount) == ("notified", 250_000, 250_000)
    assert letter["observations"] and letter["answer"] == "Elle porte un autre nom." and letter["signed_by"]
    assert (books(paid).paid_amount, books(paid).claimed_amount) == (1_045_000, 250_000) and make.invariants() == []


def test_silence_lets_the_claim_be_notified_after_its_time(at, people, paid):
    one = make.proposed(people, paid, at=at)
    one = recovery.notify(recovery=one, actor=people.orderer, at=at + timedelta(days=20))
    assert one.letter.context["observed_on"] == "" and one.pay_by_on > at.date()


@pytest.mark.parametrize("amount", [0, -1, 1_295_001])
def test_no_more_is_claimed_than_was_paid(at, people, paid, amount):
    refusal = refused("claim_above_paid", make.proposed, people=people, row=paid, amount=amount, at=at)
    assert refusal.field == "amount" and not Recovery.objects.exists()


def test_what_a_claim_needs(at, people, row):
    refused("nothing_paid", make.proposed, people=people, row=row, at=at)
    make.paid(people, make.first_of(row), at=at)
    refused("claim_ground_missing", make.proposed, people=people, row=row, at=at, ground="parce que")
    make.proposed(people, row, at=at)
    refused("recovery_already_open", make.proposed, people=people, row=row, at=at)


def test_a_proposal_is_dropped_and_a_wrong_claim_cancelled(at, people, paid):
    one = recovery.drop(recovery=make.proposed(people, paid, at=at), actor=people.officer, at=at, reason="Expliqué.")
    assert one.state == "cancelled" and one.close_reason
    one = make.claimed(people, paid, at=at)
    one = recovery.cancel(recovery=one, actor=people.orderer, at=at, reason="Erreur de compte.")
    assert (one.state, one.left_amount, books(paid).claimed_amount) == ("cancelled", 0, 0)
    assert sent("recovery.dropped") == 2 and make.invariants() == []


# ---- what comes back ----


def test_a_repayment_that_names_the_claim_pays_it_in_several_times(at, people, paid):
    one = make.claimed(people, paid, 100_000, at=at)
    assert make.given_back(people, f"Reversement {one.reference.lower()}", 40_000, at=at).matched_count == 1
    one = Recovery.objects.get()
    assert (one.state, one.left_amount) == ("notified", 60_000)
    refused("repayment_already_recorded", recovery.cancel, recovery=one, actor=people.orderer, at=at, reason="x")
    make.given_back(people, f"solde {one.reference}", 60_000, at=at)
    one = Recovery.objects.get()
    assert (one.state, books(paid).claimed_amount, books(paid).returned_amount) == ("repaid", 0, 100_000)
    assert books(paid).envelope.free_amount == books(paid).envelope.opened_amount - 1_850_000  # it is shown apart
    assert sent("recovery.settled") == 1 and make.invariants() == []


def test_too_much_money_waits_for_a_person(at, people, paid):
    one = make.claimed(people, paid, 100_000, at=at)
    make.given_back(people, one.reference, 100_001, at=at)
    line = StatementLine.objects.get(direction="credit")
    assert (line.state, line.finding) == ("to_check", "credit") and Recovery.objects.get().repaid_amount == 0
    refused(
        "repayment_above_claim", matching.match_repayment, statement_line=line, actor=people.payer, at=at, recovery=one
    )


def test_a_repayment_without_its_reference_is_recognised_by_hand(at, people, paid):
    one = make.claimed(people, paid, 100_000, at=at)
    make.given_back(people, "remboursement", 100_000, at=at)
    line = StatementLine.objects.get(direction="credit")
    line = matching.match_repayment(statement_line=line, actor=people.payer, at=at, recovery=one)
    assert (line.state, line.recovery, Recovery.objects.get().state) == ("matched", one, "repaid")
    debit = StatementLine.objects.filter(direction="debit").first()
    type(debit).objects.filter(pk=debit.pk).update(state="to_check")
    debit.refresh_from_db(fields=["amount"])
    debit = StatementLine.objects.get(pk=debit.pk)
    refused(
        "bank_line_mismatch", matching.match_repayment, statement_line=debit, actor=people.payer, at=at, recovery=one
    )


def test_money_sent_back_unasked_is_one_act(at, people, paid):
    make.given_back(people, "trop perçu", 50_000, at=at)
    line = StatementLine.objects.get(direction="credit")
    matching.record_return(statement_line=line, actor=people.payer, at=at, agreement=paid)
    one = Recovery.objects.get()
    assert (one.state, one.repaid_amount, one.letter.kind) == ("repaid", 50_000, "return_receipt")
    assert books(paid).returned_amount == 50_000 and make.invariants() == []
    make.given_back(people, "encore", 1_245_001, at=at)
    line = StatementLine.objects.get(direction="credit", state="to_check")
    refused(
        "repayment_above_claim", matching.record_return, statement_line=line, actor=people.payer, at=at, agreement=paid
    )


def test_a_payment_partly_claimed_back_does_not_bounce_by_itself(at, people, paid):
    make.claimed(people, paid, 100_000, at=at)
    one = make.first_of(paid)
    make.import_bytes(
        people,
        make.camt053([make.Movement(one.end_to_end_id, one.certified_amount, returned=True, reason="AC04")]),
        at=at,
    )
    line = StatementLine.objects.get(is_return=True)
    assert (line.state, line.finding) == ("to_check", "claimed") and make.invariants() == []


# ---- what is given up ----


def keys(name, one, first, second, at, **params):
    act = two_key.propose(VERBS["recovery"][name], one, actor=first, at=at, params=params)
    return two_key.approve(act, actor=second, at=at)


def test_a_claim_is_reduced_after_an_appeal(at, people, paid):
    one = make.claimed(people, paid, 100_000, at=at)
    for amount in (0, 100_000, None):
        refused(
            "reduction_out_of_range",
            recovery.reduce,
            recovery=one,
            actor=people.orderer,
            at=at,
            amount=amount,
            reason="x",
        )
    one = recovery.reduce(recovery=one, actor=people.orderer, at=at, amount=30_000, reason="Recours admis.")
    assert (one.left_amount, books(paid).claimed_amount, sent("recovery.reduced")) == (70_000, 70_000, 1)
    make.given_back(people, one.reference, 70_000, at=at)
    assert Recovery.objects.get().state == "repaid" and make.invariants() == []


def test_a_waiver_takes_the_orderer_and_a_co_president(at, people, paid):
    one = make.claimed(people, paid, 100_000, at=at)
    refused("second_key_missing", recovery.waive, recovery=one, actor=people.orderer, at=at, reason="x")
    act = two_key.propose(
        VERBS["recovery"]["waive"], one, actor=people.orderer, at=at, params={"reason": "Collectif dissous."}
    )
    for other in (people.orderer, people.payer, people.officer):
        with pytest.raises(Refusal):
            two_key.approve(act, actor=other, at=at)
    make.given_back(people, one.reference, 1_000, at=at)  # something changed since: what was proposed is stale
    president = person_with(Role.CO_PRESIDENT)
    with pytest.raises(Refusal) as stale:
        two_key.approve(act, actor=president, at=at)
    assert stale.value.code == "stale_approval" and TwoKeyAct.objects.get().state == "stale"
    one = keys("waive", Recovery.objects.get(), people.orderer, president, at, reason="Collectif dissous.")
    assert (one.state, one.dropped_amount, one.repaid_amount) == ("waived", 99_000, 1_000)
    assert (books(paid).claimed_amount, books(paid).paid_amount) == (0, 1_294_000) and make.invariants() == []
    told = Mail.objects.filter(code="payments/recovery.waived").first().text.replace("\u202f", " ").replace("\xa0", " ")
    assert "Il restait 990,00 €" in told and "plus rien à payer" in told and "Merci" not in told
    assert sent("recovery.settled") == 0


def test_a_write_off_takes_the_accountant_and_the_orderer(at, people, paid):
    one = make.claimed(people, paid, 100_000, at=at)
    refused(
        "not_permitted",
        two_key.propose,
        verb=VERBS["recovery"]["write_off"],
        obj=one,
        actor=people.orderer,
        at=at,
        params={"reason": "x"},
    )
    one = keys("write_off", one, people.payer, people.orderer, at, reason="Procès-verbal de carence.")
    assert one.state == "written_off" and books(paid).claimed_amount == 0 and make.invariants() == []


# ---- and the end of the grant ----


def test_a_grant_completes_once_what_was_not_spent_came_back(at, people, paid):
    final = make.filed_report(paid, at=at, spent={1: 0, 2: 400_000})
    report.accept(report=final, actor=people.officer, at=at)
    refusal = refused("balance_open", agreement.complete, agreement=paid, actor=people.officer, at=at)
    assert "€" in str(refusal.reason)
    one = make.claimed(people, paid, 500_000, at=at, ground="unspent")
    assert Agreement.objects.get().state == "active"
    make.given_back(people, one.reference, 500_000, at=at)
    row = Agreement.objects.get()
    assert row.state == "completed" and make.invariants() == []
    again = make.claimed(people, row, 10_000, at=at, ground="fraud")  # a claim may still be opened afterwards
    assert again.state == "notified" and make.invariants() == []


def test_an_amount_that_may_be_kept_is_dropped_and_the_grant_completes(at, people, paid):
    report.accept(report=make.filed_report(paid, at=at, spent={1: 0, 2: 400_000}), actor=people.officer, at=at)
    one = make.proposed(people, paid, 300_000, at=at, ground="unspent")
    recovery.drop(recovery=one, actor=people.officer, at=at, reason="L’association le garde pour la suite.")
    assert Agreement.objects.get().state == "completed"


def test_those_with_an_interest_and_strangers_do_nothing(at, people, paid):
    from tests.factories.core import UserFactory

    one = make.proposed(people, paid, at=at)
    stranger = UserFactory()
    for verb, params in (
        (recovery.observe, {"reason": "x"}),
        (recovery.notify, {}),
        (recovery.drop, {"reason": "x"}),
        (recovery.cancel, {"reason": "x"}),
    ):
        with pytest.raises(Refusal) as caught:
            verb(recovery=one, actor=stranger, at=at, **params)
        assert caught.value.code in ("not_permitted", "not_allowed_in_state")
    assert not Recovery.objects.visible_to(stranger).exists() and Recovery.objects.visible_to(paid.signatory).exists()


# ---- the papers ----


def test_the_letters_say_facts_law_amount_and_remedies(at, people, paid):
    """CRPA L211-5, L122-1; CJA R421-5: the invitation is no decision; the decision gives its reasons, how to repay and how to contest."""
    one = make.claimed(people, paid, 100_000, at=at)
    invitation = documents.page(one.invitation).replace("\u202f", " ").replace("\u00a0", " ")
    for fact in ("1 000,00 €", "autre projet", "n’est pas une décision", "représenter", "article 9-1"):
        assert fact in invitation, fact
    letter = documents.page(one.letter).replace("\u202f", " ").replace("\u00a0", " ")
    for fact in (
        one.reference,
        "La facture est la nôtre.",
        "Elle porte un autre nom.",
        "article 9-1",
        "1 000,00 €",
        "mille euros",
        "deux mois",
        "tribunal administratif",
        "Henri Cazaux",
        "ordonnateur",
    ):
        assert fact in letter, fact
    assert "FR76" not in letter and "IBAN" not in letter


def test_the_other_papers_of_what_changes(at, people, paid):
    change = make.approved_amendment(people, paid, at=at, new_ends_on=latest_end(paid), new_amount=1_600_000)
    text = documents.page(change.document).replace("\u202f", " ").replace("\u00a0", " ")
    for fact in ("Avenant n° 1", "Un agent est parti.", "18 500,00 €", "16 000,00 €", "Henri Cazaux", "caduc"):
        assert fact in text, fact
    make.given_back(people, "trop perçu", 50_000, at=at)
    line = StatementLine.objects.get(direction="credit")
    matching.record_return(statement_line=line, actor=people.payer, at=at, agreement=paid)
    receipt = documents.page(Recovery.objects.get().letter).replace("\u202f", " ").replace("\u00a0", " ")
    assert "500,00 €" in receipt and "cinq cents euros" in receipt and "ne réclame rien" in receipt


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_mail_of_what_changes_is_written(at, people, paid, language):
    """Both languages are complete, carry one link, and never an account."""
    User.objects.update(language=language)
    row = Agreement.objects.get()
    make.signed_amendment(people, row, at=at)
    one = make.claimed(people, row, 100_000, at=at)
    recovery.reduce(recovery=one, actor=people.orderer, at=at, amount=1_000, reason="Recours.")
    make.given_back(people, one.reference, 99_000, at=at)
    recovery.drop(recovery=make.proposed(people, row, at=at), actor=people.officer, at=at, reason="Expliqué.")
    keys(
        "waive", make.claimed(people, row, at=at), people.orderer, person_with(Role.CO_PRESIDENT), at, reason="Dissous."
    )
    cancel = VERBS["instalment"]["cancel"]
    act = two_key.propose(cancel, make.first_of(row, 2), actor=people.officer, at=at, params={"reason": "Arrêté."})
    two_key.approve(act, actor=people.orderer, at=at)
    codes = {"amendment.requested", "amendment.answered", "amendment.fund_to_sign", "amendment.signed"} | {
        f"recovery.{name}" for name in ("observations_invited", "notified", "reduced", "settled", "dropped", "waived")
    }
    codes |= {"payment.cancelled"}
    mails = [mail for mail in Mail.objects.filter(language=language) if mail.code.removeprefix("payments/") in codes]
    assert {mail.code.removeprefix("payments/") for mail in mails} == codes
    for mail in mails:
        assert mail.subject and mail.text.count("http") == 1 and "{{" not in mail.text and "FR76" not in mail.text


@pytest.mark.urls("tests.payments.api_urls")
def test_an_amendment_is_rows_of_term_before_and_after_on_page_paper_and_api(at, people, row, as_user, api):
    end = row.ends_on + timedelta(days=30)
    lead = as_user(row.application.lead)
    here = reverse("payments:amendments", args=[row.reference])
    typed = {
        "reason": "Un agent est parti.",
        "new_ends_on": end.isoformat(),
        "changes-TOTAL_FORMS": "2",
        "changes-INITIAL_FORMS": "0",
        "changes-0-term": "prototype",
        "changes-0-before": "Douze ateliers",
        "changes-0-after": "Dix ateliers",
        "changes-1-term": "",
    }
    longer = lead.post(here, typed | {"add_row": "changes"})  # an empty row more, without JavaScript
    assert longer.status_code == 200 and 'name="changes-2-term"' in longer.content.decode()
    half = lead.post(here, typed | {"changes-1-term": "budget"})
    assert half.status_code == 422 and "Complétez la ligne" in half.content.decode()
    assert not Amendment.objects.exists()
    assert lead.post(here, typed).status_code == 302
    one = Amendment.objects.get()

    def rows():
        return [(change.term, change.before, change.after) for change in one.changes.all()]

    final = row.reports.get(kind="final")
    known = [
        ("ends_on", row.ends_on.isoformat(), end.isoformat()),
        ("prototype", "Douze ateliers", "Dix ateliers"),
    ]
    assert [change for change in rows() if change[0] != "final_report"] == known
    one = amendment.approve(amendment=one, actor=people.officer, at=at)
    make.render_quickly(one.document)
    paper = one.document.context["rows"]
    assert [cell["after"] for cell in paper][-1] == "Dix ateliers" and len(paper) == len(rows())
    one = amendment.sign_as_bearer(amendment=Amendment.objects.get(pk=one.pk), actor=row.signatory, at=at)
    amendment.sign(amendment=one, actor=people.orderer, at=at)
    page = lead.get(reverse("payments:amendment", args=[row.reference, 1])).content.decode()
    assert "<del>Douze ateliers</del>" in page and "<ins>Dix ateliers</ins>" in page  # what it was stays, once in force
    assert date_format(row.ends_on, "j F Y") in page
    told = api(row.application.lead).get(f"/api/v1/amendments/{row.reference}-1/").json()
    assert (
        told["state"] == "signed"
        and {"term": "prototype", "before": "Douze ateliers", "after": "Dix ateliers"} in told["changes"]
    )
    final.refresh_from_db()
    assert [after for term, _before, after in rows() if term == "final_report"] in ([], [final.due_on.isoformat()])


def test_a_program_asks_for_an_amendment_and_is_refused_in_the_same_words(at, row, api):
    client = api(row.application.lead)
    asked = {
        "agreement": row.reference,
        "reason": "Moins cher.",
        "changes": [{"term": "budget", "before": "9", "after": "9"}],
    }
    answer = client.post("/api/v1/amendments/", asked, format="json", HTTP_IDEMPOTENCY_KEY="a1")
    assert (answer.status_code, answer.json()["code"]) == (422, "amendment_row_incomplete")
    asked["changes"] = [{"term": "budget", "before": "Compte 606 : 900 €", "after": "Compte 606 : 400 €"}]
    answer = client.post("/api/v1/amendments/", asked, format="json", HTTP_IDEMPOTENCY_KEY="a2")
    assert answer.status_code == 201 and answer.json()["reference"] == f"{row.reference}-1"
    assert (
        api(person_with(Role.CASE_OFFICER))
        .post(f"/api/v1/amendments/{row.reference}-1/approve/", {}, format="json")
        .status_code
        == 200
    )
    assert (
        client.post("/api/v1/amendments/", asked | {"agreement": "FP-2020-00000000"}, format="json").status_code == 404
    )
