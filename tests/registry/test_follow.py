"""Following by mail: an address is told what becomes public, once a day at most, once it is confirmed; it is erased when it stops, and written nowhere else."""

from __future__ import annotations

import logging
import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail as sent
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from core import outbox
from core.models import Mail
from core.transitions import Refusal
from fund.enums import Role
from registry import tasks, transitions
from registry.enums import News
from registry.models import ChangeMark, Follow, Follower, FollowMail, PublicChange
from registry.queries import changes
from registry.queries import follow as queries
from tests.factories import payments as money
from tests.factories.fund import person_with
from tests.registry.helpers import TITLE
from tests.registry.test_leaks import CONTACTS, SECRETS, leaks, mark, texts_in
from tests.registry.test_publications import change, corrected

pytestmark = pytest.mark.django_db
ADDRESS = "Zqxsuiveuse@courriel.example"
WORDS = "Ce carnet sert-il aussi aux écoles ?"


@pytest.fixture(autouse=True)
def marked(db, settings):
    settings.RATE_LIMIT_SCALE = 1.0
    transitions.note_changes(at=timezone.now() - timedelta(seconds=1))


@pytest.fixture(autouse=True)
def nothing_waits(fund):
    """Letters of the world are not what these tests send."""
    Mail.objects.filter(state__in=("held", "queued")).update(next_attempt_at=timezone.now() + timedelta(days=900))


def later(clock, **span):
    clock.shift(timedelta(**span))
    return timezone.now()


def ask(reference="", address=ADDRESS, client=None):
    path = f"/projets/{reference}/suivre/" if reference else "/suivre/"
    return (client or Client()).post(path, {"email": address}, follow=True)


def work() -> list:
    """What the worker does; returns the mails that left."""
    sent.outbox.clear()
    now = timezone.now()
    transitions.note_changes(at=now)
    tasks.tell_followers(now, None)
    outbox.deliver_due(now)
    return [mail for mail in sent.outbox if mail.extra_headers["X-Fund-Mail"].startswith("registry/follow")]


def link_in(mail, path: str) -> str:
    return re.search(rf"https?://[^/]+((?:/en)?/suivre/{path}/[^/\s]+/)", mail.body)[1]  # type: ignore[index]


def followed(reference="", address=ADDRESS) -> Follower:
    ask(reference, address)
    (mail,) = work()
    assert Client().post(link_in(mail, "confirmer")).status_code == 200
    return Follower.objects.get(digest=queries.digest_of(address))


def answered(application, text="Oui, aux écoles aussi.") -> None:
    officer = person_with(Role.CASE_OFFICER)
    row = transitions.ask_question(
        call=application.call, application=application, actor=officer, text=WORDS, at=timezone.now()
    )
    transitions.answer_publicly(question=row, actor=officer, text=text, at=timezone.now())
    Mail.objects.exclude(code__startswith="registry/follow").update(
        next_attempt_at=timezone.now() + timedelta(days=900)
    )


def everywhere(word: str) -> set[str]:
    """Tables where a word is written in clear."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found |= {table for row in cursor.fetchall() if word.lower() in str(row).lower()}
    return found


def test_an_address_is_told_nothing_before_its_owner_confirms(project):
    page = ask(project.reference)
    assert page.status_code == 200 and "si un courriel" in page.content.decode().lower()
    (mail,) = work()
    assert mail.to == [ADDRESS.lower()] and TITLE in mail.subject and "3 jours" in mail.body
    answered(project)
    assert work() == []
    link = link_in(mail, "confirmer")
    for _twice in range(2):  # a program that opens links confirms nothing
        assert "<button" in Client().get(link).content.decode()
    assert Follow.objects.get().confirmed_at is None
    assert Client().post(link).status_code == 200
    assert Client().post(link).status_code == 410, "the link works once"
    assert work() == [], "what was public before is no news"
    answered(project, "Encore une réponse.")
    (mail,) = work()
    assert "réponse publique" in mail.body and "Encore une réponse" not in mail.body


def test_a_link_of_confirmation_ends_and_the_address_goes(project):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        ask(project.reference)
        (mail,) = work()
        now = later(clock, days=3, minutes=1)
        assert Client().get(link_in(mail, "confirmer")).status_code == 410
        assert tasks.forget_followers(now, None) == 2
        assert not Follower.objects.exists() and not FollowMail.objects.exists()


@pytest.mark.parametrize("token", ["x", "WzEsIngiXQ:1:x", "%00", "é" * 300])
def test_a_forged_link_does_nothing(token, project):
    followed(project.reference)
    assert Client().post(f"/suivre/confirmer/{token}/").status_code in (400, 404, 410)
    assert Client().post(f"/suivre/arreter/{token}/").status_code in (400, 404)
    assert Follower.objects.count() == 1


def test_the_answer_never_tells_whether_an_address_follows(project):
    followed(project.reference)
    answers = [ask(project.reference, one).content for one in (ADDRESS, "nouvelle@courriel.example", ADDRESS, ADDRESS)]
    assert {re.sub(rb'(csrfmiddlewaretoken|nonce)" value="[^"]+"', b"", one) for one in answers} == {answers[0]}


def test_an_address_is_written_to_three_times_a_day_at_most(project):
    for _turn in range(6):
        assert ask(project.reference).status_code == 200
    assert len(work()) == 3
    assert Follow.objects.count() == 1


def test_a_browser_asks_twenty_times_an_hour_at_most(project):
    for number in range(20):
        assert ask(project.reference, f"a{number}@courriel.example").status_code == 200
    answer = ask(project.reference, "encore@courriel.example")
    assert answer.status_code == 429 and "flux" in answer.content.decode()
    assert not Follower.objects.filter(digest=queries.digest_of("encore@courriel.example")).exists()


def test_a_robot_is_thanked(project):
    assert Client().post("/suivre/", {"email": ADDRESS, "website": "x"}).status_code == 302
    assert not Follower.objects.exists()


def test_only_a_public_project_can_be_followed(fund, project, hands):
    for hidden in (fund.secret, fund.refused):
        assert ask(hidden.reference).status_code == 404
        assert Client().get(f"/projets/{hidden.reference}/flux.atom").status_code == 404
    change(project, hands, transitions.unpublish, ground="safety")
    assert ask(project.reference).status_code == 404


def test_one_mail_a_day_gathers_everything(fund, project, hands):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        followed(project.reference)
        later(clock, minutes=5)
        answered(project)
        (first,) = work()
        assert first.body.count("– ") == 1
        later(clock, hours=2)
        answered(project)
        corrected(project, hands, title="Zqxnouveau titre")
        assert work() == []
        later(clock, hours=22, minutes=1)
        (second,) = work()
        assert second.body.count("– ") == 2 and "Zqxnouveau titre" in second.subject and "corrigé" in second.body
        later(clock, days=2)
        assert work() == []


def test_money_is_told_when_its_entry_is_public(fund):
    signed = fund.known["signed"]
    followed(signed.reference)
    row = signed.agreement
    money.paid(fund.people, money.first_of(row))
    (mail,) = work()
    assert "Payé par la banque" in mail.body and f"/projets/{signed.reference}/" in mail.body
    assert PublicChange.objects.get(kind=News.PAYMENT).application == signed


def test_an_award_is_told_once_notified_and_not_before(fund):
    from reviews.transitions import decisions

    followed()
    assert work() == []
    assert not PublicChange.objects.filter(application=fund.secret).exists()
    decision = fund.secret.decisions.get(state="signed")
    decisions.notify(decision=decision, actor=fund.panel.officer)
    (mail,) = work()
    assert "Aide notifiée" in mail.body and "Le projet secret" in mail.body


def test_a_withdrawn_page_is_told_by_its_reference_alone(fund, project, hands):
    followed(project.reference)
    answered(project)
    corrected(project, hands, title="Zqxautre titre")
    change(project, hands, transitions.unpublish, ground="personal_data")
    (mail,) = work()
    said = texts_in(mail.message().as_bytes()) + mail.body + mail.subject
    assert project.reference in mail.subject and "retirée" in mail.body and mail.body.count("– ") == 1
    for word in (TITLE, "Zqxautre", "réponse", "données personnelles"):
        assert word not in said, word


def test_what_is_said_is_what_is_public_when_it_leaves(fund, project, hands):
    """Queued while the page stood, sent after it was taken down."""
    followed(project.reference)
    answered(project)
    now = timezone.now()
    transitions.note_changes(at=now)
    assert tasks.tell_followers(now, None) == 1
    row = Mail.objects.get(code="registry/follow.news")
    assert (row.to, row.subject, row.text) == ("", "", "")
    change(project, hands, transitions.unpublish, ground="safety")
    sent.outbox.clear()
    outbox.deliver_due(timezone.now())
    assert not [mail for mail in sent.outbox if mail.to == [ADDRESS.lower()]]
    row.refresh_from_db()
    assert (row.state, row.to, row.subject) == ("dead", "", "")
    (mail,) = _next_day()
    assert "retirée" in mail.body


def _next_day():
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1), tick=False):
        return work()


def test_no_mail_holds_what_names_or_reaches_a_person(fund):
    person = mark(fund)
    followed()
    answered(person, f"Réponse. {CONTACTS}")
    (mail,) = work()
    assert leaks({"mail": mail.subject + mail.body}, [*SECRETS, "Zqxwille"]) == []
    feed = b"".join(Client().get(f"/projets/{person.reference}/flux.atom")).decode()
    page = Client().get(f"/projets/{person.reference}/suivre/").content.decode()
    assert leaks({"feed": feed, "page": page}, [*SECRETS, "Zqxwille"]) == []


def test_one_click_stops_everything_and_erases(project):
    followed(project.reference)
    followed("", ADDRESS)
    answered(project)
    (mail,) = work()
    header, how = mail.extra_headers["List-Unsubscribe"], mail.extra_headers["List-Unsubscribe-Post"]
    assert how == "List-Unsubscribe=One-Click"
    path = link_in(mail, "arreter")
    assert header.endswith(f"{path}>") and leaks({"header": header}, ["zqxsuiveuse", "zqxwille"]) == []
    outside = Client(enforce_csrf_checks=True)
    page = outside.get(path).content.decode()
    assert "<button" in page and Follower.objects.count() == 1
    answer = outside.post(path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200 and not answer.cookies
    assert not Follower.objects.exists() and not Follow.objects.exists() and not FollowMail.objects.exists()
    assert outside.post(path).status_code == 200 and outside.get(path).status_code == 200
    assert everywhere("zqxsuiveuse") == set()


def test_one_thing_can_be_stopped_alone(fund, project):
    follower = followed(project.reference)
    followed()
    path = f"/suivre/arreter/{queries.leave_token(follower)}/"
    one = Follow.objects.get(application=project)
    page = Client().post(path, {"one": one.pk}).content.decode()
    assert Follow.objects.get().application is None and "Tous les projets" in page
    other = followed(address="autre@courriel.example")
    Client().post(path, {"one": other.follows.get().pk})
    assert other.follows.exists(), "nobody stops for another"
    Client().post(path, {"one": Follow.objects.get(follower=follower).pk})
    assert not Follower.objects.filter(pk=follower.pk).exists()


def test_the_address_is_nowhere_in_clear(project, caplog, tmp_path):
    caplog.set_level(logging.DEBUG)
    followed(project.reference)
    answered(project)
    assert work()
    assert everywhere("zqxsuiveuse") == set()
    assert "zqxsuiveuse" not in caplog.text.lower()
    out = tmp_path / "export.json"
    call_command("export_all", json=str(out), verbosity=0)
    text = out.read_text()
    assert "zqxsuiveuse" not in text.lower() and "registry.Follow" not in text
    assert Follower.objects.get().digest not in text


def test_an_address_that_no_mail_reaches_is_erased(project, monkeypatch):
    followed(project.reference)
    answered(project)
    now = timezone.now()
    transitions.note_changes(at=now)
    tasks.tell_followers(now, None)
    row = Mail.objects.get(code="registry/follow.news")
    row.give_up("SMTPRecipientsRefused 550")
    row.save()
    assert tasks.forget_followers(now, None) == 1
    assert not Follower.objects.exists()


def test_the_language_is_that_of_the_page(project):
    Client().post(f"/en/projets/{project.reference}/suivre/", {"email": ADDRESS})
    (mail,) = work()
    assert mail.subject.startswith("Confirm that") and "/en/suivre/confirmer/" in mail.body


def test_what_becomes_public_is_noted_once(fund, project, hands):
    answered(project)
    corrected(project, hands, title="Un", summary="Deux")
    now = timezone.now()
    assert transitions.note_changes(at=now) == 2, "one correction, whatever its texts"
    assert transitions.note_changes(at=now) == 0
    with time_machine.travel(now + timedelta(minutes=40), tick=False):
        assert transitions.note_changes(at=timezone.now()) == 0
    assert ChangeMark.objects.count() == 1


def test_the_feed_of_a_project_tells_its_life(fund, project, hands):
    answered(project)
    address = f"/projets/{project.reference}/flux.atom"
    text = b"".join(Client().get(address)).decode()
    for words in ("Aide notifiée", "Convention signée", "Payé par la banque", "réponse publique", TITLE):
        assert words in text, words
    reserved = changes.of_project(project, timezone.now() + timedelta(days=7))[-1]
    assert (
        reserved.kind == "decision" and reserved.at > timezone.now()
    )  # told when it is notified, not the day of the vote
    tag = Client().get(address)["ETag"]
    assert Client().get(address, headers={"if-none-match": tag}).status_code == 304
    change(project, hands, transitions.unpublish, ground="safety")
    text = b"".join(Client().get(address)).decode()
    assert TITLE not in text and text.count("<entry>") == 1


def test_who_leaves_the_service_follows_no_more(project):
    from core.models import User
    from desks import leaving
    from desks.personal import everything
    from tests.factories.core import UserFactory

    user = UserFactory(email=ADDRESS.lower())
    followed(project.reference)
    assert everything(user, timezone.now())["followed_by_mail"] == [project.reference]
    leaving.erase_account(user=user, actor=user, at=timezone.now(), confirmation=user.email)
    assert not Follower.objects.exists() and User.objects.get(pk=user.pk).email.endswith("efface.invalid")


def test_who_is_told_too_often_is_refused_by_the_floor(project, monkeypatch):
    from registry.rules import follow as rules

    monkeypatch.setattr(rules, "MOST_WAITING", 1)
    ask(project.reference)
    with pytest.raises(Refusal) as caught:
        transitions.ask_to_follow(address="b@courriel.example", application=project, browser="other", at=timezone.now())
    assert caught.value.status == 429


@pytest.mark.parametrize("number", [1, 20])
def test_pages_and_mails_cost_the_same_for_any_number(fund, project, hands, django_assert_num_queries, number):
    follower = followed()
    for turn in range(number):
        corrected(project, hands, summary=f"Résumé {turn}")
    transitions.note_changes(at=timezone.now())
    rows = list(PublicChange.objects.all())
    assert len(rows) == number
    with django_assert_num_queries(WORDS_COST):
        assert sum(len(group.lines) for group in changes.in_words(rows)) == number
    Client().get(f"/projets/{project.reference}/suivre/")
    with django_assert_num_queries(ASK_COST):
        Client().get(f"/projets/{project.reference}/suivre/")
    with django_assert_num_queries(FEED_COST):
        b"".join(Client().get(f"/projets/{project.reference}/flux.atom"))
    for row in list(fund.known.values())[: 1 if number == 1 else None]:
        Follow.objects.get_or_create(
            follower=follower, application=row, defaults={"asked_at": timezone.now(), "confirmed_at": timezone.now()}
        )
    with django_assert_num_queries(LEAVE_COST):
        Client().get(f"/suivre/arreter/{queries.leave_token(follower)}/")


WORDS_COST, ASK_COST, FEED_COST, LEAVE_COST = 4, 4, 14, 3
