"""Calls and their rules over the API. Reviews mounts them, with the verbs that look at their files."""

from __future__ import annotations

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from core.api import KEY, Reason, Strict, WithTransitions
from core.idempotency import api_once
from fund.api.common import Shared, WholeNumberFilter, YearFilter
from fund.models import Call
from fund.transitions import calls as call_verbs


class CriterionSerializer(serializers.Serializer):
    code = serializers.CharField()
    label = serializers.CharField()
    question = serializers.CharField()
    weight = serializers.IntegerField(help_text="Percent")
    anchors = serializers.ListField(child=serializers.DictField())


class InstalmentLineSerializer(serializers.Serializer):
    number = serializers.IntegerField()
    code = serializers.CharField()
    label = serializers.CharField()
    percent = serializers.IntegerField()
    trigger = serializers.CharField()


class EligibilityQuestionSerializer(serializers.Serializer):
    code = serializers.CharField()
    question = serializers.CharField()
    expected = serializers.BooleanField()
    refusal = serializers.CharField()
    article = serializers.CharField()


class FaqSerializer(serializers.Serializer):
    question = serializers.CharField()
    answer = serializers.CharField()


class CallSerializer(WithTransitions, serializers.ModelSerializer):
    phase = serializers.SerializerMethodField(help_text="The state, read with the clock")
    envelope = serializers.CharField(source="envelope.reference", default=None, read_only=True, allow_null=True)
    rule_version = serializers.IntegerField(source="rule_version.number", default=None, read_only=True, allow_null=True)
    themes = serializers.SerializerMethodField()
    criteria = CriterionSerializer(many=True, read_only=True)
    instalment_lines = InstalmentLineSerializer(many=True, read_only=True)
    eligibility_questions = EligibilityQuestionSerializer(many=True, read_only=True)
    faq = FaqSerializer(many=True, read_only=True)

    class Meta:
        model = Call
        fields = [
            "slug",
            "number",
            "state",
            "phase",
            "title",
            "summary",
            "description",
            "contact_email",
            "envelope",
            "ceiling_amount",
            "floor_amount",
            "themes",
            *Call.INSTANTS,
            *Call.DAYS,
            "max_duration_months",
            "rule_version",
            "authority",
            "blind",
            "version",
            "published_at",
            "closed_at",
            "decided_at",
            "archived_at",
            "cancelled_at",
            "cancelled_reason",
            "criteria",
            "instalment_lines",
            "eligibility_questions",
            "faq",
            "available_transitions",
        ]

    def get_phase(self, row) -> str:
        return str(row.phase(self.context["request"].received_at))

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_themes(self, row):
        return sorted(theme.code for theme in row.themes.all())


class Content(Strict):
    content = serializers.DictField(help_text="Plain content of a call: what is given changes, lists replace lists")


class CallAmendment(Reason):
    changes = serializers.DictField(help_text="Texts, and dates that move later")


class CallQuery(filters.FilterSet):
    """As on /appels/: `year` of opening, days between which a call closes (those of Paris), bounds of the ceiling of a grant in cents."""

    year = YearFilter(field_name="opens_at", lookup_expr="year")
    since = filters.DateFilter(field_name="closes_at", lookup_expr="date__gte")
    until = filters.DateFilter(field_name="closes_at", lookup_expr="date__lte")
    amount_min = WholeNumberFilter(field_name="ceiling_amount", lookup_expr="gte")
    amount_max = WholeNumberFilter(field_name="ceiling_amount", lookup_expr="lte")
    q = extend_schema_field({"type": "string", "maxLength": 60})(
        filters.CharFilter(field_name="title", lookup_expr="icontains", max_length=60)
    )

    class Meta:
        model = Call
        fields = ["state"]


class Calls(Shared):
    """Calls ever published; drafts too for those who write them."""

    serializer_class = CallSerializer
    lookup_field = "slug"
    filterset_class = CallQuery

    def get_queryset(self):
        rows = Call.objects.select_related("envelope", "rule_version").prefetch_related(
            "themes", "criteria", "instalment_lines", "eligibility_questions", "faq"
        )
        return rows.none() if getattr(self, "swagger_fake_view", False) else rows.visible_to(self.request.user)

    @extend_schema(request=Content, responses={201: CallSerializer}, parameters=[KEY])
    @api_once
    def create(self, request):
        """Write a call: a new draft."""
        given = Content(data=request.data)
        given.is_valid(raise_exception=True)
        call = call_verbs.create(actor=request.user, at=request.received_at, **given.validated_data)
        return Response(self.get_serializer(self.get_queryset().get(pk=call.pk)).data, status=201)


CALL_PARAMS: dict[str, type[serializers.Serializer]] = {"edit": Content, "amend": CallAmendment}
