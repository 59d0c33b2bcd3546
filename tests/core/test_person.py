"""A person's own account: name and language."""

import pytest

from core.models import Event, User
from tests.factories.core import UserFactory

pytestmark = pytest.mark.django_db


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
