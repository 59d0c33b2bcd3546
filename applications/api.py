"""The applicant's file over the API: written, agreed to and filed with the same verbs as the pages, and refused with the same words.

The team reads and writes the working copy; case officers and auditors read what was filed (`versions`), never a draft. A section is written with
the version one started from, in `version` or as `If-Match`.
"""

from __future__ import annotations

from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from applications import queries
from applications import transitions as files
from applications.enums import PIECE_KINDS, AttachmentKind, SectionCode, TeamRight
from applications.models import (
    Application,
    ApplicationVersion,
    Attachment,
    InformationRequest,
    Message,
    Partnership,
    TeamMember,
)
from applications.rules.gaps import missing
from applications.rules.instruction import checklist
from applications.rules.messages import MESSAGE_SIGNS
from applications.schema import MAX_AMOUNT, MAX_ROWS, SECTIONS, Key
from applications.transitions import partnerships
from applications.transitions.common import rules_of
from core import documents
from core import files as uploads
from core.access import signed_in
from core.api import KEY, MATCH, Instant, Open, Reason, Resource, Strict, WithTransitions, with_etag
from core.idempotency import api_once
from core.models import Document
from core.transitions import Refusal
from core.views.documents import pdf_response
from fund.enums import ApplicantKind
from fund.models import Call
from fund.people import case_officer

# ---- what a section holds: the serializers are made from applications.schema ----


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


class SectionDraft(serializers.Serializer):
    """`content`: the answers that change; the others keep what they hold. The keys of each section are at /api/v1/form/."""

    content = serializers.DictField()
    version = serializers.IntegerField(required=False, min_value=0, max_value=10**9)


# ---- what is read ----


class ApplicationSerializer(WithTransitions, serializers.ModelSerializer):
    call = serializers.CharField(source="call.slug")
    label = serializers.SerializerMethodField(help_text="The state in words, as this person is told it")
    bearer_name = serializers.CharField()
    lead = serializers.CharField()
    filed_version = serializers.IntegerField(source="filed_version.number", default=None, allow_null=True)
    receipt = serializers.CharField(
        source="filed_version.receipt.code", default=None, allow_null=True, help_text="Code of the document"
    )
    silence_means_rejection_on = serializers.SerializerMethodField()

    class Meta:
        model = Application
        fields = [
            "reference",
            "call",
            "state",
            "label",
            "applicant_kind",
            "applicant_name",
            "bearer_name",
            "lead",
            "title",
            "summary",
            "requested_amount",
            "minimum_viable_amount",
            "insee_code",
            "commune",
            "department",
            "region",
            "themes",
            "duration_months",
            "economic_activity",
            "created_at",
            "first_received_at",
            "received_at",
            "eligible_at",
            "closed_at",
            "filed_version",
            "receipt",
            "silence_means_rejection_on",
            "available_transitions",
        ]

    def get_label(self, row) -> str:
        return str(row.applicant_label if self._is_team(row) else row.staff_label)

    def _is_team(self, row) -> bool:
        user = self.context["request"].user
        return row.lead_id == user.pk or any(member.user_id == user.pk for member in row.joined)

    @extend_schema_field(serializers.DateField(allow_null=True))
    def get_silence_means_rejection_on(self, row):
        at = self.context["request"].received_at
        clock = queries.silence(row, at, requests=row.information_requests.all())
        return clock.rejected_on.isoformat() if clock else None


class Start(serializers.Serializer):
    call = serializers.CharField(max_length=80, help_text="Slug of the call")
    applicant_kind = serializers.ChoiceField(choices=ApplicantKind.choices)
    cloned_from = serializers.CharField(
        max_length=30, required=False, help_text="Reference of an earlier file of one’s own"
    )


class MemberSerializer(serializers.ModelSerializer):
    name = serializers.CharField(source="display_name")

    class Meta:
        model = TeamMember
        fields = [
            "id",
            "name",
            "email",
            "role",
            "description",
            "right",
            "areas",
            "signatory",
            "invited_at",
            "expires_at",
            "joined_at",
            "lead_offer_ends_at",
        ]


class Person(Strict):
    name = serializers.CharField(max_length=150)
    role = serializers.CharField(max_length=120, allow_blank=True, required=False)
    description = serializers.CharField(max_length=300, allow_blank=True, required=False)


class Invitation(Strict):
    email = serializers.EmailField(max_length=254)
    name = serializers.CharField(max_length=150, allow_blank=True, required=False)
    role = serializers.CharField(max_length=120, allow_blank=True, required=False)
    right = serializers.ChoiceField(choices=TeamRight.choices, required=False)
    areas = serializers.MultipleChoiceField(
        choices=SectionCode.choices, required=False, help_text="Sections this editor may write; empty for all"
    )
    signatory = serializers.BooleanField(required=False)


class MemberChange(Strict):
    name = serializers.CharField(max_length=150, allow_blank=True, required=False)
    role = serializers.CharField(max_length=120, allow_blank=True, required=False)
    description = serializers.CharField(max_length=300, allow_blank=True, required=False)
    right = serializers.ChoiceField(choices=TeamRight.choices, required=False)
    areas = serializers.MultipleChoiceField(
        choices=SectionCode.choices, required=False, help_text="Sections this editor may write; empty for all"
    )
    signatory = serializers.BooleanField(required=False)


class PartnershipSerializer(WithTransitions, serializers.ModelSerializer):
    application = serializers.CharField(source="application.reference")
    organisation = serializers.CharField(source="organisation.name")

    class Meta:
        model = Partnership
        fields = [
            "id",
            "application",
            "organisation",
            "siret",
            "state",
            "agent_name",
            "agent_email",
            "agent_role",
            "service",
            "message",
            "invited_at",
            "deadline_at",
            "answered_at",
            "confirmed_at",
            "commitment",
            "time_planned",
            "decline_reason",
            "available_transitions",
        ]


class Partner(Strict):
    agent_email = serializers.EmailField(max_length=254)
    organisation_name = serializers.CharField(max_length=200, allow_blank=True, required=False)
    siret = serializers.CharField(max_length=20, allow_blank=True, required=False)
    agent_name = serializers.CharField(max_length=150, allow_blank=True, required=False)
    service = serializers.CharField(max_length=200, allow_blank=True, required=False)
    message = serializers.CharField(max_length=1000, allow_blank=True, required=False)


class Word(serializers.Serializer):
    message = serializers.CharField(max_length=1000, allow_blank=True, required=False)


class AttachmentSerializer(serializers.ModelSerializer):
    class Meta:
        model = Attachment
        fields = ["id", "kind", "name", "size", "sha256", "content_type", "scan_state", "uploaded_at", "first_filed_at"]


class Upload(serializers.Serializer):
    file = serializers.FileField()
    kind = serializers.ChoiceField(choices=AttachmentKind.choices, default=AttachmentKind.OTHER)


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


class MessageSerializer(serializers.ModelSerializer):
    author = serializers.CharField()

    class Meta:
        model = Message
        fields = ["id", "kind", "author", "from_staff", "text", "sent_at", "read_at", "due_on"]


class NewMessage(Strict):
    text = serializers.CharField(max_length=MESSAGE_SIGNS, trim_whitespace=False)


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


# ---- what verbs are told ----


class AccessCode(serializers.Serializer):
    access_code = serializers.CharField(
        max_length=40, allow_blank=True, required=False, help_text="Only for a late filing that the fund opened"
    )


class Answer(serializers.Serializer):
    text = serializers.CharField(max_length=5000, allow_blank=True, required=False)


class Item(Strict):
    section = serializers.ChoiceField(choices=SectionCode.choices)
    label = serializers.CharField(max_length=300)
    reason = serializers.CharField(max_length=500)
    article = serializers.CharField(max_length=80, allow_blank=True, default="")


class Request(Strict):
    items = serializers.ListField(child=Item(), allow_empty=False, max_length=12)
    due_at = Instant()
    message = serializers.CharField(max_length=3000, allow_blank=True, required=False)


class NewDeadline(Reason):
    due_at = Instant()


# ---- resources ----


def _answer(serializer, *, status: int = 200, many: bool = False):
    return {status: serializer(many=many)}


HANDING_OVER = {
    verb.__name__: verb for verb in (files.offer_lead, files.withdraw_lead_offer, files.accept_lead, files.decline_lead)
}


def _number(name: str) -> OpenApiParameter:
    return OpenApiParameter(name, int, OpenApiParameter.PATH)


def _given(serializer_class, request) -> dict:
    given = serializer_class(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


class AnyFile(JSONRenderer):
    """A client that asks for the type of a file gets it; a refusal is still JSON."""

    media_type = "*/*"
    format = "file"


FILE = {(200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY)}


class ApplicationResource(Resource):
    """Files of one's teams; the filed ones for case officers and auditors."""

    model = Application
    serializer_class = ApplicationSerializer
    params = {
        "submit": AccessCode,
        "refile": AccessCode,
        "withdraw": Reason,
        "answer": Answer,
        "request_information": Request,
        "extend": NewDeadline,
        "drop_request": Reason,
        "reexamine": Reason,
    }
    filterset_fields = ["state", "call__slug"]

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return Application.objects.none()
        joined = Prefetch("members", TeamMember.objects.filter(joined_at__isnull=False), to_attr="joined")
        rows = queries.readable_by(self.request.user).select_related(
            "call__rule_version",
            "lead",
            "organisation",
            "bearer_organisation",
            "bearer_person",
            "filed_version__receipt",
        )
        return rows.prefetch_related(joined, "information_requests")

    def of_team(self) -> Application:
        """The file, for its team; for anybody else its working copy does not exist."""
        application = self.get_object()
        if not queries.is_member(self.request.user, application):
            raise Http404
        return application

    @extend_schema(request=Start, responses=_answer(ApplicationSerializer, status=201), parameters=[KEY])
    @api_once
    def create(self, request):
        """Open a draft."""
        given = _given(Start, request)
        call = get_object_or_404(Call.objects.public(), slug=given["call"])
        source = None
        if given.get("cloned_from"):
            source = get_object_or_404(Application.objects.of_team(request.user), reference=given["cloned_from"])
        application = files.create(
            call=call,
            actor=request.user,
            at=request.received_at,
            applicant_kind=given["applicant_kind"],
            cloned_from=source,
        )
        data = self.get_serializer(self.get_queryset().get(pk=application.pk)).data
        return Response(data, status=201, headers={"Location": f"/api/v1/applications/{application.reference}/"})

    # -- the working copy --

    @extend_schema(responses=_answer(SectionSerializer, many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def sections(self, request, reference):
        """The sections of the working copy, each with what it lacks."""
        application = self.of_team()
        return with_etag(request, Response(SectionSerializer(_sections(application), many=True).data))

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
        application, given = self.of_team(), _given(SectionDraft, request)
        content = CONTENT[code](data=given["content"])
        if not content.is_valid():
            raise serializers.ValidationError({"content": content.errors})
        version, matched = given.get("version"), request.headers.get("If-Match", "").strip().strip('"')
        if matched and matched != "*":
            version = int(matched) if matched.isascii() and matched.isdigit() and len(matched) < 10 else -1
        try:
            files.save_section(
                application=application,
                actor=request.user,
                at=request.received_at,
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
        files.sign_off(
            application=self.of_team(), actor=request.user, at=request.received_at, **_given(SignOff, request)
        )
        return ApplicationResource.check(self, request, reference)

    @extend_schema(request=None, responses=CheckSerializer, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @api_once
    def request_sign_offs(self, request, reference):
        """Ask those who have not agreed yet."""
        files.request_sign_offs(application=self.of_team(), actor=request.user, at=request.received_at)
        return ApplicationResource.check(self, request, reference)

    # -- team --

    def _members(self):
        application = self.of_team()
        return application.members.select_related("user").exclude(user=application.lead_id)

    @extend_schema(responses=_answer(MemberSerializer, many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def members(self, request, reference):
        """The team, the lead apart."""
        rows = self._members().order_by("id")
        return with_etag(request, Response(MemberSerializer(rows, many=True).data))

    @extend_schema(request=Person, responses=_answer(MemberSerializer, status=201), parameters=[KEY])
    @members.mapping.post
    @api_once
    def add_member(self, request, reference):
        """Name someone who needs no account."""
        row = files.add_person(
            application=self.of_team(), actor=request.user, at=request.received_at, **_given(Person, request)
        )
        return Response(MemberSerializer(row).data, status=201)

    @extend_schema(request=Invitation, responses=_answer(MemberSerializer, status=201), parameters=[KEY])
    @action(detail=True, methods=["post"], url_path="members/invite")
    @api_once
    def invite_member(self, request, reference):
        """Invite someone to write or to read; the link leaves by mail."""
        row = files.invite_member(
            application=self.of_team(), actor=request.user, at=request.received_at, **_given(Invitation, request)
        )
        return Response(MemberSerializer(row).data, status=201)

    def _member(self, number: str) -> TeamMember:
        rows = self._members().select_related("user", "application__call")
        return get_object_or_404(rows, pk=number)

    @extend_schema(request=MemberChange, responses=MemberSerializer, parameters=[KEY, _number("number")])
    @action(detail=True, methods=["patch"], url_path=r"members/(?P<number>[0-9]{1,12})")
    @api_once
    def member(self, request, reference, number):
        """Change what is said of a member."""
        row = files.change_member(
            member=self._member(number), actor=request.user, at=request.received_at, **_given(MemberChange, request)
        )
        return Response(MemberSerializer(row).data)

    @extend_schema(request=None, responses={204: None}, parameters=[_number("number")])
    @member.mapping.delete
    @api_once
    def remove_member(self, request, reference, number):
        """Take someone off the team, or leave it."""
        files.remove_member(member=self._member(number), actor=request.user, at=request.received_at)
        return Response(status=204)

    @extend_schema(
        operation_id="applications_members_hand_over",
        request=None,
        responses=MemberSerializer,
        parameters=[
            KEY,
            _number("number"),
            OpenApiParameter("verb", str, OpenApiParameter.PATH, enum=list(HANDING_OVER)),
        ],
    )
    @action(
        detail=True,
        methods=["post"],
        url_path=r"members/(?P<number>[0-9]{1,12})/(?P<verb>" + "|".join(HANDING_OVER) + ")",
    )
    @api_once
    def hand_over(self, request, reference, number, verb):
        """Offer the lead to a member who has joined, or take the offer back; as that member, accept it or decline."""
        member = self._member(number)
        HANDING_OVER[verb](member=member, actor=request.user, at=request.received_at)
        return Response(MemberSerializer(TeamMember.objects.select_related("user").get(pk=member.pk)).data)

    # -- partners --

    @extend_schema(responses=_answer(PartnershipSerializer, many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def partnerships(self, request, reference):
        """The administrations asked, and what each answered."""
        rows = list(self.get_object().partnerships.select_related("organisation").order_by("id"))
        data = PartnershipSerializer(rows, many=True, context=self.get_serializer_context()).data
        return with_etag(request, Response(data))

    @extend_schema(request=Partner, responses=_answer(PartnershipSerializer, status=201), parameters=[KEY])
    @partnerships.mapping.post
    @api_once
    def invite_partner(self, request, reference):
        """Ask an administration through one of its agents; the link leaves by mail."""
        row = partnerships.invite(
            application=self.of_team(), actor=request.user, at=request.received_at, **_given(Partner, request)
        )
        return Response(PartnershipSerializer(row, context=self.get_serializer_context()).data, status=201)

    # -- the conversation --

    def _corresponding(self) -> Application:
        """The file, for its team and for case officers: an auditor reads the file, not the letters."""
        application, user = self.get_object(), self.request.user
        if not queries.is_member(user, application) and not case_officer(user, application, self.request.received_at):
            raise Http404
        return application

    @extend_schema(responses=_answer(MessageSerializer, many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def messages(self, request, reference):
        """The last 200 messages between the team and the fund, newest first. Reading them here marks none as read."""
        rows = self._corresponding().messages.select_related("author").order_by("-id")[:200]
        return with_etag(request, Response(MessageSerializer(rows, many=True).data))

    @extend_schema(request=NewMessage, responses=_answer(MessageSerializer, status=201), parameters=[KEY])
    @messages.mapping.post
    @api_once
    def send_message(self, request, reference):
        """Write to the other side."""
        row = files.send_message(
            application=self._corresponding(), actor=request.user, at=request.received_at, **_given(NewMessage, request)
        )
        return Response(MessageSerializer(row).data, status=201)

    # -- documents of the file --

    @extend_schema(responses=_answer(AttachmentSerializer, many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def attachments(self, request, reference):
        """The documents: of the working copy for the team, filed ones for the others."""
        application = self.get_object()
        rows = Attachment.objects.visible_to(request.user).filter(application=application).order_by("id")
        if queries.is_member(request.user, application):
            rows = rows.current()
        return with_etag(request, Response(AttachmentSerializer(rows, many=True).data))

    @extend_schema(
        request={"multipart/form-data": Upload},
        responses=_answer(AttachmentSerializer, status=201),
        parameters=[KEY],
    )
    @attachments.mapping.post
    @api_once
    def attach(self, request, reference):
        """Add a document (multipart/form-data: `file`, `kind`); what it is, is found in its bytes."""
        application, given = self.of_team(), _given(Upload, request)
        uploaded = given["file"]
        most = rules_of(application)["attachment_max_megabytes"] * 1024 * 1024
        content_type, scanned = uploads.check_or_quarantine(uploaded, kinds=PIECE_KINDS, max_bytes=most)
        row = files.attach(
            application=application,
            actor=request.user,
            at=request.received_at,
            uploaded=uploaded,
            content_type=content_type,
            kind=given["kind"],
            scanned=scanned,
        )
        return Response(AttachmentSerializer(row).data, status=201)

    def get_parsers(self):
        # The action is not known yet when parsers are chosen: the method and the route tell.
        if self.request is not None and self.action_map.get(self.request.method.lower()) == "attach":
            return [MultiPartParser()]
        return super().get_parsers()

    @extend_schema(responses=FILE, parameters=[_number("number")])
    @action(
        detail=True,
        methods=["get"],
        url_path=r"attachments/(?P<number>[0-9]{1,12})",
        renderer_classes=[JSONRenderer, AnyFile],
    )
    def attachment(self, request, reference, number):
        """The bytes of a document."""
        rows = Attachment.objects.visible_to(request.user).filter(application=self.get_object(), scan_state="clean")
        row = get_object_or_404(rows, pk=number)
        return uploads.send(row.file, row.name, row.content_type)

    @extend_schema(request=None, responses={204: None}, parameters=[_number("number")])
    @attachment.mapping.delete
    @api_once
    def detach(self, request, reference, number):
        """Take a document off the working copy."""
        application = self.of_team()
        row = get_object_or_404(application.attachments.current(), pk=number)
        files.detach(application=application, actor=request.user, at=request.received_at, attachment=row)
        return Response(status=204)

    # -- what was filed, what was asked, what was checked --

    @extend_schema(responses=_answer(VersionSerializer, many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def versions(self, request, reference):
        """What was filed, each time, with its receipt."""
        rows = self.get_object().versions.select_related("filed_by", "receipt")
        return with_etag(request, Response(VersionSerializer(rows, many=True).data))

    @extend_schema(responses=_answer(InformationRequestSerializer, many=True), filters=False)
    @action(detail=True, methods=["get"], url_path="information-requests", pagination_class=None, filter_backends=[])
    def information_requests(self, request, reference):
        """What the fund asked, and the answers."""
        rows = self.get_object().information_requests.select_related("document").order_by("number")
        return with_etag(request, Response(InformationRequestSerializer(rows, many=True).data))

    @extend_schema(responses=_answer(ConditionSerializer, many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def checks(self, request, reference):
        """For case officers and auditors: the conditions of eligibility, and what was found."""
        application = self.get_object()
        if queries.is_member(request.user, application):
            raise Http404
        return with_etag(request, Response(ConditionSerializer(_conditions(application), many=True).data))

    @extend_schema(request=Findings, responses=_answer(ConditionSerializer, many=True), parameters=[KEY], filters=False)
    @checks.mapping.patch
    @api_once
    def save_checks(self, request, reference):
        """Keep what was found."""
        application, given = self.get_object(), _given(Findings, request)
        known = {line.code for line in checklist(application)}
        unknown = sorted(set(given["checks"]) - known)
        if unknown:
            raise serializers.ValidationError({"checks": {name[:60]: [_("Unknown condition.")] for name in unknown}})
        files.save_checks(
            application=application,
            actor=request.user,
            at=request.received_at,
            checks={code: (found["ok"], found["note"]) for code, found in given["checks"].items()},
        )
        return Response(ConditionSerializer(_conditions(application), many=True).data)


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


class PartnershipResource(Resource):
    """Partnerships of the files one sees. The administration answers by its own signed link, without an account."""

    model = Partnership
    serializer_class = PartnershipSerializer
    lookup_field = "pk"
    lookup_value_regex = r"[0-9]{1,12}"
    params = {"invite_again": Word}
    without = ("confirm", "correct", "decline", "withdraw")
    filterset_fields = ["state", "application__reference"]

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return Partnership.objects.none()
        return Partnership.objects.filter(
            application__in=queries.readable_by(self.request.user).values("pk")
        ).select_related("organisation", "application__call", "application__lead")


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


# ---- documents ----


class DocumentSerializer(serializers.ModelSerializer):
    signatures = serializers.SerializerMethodField()
    verify_url = serializers.SerializerMethodField()

    class Meta:
        model = Document
        fields = [
            "code",
            "kind",
            "title",
            "subject",
            "language",
            "state",
            "frozen_at",
            "sha256",
            "verify_url",
            "signatures",
        ]

    @extend_schema_field(
        serializers.ListField(child=serializers.DictField(child=serializers.CharField(allow_null=True)))
    )
    def get_signatures(self, document):
        return [
            {"signer": str(row.signer), "capacity": row.capacity, "signed_at": row.signed_at.isoformat()}
            for row in document.signatures.all()
        ]

    def get_verify_url(self, document) -> str:
        return documents.verify_url(document)


class DocumentResource(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Receipts, letters, agreements, minutes: those this person may open, of one file (`subject`) or of all files of one's teams."""

    access_rule = signed_in
    serializer_class = DocumentSerializer
    lookup_field = "code"
    lookup_value_regex = r"[A-Za-z0-9-]{1,40}"
    filterset_fields = ["subject", "kind"]

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return Document.objects.none()
        rows = Document.objects.defer("context").prefetch_related("signatures__signer")
        subject = self.request.query_params.get("subject", "")
        if not subject:
            rows = rows.filter(subject__in=Application.objects.of_team(self.request.user).values("reference"))
        return rows

    def filter_queryset(self, queryset):
        """A document is visible by its owner: asked once an owner and kind, so that a page costs the same however long it is."""
        rows = super().filter_queryset(queryset)
        known: dict[tuple, bool] = {}
        for row in rows[:MOST_DOCUMENTS]:
            name = (row.owner_machine, row.owner_id, row.kind)
            if name not in known:
                known[name] = documents.is_visible(self.request.user, row)
        seen = [row.pk for row in rows[:MOST_DOCUMENTS] if known[row.owner_machine, row.owner_id, row.kind]]
        return rows.filter(pk__in=seen)

    def _found(self, code: str) -> Document:
        row = Document.objects.filter(code=code).prefetch_related("signatures__signer").first()
        if row is None or not documents.is_visible(self.request.user, row):
            raise Http404
        return row

    def retrieve(self, request, code):
        """One document."""
        return with_etag(request, Response(self.get_serializer(self._found(code)).data))

    @extend_schema(responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY)})
    @action(detail=True, methods=["get"], renderer_classes=[JSONRenderer, AnyFile])
    def pdf(self, request, code):
        """The document as PDF, made now when nobody has made it yet."""
        return pdf_response(self._found(code), at=request.received_at)


MOST_DOCUMENTS = 500

RESOURCES = {
    "applications": ApplicationResource,
    "partnerships": PartnershipResource,
    "documents": DocumentResource,
}
