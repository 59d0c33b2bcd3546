"""The description of the API for programs (OpenAPI) and for people."""

from __future__ import annotations

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

import applications.api
import payments.api
import registry.api
import reviews.api
from applications.api import ApplicationResource
from applications.models import Application
from core.access import allow, public
from core.api import Open, Reason
from desks.openapi import LANGUAGES, description
from fund.api import RESOURCES as FUND
from fund.api.calls import CALL_PARAMS, Calls
from fund.models import Call
from fund.public_cache import public_page
from registry.enums import News
from reviews.api import CallReopening


class Applications(ApplicationResource):
    """Files of one's teams; the filed ones for case officers and auditors."""

    # mounted here, where every room's verbs on a file are known
    model = Application
    serializer_class = ApplicationResource.serializer_class
    params = ApplicationResource.params | {"leave_review": Reason}


class CallResource(Calls):
    """Calls ever published; drafts too for those who write them."""

    # mounted here, where every room's verbs on a call are known
    model = Call
    serializer_class = Calls.serializer_class
    params = CALL_PARAMS | {"reopen": CallReopening, "cancel": Reason}


RESOURCES = {
    "calls": CallResource,
    **registry.api.RESOURCES,
    **FUND,
    **applications.api.RESOURCES,
    **reviews.api.RESOURCES,
    **payments.api.RESOURCES,
    "applications": Applications,
}
METHODS = ("get", "post", "put", "patch", "delete")


class Description(Open, APIView):
    """OpenAPI 3.0 of this API: in English, or with `?lang=fr` its texts in French."""

    @extend_schema(
        responses={200: OpenApiTypes.OBJECT},
        parameters=[OpenApiParameter("lang", str, OpenApiParameter.QUERY, enum=LANGUAGES, default="en")],
    )
    def get(self, request):
        language = request.query_params.get("lang", "en")
        if language not in LANGUAGES:
            raise ValidationError({"lang": [_("Known ones: %(names)s.") % {"names": ", ".join(LANGUAGES)}]})
        return Response(description(language))


class Root(Open, APIView):
    """The addresses of the resources."""

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    def get(self, request):
        found = {name: request.build_absolute_uri(reverse(f"api:{name}-list")) for name in sorted(RESOURCES)}
        for name in ("me", "form", "statistics", "openapi"):
            found[name] = request.build_absolute_uri(reverse(f"api:{name}"))
        return Response(found)


def _type(schema: dict) -> str:
    """A schema in one word or two."""
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    if "allOf" in schema:
        return _type(schema["allOf"][0])
    if schema.get("type") == "array":
        return f"[{_type(schema.get('items', {}))}]"
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"] if value not in ("", None))
    return schema.get("format") or schema.get("type", "")


def _fields(schema: dict, components: dict) -> list[dict]:
    """The fields of a body."""
    name = _type(schema)
    found = components.get(name, schema)
    required = found.get("required", [])
    return [
        {
            "name": field,
            "type": _type(facts),
            "required": field in required,
            "description": facts.get("description", ""),
        }
        for field, facts in found.get("properties", {}).items()
    ]


def _schema(message: dict) -> dict:
    """Of a body or an answer, in its first type."""
    for content in message.get("content", {}).values():
        return content.get("schema", {})
    return {}


def _operation(path: str, method: str, facts: dict, components: dict) -> dict:
    body = _schema(facts.get("requestBody", {}))
    status, answer = next(iter(sorted(facts["responses"].items())))
    return {
        "path": path,
        "method": method.upper(),
        "summary": facts.get("description", "").partition("\n")[0],
        "parameters": [
            {"name": one["name"], "in": one["in"], "description": one.get("description") or _type(one["schema"])}
            for one in facts.get("parameters", [])
            if one["in"] != "path"
        ],
        "fields": _fields(body, components),
        "is_open": {} in facts.get("security", [{}]),  # without an account too
        "status": status,
        "answer": _type(_schema(answer)),
    }


def groups(schema: dict) -> list[dict]:
    """Operations by resource, as the page lists them: first those with something that everybody may ask."""
    components, found = schema["components"]["schemas"], {}
    for path, methods in schema["paths"].items():
        name = path.removeprefix("/api/v1/").partition("/")[0]
        for method in METHODS:
            if method in methods:
                found.setdefault(name, []).append(_operation(path, method, methods[method], components))
    rows = [
        {"name": name, "operations": rows, "is_open": any(row["is_open"] for row in rows)}
        for name, rows in sorted(found.items())
        if name
    ]
    return sorted(rows, key=lambda row: not row["is_open"])


@allow(public)
@public_page
def docs(request):
    """How to use the API, and every operation of it."""
    return render(request, "desks/api_docs.html", {"groups": groups(description(get_language())), "news": News.values})
