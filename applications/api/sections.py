"""The working copy: its sections, what they lack, and who agrees to them."""

from __future__ import annotations

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from applications import queries
from applications import transitions as files
from applications.api.common import FileActions, given, listing
from applications.enums import SectionCode
from applications.models import Application, TeamMember
from applications.rules.gaps import missing
from applications.schema import MAX_AMOUNT, MAX_ROWS, SECTIONS, Key
from core.api import KEY, MATCH, Strict, with_etag
from core.idempotency import api_once
from core.transitions import Refusal


def _field(key: Key) -> serializers.Field:
    if key.kind == "rows":
        columns = type(f"{key.name.title()}Row", (Strict,), {one.name: _field(one) for one in key.columns})
        return serializers.ListField(child=columns(), required=False, max_length=MAX_ROWS)
    if key.kind == "list":
        return serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=20)
    if key.kind == "flag":
        return serializers.BooleanField(required=False)
    if key.kind in ("amount", "number"):
        text = "Cents" if key.kind == "amount" else ""
        return serializers.IntegerField(
            required=False, allow_null=True, min_value=-MAX_AMOUNT, max_value=MAX_AMOUNT, help_text=text
        )
    return serializers.CharField(required=False, allow_blank=True, max_length=key.signs, trim_whitespace=False)


CONTENT: dict[str, type[Strict]] = {
    code: type(f"{code.title()}Content", (Strict,), {key.name: _field(key) for key in section.keys})
    for code, section in SECTIONS.items()
}


class SectionSerializer(serializers.Serializer):
    code = serializers.ChoiceField(choices=SectionCode.choices)
    label = serializers.CharField()
    version = serializers.IntegerField(help_text="0 while nothing was written")
    updated_at = serializers.DateTimeField(allow_null=True)
    updated_by = serializers.CharField(allow_null=True)
    content = serializers.DictField()
    missing = serializers.ListField(child=serializers.CharField(), help_text="What keeps this section from being filed")


class SectionDraft(Strict):
    """`content`: the answers that change; the others keep what they hold. The keys of each section are at /api/v1/form/."""

    content = serializers.DictField()
    version = serializers.IntegerField(required=False, min_value=0, max_value=10**9)


class GapSerializer(serializers.Serializer):
    section = serializers.CharField()
    field = serializers.CharField()
    message = serializers.CharField()
    code = serializers.CharField()


class SignatureSerializer(serializers.Serializer):
    name = serializers.CharField()
    agreed = serializers.BooleanField()
    signed_at = serializers.DateTimeField(allow_null=True)


class CheckSerializer(serializers.Serializer):
    """What keeps the working copy from being filed, and who has agreed to exactly this content."""

    content_hash = serializers.CharField()
    differs_from_filed = serializers.BooleanField()
    missing = GapSerializer(many=True)
    signatures = SignatureSerializer(many=True)


class SignOff(Strict):
    content_hash = serializers.RegexField(r"^[0-9a-f]{64}\Z", help_text="Of what one has read (see `check`)")
    mandate = serializers.BooleanField(default=False, help_text="In a collective: mandates the bearer")


def _plain(value):
    """Validated data as the plain JSON it came from."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _sections(application: Application) -> list[dict]:
    rows = {row.code: row for row in application.sections.select_related("updated_by")}
    content = queries.content_now(application)
    gaps = missing(application, content)
    return [
        {
            "code": code,
            "label": SectionCode(code).label,
            "version": rows[code].version if code in rows else 0,
            "updated_at": rows[code].updated_at if code in rows else None,
            "updated_by": str(rows[code].updated_by) if code in rows else None,
            "content": {key.name: content[code].get(key.name) for key in SECTIONS[code].keys},
            "missing": [gap.message for gap in gaps if gap.section == code],
        }
        for code in SECTIONS
    ]


def _one_section(application: Application, code: str) -> Response:
    section = next(one for one in _sections(application) if one["code"] == code)
    return Response(SectionSerializer(section).data, headers={"ETag": f'"{section["version"]}"'})


class SectionActions(FileActions):
    @listing(SectionSerializer)
    def sections(self, request, reference):
        """The sections of the working copy, each with what it lacks."""
        application = self.of_team()
        return self.shown(SectionSerializer, _sections(application))

    @extend_schema(responses=SectionSerializer, parameters=[OpenApiParameter("code", str, OpenApiParameter.PATH)])
    @action(detail=True, methods=["get"], url_path=r"sections/(?P<code>[a-z_]{1,40})")
    def section(self, request, reference, code):
        """One section; its ETag is its version."""
        if code not in SECTIONS:
            raise Http404
        return _one_section(self.of_team(), code)

    @extend_schema(
        request=SectionDraft,
        responses=SectionSerializer,
        parameters=[KEY, MATCH, OpenApiParameter("code", str, OpenApiParameter.PATH)],
    )
    @section.mapping.patch
    @api_once
    def write_section(self, request, reference, code):
        """Keep what is written, complete or not."""
        if code not in SECTIONS:
            raise Http404
        application, sent = self.of_team(), given(SectionDraft, request)
        content = CONTENT[code](data=sent["content"])
        if not content.is_valid():
            raise serializers.ValidationError({"content": content.errors})
        version, matched = sent.get("version"), request.headers.get("If-Match", "").strip().strip('"')
        if matched and matched != "*":
            version = int(matched) if matched.isascii() and matched.isdigit() and len(matched) < 10 else -1
        try:
            self.write(
                files.save_section,
                application=application,
                code=code,
                content=_plain(content.validated_data),
                version=version,
            )
        except files.VersionConflict as conflict:
            if matched:
                raise Refusal("precondition_failed", conflict.reason, remedy=conflict.remedy, status=412) from conflict
            raise
        return _one_section(self.of_team(), code)

    @extend_schema(responses=CheckSerializer)
    @action(detail=True, methods=["get"])
    def check(self, request, reference):
        """What is missing, and who has agreed."""
        application = self.of_team()
        content = queries.content_now(application)
        digest, signed = queries.hash_now(application, content), queries.signed_hashes(application)
        people = []
        for person in queries.signatories(application):
            last = signed.get(person.pk) if not isinstance(person, TeamMember) else None
            agreed = last is not None and last.content_hash == digest
            name = person.display_name if isinstance(person, TeamMember) else str(person)
            people.append({"name": name, "agreed": agreed, "signed_at": last.signed_at if last and agreed else None})
        body = {
            "content_hash": digest,
            "differs_from_filed": application.is_filed and application.filed_version.content_hash != digest,
            "missing": missing(application, content),
            "signatures": people,
        }
        return with_etag(request, Response(CheckSerializer(body).data))

    @extend_schema(request=SignOff, responses=CheckSerializer, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @api_once
    def sign_off(self, request, reference):
        """Agree to exactly this content."""
        self.write(files.sign_off, SignOff, application=self.of_team())
        return self.check(request, reference)

    @extend_schema(request=None, responses=CheckSerializer, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @api_once
    def request_sign_offs(self, request, reference):
        """Ask those who have not agreed yet."""
        self.write(files.request_sign_offs, application=self.of_team())
        return self.check(request, reference)
