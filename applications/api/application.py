"""A file: opened, read, and moved by its verbs. What one does inside it is in the modules by subject."""

from __future__ import annotations

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from applications import queries
from applications import transitions as files
from applications.api.attachments import AttachmentActions
from applications.api.common import given, words
from applications.api.instruction import Answer, InstructionActions, NewDeadline, Request
from applications.api.messages import MessageActions
from applications.api.partners import PartnerActions
from applications.api.sections import SectionActions
from applications.api.team import TeamActions
from applications.models import Application, TeamMember
from core.api import KEY, Reason, Strict, WithTransitions
from core.idempotency import api_once
from fund.enums import ApplicantKind
from fund.models import Call


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


class Start(Strict):
    call = serializers.CharField(max_length=80, help_text="Slug of the call")
    applicant_kind = serializers.ChoiceField(choices=ApplicantKind.choices)
    cloned_from = serializers.CharField(
        max_length=30, required=False, help_text="Reference of an earlier file of one’s own"
    )


class AccessCode(Strict):
    access_code = words(40, help_text="Only for a late filing that the fund opened")


class ApplicationResource(
    SectionActions, TeamActions, PartnerActions, MessageActions, AttachmentActions, InstructionActions
):
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

    @extend_schema(request=Start, responses={201: ApplicationSerializer}, parameters=[KEY])
    @api_once
    def create(self, request):
        """Open a draft."""
        sent = given(Start, request)
        call = get_object_or_404(Call.objects.public(), slug=sent["call"])
        source = None
        if sent.get("cloned_from"):
            source = get_object_or_404(Application.objects.of_team(request.user), reference=sent["cloned_from"])
        application = self.write(files.create, call=call, applicant_kind=sent["applicant_kind"], cloned_from=source)
        data = self.get_serializer(self.get_queryset().get(pk=application.pk)).data
        return Response(data, status=201, headers={"Location": f"/api/v1/applications/{application.reference}/"})
