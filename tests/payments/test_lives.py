"""Offers that lapse, agreements that pause, accounts that change, reports that are revised; what the clock does, and does once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from applications.models import Application
from core.models import Mail, User
from core.transitions import Refusal
from fund.models import GrantAccount
from payments import tasks
from payments.iban import checked, masked
from payments.models import Agreement, Instalment, Report
from payments.queries import forecast, treasury
from payments.queries.plan import plan
from payments.schedule import balance_due, final_report_due, instalment_amounts, project_end, unspent
from payments.transitions import account, agreement, instalment, report
from tests.factories import payments as make
from tests.factories.fund import CallFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return make.People()


def refused(code, call, **params):
    with pytest.raises(Refusal) as caught:
        call(**params)
    assert caught.value.code == code, caught.value.code
    return caught.value


def tick(at) -> int:
    """Every job of the money, once."""
    clock = User.objects.system()
    return sum(job(at, clock) for job in (tasks.offers, tasks.going, tasks.settled, tasks.report_reminders))


def sent(code) -> int:
    return Mail.objects.filter(code=f"payments/{code}").count()


# ---- the offer ----


def test_an_offer_is_reminded_twice_then_lapses_and_frees_the_money(at, people):
    row = make.offered(people, at=at)
    assert tick(at) == 0
    for days, mails in (
        (9, 0),
        (8, 1),
        (8, 1),
        (4, 1),
        (3, 2),
        (1, 2),
    ):  # seven days before, then two days before, once each
        tick(row.accept_by_at - timedelta(days=days) + timedelta(days=1, minutes=1))
        assert sent("offer.reminder") == mails, days
    assert tick(row.accept_by_at + timedelta(minutes=5)) == 0  # the grace of fifteen minutes
    refused(
        "offer_lapsed",
        agreement.accept,
        agreement=row,
        actor=row.application.lead,
        at=row.accept_by_at,
        signatory=row.application.lead,
        terms=True,
    )
    assert tick(row.accept_by_at + timedelta(minutes=16)) == 1
    row = Agreement.objects.get()
    assert (row.state, Application.objects.get().state) == ("lapsed", "lapsed")
    books = GrantAccount.objects.get()
    assert (books.reserved_amount, books.envelope.free_amount) == (0, books.envelope.opened_amount)
    letter = Mail.objects.get(code="payments/offer.lapsed")
    assert letter.state == "held" and letter.attachment.kind == "lapse_letter"  # it waits for its letter
    assert make.invariants() == [] and tick(row.accept_by_at + timedelta(days=1)) == 0


def test_nothing_lapses_without_a_reminder_two_days_before(at, people):
    """The worker slept for a month: the reminder leaves first, the lapse comes two days later."""
    row = make.offered(people, at=at)
    late = row.accept_by_at + timedelta(days=10)
    assert tick(late) == 1 and Agreement.objects.get().state == "offered" and sent("offer.reminder") == 1
    assert tick(late + timedelta(days=1)) == 0
    assert tick(late + timedelta(days=2)) == 1 and Agreement.objects.get().state == "lapsed"


def test_an_accepted_agreement_lapses_unsigned_and_more_time_stops_it(at, people):
    row = make.to_sign(people, at=at)
    tick(row.sign_by_at - timedelta(days=6))
    until = row.sign_by_at + timedelta(days=20)
    refused(
        "deadline_not_later",
        agreement.extend_signature,
        agreement=row,
        actor=people.officer,
        at=at,
        until=at,
        reason="Vacances.",
    )
    row = agreement.extend_signature(agreement=row, actor=people.officer, at=at, until=until, reason="Vacances.")
    assert row.first_reminded_at is None and tick(row.sign_by_at - timedelta(days=21)) == 0
    tick(until - timedelta(days=2))
    refused("offer_lapsed", agreement.sign_as_bearer, agreement=row, actor=row.signatory, at=until)
    tick(until + timedelta(hours=1))
    assert (
        Agreement.objects.get().state == "lapsed"
        and Agreement.objects.get().document.state == "void"
        and make.invariants() == []
    )


def test_a_grant_given_up_shows_the_next_of_the_reserve_list(at, people):
    from payments.queries import agreements
    from reviews.models import Decision
    from tests.factories.applications import ApplicationFactory

    row = make.offered(people, at=at)
    call = row.application.call
    waits = ApplicationFactory(call=call, state="on_reserve", requested_amount=900_000, received_at=at)
    reserve = Decision(
        reference="D-2026-RESERVE1",
        application=waits,
        kind="award",
        outcome="reserve",
        reserve_rank=1,
        grounds="Bon.",
        rule_version=call.rule_version,
        authority=call.authority,
        decided_at=at,
        signed_at=at,
        notified_at=at,
        state="notified",
        document=make.letter_of(waits, at),
    )
    reserve.save()
    assert agreements.vacancies() == []
    agreement.decline(agreement=row, actor=row.application.lead, at=at, reason="Déménagement.")
    (found,) = agreements.vacancies()
    assert (found["application"], found["amount"], found["possible"], found["pending"]) == (waits, 900_000, True, False)


def test_an_offer_below_the_award_frees_the_difference_at_the_signature(at, people):
    row = make.to_sign(people, 1_500_000, at=at, offer_amount=1_200_000)
    assert GrantAccount.objects.get().reserved_amount == 1_500_000
    row = agreement.sign_as_bearer(agreement=row, actor=row.signatory, at=at)
    agreement.sign(agreement=row, actor=people.orderer, at=at)
    books = GrantAccount.objects.get()
    assert (books.reserved_amount, books.committed_amount) == (0, 1_200_000)
    assert [one.amount for one in Instalment.objects.order_by("number")] == [
        840_000,
        360_000,
    ] and make.invariants() == []
    refused(
        "agreement_above_award",
        agreement.offer,
        decision=make.notified_award(1_000_000, at=at),
        actor=people.officer,
        at=at,
        amount=1_000_001,
    )


def test_the_offer_is_made_once_and_on_a_standing_award(at, people):
    row = make.offered(people, at=at)
    refused("already_offered", agreement.offer, decision=row.decision, actor=people.officer, at=at)
    decision = make.notified_award(at=at)
    type(decision).objects.filter(pk=decision.pk).update(state="replaced", replaced_at=at)
    refused("decision_not_notified", agreement.offer, decision=decision, actor=people.officer, at=at)


def test_a_collective_signs_by_its_bearer_and_its_referent(at, people):
    from tests.factories.applications import TeamMemberFactory

    decision = make.notified_award(at=at, applicant_kind="collective")
    bearer_agent = TeamMemberFactory(application=decision.application).user
    row = make.offered(people, decision=decision, at=at)
    row = agreement.accept(
        agreement=row,
        actor=decision.application.lead,
        at=at,
        signatory=bearer_agent,
        signatory_capacity="trésorière",
        terms=True,
        cer=True,
    )
    account.approve(payee_account=make.give_account(row, at=at), actor=people.payer, at=at)
    row = make.rendered(Agreement.objects.get())
    row = agreement.sign_as_bearer(agreement=row, actor=bearer_agent, at=at)
    refusal = refused("fund_signs_last", agreement.sign, agreement=row, actor=people.orderer, at=at)
    assert str(decision.application.lead) in str(refusal.remedy)
    row = agreement.sign_as_bearer(agreement=row, actor=decision.application.lead, at=at)
    refused("already_signed", agreement.sign_as_bearer, agreement=row, actor=bearer_agent, at=at)
    agreement.sign(agreement=row, actor=people.orderer, at=at)
    assert Agreement.objects.get().document.signatures.count() == 3


def test_a_citizen_signs_in_person(at, people):
    decision = make.notified_award(at=at, applicant_kind="citizen")
    row = make.offered(people, decision=decision, at=at)
    from tests.factories.applications import TeamMemberFactory

    other = TeamMemberFactory(application=decision.application).user
    refused(
        "signatory_not_bearer",
        agreement.accept,
        agreement=row,
        actor=decision.application.lead,
        at=at,
        signatory=other,
        terms=True,
    )
    assert (
        agreement.accept(
            agreement=row, actor=decision.application.lead, at=at, signatory=decision.application.lead, terms=True
        ).state
        == "accepted"
    )


def test_economic_activity_declares_its_de_minimis(at, people):
    row = make.offered(people, at=at, economic_activity=True)
    lead = row.application.lead
    refused(
        "de_minimis_missing", agreement.accept, agreement=row, actor=lead, at=at, signatory=lead, terms=True, cer=True
    )
    row = agreement.accept(agreement=row, actor=lead, at=at, signatory=lead, terms=True, cer=True, de_minimis_amount=0)
    assert "de minimis" in row.document.title or row.document.context["de_minimis"]


# ---- the account ----


@pytest.mark.parametrize("n", [1, 99, 12_345_678_901])
def test_fictional_accounts_pass_every_check(n):
    number = make.fictional_iban(n)
    assert (
        checked(number.lower()[:4] + " " + number[4:]) == number
        and masked(number).count("•") == 8
        and number[4:-4] not in masked(number)
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "FR76",
        "FR7630006000011234567890180",
        "FR7630006000011234567890188",
        "XX0012345678901234",
        "BR1500000000000010932840814P2",
        "FR76 3000 6000 0112 3456 7890 18",
        "DE89370400440532013001",
        "<script>",
    ],
)
def test_numbers_that_are_no_account(text):
    with pytest.raises(Refusal) as caught:
        checked(text)
    assert caught.value.code == "iban_invalid" and caught.value.field == "iban"


def test_the_national_key_is_checked_beside_the_international_one():
    """Right by mod 97, wrong by the RIB key: only the second check sees it."""
    bban = "99999000420000000000199"
    number = f"FR{98 - int(bban + '152700') % 97:02d}{bban}"
    with pytest.raises(Refusal):
        checked(number)


def test_a_changed_account_waits_after_a_first_payment(at, people):
    row = make.signed(people, at=at)
    make.paid(people, make.first_of(row), at=at)
    new = make.give_account(row, at=at)
    refused("payee_account_waiting_approval", make.give_account, row=row, at=at)
    assert sent("payee_account.changed") == 1
    account.approve(payee_account=new, actor=people.payer, at=at)
    assert [one.state for one in row.payee_accounts.order_by("number")] == ["replaced", "approved"]
    final = make.filed_report(row, at=at)
    report.accept(report=final, actor=people.officer, at=at)
    balance = make.certified(people, make.first_of(row, 2), at=at)
    refused(
        "payee_account_waiting", instalment.order, instalment=balance, actor=people.orderer, at=at + timedelta(hours=71)
    )
    assert instalment.order(instalment=balance, actor=people.orderer, at=at + timedelta(hours=72)).state == "ordered"


def test_a_blocked_account_stops_orders_not_yet_in_a_batch(at, people):
    row = make.signed(people, at=at)
    one = make.ordered(people, make.first_of(row), at=at)
    account.block(payee_account=row.payee_accounts.get(), actor=row.application.lead, at=at, reason="Ce n’est pas moi.")
    from payments.transitions import batch

    refused("payee_account_blocked", batch.gather, batch=None, instalments=[one], actor=people.payer, at=at)
    one = instalment.refuse(instalment=one, actor=people.payer, at=at, reason="Compte bloqué.")
    refused("payee_account_blocked", instalment.order, instalment=one, actor=people.orderer, at=at)
    assert make.invariants() == [] and sent("order.refused") == 1


def test_a_refused_account_is_given_again(at, people):
    row = make.accepted(people, at=at)
    account.refuse(
        payee_account=make.give_account(row, at=at), actor=people.payer, at=at, reason="Le relevé est illisible."
    )
    assert make.give_account(row, at=at).number == 2 and sent("payee_account.refused") == 1


# ---- instalments and suspensions ----


def test_a_suspended_agreement_holds_every_payment(at, people):
    row = make.signed(people, at=at)
    row = agreement.suspend(
        agreement=row, actor=people.officer, at=at, reason="Doute sérieux.", remedy="les pièces demandées"
    )
    refused("agreement_suspended", make.certified, people=people, one=make.first_of(row), at=at)
    row = agreement.observe(agreement=row, actor=row.application.lead, at=at, reason="Voici les pièces.")
    agreement.resume(agreement=row, actor=people.officer, at=at)
    assert make.certified(people, make.first_of(row), at=at).state == "certified"


def test_a_held_payment_is_not_certified_and_a_suspended_one_not_paid(at, people):
    row = make.signed(people, at=at)
    one = instalment.hold(instalment=make.first_of(row), actor=people.officer, at=at, reason="Pièce attendue.")
    assert one.applicant_label != one.get_state_display()
    refused("instalment_held", make.certified, people=people, one=one, at=at)
    one = instalment.lift(instalment=one, actor=people.officer, at=at)
    one = make.ordered(people, one, at=at)
    one = instalment.suspend(instalment=one, actor=people.payer, at=at, reason="Vérification.")
    from payments.transitions import batch

    refused("payment_suspended", batch.gather, batch=None, instalments=[one], actor=people.payer, at=at)
    one = instalment.unsuspend(instalment=one, actor=people.payer, at=at)
    make.exported(people, [one], at=at)


def test_only_a_balance_is_certified_lower(at, people):
    row = make.signed(people, at=at)
    refused("certified_below_schedule", make.certified, people=people, one=make.first_of(row), at=at, amount=1)
    refused("certified_above_schedule", make.certified, people=people, one=make.first_of(row), at=at, amount=99_999_999)
    report.accept(report=make.filed_report(row, at=at), actor=people.officer, at=at)
    balance = make.certified(people, make.first_of(row, 2), at=at, amount=100)
    assert balance.amount == 100 and make.invariants() == []
    back = instalment.return_to_due(instalment=balance, actor=people.orderer, at=at, reason="À revoir.")
    assert back.state == "due" and make.invariants() == []
    assert back.suggested_amount > back.expected_amount == 100  # what the report supported is no longer all scheduled
    again = instalment.certify(instalment=back, actor=people.officer, at=at, note="Vu.")
    assert again.certified_amount == 100 and make.invariants() == []


# ---- reports ----


@pytest.mark.parametrize("late", [30, 12])
def test_report_reminders_leave_once_each_then_the_overdue_ones(at, people, late):
    row = make.signed(people, at=at)
    version = row.application.call.rule_version
    version.parameters["report_formal_notice_days_late"] = late
    version.save()
    due = row.reports.get().due_on
    codes = []
    for days in (40, 30, 29, 7, 1, 0, -1, -2, 1 - late, -late, -late - 1):
        moment = timezone.make_aware(
            timezone.datetime.combine(due - timedelta(days=days), timezone.datetime.min.time()),
            timezone.get_current_timezone(),
        ) + timedelta(hours=9)
        before = set(Mail.objects.values_list("pk", flat=True))
        tick(moment)
        codes += [mail.code.removeprefix("payments/") for mail in Mail.objects.exclude(pk__in=before)]
    assert codes == ["report.due_30", "report.due_7", "report.due_0", "report.overdue", "report.formal_notice"]
    assert f"après {late} jours" in Mail.objects.filter(code="payments/report.overdue").last().text


def test_a_report_is_complete_and_explained_before_it_is_filed(at, people):
    row = make.signed(people, at=at)
    final = report.start(report=row.reports.get(), actor=row.application.lead, at=at)
    refusal = refused("report_incomplete", report.submit, report=final, actor=row.application.lead, at=at)
    assert refusal.field == "done"
    make_lines = [{"position": line.position, "actual_amount": line.budget_amount} for line in final.lines.all()]
    facts = {
        "narrative": dict.fromkeys(("done", "results", "partnership"), "x"),
        "learnt": "x",
        "repository_url": "https://x.example",
        "licence": "CC-BY-4.0",
        "adoption": "no",
    }
    make_lines[0]["actual_amount"] //= 2
    final = report.write(report=final, actor=row.application.lead, at=at, facts=facts, lines=make_lines)
    refusal = refused("gap_explanation_missing", report.submit, report=final, actor=row.application.lead, at=at)
    assert "−50" in str(refusal.reason) and refusal.field == "explanation_1"
    outsider = people.officer
    refused("not_permitted", report.submit, report=final, actor=outsider, at=at)


@pytest.mark.parametrize(
    "gap, asked", [(20_000, False), (20_001, False), (142_000, False), (142_001, True), (-142_001, True)]
)
def test_a_gap_is_explained_over_ten_percent_and_two_hundred_euros(at, people, gap, asked):
    row = make.signed(people, at=at)  # line 1 has a budget of 14 200 euros
    final = make.written_report(row, at=at, spent={1: 1_420_000 + gap}, explanation="")
    if asked:
        refused("gap_explanation_missing", report.submit, report=final, actor=row.application.lead, at=at)
    else:
        assert report.submit(report=final, actor=row.application.lead, at=at).state == "submitted"


def test_admitted_amounts_lower_the_balance_and_reopening_is_refused_once_paid_on(at, people):
    row = make.signed(people, at=at)
    final = make.filed_report(row, at=at)
    line = final.lines.first()
    refused(
        "accepted_above_actual",
        report.accept,
        report=final,
        actor=people.officer,
        at=at,
        accepted={line.pk: line.actual_amount + 1},
    )
    final = report.accept(report=final, actor=people.officer, at=at, accepted={line.pk: line.actual_amount - 50_000})
    balance = make.first_of(row, 2)
    assert (final.unspent_amount, balance.suggested_amount) == (50_000, balance.amount - 50_000)
    expected = balance.amount - 50_000
    assert expected in [due.amount for due in treasury.calendar(row, at)]
    assert expected in [line.amount for line in plan(row)]
    first = make.first_of(row)
    assert sum(week.amount for week in forecast.weeks(people.payer, at)) == expected + first.amount
    final = report.reopen(report=final, actor=people.officer, at=at, reason="Une ligne oubliée.")
    assert final.state == "changes_requested" and final.accepted_at is None
    final = report.submit(report=final, actor=row.application.lead, at=at)
    final = report.accept(report=final, actor=people.officer, at=at)
    make.certified(people, make.first_of(row, 2), at=at)
    refused("report_already_paid_on", report.reopen, report=final, actor=people.officer, at=at, reason="Trop tard.")
    assert make.invariants() == []


def test_a_report_that_leaves_nothing_to_pay_releases_the_balance_and_ends(at, people):
    """What was spent is what was paid, but for the twentieth that an association may keep."""
    row = make.signed(people, at=at)
    make.paid(people, make.first_of(row), at=at)
    final = make.filed_report(row, at=at, spent={1: 800_000})
    report.accept(report=final, actor=people.officer, at=at)
    row = Agreement.objects.get()
    assert (make.first_of(row, 2).state, row.state, make.invariants()) == ("cancelled", "completed", [])


def test_a_grant_paid_above_what_was_spent_waits_for_the_money(at, people):
    row = make.signed(people, at=at)
    make.paid(people, make.first_of(row), at=at)
    report.accept(report=make.filed_report(row, at=at, spent={1: 0, 2: 400_000}), actor=people.officer, at=at)
    row = Agreement.objects.get()
    assert (make.first_of(row, 2).state, row.state, make.invariants()) == ("cancelled", "active", [])


def test_a_long_plan_waits_for_its_interim_report(at, people):
    from fund.models import InstalmentLine
    from tests.factories import ledger as books

    call = CallFactory(state="decided", envelope=books.envelope(30_000_000, at=at), children=False)
    for number, (percent, trigger) in enumerate(
        ((50, "agreement_signed"), (30, "interim_report_accepted"), (20, "final_report_accepted")), 1
    ):
        InstalmentLine.objects.create(
            call=call, number=number, code=f"l{number}", label=f"Versement {number}", percent=percent, trigger=trigger
        )
    row = make.signed(people, decision=make.notified_award(1_000_001, at=at, call=call, requested=1_850_000), at=at)
    assert [(one.amount, one.state) for one in row.instalments.all()] == [
        (500_000, "due"),
        (300_000, "scheduled"),
        (200_001, "scheduled"),
    ]
    interim = row.reports.get(kind="interim")
    assert interim.due_on < row.reports.get(kind="final").due_on
    report.accept(report=make.filed_report(row, at=at, kind="interim"), actor=people.officer, at=at)
    assert [one.state for one in row.instalments.all()] == ["due", "due", "scheduled"] and make.invariants() == []
    assert Report.objects.get(kind="interim").unspent_amount == 0


# ---- the calendar ----


def test_shares_sum_and_the_remainder_is_on_the_last():
    assert instalment_amounts(1_000_001, [50, 30, 20]) == [500_000, 300_000, 200_001]
    assert (unspent(100, 90, 50), unspent(100, 10, 50), unspent(100, 120, 50)) == (10, 50, 0) and balance_due(
        30, 50
    ) == 0
    with pytest.raises(ValueError):
        instalment_amounts(100, [50, 40])


def test_periods_are_calendar_periods():
    from datetime import date

    end = project_end(date(2026, 1, 31), 1)
    assert end == date(2026, 2, 27)
    assert final_report_due(date(2026, 3, 31), private_body=True) == date(2026, 6, 30)
    assert final_report_due(date(2026, 12, 15), private_body=True) == date(2027, 3, 15)


def test_the_doctor_sees_a_broken_identity(at, people):
    from core.checks import run

    row = make.signed(people, at=at)
    assert run(["payments"])[0].ok and run(["bank_files"])[0].ok
    Instalment.objects.filter(agreement=row, number=2).update(amount=1)
    result = run(["payments"])[0]
    assert not result.ok and row.reference in result.detail
