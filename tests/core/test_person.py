"""A person's own account: name and language, mails."""

import pytest
from django.conf import settings

from core import mail_choices, person
from core.models import Event, User
from core.outbox import queue
from core.transitions import Refusal
from tests.factories.core import UserFactory

pytestmark = pytest.mark.django_db
MAILS = "/mon-espace/courriels/"


def signed(client, user):
    client.force_login(user)
    return client


def test_name_and_language_change_and_nobody_elses(client):
    me, other = UserFactory(name="Ada Morel"), UserFactory(name="Lou Perrin")
    page = signed(client, me).get("/mon-espace/compte/")
    assert page.status_code == 200 and "Ada Morel" in page.text and "jamais modifié" in page.text
    answer = client.post("/mon-espace/compte/", {"name": " Ada \t Lovelace ", "language": "en"})
    assert answer.status_code == 302
    me.refresh_from_db()
    other.refresh_from_db()
    assert (me.name, me.language, other.name) == ("Ada Lovelace", "en", "Lou Perrin")
    event = Event.objects.get(machine="person", object_id=me.pk)
    assert event.payload == {"changed": ["name", "language"]} and event.verb == "change_details"
    client.post("/mon-espace/compte/", {"name": "Ada Lovelace", "language": "en"})
    assert Event.objects.filter(machine="person").count() == 1, "nothing changed, nothing told"


@pytest.mark.parametrize(
    ("name", "language"), [("", "fr"), ("   ", "fr"), ("x" * 151, "fr"), ("Ada", "de"), ("A\x00da", "fr")]
)
def test_a_wrong_name_or_language_is_said_and_what_was_typed_stays(client, name, language):
    me = UserFactory(name="Ada Morel")
    answer = signed(client, me).post("/mon-espace/compte/", {"name": name, "language": language})
    assert answer.status_code == 422
    assert User.objects.get(pk=me.pk).name == "Ada Morel"


def test_the_account_needs_a_sign_in(client):
    assert client.get("/mon-espace/compte/").status_code == 302


def test_a_mail_switched_off_does_not_leave_and_the_others_do(client, at):
    me, other = UserFactory(), UserFactory()
    page = signed(client, me).get(MAILS)
    assert page.status_code == 200 and "nouvelles de mes équipes" in page.text and "toujours" in page.text
    kept = [key for key in mail_choices.CHOICES if key != "team_news"]
    assert client.post(MAILS, {"wanted": kept}).status_code == 302
    me.refresh_from_db()
    assert me.mails_off == ["team_news"]
    context = {"link": "/", "who": "Lou", "reference": "FP", "title": "T", "call": "A"}
    states = [queue("applications/team.joined", to=who, at=at, context=context).state for who in (me, other)]
    assert states == ["dead", "queued"]
    assert queue("account/token_created", to=me, at=at, context={"link": "/"}).state == "queued"
    client.post(MAILS, {})
    me.refresh_from_db()
    assert set(me.mails_off) == set(mail_choices.CHOICES)
    client.post(MAILS, {"wanted": list(mail_choices.CHOICES)})
    me.refresh_from_db()
    assert me.mails_off == [] and queue("applications/team.joined", to=me, at=at, context=context).state == "queued"


def test_a_mail_that_may_be_switched_off_leads_to_the_choice_and_others_do_not(at):
    me = UserFactory()
    context = {"link": "/", "who": "Lou", "reference": "FP", "title": "T", "call": "A"}
    assert MAILS in queue("applications/team.joined", to=me, at=at, context=context).text
    assert MAILS not in queue("account/token_created", to=me, at=at, context={"link": "/"}).text


def test_a_necessary_mail_cannot_be_switched_off(client, at):
    me = UserFactory()
    with pytest.raises(Refusal) as refused:
        person.choose_mails(user=me, actor=me, at=at, off=["letters"])
    assert refused.value.code == "mail_necessary"
    with pytest.raises(Refusal):
        person.choose_mails(user=me, actor=UserFactory(), at=at, off=[])
    assert signed(client, me).post(MAILS, {"wanted": ["letters"]}).status_code == 422


def test_letters_deadlines_and_security_are_never_a_choice():
    optional = {code for choice in mail_choices.CHOICES.values() for code in choice.codes}
    necessary = ("account/", "reviews/decision", "payments/agreement", "payments/payee", "applications/information")
    assert optional and not [code for code in optional if code.startswith(necessary)]
    assert all((settings.BASE_DIR / "templates" / "emails" / f"{code}.fr.txt").exists() for code in optional)
