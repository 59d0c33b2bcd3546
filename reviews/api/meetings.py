"""Meetings: notice, attendance, agenda."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from applications.models import Application
from core.api import KEY, Instant, Reason, Resource, Strict, WithTransitions, with_etag
from core.idempotency import api_once
from fund.models import Call
from reviews.api.common import data_of
from reviews.enums.meeting import AttendanceKind
from reviews.models import Seat
from reviews.models.meeting import Meeting
from reviews.queries.session import session
from reviews.transitions import meetings


class PointSerializer(serializers.Serializer):
    """A line of the agenda; of a file that is closed to the reader, its reference and why."""

    id = serializers.IntegerField(source="item.pk")
    position = serializers.IntegerField(source="item.position")
    application = serializers.CharField(source="item.application.reference", default=None, allow_null=True)
    closed = serializers.CharField(help_text="recused or undeclared: nothing else is shown")
    title = serializers.SerializerMethodField()
    state = serializers.SerializerMethodField()
    proposal = serializers.SerializerMethodField()
    amount = serializers.SerializerMethodField()
    outcome = serializers.SerializerMethodField()
    rank = serializers.SerializerMethodField()
    score = serializers.SerializerMethodField()

    def _shown(self, point, name: str):
        return None if point.closed else getattr(point.item, name)

    def get_title(self, point) -> str | None:
        return self._shown(point, "title")

    def get_state(self, point) -> str | None:
        return self._shown(point, "state")

    def get_proposal(self, point) -> str | None:
        return self._shown(point, "proposal")

    def get_amount(self, point) -> int | None:
        return self._shown(point, "amount")

    def get_outcome(self, point) -> str | None:
        return self._shown(point, "outcome")

    def get_rank(self, point) -> int | None:
        return point.rank.number if point.rank and not point.closed else None

    def get_score(self, point) -> str | None:
        return point.score or None if not point.closed else None


class MeetingSerializer(WithTransitions, serializers.ModelSerializer):
    call = serializers.CharField(source="call.slug")
    notice = serializers.CharField(source="notice.code", default=None, allow_null=True)
    minutes = serializers.CharField(source="minutes.code", default=None, allow_null=True)

    class Meta:
        model = Meeting
        fields = [
            "id",
            "call",
            "number",
            "sitting",
            "state",
            "planned_at",
            "place",
            "remote_link",
            "convened_at",
            "opened_at",
            "adjourned_at",
            "adjourned_reason",
            "closed_at",
            "minutes_adopted_at",
            "cancelled_at",
            "cancelled_reason",
            "notice",
            "minutes",
            "available_transitions",
        ]


class Urgency(Strict):
    urgency_reason = serializers.CharField(max_length=300, allow_blank=True, required=False)


class AgendaDraft(Urgency):
    applications = serializers.ListField(child=serializers.CharField(max_length=30), required=False, max_length=300)
    titles = serializers.ListField(child=serializers.CharField(max_length=200), required=False, max_length=30)


class Place(Urgency):
    planned_at = Instant()
    place = serializers.CharField(max_length=200, allow_blank=True, required=False)
    remote_link = serializers.URLField(max_length=300, allow_blank=True, required=False)


class MeetingDraft(Strict):
    call = serializers.CharField(max_length=80)
    planned_at = Instant()
    place = serializers.CharField(max_length=200, allow_blank=True, required=False)
    remote_link = serializers.URLField(max_length=300, allow_blank=True, required=False)
    applications = serializers.ListField(child=serializers.CharField(max_length=30), required=False, max_length=300)
    titles = serializers.ListField(child=serializers.CharField(max_length=200), required=False, max_length=30)


class Presence(Strict):
    seat = serializers.IntegerField(min_value=1, max_value=2**40)
    presence = serializers.ChoiceField(choices=AttendanceKind.choices)
    represented_by = serializers.IntegerField(min_value=1, max_value=2**40, required=False, allow_null=True)


def seat_numbered(meeting, number: int | None) -> Seat | None:
    if number is None:
        return None
    return get_object_or_404(
        Seat.objects.current().filter(panel__call=meeting.call_id).select_related("panel"), pk=number
    )


class MeetingResource(Resource):
    """Meetings of one's panels; all of them for case officers and auditors."""

    model = Meeting
    serializer_class = MeetingSerializer
    lookup_field = "pk"
    lookup_value_regex = r"[0-9]{1,12}"
    params = {
        "convene": Urgency,
        "change_agenda": AgendaDraft,
        "adjourn": Reason,
        "reconvene": Place,
        "cancel": Reason,
    }
    without = ("revise_minutes", "adopt_minutes", "adopt_by_vote")
    calls = {"close": meetings.close}
    filterset_fields = ["state", "call__slug"]

    def rows(self):
        return Meeting.objects.select_related("call__rule_version", "call__envelope", "notice", "minutes")

    def _files(self, call, references: list[str]) -> list[Application]:
        rows = {row.reference: row for row in Application.objects.filter(call=call, reference__in=references)}
        if set(references) - set(rows):
            raise serializers.ValidationError({"applications": [_("Not an application of this call.")]})
        return [rows[reference] for reference in references]

    def verb_params(self, verb, row, validated):
        if not verb.permits(self.request.user, row, self.request.received_at):
            return {}
        if "applications" in validated:
            validated["applications"] = self._files(row.call_id, validated["applications"])
        return validated

    @extend_schema(request=MeetingDraft, responses={201: MeetingSerializer}, parameters=[KEY])
    @api_once
    def create(self, request):
        """Plan a meeting."""
        given = data_of(MeetingDraft, request)
        call = get_object_or_404(Call.objects.visible_to(request.user), slug=given.pop("call"))
        if not meetings.plan.verb.permits(request.user, call, request.received_at):
            given.pop("applications", None)
        if "applications" in given:
            given["applications"] = self._files(call.pk, given["applications"])
        row = meetings.plan(call=call, actor=request.user, at=request.received_at, **given)
        return Response(self.get_serializer(self.get_queryset().get(pk=row.pk)).data, status=201)

    @extend_schema(responses=PointSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def items(self, request, pk):
        """The agenda as this person may see it."""
        seen = session(self.get_object(), request.user, request.received_at)
        return with_etag(request, Response(PointSerializer(seen.points, many=True).data))

    def _attend(self, request, deed) -> Response:
        row, given = self.get_object(), data_of(Presence, request)
        deed(
            meeting=row,
            actor=request.user,
            at=request.received_at,
            seat=seat_numbered(row, given["seat"]),
            presence=given["presence"],
            represented_by=seat_numbered(row, given.get("represented_by")),
        )
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=Presence, responses=MeetingSerializer, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @api_once
    def announce(self, request, pk):
        """Answer the notice, for one’s own seat."""
        return self._attend(request, meetings.announce)

    @extend_schema(request=Presence, responses=MeetingSerializer, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @api_once
    def record_attendance(self, request, pk):
        """Record who is there."""
        return self._attend(request, meetings.record_attendance)
