"""The fund's addresses and a few of the tests' own."""

from django.db import OperationalError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from rest_framework import serializers

from core.access import Rule, allow, anyone, public, signed_in
from core.api import Resource, WithTransitions
from core.idempotency import once
from core.models import Document
from core.transitions import Refusal
from fund.urls import handler400, handler403, handler404, handler500  # noqa: F401
from fund.urls import urlpatterns as house

desk = Rule(
    "test_desk",
    lambda request: request.user.is_authenticated and request.user.name.startswith("Gardien"),
    ask="Demandez au gardien.",
    roles=("keeper",),
)


def no_rule(request):
    return HttpResponse("never")


@allow(desk)
def keepers(request):
    return HttpResponse("desk")


@allow(public)
def window(request):
    response = HttpResponse("window")
    response.set_cookie("x", "y")
    response["Vary"] = "Cookie, Accept-Encoding"
    return response


@allow(signed_in)
@once
def write(request):
    if request.method == "POST":
        if "refuse" in request.POST:
            raise Refusal("never", "Jamais.", remedy="Demandez encore.", article="art. 1")
        if "lock" in request.POST:
            raise OperationalError("database is locked")
        if "break" in request.POST:
            raise RuntimeError("lightning")
        request.session["written"] = request.POST["text"]
        return redirect("/essai/ecrire/?ok=1")
    return HttpResponse(request.session.get("written", ""))


class DocumentSerializer(WithTransitions):
    code = serializers.CharField()
    state = serializers.CharField()


class WordParams(serializers.Serializer):
    word = serializers.CharField(max_length=20)


@allow(anyone)
def open_door(request):
    return HttpResponse("open")


class Shelf(Resource):
    """Documents as a resource: those whose title the person's name begins."""

    lookup_field = "code"
    serializer_class = DocumentSerializer
    queryset = Document.objects.all()

    def get_queryset(self):
        return Document.objects.filter(
            title__startswith=self.request.user.name[:7] if self.request.user.is_authenticated else "-"
        )


def shelf(verbs):
    """The resource made once the tests' verbs exist."""
    return type(
        "TestShelf",
        (Shelf,),
        {"model": Document, "params": verbs, "serializer_class": DocumentSerializer, "__module__": __name__},
    )


urlpatterns = [
    path("essai/sans-regle/", no_rule),
    path("essai/bureau/", keepers),
    path("essai/vitrine/", window),
    path("essai/ecrire/", write),
    path("essai/ouvert/", open_door),
    *house,
]
