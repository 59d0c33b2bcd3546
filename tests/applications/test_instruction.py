"""The case officers' acts and what higher rooms do to the file: requests, answers, conditions, eligibility, inner verbs, the two-month clock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from applications import queries
from applications import transitions as files
from applications.models import InformationRequest
from applications.rules.instruction import condition_codes
from core.models import Event, Mail, User
from core.transitions import Act, Verb, _running
from fund.enums import CallState, Role
from fund.models import Call
from tests.applications.refusals import refused
from tests.factories.applications import ApplicationFactory, PartnershipFactory, check_all, eligible, filed
from tests.factories.core import UserFactory
from tests.factories.fund import person_with

pytestmark = pytest.mark.django_db
ITEMS = [{"section": "budget", "label": "Le devis", "reason": "La ligne 604 n’est pas expliquée", "article": "art. 5"}]
MICRO = timedelta(microseconds=1)


@pytest.fixture
def officer():
    return person_with(Role.CASE_OFFICER)


@pytest.fixture
def application(at):
    return filed(at)


def ask(application, officer, at, items=None, due_at=None, **more):
    return files.request_information(
        application=application,
        actor=officer,
        at=at,
        items=ITEMS if items is None else items,
        due_at=due_at or at + timedelta(days=15),
        **more,
    )


def test_a_request_says_what_why_and_until_when(application, officer, at):
    for items in (
        [],
        [{"section": "budget", "label": "Le devis", "reason": " "}],
        [{"section": "nowhere", "label": "x", "reason": "y"}],
    ):
        refused("information_request_empty", ask, application=application, officer=officer, at=at, items=items)
    refused("information_request_empty", ask, application=application, officer=officer, at=at, due_at=at)
    refused("not_permitted", ask, application=application, officer=application.lead, at=at)
    done = ask(application, officer, at, message="Merci d’avance.")
    request = done.information_requests.get()
    assert (
        done.state == "information_requested"
        and request.state == "open"
        and request.number == 1
        and request.requested_by == officer
    )
    assert request.document.kind == "information_request" and request.document.context["items"] == ITEMS
    mail = Mail.objects.get(code="applications/information.requested")
    assert (
        mail.state == "held"
        and mail.attachment == request.document
        and f"/dossiers/{application.reference}/complements/" in mail.text
    )
    assert Event.objects.filter(machine="information_request", verb="open", subject=application.reference).count() == 1
    refused("not_allowed_in_state", ask, application=done, officer=officer, at=at)


def test_only_what_was_asked_changes(application, officer, at):
    ask(application, officer, at)
    refused(
        "information_out_of_scope",
        files.save_section,
        application=application,
        actor=application.lead,
        at=at,
        code="project",
        content={"title": "X"},
    )
    refused("answer_empty", files.answer, application=application, actor=application.lead, at=at)
    files.save_section(
        application=application,
        actor=application.lead,
        at=at,
        code="budget",
        content={"choices": "Trois devis comparés."},
    )
    before = application.filed_version.content
    done = files.answer(application=application, actor=application.lead, at=at + timedelta(days=3), text="Voici.")
    done.refresh_from_db()
    after = done.filed_version.content
    assert (
        done.state == "submitted"
        and done.filed_version.number == 2
        and done.first_received_at == at
        and done.received_at == at + timedelta(days=3)
    )
    assert after["budget"]["choices"] == "Trois devis comparés." and {
        code: after[code] for code in after if code != "budget"
    } == {code: before[code] for code in before if code != "budget"}
    request = done.information_requests.get()
    assert request.state == "answered" and request.answered_by == application.lead and request.answer_text == "Voici."
    assert Mail.objects.filter(code="applications/information.answered_staff", to=officer.email).count() == 1


def test_an_unfiled_copy_does_not_slip_in_with_the_answer(application, officer, at):
    files.save_section(
        application=application,
        actor=application.lead,
        at=at,
        code="project",
        content={"title": "Un titre jamais déposé"},
    )
    ask(application, officer, at)
    done = files.answer(application=application, actor=application.lead, at=at, text="Rien à ajouter.")
    assert done.filed_version.content["project"]["title"] != "Un titre jamais déposé"


def test_the_answer_counts_by_the_instant_it_was_received(application, officer, at):
    due = at + timedelta(days=15)
    ask(application, officer, at, due_at=due)
    refused(
        "information_deadline_passed",
        files.answer,
        application=application,
        actor=application.lead,
        at=due,
        text="Trop tard",
    )
    refused("too_early", files.expire_request, application=application, actor=User.objects.system(), at=due - MICRO)
    assert (
        files.answer(application=application, actor=application.lead, at=due - MICRO, text="À temps").state
        == "submitted"
    )


def test_a_request_expires_and_marks_the_file(application, officer, at):
    due = at + timedelta(days=15)
    ask(application, officer, at, due_at=due)
    files.expire_request(application=application, actor=User.objects.system(), at=due)
    application.refresh_from_db()
    assert (
        application.state == "submitted"
        and application.incomplete
        and application.information_requests.get().state == "expired"
    )
    assert Mail.objects.filter(code="applications/information.overdue").count() == 1


def test_more_time_or_no_more_need(application, officer, at):
    due = at + timedelta(days=15)
    ask(application, officer, at, due_at=due)
    refused(
        "deadline_not_later", files.extend, application=application, actor=officer, at=at, due_at=due, reason="Vacances"
    )
    refused(
        "reason_missing", files.extend, application=application, actor=officer, at=at, due_at=due + MICRO, reason=""
    )
    files.extend(application=application, actor=officer, at=at, due_at=due + timedelta(days=5), reason="Vacances")
    assert application.information_requests.get().due_at == due + timedelta(days=5)
    refused("reason_missing", files.drop_request, application=application, actor=officer, at=at, reason=" ")
    files.drop_request(application=application, actor=officer, at=at, reason="Trouvé ailleurs")
    application.refresh_from_db()
    assert (
        application.state == "submitted"
        and application.information_requests.get().state == "withdrawn"
        and not application.incomplete
    )


def test_two_requests_and_no_more(application, officer, at):
    for _turn in range(2):
        ask(application, officer, at)
        files.drop_request(application=application, actor=officer, at=at, reason="x")
    refused("information_requests_exhausted", ask, application=application, officer=officer, at=at)


def test_withdrawing_closes_the_request(application, officer, at):
    ask(application, officer, at)
    files.withdraw(application=application, actor=application.lead, at=at)
    assert application.information_requests.get().state == "withdrawn"


# ---- the clock of two months ----


def test_the_clock_stops_between_the_request_and_its_answer(application, officer, at):
    assert queries.silence(application, at).rejected_on.isoformat() == "2027-01-24"
    asked, answered = at + timedelta(days=10), at + timedelta(days=17)
    ask(application, officer, asked, due_at=asked + timedelta(days=15))
    assert queries.silence(application, asked + timedelta(days=1)).paused
    files.answer(application=application, actor=application.lead, at=answered, text="Voilà")
    clock = queries.silence(application, answered)
    assert (
        not clock.paused
        and clock.paused_days == 7
        and clock.rejected_on.isoformat() == "2027-01-31"
        and clock.appeal_before_on.isoformat() == "2027-03-31"
    )
    type(application).objects.filter(pk=application.pk).update(state="rejected")
    decided = type(application).objects.get(pk=application.pk)
    assert queries.silence(decided, answered) is None  # an express decision was notified


# ---- conditions, eligibility ----


def test_findings_are_kept_with_who_and_when(application, officer, at):
    codes = [code for code, _label, _article in condition_codes(application)]
    assert "call_prototype" in codes and "partnership_confirmed" in codes
    assert (
        files.save_checks(
            application=application,
            actor=officer,
            at=at,
            checks={codes[0]: (True, "vu"), codes[1]: (None, ""), "unknown": (True, "x")},
        )
        == 1
    )
    check = application.checks.get()
    assert check.ok is True and check.note == "vu" and check.checked_by == officer
    assert files.save_checks(application=application, actor=officer, at=at, checks={codes[0]: (True, "vu")}) == 0
    refused(
        "not_permitted",
        files.save_checks,
        application=application,
        actor=application.lead,
        at=at,
        checks={codes[0]: (True, "")},
    )


def test_eligible_needs_every_condition_and_a_partner(application, officer, at):
    refused("partnership_missing", files.declare_eligible, application=application, actor=officer, at=at)
    PartnershipFactory(application=application)
    refused("checklist_incomplete", files.declare_eligible, application=application, actor=officer, at=at)
    check_all(application, officer, at)
    application.checks.filter(code="amount_within_ceiling").update(ok=False)
    refused("checklist_incomplete", files.declare_eligible, application=application, actor=officer, at=at)
    check_all(application, officer, at)
    done = files.declare_eligible(application=application, actor=officer, at=at)
    assert done.state == "eligible" and done.eligible_at == at
    assert Mail.objects.filter(code="applications/eligibility.eligible", to=application.lead.email).count() == 1
    refused("reason_missing", files.reexamine, application=done, actor=officer, at=at, reason="")
    again = files.reexamine(application=done, actor=officer, at=at, reason="Le partenaire s’est retiré.")
    assert again.state == "submitted" and again.eligible_at is None


def test_an_officer_with_an_interest_acts_on_nothing(at):
    applying = person_with(Role.CASE_OFFICER)
    application = filed(at)
    PartnershipFactory(application=application, agent_email=applying.email)
    check_all(application, applying, at)
    for act, more in (
        (files.declare_eligible, {}),
        (files.request_information, {"items": ITEMS, "due_at": at + timedelta(days=9)}),
        (files.save_checks, {"checks": {"cer_when_due": (True, "")}}),
        (files.issue_access_code, {"reason": "x", "expires_at": at + timedelta(days=1)}),
    ):
        assert refused("officer_interest", act, application=application, actor=applying, at=at, **more).status == 403
    assert application not in queries.officers_files(applying) and application in queries.officers_files(
        person_with(Role.CASE_OFFICER)
    )


# ---- inner verbs ----


class Above:
    """Stands for a verb of a higher room."""

    def __enter__(self):
        self.token = _running.set(1)

    def __exit__(self, *error):
        _running.reset(self.token)


def test_consequences_run_only_inside_another_verb(at):
    application = eligible(at)
    for name in (
        "declare_ineligible",
        "reinstate",
        "start_review",
        "select",
        "put_on_reserve",
        "reject",
        "dismiss",
        "withdraw_from_review",
        "renounce",
        "lapse_award",
    ):
        refused("not_permitted", getattr(files, name), application=application, actor=User.objects.system(), at=at)


def test_the_roads_of_a_decision(at):
    clock = User.objects.system()
    application = eligible(at)
    with Above():
        assert files.start_review(application=application, actor=clock, at=at).state == "under_review"
        assert files.put_on_reserve(application=application, actor=clock, at=at).state == "on_reserve"
        assert files.select(application=application, actor=clock, at=at).state == "selected"
        assert files.reject(application=application, actor=clock, at=at).state == "rejected"
        assert files.select(application=application, actor=clock, at=at).state == "selected"
        assert files.renounce(application=application, actor=clock, at=at).closed_at == at


def test_ineligible_then_reinstated_under_a_running_review(at):
    clock, application = User.objects.system(), filed(at)
    with Above():
        done = files.declare_ineligible(application=application, actor=clock, at=at)
        assert (
            done.state == "ineligible" and Mail.objects.filter(code="applications/eligibility.ineligible").count() == 1
        )
        Call.objects.filter(pk=application.call_id).update(state=CallState.UNDER_REVIEW, closed_at=at)
        assert files.reinstate(application=done, actor=clock, at=at).state == "under_review"
    assert [
        event.verb for event in Event.objects.filter(machine="application", object_id=application.pk).order_by("id")
    ][-2:] == ["reinstate", "start_review"]


def test_a_cancelled_call_dismisses_with_a_letter(at):
    officer, application = person_with(Role.CASE_OFFICER), filed(at)
    ask(application, officer, at)
    with Above():
        done = files.dismiss(application=application, actor=officer, at=at, reason="Crédits annulés.")
    assert done.state == "dismissed" and application.information_requests.get().state == "withdrawn"
    mail = Mail.objects.get(code="applications/application.dismissed")
    assert (
        mail.attachment.kind == "dismissal"
        and "Crédits annulés." in mail.attachment.context["reason"]
        and mail.state == "held"
    )


def test_an_award_lapses_or_a_review_is_left(at):
    clock = User.objects.system()
    with Above():
        lapsed = files.lapse_award(application=ApplicationFactory(state="selected", created_at=at), actor=clock, at=at)
        left = files.withdraw_from_review(
            application=ApplicationFactory(state="under_review", created_at=at), actor=clock, at=at, reason="Autre aide"
        )
    assert lapsed.state == "lapsed" and str(lapsed.applicant_label) == "Grant lapsed" or lapsed.first_received_at
    assert left.state == "withdrawn"


def test_staff_see_only_what_was_filed(at):
    officer, draft, done = person_with(Role.CASE_OFFICER), ApplicationFactory(created_at=at), filed(at)
    seen = type(draft).objects.visible_to(officer)
    assert done in seen and draft not in seen
    assert not type(draft).objects.visible_to(UserFactory()).exists()
    assert not InformationRequest.objects.visible_to(UserFactory()).exists()
    assert isinstance(files.submit.verb, Verb) and Act


def test_each_eligibility_question_is_a_line_of_the_checklist(at):
    """What the public is asked before writing is what the case officer checks, under the same article."""
    from applications.rules.instruction import checklist
    from fund.models import EligibilityQuestion

    row = filed(at)
    for position, article in ((90, "art. 2"), (91, "art. 5")):
        EligibilityQuestion.objects.create(
            call=row.call, position=position, code=f"own-{position}", question="Oui ?", refusal="Non.", article=article
        )
    lines = {line.code: (line.label, line.article) for line in checklist(row)}
    questions = list(row.call.eligibility_questions.all())
    assert len(questions) >= 2
    for question in questions:
        assert lines[f"call_{question.code}"] == (question.question, question.article)
    assert {code for code in lines if code.startswith("call_")} == {f"call_{question.code}" for question in questions}
