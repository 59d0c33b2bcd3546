"""The ground the other tests stand on: undefined variables fail, no network, tables that only grow survive a flush."""

import socket

import pytest
from django.conf import settings
from django.template import Context, Origin, Template, engines

from tests.environment import ROOT, NetworkUsed, UndefinedVariable


def ours(text):
    engine = engines["django"].engine
    return Template(text, origin=Origin(str(ROOT / "templates" / "x.html")), engine=engine)


def theirs(text):
    return Template(text, origin=Origin("/library/templates/x.html"), engine=engines["django"].engine)


@pytest.mark.parametrize(
    "text", ["{{ nobody }}", "{{ nobody.name }}", "{{ nobody|upper }}", "{% with a=nobody %}{% endwith %}"]
)
def test_an_undefined_variable_of_ours_fails(text):
    with pytest.raises(UndefinedVariable):
        ours(text).render(Context({}))


@pytest.mark.parametrize(
    "text, shown", [("{{ nobody|default:'x' }}", "x"), ("{% if nobody %}a{% endif %}", ""), ("{{ someone }}", "Ada")]
)
def test_an_optional_variable_is_as_in_production(text, shown):
    assert ours(text).render(Context({"someone": "Ada"})) == shown


def test_a_library_may_be_sloppy():
    assert theirs("a{{ nobody }}b").render(Context({})) == "ab"


def test_no_network():
    with pytest.raises(NetworkUsed):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(NetworkUsed):
        socket.getaddrinfo("example.org", 80)


def test_the_tests_never_touch_the_instance():
    assert settings.DATA_DIR != ROOT / "var"
    assert settings.MEDIA_ROOT.is_relative_to(settings.DATA_DIR)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_append_only_tables_are_flushed_and_guarded_again(turn):
    from django.db import DatabaseError
    from django.utils import timezone

    from core import append_only
    from core.models import Event, User

    assert append_only.missing() == []
    Event.objects.create(at=timezone.now(), actor=User.objects.system(), machine="x", object_id=1, verb="x")
    assert Event.objects.count() == 1
    with pytest.raises(DatabaseError):
        Event.objects.all().delete()
