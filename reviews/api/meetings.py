"""Meetings: notice, attendance, agenda."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from applications.models import Application
from core import reauth
from core.api import KEY, Instant, Reason, Resource, Strict, WithTransitions, with_etag
from core.idempotency import api_once
from fund.models import Call
from reviews.api import acts
from reviews.api.common import data_of
from reviews.enums.meeting import MEETING_HELD, AttendanceKind
from reviews.models import Seat
from reviews.models.meeting import AgendaItem, Attendance, Meeting
from reviews.queries import clear as clear_files
from reviews.queries import draws as draws_made
from reviews.queries import meetings as queries
from reviews.queries.session import session
from reviews.transitions import clear, draws, meetings, minutes


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


class PresenceRead(Strict):
    presence = serializers.ChoiceField(choices=AttendanceKind.choices)
    represented_by = serializers.IntegerField(min_value=1, max_value=2**40, required=False, allow_null=True)


class Presence(Strict):
    seat = serializers.IntegerField(min_value=1, max_value=2**40)
    presence = serializers.ChoiceField(choices=AttendanceKind.choices)
    represented_by = serializers.IntegerField(min_value=1, max_value=2**40, required=False, allow_null=True)


class PresenceDraft(Presence):
    read = PresenceRead(required=False, help_text="What was recorded when you looked: 409 when it was changed since")


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
        "adjourn": acts.AdjournDraft,
        "reconvene": Place,
        "reschedule": Place,
        "cancel": Reason,
        "revise_minutes": acts.MinutesDraft,
        "adopt_by_vote": acts.LaterVote,
        "propose_clear": acts.ClearDraft,
        "put_clear": acts.ClearGrounds,
        "announce_draw": acts.DrawDraft,
        "give_seed": acts.SeedDraft,
        "designate_acting": acts.ActingDraft,
        "adopt_list": acts.ListDraft,
        "refuse_minutes": Reason,
    }
    without = ("adopt_minutes",)
    calls = {"close": meetings.close, "_sign": minutes.sign_minutes}
    deeds = {
        "propose_clear": clear.propose_clear,
        "put_clear": clear.put_clear,
        "announce_draw": draws.announce_draw,
        "give_seed": draws.give_seed,
        "designate_acting": meetings.designate_acting,
        "adopt_list": meetings.adopt_list,
        "sign_minutes": minutes.sign_minutes,
        "refuse_minutes": minutes.refuse_minutes,
    }
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
        if verb.name == "propose_clear":
            validated["items"] = self._items(row, validated["items"])
        if verb.name == "designate_acting":
            validated["seat"] = seat_numbered(row, validated["seat"])
        if verb.name == "revise_minutes":
            texts = {one["position"]: one["text"] for one in validated["sections"]}
            return {"texts": texts, "version": validated.get("version")}
        if verb.name == "adopt_by_vote":
            validated["item"] = get_object_or_404(AgendaItem, minutes_of=row, pk=validated["item"])
        if verb.name == "_sign":
            reauth.require_recent(self.request)
            return {"evidence": reauth.evidence(self.request)}
        return validated

    def _items(self, meeting: Meeting, numbers: list[int]) -> list[AgendaItem]:
        """Items of this meeting. Only who may open every file of it proposes them: the rule, not the look-up, refuses the others."""
        found = {item.pk: item for item in queries.items_of(meeting)}
        if set(numbers) - set(found):
            raise serializers.ValidationError({"items": [_("Not an item of this meeting.")]})
        return [found[number] for number in numbers]

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

    @extend_schema(responses=acts.ClearSerializer, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def clear_files(self, request, pk):
        """Files proposed without debate, those taken out or voted so; for the chairs, which could be."""
        row, at = self.get_object(), request.received_at
        closed = queries.closed_files(request.user, row)
        chairs = row.is_open and not closed and queries.presides(request.user, row, at)
        points = [one for one in clear_files.points_of(row) if one.item.application_id not in closed]
        seen = {"points": points, "candidates": clear_files.candidates(row) if chairs else []}
        return with_etag(request, Response(acts.ClearSerializer(seen).data))

    @extend_schema(responses=acts.DrawSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def draws(self, request, pk):
        """Draws of the call between equal files; none to who is recused from a file of the meeting."""
        row = self.get_object()
        known = [] if queries.closed_files(request.user, row) else draws_made.of_meeting(row)
        return with_etag(request, Response(acts.DrawSerializer(known, many=True).data))

    @extend_schema(responses=acts.MinutesSectionSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def minutes_sections(self, request, pk):
        """The minutes by sections, once the meeting is closed; of a file from which one is recused, the reference alone."""
        row = self.get_object()
        closed = queries.closed_files(request.user, row)
        sections = queries.sections_of(row) if row.state in MEETING_HELD else []
        seen = [
            acts.MinutesSectionSerializer.row(one, bool(one.item_id and one.item.application_id in closed))
            for one in sections
        ]
        return with_etag(request, Response(acts.MinutesSectionSerializer(seen, many=True).data))

    def _attend(self, request, deed, draft=Presence) -> Response:
        row, given = self.get_object(), data_of(draft, request)
        read = given.get("read")
        known = {"read": Attendance.code(read["presence"], read.get("represented_by"))} if read else {}
        deed(
            meeting=row,
            actor=request.user,
            at=request.received_at,
            seat=seat_numbered(row, given["seat"]),
            presence=given["presence"],
            represented_by=seat_numbered(row, given.get("represented_by")),
            **known,
        )
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=Presence, responses=MeetingSerializer, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @api_once
    def announce(self, request, pk):
        """Answer the notice, for one’s own seat."""
        return self._attend(request, meetings.announce)

    @extend_schema(request=PresenceDraft, responses=MeetingSerializer, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @api_once
    def record_attendance(self, request, pk):
        """Record who is there."""
        return self._attend(request, meetings.record_attendance, PresenceDraft)
