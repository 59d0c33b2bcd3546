"""What every subject of a file needs: the file itself, a list, a write."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from applications import queries
from applications.models import Application
from core.api import Resource, with_etag


def words(most: int, **options) -> serializers.CharField:
    """At most so many signs, which one may leave out."""
    return serializers.CharField(max_length=most, allow_blank=True, required=False, **options)


def number(name: str) -> OpenApiParameter:
    return OpenApiParameter(name, int, OpenApiParameter.PATH)


def given(serializer_class: type[serializers.Serializer], request) -> dict:
    """What was sent, valid; otherwise 400 with the fields."""
    sent = serializer_class(data=request.data)
    sent.is_valid(raise_exception=True)
    return dict(sent.validated_data)


def listing(serializer_class: type[serializers.Serializer], **options):
    """The GET of a short list under a file: whole, without pages or filters."""

    def decorate(function):
        route = action(detail=True, methods=["get"], pagination_class=None, filter_backends=[], **options)(function)
        return extend_schema(responses=serializer_class(many=True), filters=False)(route)

    return decorate


class AnyFile(JSONRenderer):
    """A client that asks for the type of a file gets it; a refusal is still JSON."""

    media_type = "*/*"
    format = "file"


class FileActions(Resource):
    """Base of the actions on a file."""

    def of_team(self) -> Application:
        """The file, for its team; for anybody else its working copy does not exist."""
        application = self.get_object()
        if not queries.is_member(self.request.user, application):
            raise Http404
        return application

    def write(self, act: Callable, body: type[serializers.Serializer] | None = None, /, **row):
        """Run a function of `transitions` on `row`, told what was sent when there is a `body`."""
        sent = given(body, self.request) if body else {}
        return act(**row, actor=self.request.user, at=self.request.received_at, **sent)

    def shown(self, serializer_class: type[serializers.Serializer], rows) -> Response:
        """The answer of a list, or 304 when the client has it."""
        data = serializer_class(rows, many=True, context=self.get_serializer_context()).data
        return with_etag(self.request, Response(data))
