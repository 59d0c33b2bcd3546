"""The form of an application, for those who write a program."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from applications.enums import SectionCode
from applications.schema import SECTIONS, Key
from core.api import Open


class FormKeySerializer(serializers.Serializer):
    name = serializers.CharField()
    label = serializers.CharField()
    kind = serializers.CharField(help_text="text, line, amount (cents), number, flag, list (of codes) or rows")
    signs = serializers.IntegerField(allow_null=True)
    words = serializers.IntegerField(allow_null=True, help_text="Limit to file, not to save")
    choices = serializers.ListField(child=serializers.CharField())
    columns = serializers.ListField(child=serializers.DictField())


class FormSerializer(serializers.Serializer):
    section = serializers.CharField()
    label = serializers.CharField()
    keys = FormKeySerializer(many=True, source="answers")


def _key(key: Key) -> dict:
    text = key.kind in ("text", "line")
    return {
        "name": key.name,
        "label": str(key.label),
        "kind": key.kind,
        "signs": key.signs if text else None,
        "words": key.words or None,
        "choices": [str(code) for code, _label in key.choices],
        "columns": [_key(column) for column in key.columns],
    }


class Form(Open, APIView):
    """The form of an application as data: sections, keys, kinds and limits."""

    @extend_schema(responses=FormSerializer(many=True))
    def get(self, request):
        found = [
            {"section": code, "label": SectionCode(code).label, "answers": [_key(key) for key in section.keys]}
            for code, section in SECTIONS.items()
        ]
        return Response(FormSerializer(found, many=True).data)
