"""Two keys: one proposes, another approves what was proposed and nothing else, within fourteen days, once."""

import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext

from core import two_key
from core.models import Document, Event, TwoKeyAct, User
from core.transitions import VERBS, Refusal
from tests.core.helpers import frozen, keeper, keeper_of, refused, two_keys, verbs
from tests.factories.core import UserFactory

pytestmark = pytest.mark.django_db


def void(act, document, *, word=""):
    act.note(word=word)
    document.void(act.at)


@pytest.fixture
def voiding():
    with verbs(void=(void, {"who": (keeper,), "fsm": "void", "two_key": two_keys()})) as made:
        yield made["void"]


def proposed(at, person, **params):
    document = frozen(at)
    return document, two_key.propose(VERBS["document"]["void"], document, actor=person, at=at, params=params)


def test_its_title_is_said_in_the_language_of_the_page():
    verb = SimpleNamespace(two_key=SimpleNamespace(title=lambda obj: f"{gettext('Reason')} {obj}"))
    act = TwoKeyAct(title="Motif 1")
    for language, said in (("en", "Reason 1"), ("fr", "Motif 1")):
        with translation.override(language):
            assert two_key.title_of(act, verb, 1) == said
    with translation.override("en"):
        assert two_key.title_of(act, verb, 2) == "Motif 1", (
            "what was proposed then, when its object says something else"
        )


def test_alone_it_does_not_run(voiding, at):
    with pytest.raises(Refusal) as refusal:
        voiding(document=frozen(at), actor=keeper_of(), at=at)
    assert refusal.value.code == "second_key_missing"


def test_a_key_that_is_refused_leaves_a_line_in_the_log_of_accesses(voiding, at, caplog):
    first, stranger = keeper_of(1), UserFactory()
    _document, act = proposed(at, first)
    with caplog.at_level("INFO", "fund.access"):
        for turn in (two_key.approve, two_key.withdraw):
            with pytest.raises(Refusal):
                turn(act, actor=first if turn is two_key.approve else stranger, at=at)
        with refused("not_permitted"):
            two_key.propose(VERBS["document"]["void"], frozen(at), actor=stranger, at=at)
    lines = [record.facts for record in caplog.records if record.name == "fund.access"]
    assert [(line["who"], line["verb"], line["rule"]) for line in lines] == [
        (first.pk, "two_key_act.approve document.void", "same_person"),
        (stranger.pk, "two_key_act.withdraw document.void", "not_permitted"),
        (stranger.pk, "document.void", "not_permitted"),
    ]


def test_a_second_person_executes_it_with_what_was_proposed(voiding, at):
    first, second = keeper_of(1), keeper_of(2)
    document, act = proposed(at, first, word="oui")
    two_key.approve(act, actor=second, at=at)
    document.refresh_from_db()
    act.refresh_from_db()
    assert (document.state, act.state, act.closed_by) == ("void", "approved", second)
    assert Event.objects.get(machine="document", verb="void").payload == {"word": "oui"}
    assert list(Event.objects.filter(subject=act.reference).values_list("verb", flat=True)) == ["propose", "approve"]


def test_the_same_person_does_not_turn_both(voiding, at):
    person = keeper_of()
    document, act = proposed(at, person)
    with pytest.raises(Refusal) as refusal:
        two_key.approve(act, actor=person, at=at)
    document.refresh_from_db()
    assert refusal.value.code == "same_person" and document.state == "frozen"


def test_neither_does_somebody_without_the_key(voiding, at):
    _, act = proposed(at, keeper_of())
    with refused("not_permitted"):
        two_key.approve(act, actor=UserFactory(), at=at)


def test_what_changed_since_is_not_approved(voiding, at):
    document, act = proposed(at, keeper_of(1))
    Document.objects.get(pk=document.pk)
    row = Document.objects.get(pk=document.pk)
    row.fail("renderer away")
    row.save()
    with pytest.raises(Refusal) as refusal:
        two_key.approve(act, actor=keeper_of(2), at=at)
    act.refresh_from_db()
    document.refresh_from_db()
    assert (refusal.value.code, act.state, document.state) == ("stale_approval", "stale", "failed")


def test_what_can_no_longer_be_approved_says_why_and_is_closed_by_the_clock(voiding, at):
    document, act = proposed(at, keeper_of(1))
    assert two_key.why_not(act, keeper_of(2), at) is None
    row = Document.objects.get(pk=document.pk)
    row.fail("renderer away")
    row.save()
    assert two_key.why_not(act, keeper_of(2), at).code == "stale_approval"
    assert two_key.why_not(act, act.proposed_by, at).code == "same_person"  # first what is true of him whatever changed
    assert two_key.expire_due(actor=User.objects.system(), at=at) == 1
    act.refresh_from_db()
    assert act.state == "stale" and act.closed_by == User.objects.system()
    assert two_key.expire_due(actor=User.objects.system(), at=at) == 0


def test_an_act_whose_verb_or_row_is_gone_stops_no_clock(voiding, at):
    _, act = proposed(at, keeper_of(1))
    TwoKeyAct.objects.filter(pk=act.pk).update(target_id=10**9)
    assert two_key.expire_due(actor=User.objects.system(), at=at) == 1
    act.refresh_from_db()
    assert act.state == "stale"
    TwoKeyAct.objects.filter(pk=act.pk).update(state="proposed", verb="gone", closed_at=None, closed_by=None)
    assert two_key.expire_due(actor=User.objects.system(), at=at) == 1


def test_a_row_that_went_on_says_so_in_place_of_the_button(voiding, at):
    document, act = proposed(at, keeper_of(1))
    Document.objects.filter(pk=document.pk).update(state="void")
    assert two_key.why_not(act, keeper_of(2), at).code in ("not_allowed_in_state", "stale_approval")


def test_it_expires(voiding, at):
    _, act = proposed(at, keeper_of(1))
    later = at + timedelta(days=14)
    with refused("expired"):
        two_key.approve(act, actor=keeper_of(2), at=later)
    assert two_key.expire_due(actor=User.objects.system(), at=later - timedelta(seconds=1)) == 0
    assert two_key.expire_due(actor=User.objects.system(), at=later) == 1
    act.refresh_from_db()
    assert act.state == "expired"


def test_one_open_proposal_an_act(voiding, at):
    document, _ = proposed(at, keeper_of(1))
    with refused("already_proposed"):
        two_key.propose(VERBS["document"]["void"], document, actor=keeper_of(2), at=at)
    again = two_key.propose(VERBS["document"]["void"], document, actor=keeper_of(2), at=at + timedelta(days=15))
    assert again.state == "proposed" and TwoKeyAct.objects.filter(state="expired").count() == 1


def test_refuse_and_withdraw(voiding, at):
    first, second = keeper_of(1), keeper_of(2)
    _, act = proposed(at, first)
    with refused("not_permitted"):
        two_key.withdraw(act, actor=second, at=at)
    assert two_key.refuse(act, actor=second, at=at, reason="Non").state == "refused"
    with refused("not_allowed_in_state"):
        two_key.approve(act, actor=second, at=at)
    _, other = proposed(at, first)
    assert two_key.withdraw(other, actor=first, at=at).state == "withdrawn"


@pytest.mark.django_db(transaction=True)
def test_two_second_keys_at_once_act_once(voiding, at):
    first = keeper_of(1)
    with transaction.atomic():
        document, act = proposed(at, first)
    seconds = [keeper_of(number) for number in range(2, 6)]
    outcomes = []

    def turn(person):
        try:
            two_key.approve(TwoKeyAct.objects.get(pk=act.pk), actor=person, at=at)
            outcomes.append("done")
        except Refusal as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=turn, args=(person,)) for person in seconds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", *["not_allowed_in_state"] * 3]
    assert Event.objects.filter(machine="document", verb="void", object_id=document.pk).count() == 1
