"""What was filed, what the fund asked, and what it checked."""

from __future__ import annotations

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from applications import queries
from applications import transitions as files
from applications.api.common import FileActions, given, listing, words
from applications.enums import SectionCode
from applications.models import Application, ApplicationVersion, InformationRequest
from applications.rules.instruction import checklist
from core.api import KEY, Instant, Reason, Strict
from core.idempotency import api_once


class VersionSerializer(serializers.ModelSerializer):
    filed_by = serializers.CharField()
    receipt = serializers.CharField(source="receipt.code", default=None, allow_null=True)
    content = serializers.DictField()

    class Meta:
        model = ApplicationVersion
        fields = ["number", "content", "content_hash", "filed_at", "received_at", "filed_by", "receipt"]


class AskedSerializer(serializers.Serializer):
    section = serializers.CharField()
    label = serializers.CharField()
    reason = serializers.CharField()
    article = serializers.CharField(required=False)


class InformationRequestSerializer(serializers.ModelSerializer):
    items = AskedSerializer(many=True)
    document = serializers.CharField(source="document.code", default=None, allow_null=True)

    class Meta:
        model = InformationRequest
        fields = [
            "number",
            "state",
            "items",
            "message",
            "opened_at",
            "due_at",
            "closed_at",
            "answered_at",
            "answer_text",
            "document",
        ]


class ConditionSerializer(serializers.Serializer):
    code = serializers.CharField()
    label = serializers.CharField()
    article = serializers.CharField()
    facts = serializers.CharField()
    ok = serializers.BooleanField(allow_null=True)
    note = serializers.CharField()


class Finding(Strict):
    ok = serializers.BooleanField(allow_null=True)
    note = serializers.CharField(max_length=2000, allow_blank=True, default="")


class Findings(Strict):
    checks = serializers.DictField(child=Finding(), help_text="By code of condition")


class Answer(Strict):
    text = words(5000)


class Item(Strict):
    section = serializers.ChoiceField(choices=SectionCode.choices)
    label = serializers.CharField(max_length=300)
    reason = serializers.CharField(max_length=500)
    article = serializers.CharField(max_length=80, allow_blank=True, default="")


class Request(Strict):
    items = serializers.ListField(child=Item(), allow_empty=False, max_length=12)
    due_at = Instant()
    message = words(3000)


class NewDeadline(Reason):
    due_at = Instant()


def _conditions(application: Application) -> list[dict]:
    return [
        {
            "code": line.code,
            "label": line.label,
            "article": line.article,
            "facts": str(line.facts),
            "ok": line.check.ok if line.check else None,
            "note": line.check.note if line.check else "",
        }
        for line in checklist(application)
    ]


class InstructionActions(FileActions):
    @listing(VersionSerializer)
    def versions(self, request, reference):
        """What was filed, each time, with its receipt."""
        rows = self.get_object().versions.select_related("filed_by", "receipt")
        return self.shown(VersionSerializer, rows)

    @listing(InformationRequestSerializer, url_path="information-requests")
    def information_requests(self, request, reference):
        """What the fund asked, and the answers."""
        rows = self.get_object().information_requests.select_related("document").order_by("number")
        return self.shown(InformationRequestSerializer, rows)

    @listing(ConditionSerializer)
    def checks(self, request, reference):
        """For case officers and auditors: the conditions of eligibility, and what was found."""
        return self.shown(ConditionSerializer, _conditions(self._instructed()))

    def _instructed(self):
        """The file, for those who instruct it or look at that: to its own people the eligibility check does not exist."""
        application = self.get_object()
        if queries.is_member(self.request.user, application):
            raise Http404
        return application

    @extend_schema(request=Findings, responses=ConditionSerializer(many=True), parameters=[KEY], filters=False)
    @checks.mapping.patch
    @api_once
    def save_checks(self, request, reference):
        """Keep what was found."""
        application, sent = self._instructed(), given(Findings, request)
        known = {line.code for line in checklist(application)}
        unknown = sorted(set(sent["checks"]) - known)
        if unknown:
            raise serializers.ValidationError({"checks": {name[:60]: [_("Unknown condition.")] for name in unknown}})
        self.write(
            files.save_checks,
            application=application,
            checks={code: (found["ok"], found["note"]) for code, found in sent["checks"].items()},
        )
        return Response(ConditionSerializer(_conditions(application), many=True).data)
