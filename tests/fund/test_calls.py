"""The call: what is written, what keeps it from being published, what may still change afterwards."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core import two_key
from core.models import Event, Mail
from core.transitions import Refusal, offered
from fund import notifications
from fund.enums import CallState, College, Role
from fund.models import Call
from fund.rules.calls import preflight
from fund.transitions import calls
from tests.factories.fund import EnvelopeFactory, ThemeFactory, open_call, person_with, rules_in_force
from tests.fund.helpers import content, officer, president, with_two_keys

pytestmark = pytest.mark.django_db


def draft(at, actor, **changes):
    return calls.create(content=content(at, **changes), actor=actor, at=at)


def refused(function, *args, **params) -> Refusal:
    with pytest.raises(Refusal) as caught:
        function(*args, **params)
    assert str(caught.value.reason)
    return caught.value


def test_a_call_is_written_from_plain_content_and_gives_it_back(at):
    ThemeFactory(code="justice")
    call = draft(at, officer(), themes=["justice"])
    assert (call.state, call.number, call.version) == (CallState.DRAFT, 1, 1)
    kept = call.content()
    assert [row["code"] for row in kept["criteria"]] == ["besoin", "prototype", "partenariat"]
    assert kept["themes"] == ["justice"] and kept["instalment_lines"][1]["percent"] == 30
    copy = calls.create(content=kept | {"slug": "autre", "title": "Autre"}, actor=officer(), at=at)
    assert copy.number == 2
    assert {name: value for name, value in copy.content().items() if name not in ("slug", "title")} == {
        name: value for name, value in kept.items() if name not in ("slug", "title")
    }


def test_editing_changes_what_is_given_and_nothing_else(at):
    actor = officer()
    call = draft(at, actor)
    calls.edit(call=call, actor=actor, at=at, content={"title": "Autrement", "faq": []})
    call.refresh_from_db()
    assert (call.title, call.version, call.faq.count(), call.criteria.count()) == ("Autrement", 2, 0, 3)


def test_dates_left_empty_follow_the_rules(at):
    """Fifteen days to check eligibility, twenty-one to read, fifteen to notify (articles 9, 13, 18)."""
    call = draft(at, officer(), eligibility_by_on=None, review_closes_at=None, notified_by_on=None)
    call.refresh_from_db()
    assert call.eligibility_by_on == timezone.localdate(call.closes_at) + timedelta(days=15)
    assert timezone.localdate(call.review_closes_at) == call.review_opens_on + timedelta(days=21)
    assert call.notified_by_on == call.meeting_on + timedelta(days=15)


def test_the_partner_time_limit_follows_the_closing_when_it_is_not_given(at):
    call = draft(at, officer(), partner_deadline_at=None)
    assert timezone.localdate(call.partner_deadline_at) == timezone.localdate(call.closes_at) + timedelta(days=7)


@pytest.mark.parametrize(
    "changes, field",
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 121}, "title"),
        ({"slug": "Déjà vu"}, "slug"),
        ({"ceiling_amount": 0}, "ceiling_amount"),
        ({"ceiling_amount": "30000"}, "ceiling_amount"),
        ({"floor_amount": 3_000_001}, "floor_amount"),
        ({"contact_email": "personne"}, "contact_email"),
        ({"opens_at": "demain"}, "opens_at"),
        ({"opens_at": "2026-11-25T09:00"}, "opens_at"),
        ({"meeting_on": "2026-02-30"}, "meeting_on"),
        ({"max_duration_months": 61}, "max_duration_months"),
        ({"envelope": 4711}, "envelope"),
        ({"themes": ["inconnu"]}, "themes"),
        ({"blind": "oui"}, "blind"),
        ({"couleur": "rouge"}, "couleur"),
        ({"criteria": "cinq"}, "criteria"),
        ({"criteria": [{"label": "", "question": "?", "weight": 1}]}, "criteria-0-label"),
        ({"criteria": [{"label": "a", "question": "?", "weight": 0}]}, "criteria-0-weight"),
        (
            {"criteria": [{"label": "a", "question": "?", "weight": 10, "anchors": [{"score": 6, "label": "x"}]}]},
            "criteria-0-anchors",
        ),
        (
            {
                "criteria": [
                    {"code": "a", "label": "a", "question": "?", "weight": 10},
                    {"code": "a", "label": "b", "question": "?", "weight": 10},
                ]
            },
            "criteria-1-label",
        ),
        (
            {"instalment_lines": [{"label": "a", "percent": 101, "trigger": "agreement_signed"}]},
            "instalment_lines-0-percent",
        ),
        ({"instalment_lines": [{"label": "a", "percent": 10, "trigger": "jamais"}]}, "instalment_lines-0-trigger"),
        ({"eligibility_questions": [{"question": "?", "refusal": ""}]}, "eligibility_questions-0-refusal"),
        ({"faq": [{"question": "?", "answer": ""}]}, "faq-0-answer"),
        ({"faq": [{"question": "?", "answer": "!"}] * 21}, "faq"),
    ],
)
def test_content_that_cannot_be_kept_is_refused_on_its_field(at, changes, field):
    refusal = refused(draft, at, officer(), **changes)
    assert (refusal.code, refusal.field) == ("content_invalid", field)
    assert Call.objects.count() == 0


def test_dates_that_the_database_would_refuse_are_refused_in_words(at):
    late = (at + timedelta(days=90)).isoformat()
    assert refused(draft, at, officer(), opens_at=late).field == "closes_at"
    assert (
        refused(draft, at, officer(), partner_deadline_at=(at + timedelta(days=45)).isoformat()).field
        == "partner_deadline_at"
    )


def test_an_address_is_never_used_twice_not_even_that_of_a_discarded_draft(at):
    actor = officer()
    call = draft(at, actor)
    calls.discard(call=call, actor=actor, at=at)
    assert refused(draft, at, actor).code == "slug_taken"
    other = draft(at, actor, slug="autre")
    assert refused(calls.edit, call=other, actor=actor, at=at, content={"slug": "au-plus-pres"}).code == "slug_taken"
    calls.edit(call=other, actor=actor, at=at, content={"slug": "autre"})


def test_only_a_case_officer_writes(at):
    call = draft(at, officer())
    for other in (president(), person_with(Role.ADMINISTRATOR), person_with(Role.AUDITOR)):
        assert refused(calls.edit, call=call, actor=other, at=at, content={"title": "x"}).code == "not_permitted"
        assert refused(draft, at, other, slug="x").code == "not_permitted"


def test_publication_needs_two_people_and_freezes_the_authority(at):
    actor, second = officer(), officer()
    call = draft(at, actor)
    assert refused(calls.publish, call=call, actor=actor, at=at).code == "second_key_missing"
    act = two_key.propose(calls.publish.verb, call, actor=actor, at=at)
    assert refused(two_key.approve, act, actor=actor, at=at).code == "same_person"
    assert refused(two_key.approve, act, actor=person_with(Role.ADMINISTRATOR), at=at).code == "not_permitted"
    two_key.approve(act, actor=second, at=at)
    call.refresh_from_db()
    assert (call.state, call.authority, call.published_at) == (CallState.PUBLISHED, "co_presidents", at)
    event = Event.objects.filter(machine="call", verb="publish").get()
    assert event.subject == f"AP-{call.number}" and event.payload["rules"] == call.rule_version.number


def test_a_co_president_may_turn_the_second_key(at):
    call = with_two_keys(calls.publish.verb, draft(at, officer()), proposer=officer(), approver=president(), at=at)
    assert call.state == CallState.PUBLISHED


def test_what_changed_since_the_proposal_makes_it_stale(at):
    actor, second = officer(), officer()
    call = draft(at, actor)
    act = two_key.propose(calls.publish.verb, call, actor=actor, at=at)
    calls.edit(call=call, actor=actor, at=at, content={"faq": []})
    assert refused(two_key.approve, act, actor=second, at=at).code == "stale_approval"
    act.refresh_from_db()
    call.refresh_from_db()
    assert (act.state, call.state) == ("stale", CallState.DRAFT)


def test_two_people_at_the_second_key_publish_once(at):
    call = draft(at, officer())
    act = two_key.propose(calls.publish.verb, call, actor=officer(), at=at)
    first, late = officer(), officer()
    two_key.approve(act, actor=first, at=at)
    assert refused(two_key.approve, act, actor=late, at=at).code == "not_allowed_in_state"
    assert Event.objects.filter(machine="call", verb="publish").count() == 1


def test_a_call_whose_opening_has_passed_opens_when_it_is_published(at):
    call = draft(at, officer(), opens_at=(at - timedelta(days=3)).isoformat())
    call = with_two_keys(calls.publish.verb, call, proposer=officer(), approver=officer(), at=at)
    assert call.opens_at == at and call.is_open(at) and not call.is_open(at - timedelta(microseconds=1))


def no_anchor(at):
    rows = content(at)["criteria"]
    return {"criteria": [rows[0] | {"anchors": rows[0]["anchors"][:5]}, *rows[1:]]}


def days(at, name, number):
    value = at + timedelta(days=number)
    return {name: value.date().isoformat() if name.endswith("_on") else value.isoformat()}


@pytest.mark.parametrize(
    "change, code, field",
    [
        (lambda at: {"summary": ""}, "content_incomplete", "summary"),
        (lambda at: {"contact_email": ""}, "content_incomplete", "contact_email"),
        (lambda at: {"meeting_on": None}, "content_incomplete", "meeting_on"),
        (lambda at: days(at, "meeting_on", 70) | days(at, "notified_by_on", 85), "dates_out_of_order", "meeting_on"),
        (lambda at: days(at, "notified_by_on", 91), "dates_out_of_order", "notified_by_on"),
        (
            lambda at: (
                days(at, "closes_at", 30) | days(at, "partner_deadline_at", 37) | days(at, "eligibility_by_on", 45)
            ),
            "open_too_short",
            "closes_at",
        ),
        (lambda at: days(at, "partner_deadline_at", 52), "partner_deadline_short", "partner_deadline_at"),
        (lambda at: days(at, "eligibility_by_on", 62), "promised_too_late", "eligibility_by_on"),
        (lambda at: days(at, "notified_by_on", 108), "promised_too_late", "notified_by_on"),
        (lambda at: {"criteria": []}, "criteria_missing", "criteria"),
        (no_anchor, "anchors_missing", "criteria-0-anchors"),
        (lambda at: {"criteria": content(at)["criteria"][:2]}, "weights_not_hundred", "criteria"),
        (lambda at: {"instalment_lines": []}, "plan_not_hundred", "instalment_lines"),
        (lambda at: {"instalment_lines": content(at)["instalment_lines"][:1]}, "plan_not_hundred", "instalment_lines"),
        (lambda at: {"eligibility_questions": []}, "questions_missing", "eligibility_questions"),
        (lambda at: {"envelope": None}, "envelope_missing", "envelope"),
        (lambda at: {"envelope": EnvelopeFactory(state="draft").pk}, "envelope_not_open", "envelope"),
        (lambda at: {"envelope": EnvelopeFactory(opened_amount=2_999_999).pk}, "envelope_below_ceiling", "envelope"),
        (lambda at: {"ceiling_amount": 3_000_001}, "ceiling_above_rules", "ceiling_amount"),
        (lambda at: {"max_duration_months": 19}, "duration_above_rules", "max_duration_months"),
    ],
)
def test_each_guard_of_the_publication(at, change, code, field):
    actor = officer()
    call = draft(at, actor, **change(at))
    refusal = refused(two_key.propose, calls.publish.verb, call, actor=actor, at=at)
    assert (refusal.code, refusal.field) == (code, field)
    lines = list(preflight(calls.publish.verb, call, actor, at))
    assert [line.refusal.code for line in lines if not line.ok] == [code]


def test_the_limits_of_the_guards_hold_exactly(at):
    actor = officer()
    call = draft(
        at,
        actor,
        **days(at, "closes_at", 31),
        **days(at, "partner_deadline_at", 38),
        **days(at, "eligibility_by_on", 46),
        **days(at, "notified_by_on", 107),
        envelope=EnvelopeFactory(opened_amount=3_000_000).pk,
    )
    assert all(line.ok for line in preflight(calls.publish.verb, call, actor, at))
    assert (
        with_two_keys(calls.publish.verb, call, proposer=actor, approver=officer(), at=at).state == CallState.PUBLISHED
    )


def test_the_preflight_says_everything_at_once(at):
    call = calls.create(content={"title": "Vide", "slug": "vide"}, actor=officer(), at=at)
    lines = list(preflight(calls.publish.verb, call, officer(), at))
    assert [line.refusal.code for line in lines if not line.ok] == [
        "content_incomplete",
        "content_incomplete",
        "rules_not_in_force",
        "criteria_missing",
        "plan_not_hundred",
        "questions_missing",
        "envelope_missing",
    ]


def test_no_call_is_published_under_rules_that_are_not_in_force(at):
    actor = officer()
    call = draft(at, actor)
    act = two_key.propose(calls.publish.verb, call, actor=actor, at=at)
    rules_in_force(review_days=30)
    assert refused(two_key.approve, act, actor=officer(), at=at).code == "rules_not_in_force"
    call.refresh_from_db()
    calls.edit(call=call, actor=actor, at=at, content={"title": call.title})
    call.refresh_from_db()
    assert call.rule_version["review_days"] == 30


def test_a_discarded_draft_was_never_public(at):
    actor = officer()
    call = draft(at, actor)
    call = calls.discard(call=call, actor=actor, at=at)
    assert call.state == CallState.CANCELLED and not call.is_public
    assert refused(calls.edit, call=call, actor=actor, at=at, content={}).code == "not_allowed_in_state"


def amended(call, at, **changes):
    return with_two_keys(
        calls.amend.verb,
        call,
        proposer=officer(),
        approver=officer(),
        at=at,
        changes=changes,
        reason="La clôture est repoussée.",
    )


def test_texts_and_later_dates_may_change(at):
    call = open_call()
    later, partners = call.closes_at + timedelta(days=5), call.partner_deadline_at + timedelta(days=5)
    call = amended(
        call,
        at,
        title="Mieux dit",
        closes_at=later.isoformat(),
        partner_deadline_at=partners.isoformat(),
        faq=[{"question": "Quand ?", "answer": "Bientôt."}],
    )
    assert (call.title, call.closes_at, call.version, [row.question for row in call.faq.all()]) == (
        "Mieux dit",
        later,
        2,
        ["Quand ?"],
    )
    assert call.criteria.count() == 5


@pytest.mark.parametrize(
    "changes, code",
    [
        ({}, "nothing_changes"),
        ({"criteria": []}, "rule_frozen"),
        ({"ceiling_amount": 1}, "rule_frozen"),
        ({"instalment_lines": []}, "rule_frozen"),
        ({"eligibility_questions": []}, "rule_frozen"),
        ({"rule_version": 1}, "rule_frozen"),
        ({"slug": "autre"}, "rule_frozen"),
        ({"envelope": None}, "rule_frozen"),
        ({"summary": ""}, "content_incomplete"),
        ({"title": ""}, "content_invalid"),
        ({"meeting_on": None}, "date_moved_earlier"),
    ],
)
def test_what_may_not_change_after_publication(at, changes, code):
    call = open_call()
    refusal = refused(
        two_key.propose,
        calls.amend.verb,
        call,
        actor=officer(),
        at=at,
        params={"changes": changes, "reason": "Un motif."},
    )
    assert refusal.code == code


def test_dates_move_later_only_and_never_out_of_order(at):
    call, actor = open_call(), officer()

    def propose(**changes):
        plain = {name: value.isoformat() for name, value in changes.items()}
        return refused(
            two_key.propose,
            calls.amend.verb,
            call,
            actor=actor,
            at=at,
            params={"changes": plain, "reason": "Un motif."},
        )

    assert propose(closes_at=call.closes_at - timedelta(minutes=1)).code == "date_moved_earlier"
    assert propose(opens_at=call.opens_at + timedelta(days=1)).code == "already_open"
    assert propose(closes_at=call.closes_at + timedelta(days=30)).code == "dates_out_of_order"
    assert propose(closes_at=call.closes_at + timedelta(days=2)).code == "partner_deadline_short"
    after = call.closes_at + timedelta(minutes=1)
    refusal = refused(
        two_key.propose,
        calls.amend.verb,
        call,
        actor=actor,
        at=after,
        params={"changes": {"closes_at": (call.closes_at + timedelta(days=1)).isoformat()}, "reason": "Un motif."},
    )
    assert refusal.code == "deadline_passed"


def test_an_amendment_says_why(at):
    refusal = refused(
        two_key.propose,
        calls.amend.verb,
        open_call(),
        actor=officer(),
        at=at,
        params={"changes": {"title": "x"}, "reason": " "},
    )
    assert refusal.code == "reason_missing"


def test_an_amendment_is_told_to_those_who_have_a_file_under_way(at, monkeypatch):
    people = [officer(), officer()]
    monkeypatch.setattr(notifications, "_audiences", [lambda call: people, lambda call: people[:1]])
    call = open_call()
    amended(
        call,
        at,
        closes_at=(call.closes_at + timedelta(days=2)).isoformat(),
        partner_deadline_at=(call.partner_deadline_at + timedelta(days=2)).isoformat(),
    )
    mails = Mail.objects.filter(code="fund/call.changed")
    assert sorted(mail.to for mail in mails) == sorted(person.email for person in people)
    assert "La clôture est repoussée." in mails[0].text and f"/appels/{call.slug}/" in mails[0].text


def test_the_screen_asks_the_same_guards(at):
    actor = officer()
    call = draft(at, actor, criteria=[])
    offers = {offer.name: offer for offer in offered(call, actor, at, only_in_state=True)}
    assert set(offers) == {"edit", "discard", "publish"}
    assert not offers["publish"].allowed and offers["publish"].refusal.code == "criteria_missing"
    assert offered(call, president(College.STATE), at) == []
