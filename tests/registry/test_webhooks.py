"""Programs told what becomes public: signed, made of what is public as it leaves, tried again, stopped, opened, sent again; its secret is shown once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import re
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from core import outgoing
from core.models import Mail
from core.transitions import Refusal
from desks.awaited import of_administrator
from fund.enums import Role
from registry import tasks, transitions
from registry.enums import News
from registry.models import Delivery, PublicChange, Webhook
from registry.signing import signature
from tests.core.test_outgoing import answers
from tests.factories.core import UserFactory
from tests.factories.fund import person_with
from tests.registry.test_follow import answered
from tests.registry.test_leaks import CONTACTS, SECRETS, leaks, mark
from tests.registry.test_publications import change, corrected

pytestmark = pytest.mark.django_db
URL = "https://programme.exemple.fr/recoit?cle=zqxcle"


@pytest.fixture(autouse=True)
def marked(db):
    transitions.note_changes(at=timezone.now() - timedelta(seconds=1))


@pytest.fixture
def admin():
    return person_with(Role.ADMINISTRATOR)


@pytest.fixture
def hook(admin):
    return transitions.register(user=admin, actor=admin, label="Un programme", url=URL, kinds=list(News.values))


class Receiver:
    """Stands for the network: what was sent, and what it answers."""

    def __init__(self):
        self.got, self.status = [], 204

    def __call__(self, url, body, headers):
        self.got.append((url, body, headers))
        if isinstance(self.status, Exception):
            raise self.status
        return self.status

    @property
    def types(self):
        return [json.loads(body)["type"] for _url, body, _headers in self.got]


@pytest.fixture
def receiver(monkeypatch):
    found = Receiver()
    monkeypatch.setattr(outgoing, "post", found)
    return found


def work(at=None):
    from core.models import User

    at = at or timezone.now()
    transitions.note_changes(at=at)
    tasks.tell_programs(at, User.objects.system())


def refused(code, function, **params):
    with pytest.raises(Refusal) as caught:
        function(**params)
    assert caught.value.code == code
    return caught.value


def test_the_signature_is_that_of_the_specification():
    """Standard Webhooks 1.0, symmetric: checked apart from our own code."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    uid, at = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
    assert signature(secret, uid, at, body) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_becomes_public_is_sent_signed_as_the_api_shows_it(project, hook, receiver, client):
    answered(project)
    work()
    assert receiver.types == ["ping", "project.answer"]
    url, body, headers = receiver.got[1]
    assert url == URL
    data = json.loads(body)["data"]
    assert data == client.get(f"/api/v1/projects/{project.reference}/").json()
    key = base64.b64decode(hook.secret.removeprefix("whsec_"))
    assert len(key) == 32
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{wanted}"
    assert abs(int(headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60
    work()
    assert len(receiver.got) == 2, "once"


def test_only_what_was_asked_for_is_sent(project, admin, hands, receiver):
    transitions.register(user=admin, actor=admin, label="x", url=URL, kinds=["correction"])
    answered(project)
    corrected(project, hands, summary="Autre résumé")
    work()
    assert receiver.types == ["ping", "project.correction"]


def test_an_answer_on_a_call_names_the_call(fund, hook, receiver):
    officer = person_with(Role.CASE_OFFICER)
    row = transitions.ask_question(call=fund.panel.call, actor=officer, text="Une question sur l’appel ?")
    transitions.answer_publicly(question=row, actor=officer, text="Oui.")
    work()
    assert receiver.types[1:] == ["call.answer"]
    assert json.loads(receiver.got[1][1])["data"]["slug"] == fund.panel.call.slug


def test_what_is_sent_is_what_is_public_when_it_leaves(project, hook, receiver, hands):
    receiver.status = 503
    answered(project)
    corrected(project, hands, title="Zqxautre titre")
    work()
    receiver.got.clear()
    receiver.status = 204
    change(project, hands, transitions.unpublish, ground="personal_data")
    for _turn in range(4):
        work(timezone.now() + timedelta(minutes=2))
    said = b"".join(body for _url, body, _headers in receiver.got).decode()
    assert "project.unpublication" in said and project.reference in said
    assert "Zqx" not in said and "project.answer" not in said and "project.correction" not in said
    assert Delivery.objects.filter(error="no longer public").count() == 2


def test_nothing_secret_is_sent(fund, hook, receiver):
    from reviews.transitions import decisions

    person = mark(fund)
    answered(person, f"Réponse. {CONTACTS}")
    work()
    assert not PublicChange.objects.filter(application=fund.secret).exists()
    text = b"".join(body for _url, body, _headers in receiver.got).decode()
    assert person.reference in text and leaks({"sent": text}, [*SECRETS, "Zqxwille", "secret"]) == []
    decisions.notify(decision=fund.secret.decisions.get(state="signed"), actor=fund.panel.officer)
    work()
    assert receiver.types[-1] == "project.decision"


def test_it_is_tried_again_with_the_same_id_and_a_new_signature(project, hook, receiver):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        receiver.status = 500
        work()
        assert len(receiver.got) == 1
        for minutes in transitions.webhooks.RETRY_MINUTES:
            clock.shift(timedelta(minutes=minutes, seconds=-1))
            before = len(receiver.got)
            work()
            assert len(receiver.got) == before
            clock.shift(timedelta(seconds=1))
            Webhook.objects.update(failing_since=timezone.now())  # the stop has its own test
            work()
            assert len(receiver.got) == before + 1
        row = Delivery.objects.get()
        assert row.phase == "given_up" and row.status == 500 and row.attempts == 10
        assert len({headers["webhook-id"] for _u, _b, headers in receiver.got}) == 1
        assert len({headers["webhook-signature"] for _u, _b, headers in receiver.got}) == 10


@pytest.mark.parametrize(
    "status", [301, 302, 307, 400, 404, 500, outgoing.NoAnswer("timeout"), outgoing.NotAllowed("private")]
)
def test_only_a_success_is_a_success(hook, receiver, status):
    receiver.status = status
    work()
    row = Delivery.objects.get()
    assert row.phase == "failed" and (row.status == status or row.error)
    assert Webhook.objects.get().failing_since


def test_who_does_not_answer_is_left_alone_for_the_round(project, hook, receiver):
    for turn in range(3):
        answered(project, f"Réponse {turn}")
    receiver.status = outgoing.NoAnswer("timeout")
    work()
    assert len(receiver.got) == 1


def test_after_three_days_it_is_stopped_and_awaits_an_administrator(project, hook, admin, receiver):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        receiver.status = 500
        work()
        clock.shift(timedelta(days=3, minutes=1))
        work()
        hook.refresh_from_db()
        assert hook.state == "disabled"
        assert Mail.objects.get(code="registry/webhook.disabled").recipient == admin
        (task,) = of_administrator(admin, timezone.now())
        assert task.url == "/administration/annonces/" and of_administrator(UserFactory(), timezone.now()) == []
        receiver.got.clear()
        answered(project)
        work()
        assert receiver.got == []
        receiver.status = 204
        transitions.enable(webhook=hook, actor=admin)
        work()
        assert receiver.types == ["ping", "project.answer"], "what was missed is sent"
        hook.refresh_from_db()
        assert hook.state == "active" and hook.failing_since is None


def test_an_address_that_says_it_is_gone_is_stopped_at_once(hook, receiver):
    receiver.status = 410
    work()
    hook.refresh_from_db()
    assert hook.state == "disabled"


def test_the_end_erases_address_and_secret(hook, admin, receiver):
    transitions.end(webhook=hook, actor=admin)
    hook.refresh_from_db()
    assert (hook.state, hook.url, hook.secret) == ("ended", "", "") and not Delivery.objects.exists()
    work()
    assert receiver.got == []
    refused("not_allowed_in_state", transitions.enable, webhook=hook, actor=admin)
    with pytest.raises(IntegrityError), transaction.atomic():
        Webhook.objects.filter(pk=hook.pk).update(url="x")


def test_what_is_refused(admin, settings):
    settings.FUND_DEMO = False
    given = {"user": admin, "actor": admin, "label": "x", "url": URL, "kinds": ["payment"]}
    for change_, code in (
        ({"url": "http://programme.exemple.fr/"}, "address_not_allowed"),
        ({"url": "https://u:p@exemple.fr/"}, "address_not_allowed"),
        ({"kinds": []}, "kinds_missing"),
        ({"kinds": ["secret"]}, "kinds_missing"),
        ({"label": " "}, "label_missing"),
    ):
        assert refused(code, transitions.register, **(given | change_)).reason
    other = person_with(Role.CASE_OFFICER)
    refused("not_permitted", transitions.register, **(given | {"user": other, "actor": other}))
    for _turn in range(20):
        transitions.register(**given)
    assert refused("too_many_webhooks", transitions.register, **given).remedy


def test_it_is_registered_on_its_page_and_its_secret_shown_once(admin, as_user, monkeypatch, receiver, settings):
    browser = as_user(admin)
    session = browser.session
    session["proved_at"] = timezone.now().isoformat()
    session.save()
    base = "/administration/annonces/"
    assert browser.get(f"{base}nouvelle/").status_code == 200
    answers(monkeypatch, "8.8.8.8 10.0.0.3")
    inside = browser.post(f"{base}nouvelle/", {"label": "x", "url": URL, "kinds": ["payment"]})
    assert inside.status_code == 422 and "internet public" in inside.content.decode()
    answers(monkeypatch, "8.8.8.8")
    shown = browser.post(f"{base}nouvelle/", {"label": "x", "url": URL, "kinds": ["payment"]})
    secret = re.search(r"whsec_[A-Za-z0-9+/]+=*", shown.content.decode())[0]  # type: ignore[index]
    row = Webhook.objects.get()
    assert secret == row.secret and "no-store" in shown["Cache-Control"]
    for path in (base, f"{base}{row.reference}/"):
        page = browser.get(path)
        assert page.status_code == 200 and secret not in page.content.decode()
    work()
    delivery = Delivery.objects.get()
    assert delivery.phase == "sent"
    assert browser.post(f"{base}{row.reference}/envois/{delivery.pk}/").status_code == 302
    work()
    ids = [headers["webhook-id"] for _url, _body, headers in receiver.got]
    assert len(ids) == 2 and len(set(ids)) == 1
    renewed = browser.post(f"{base}{row.reference}/", {"act": "renew_secret"}).content.decode()
    assert "whsec_" in renewed and secret not in renewed
    assert browser.post(f"{base}{row.reference}/", {"act": "end"}).status_code == 302


def test_whose_page_it_is(hook, as_user, client, receiver):
    work()
    one = f"/administration/annonces/{hook.reference}/"
    again = f"{one}envois/{Delivery.objects.get().pk}/"
    assert client.get(one).status_code == 302
    for role, status in ((Role.AUDITOR, 200), (Role.CASE_OFFICER, 403), (Role.PANEL_MEMBER, 403)):
        browser = as_user(person_with(role))
        assert browser.get(one).status_code == status, role
        assert browser.post(again).status_code == 403
        assert browser.get("/administration/annonces/nouvelle/").status_code == 403
    auditor = as_user(person_with(Role.AUDITOR), raise_request_exception=False)
    auditor.post(one, {"act": "end"})
    hook.refresh_from_db()
    assert hook.state == "active"


def test_old_proof_of_identity_is_asked_again(admin, as_user):
    browser = as_user(admin)
    session = browser.session
    session["proved_at"] = (timezone.now() - timedelta(minutes=6)).isoformat()
    session.save()
    assert "/mon-espace/confirmer/" in browser.get("/administration/annonces/nouvelle/")["Location"]


def test_secret_and_address_are_nowhere_in_clear(hook, receiver, caplog, tmp_path):
    from tests.registry.test_follow import everywhere

    caplog.set_level(logging.DEBUG)
    receiver.status = 500
    work()
    for word in (str(hook.secret).removeprefix("whsec_"), "zqxcle"):
        assert everywhere(word) == set() and word not in caplog.text
    out = tmp_path / "export.json"
    call_command("export_all", json=str(out), verbosity=0)
    assert str(hook.secret) not in out.read_text()


def test_two_workers_never_send_one_message_together(hook):
    row, at = Delivery.objects.get(), timezone.now()
    assert transitions.claim(delivery=row, at=at)
    assert not transitions.claim(delivery=row, at=at)
    assert transitions.claim(delivery=row, at=at + timedelta(minutes=6))


@pytest.mark.parametrize("number", [1, 20])
def test_the_pages_cost_the_same_for_any_number(
    project, admin, hands, as_user, receiver, django_assert_num_queries, number
):
    for turn in range(number):
        if turn < 15:
            transitions.register(user=admin, actor=admin, label="x", url=URL, kinds=["correction"])
        corrected(project, hands, summary=f"Résumé {turn}")
    work()
    browser = as_user(admin)
    browser.get("/administration/annonces/")
    with django_assert_num_queries(LIST):
        assert browser.get("/administration/annonces/").status_code == 200
    first = Webhook.objects.order_by("pk").first()
    with django_assert_num_queries(ONE):
        assert browser.get(f"/administration/annonces/{first.reference}/").content.decode().count("envois/") >= number


LIST, ONE = 6, 9
