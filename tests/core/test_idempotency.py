"""Same key and body, same answer, one effect: forms and API, one after the other and all at once."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from core import idempotency
from core.models import ApiToken, IdempotencyKey
from core.transitions import Refusal
from tests.core.helpers import refused
from tests.factories.core import UserFactory

pytestmark = pytest.mark.django_db


def effect(user, label="effet"):
    """Something done: a row."""
    ApiToken.objects.create(
        user=user,
        label=label,
        token_hash=ApiToken.digest(f"{label}{ApiToken.objects.count()}"),
        created_at=timezone.now(),
        expires_at=timezone.now(),
    )


@idempotency.once
def view(request):
    if request.POST.get("amount") == "refused":
        return HttpResponse("again", status=422)
    if request.POST.get("amount") == "broken":
        effect(request.user)
        raise RuntimeError("lightning")
    effect(request.user)
    return HttpResponseRedirect("/done/")


def post(rf, user, **data):
    request = rf.post("/act/", data)
    request.user = user
    return view(request)


def test_a_form_sent_twice_acts_once(rf):
    user = UserFactory()
    first, second = (post(rf, user, nonce="n1", amount="10") for _ in range(2))
    assert (first["Location"], second["Location"]) == ("/done/", "/done/")
    assert "Idempotency-Replayed" not in first and second["Idempotency-Replayed"] == "true"
    assert ApiToken.objects.count() == 1


def test_another_body_under_the_same_nonce_is_refused(rf):
    user = UserFactory()
    post(rf, user, nonce="n1", amount="10")
    with refused("idempotency_key_reused") as caught:
        post(rf, user, nonce="n1", amount="11")
    assert caught.value.status == 422 and ApiToken.objects.count() == 1


def test_a_nonce_belongs_to_its_person(rf):
    post(rf, UserFactory(), nonce="n1", amount="10")
    post(rf, UserFactory(), nonce="n1", amount="11")
    assert ApiToken.objects.count() == 2


def test_a_refused_form_may_be_corrected(rf):
    user = UserFactory()
    assert post(rf, user, nonce="n1", amount="refused").status_code == 422
    assert post(rf, user, nonce="n1", amount="10").status_code == 302
    assert ApiToken.objects.count() == 1


def test_what_breaks_has_no_effect_and_may_be_tried_again(rf):
    user = UserFactory()
    with pytest.raises(RuntimeError):
        post(rf, user, nonce="n1", amount="broken")
    assert not ApiToken.objects.exists() and not IdempotencyKey.objects.exists()


def test_in_flight_is_409_and_a_dead_lease_is_taken_over(rf, at):
    import time_machine

    user = UserFactory()
    request = rf.post("/act/", {"amount": "10"})
    with time_machine.travel(at, tick=False):
        idempotency.begin(user, "n1", idempotency.fingerprint_of_form(request))
        with refused("idempotency_in_flight") as caught:
            post(rf, user, nonce="n1", amount="10")
    assert caught.value.status == 409
    with time_machine.travel(at + timedelta(seconds=61), tick=False):
        assert post(rf, user, nonce="n1", amount="10").status_code == 302
    assert ApiToken.objects.count() == 1


def test_one_whose_lease_was_taken_over_undoes_what_it_did(rf):
    user = UserFactory()

    @idempotency.once
    def slow(request):
        effect(request.user)
        IdempotencyKey.objects.update(leased_until=timezone.now() + timedelta(minutes=5))
        return HttpResponseRedirect("/done/")

    request = rf.post("/act/", {"nonce": "n1"})
    request.user = user
    with refused("idempotency_in_flight"):
        slow(request)
    assert not ApiToken.objects.exists()


class Api(APIView):
    """Does one thing."""

    @idempotency.api_once
    def post(self, request):
        effect(request.user)
        if request.data.get("amount") == 0:
            raise Refusal("envelope_exceeded", "Not enough.", remedy="Ask for less.", article="art. 18")
        return Response({"count": ApiToken.objects.count(), "amount": request.data["amount"]}, status=201)


def call(user, amount, key="k1"):
    request = APIRequestFactory().post(
        "/api/v1/x/", {"amount": amount}, format="json", headers={} if key is None else {"Idempotency-Key": key}
    )
    force_authenticate(request, user)
    response = Api.as_view()(request)
    return response.render() if hasattr(response, "render") else response


def test_the_api_replays_its_answer():
    user = UserFactory()
    first, second = call(user, 10), call(user, 10)
    assert (first.status_code, second.status_code) == (201, 201) and first.content == second.content
    assert second["Idempotency-Replayed"] == "true" and second["Content-Type"] == "application/json"
    assert ApiToken.objects.count() == 1
    other = call(user, 11)
    assert other.status_code == 422 and b"idempotency_key_reused" in other.content
    assert call(user, 10, key=None).status_code == 201 and ApiToken.objects.count() == 2


def test_an_empty_key_is_no_promise():
    """A client whose key is lost would believe that sending again is safe."""
    answer = call(UserFactory(), 10, key="")
    assert answer.status_code == 400 and b"idempotency_key_invalid" in answer.content and not ApiToken.objects.exists()


def test_a_refusal_is_an_answer_too_and_leaves_no_effect():
    user = UserFactory()
    first, second = call(user, 0), call(user, 0)
    assert first.status_code == second.status_code == 422 and first.content == second.content
    assert second["Content-Type"] == "application/problem+json" and second["Idempotency-Replayed"] == "true"
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("key", ["x" * 111, "with space", "é"])
def test_a_key_that_is_none_is_refused(key):
    with refused("idempotency_key_invalid"):
        idempotency.begin(UserFactory(), key, "f")


@pytest.mark.django_db(transaction=True)
def test_all_at_once_acts_once():
    user = UserFactory()
    answers = []

    def send():
        try:
            answers.append(call(user, 10))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ApiToken.objects.count() == 1
    assert {answer.status_code for answer in answers} <= {201, 409} and sum(
        answer.status_code == 201 for answer in answers
    ) >= 1
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert call(user, 10)["Idempotency-Replayed"] == "true"


def test_old_keys_are_forgotten(at):
    idempotency.begin(UserFactory(), "k", "f")
    assert idempotency.forget_old(timezone.now() + timedelta(days=6)) == 0
    assert idempotency.forget_old(timezone.now() + timedelta(days=8)) == 1


def test_a_nonce_says_whose_form_it_was():
    user = UserFactory()
    assert idempotency.author_of(idempotency.new_nonce(user)) == user.pk
    assert idempotency.author_of(idempotency.new_nonce()) is None and idempotency.author_of("forged") is None
    assert len(idempotency.new_nonce(user)) <= 110
