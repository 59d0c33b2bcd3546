"""The frame of a verb: permission, state, guards, in that order; one transaction; one event; consequences after commit."""

import pytest
from django.db import transaction

from core.models import Document, ErasableText, Event
from core.transitions import VERBS, Refusal, check_text, locked, offered
from tests.core.helpers import frozen, keeper, keeper_of, refused, verbs
from tests.factories.core import UserFactory

pytestmark = pytest.mark.django_db


def void(act, document, *, reason=""):
    """Void it."""
    if reason:
        act.because(reason)
    act.note(code=document.code)
    document.void(act.at)


def never(act):
    raise Refusal("never", "Never.", remedy="Ask again.", article="art. 1", field="reason")


OPTIONS = {"who": (keeper,), "fsm": "void"}


def test_a_verb_moves_the_row_and_writes_its_event(at):
    document, person = frozen(at), keeper_of()
    with verbs(void=(void, OPTIONS)) as made:
        row = made["void"](document=document, actor=person, at=at, reason="Une erreur de nom")
    row.refresh_from_db()
    assert (row.state, row.voided_at) == ("void", at)
    event = Event.objects.get(machine="document", object_id=row.pk)
    assert (event.verb, event.from_state, event.to_state, event.actor, event.subject) == (
        "void",
        "frozen",
        "void",
        person,
        "FP-2026-4T8RWZ2M",
    )
    assert event.payload == {"code": document.code}
    kept = ErasableText.objects.get(event=event)
    assert kept.text == "Une erreur de nom" and "Une erreur" not in str(event.payload) and len(event.reason_hash) == 64


def test_permission_comes_before_the_state(at):
    document = frozen(at)
    with verbs(void=(void, OPTIONS)) as made:
        made["void"](document=document, actor=keeper_of(), at=at)
        with pytest.raises(Refusal) as refusal:
            made["void"](document=document, actor=UserFactory(), at=at)
    assert (refusal.value.code, refusal.value.status) == ("not_permitted", 403)


def test_an_inactive_person_may_nothing(at):
    person = keeper_of()
    person.is_active = False
    with verbs(void=(void, OPTIONS)) as made, refused("not_permitted"):
        made["void"](document=frozen(at), actor=person, at=at)


def test_a_state_that_is_not_listed_is_refused_and_says_where_it_is_possible(at):
    document, person = frozen(at), keeper_of()
    with verbs(void=(void, OPTIONS)) as made:
        made["void"](document=document, actor=person, at=at)
        with pytest.raises(Refusal) as refusal:
            made["void"](document=document, actor=person, at=at)
    assert refusal.value.code == "not_allowed_in_state" and refusal.value.status == 409 and refusal.value.remedy
    assert Event.objects.filter(object_id=document.pk, machine="document").count() == 1


def test_a_guard_refuses_and_nothing_is_written(at):
    document = frozen(at)
    with verbs(void=(void, {**OPTIONS, "guards": (never,)})) as made, pytest.raises(Refusal) as refusal:
        made["void"](document=document, actor=keeper_of(), at=at)
    document.refresh_from_db()
    assert (refusal.value.code, refusal.value.article, refusal.value.field) == ("never", "art. 1", "reason")
    assert document.state == "frozen" and not Event.objects.filter(object_id=document.pk).exists()


def test_what_breaks_in_the_body_undoes_everything(at):
    def broken(act, document):
        document.void(act.at)
        document.save()
        raise RuntimeError("lightning")

    document = frozen(at)
    with verbs(void=(broken, OPTIONS)) as made, pytest.raises(RuntimeError):
        made["void"](document=document, actor=keeper_of(), at=at)
    document.refresh_from_db()
    assert document.state == "frozen" and not Event.objects.filter(object_id=document.pk).exists()


def test_a_body_that_forgets_the_transition_is_an_error(at):
    with (
        verbs(void=(lambda act, document: None, OPTIONS)) as made,
        pytest.raises(RuntimeError, match="must end in void"),
    ):
        made["void"](document=frozen(at), actor=keeper_of(), at=at)


def test_an_inner_verb_runs_only_inside_another(at):
    inner = {**OPTIONS, "inner": True}
    document, person = frozen(at), keeper_of()
    with verbs(void=(void, inner)) as made:
        with refused("not_permitted"):
            made["void"](document=document, actor=person, at=at)

        assert not any(offer.name == "void" for offer in offered(document, person, at))
        other = frozen(at)

        def fail(act, row):
            row.fail("because")
            made["void"](document=other, actor=act.actor, at=act.at)

        with verbs(fail=(fail, {"who": (keeper,), "fsm": "fail"})) as outer:
            outer["fail"](document=document, actor=person, at=at)
    other.refresh_from_db()
    assert other.state == "void"


def test_offered_gives_the_same_reason_as_the_server(at):
    document, person = frozen(at), keeper_of()
    with verbs(void=(void, {**OPTIONS, "guards": (never,)})):
        (offer,) = offered(document, person, at)
        assert not offer.allowed and offer.in_state and (offer.reason, offer.remedy) == ("Never.", "Ask again.")
        assert offered(document, UserFactory(), at) == []


def test_a_state_is_written_by_its_transition_only(at):
    document = frozen(at)
    with pytest.raises(AttributeError):
        document.state = "rendered"
    document.refresh_from_db()
    with pytest.raises(AttributeError):
        document.state = "void"
    with pytest.raises(Document.DoesNotExist):
        document.pk = 0
        document.refresh_from_db()
    with pytest.raises(AttributeError):
        document.state = "void"


def test_a_refresh_reads_the_state_and_forgets_what_was_remembered(at, django_assert_num_queries):
    document = frozen(at)
    row = Document.objects.get(pk=document.pk)
    row.fail("away")
    row.save()
    with django_assert_num_queries(1):
        document.refresh_from_db()
        assert (document.state, document.error) == ("failed", "away")


@pytest.mark.django_db(transaction=True)
def test_consequences_wait_for_the_commit_and_die_with_it(at):
    told = []

    def telling(act, document):
        document.void(act.at)
        act.after_commit(lambda: told.append(document.code))

    first, second, person = frozen(at), frozen(at), keeper_of()
    with verbs(void=(telling, OPTIONS)) as made:
        with transaction.atomic():
            made["void"](document=first, actor=person, at=at)
            assert told == []
        assert told == [first.code]
        with pytest.raises(RuntimeError), transaction.atomic():
            made["void"](document=second, actor=person, at=at)
            raise RuntimeError
    assert told == [first.code]


@pytest.mark.django_db(transaction=True)
def test_locked_needs_a_transaction(at):
    with transaction.atomic():
        document = frozen(at)
    with pytest.raises(RuntimeError):
        locked(document)


def test_a_verb_is_declared_once():
    with verbs(void=(void, OPTIONS)), pytest.raises(TypeError, match="declared twice"), verbs(void=(void, OPTIONS)):
        pass
    assert "void" not in VERBS.get("document", {})


@pytest.mark.parametrize(
    "given", ["a\x00b", "\ud800", ["ok", "\x00"], {"a": {"b": ("\x00",)}}, {"\x00": 1}, {"a": [{"b": "x\udfff"}]}]
)
def test_what_no_database_keeps_is_refused_wherever_it_stands(given):
    with refused("text_unreadable") as caught:
        check_text(given)
    assert caught.value.remedy


@pytest.mark.parametrize("given", ["", "é 👩‍👩‍👧 ‮", None, 7, [1, "a", {"b": "c"}], object()])
def test_every_other_text_passes(given):
    check_text(given)
