"""Panels and their seats."""

from __future__ import annotations

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from applications import queries as files
from applications.models import Application
from core.api import KEY, Day, Reason, Resource, Strict, WithTransitions, with_etag
from core.idempotency import api_once
from fund.enums import College
from fund.models import Call
from reviews import queries
from reviews.api.common import data_of
from reviews.api.simulations import Simulations
from reviews.enums.reading import (
    Fallback,
    Gender,
    SeatEnd,
    SeatKind,
)
from reviews.models import Panel, Seat
from reviews.queries.advice import advice
from reviews.queries.panels import account_of
from reviews.queries.ranking import JUDGED
from reviews.transitions import assignments, discussions, panels, reminders
from reviews.transitions import seats as seat_deeds


class SeatSerializer(serializers.ModelSerializer):
    name = serializers.CharField(source="user")

    class Meta:
        model = Seat
        fields = ["id", "name", "college", "kind", "title", "is_president"]


class PanelSerializer(WithTransitions, serializers.ModelSerializer):
    call = serializers.CharField(source="call.slug")
    seats = SeatSerializer(many=True, source="current_seats")

    class Meta:
        model = Panel
        fields = [
            "call",
            "state",
            "constituted_at",
            "seed",
            "reviews_per_college",
            "assigned_at",
            "reading_closed_at",
            "seats",
            "available_transitions",
        ]


class SeatDraft(Strict):
    person = serializers.EmailField(help_text="E-mail address of someone who holds a role of the college")
    college = serializers.ChoiceField(choices=College.choices)
    kind = serializers.ChoiceField(choices=SeatKind.choices, default=SeatKind.FULL_MEMBER)
    title = serializers.CharField(max_length=150, allow_blank=True, required=False)
    is_president = serializers.BooleanField(default=False)
    load_min = serializers.IntegerField(min_value=0, max_value=999, required=False)
    load_max = serializers.IntegerField(min_value=0, max_value=999, required=False)


class Seats(Strict):
    seats = serializers.ListField(child=SeatDraft(), allow_empty=False, max_length=60)


class PanelDraft(Seats):
    call = serializers.CharField(max_length=80)
    seed = serializers.RegexField(r"^[\x21-\x7e]{1,80}\Z", required=False)


class Pair(Strict):
    application = serializers.CharField(max_length=30, help_text="Reference")
    seat = serializers.IntegerField(min_value=1, max_value=2**40)


class FallbackDraft(Reason):
    application = serializers.CharField(max_length=30, help_text="Reference")
    fallback = serializers.ChoiceField(choices=Fallback.choices)


class DiscussionDraft(Reason):
    application = serializers.CharField(max_length=30, help_text="Reference")


class ReminderDraft(Strict):
    seat = serializers.IntegerField(
        min_value=1, max_value=2**40, required=False, help_text="One reader; all who have reviews left when absent"
    )


class EndOfSeat(Strict):
    seat = serializers.IntegerField(min_value=1, max_value=2**40)
    cause = serializers.ChoiceField(choices=SeatEnd.choices)


class Appointment(Strict):
    """Someone who holds a role of the college; to a seat without a vote, anyone with an account."""

    person = serializers.EmailField()
    college = serializers.ChoiceField(choices=College.choices, required=False)
    kind = serializers.ChoiceField(choices=SeatKind.choices, default=SeatKind.FULL_MEMBER)
    replaces = serializers.IntegerField(min_value=1, max_value=2**40, required=False, help_text="A seat that ended")
    title = serializers.CharField(max_length=150, allow_blank=True, required=False)
    is_president = serializers.BooleanField(default=False)
    acts_for_president = serializers.BooleanField(default=False)
    term_starts_on = Day(required=False)
    term_ends_on = Day(required=False)
    appointing_act = serializers.CharField(max_length=200, allow_blank=True, required=False)
    appointed_on = Day(required=False)


class OwnGender(Strict):
    gender = serializers.ChoiceField(choices=Gender.choices, allow_blank=True, help_text="Empty: not said")


class RankedSerializer(serializers.Serializer):
    """A file of the ranking with what is said beside its score. Scores have two decimals; empty when incomplete."""

    application = serializers.CharField(source="line.application.reference")
    rank = serializers.IntegerField(source="line.rank", allow_null=True)
    shared = serializers.BooleanField(source="line.place.shared", help_text="Equal with another file")
    score = serializers.CharField(source="line.score.published")
    civil_society = serializers.CharField(source="line.civil")
    state = serializers.CharField(source="line.state")
    gap = serializers.CharField(help_text="Civil society minus State")
    spread = serializers.CharField(help_text="Between readers")
    margin = serializers.CharField(help_text="Standard error of the score")
    calibrated = serializers.CharField(help_text="Advice; never ranks")
    paritary = serializers.BooleanField(source="line.paritary")
    fallback = serializers.CharField(source="line.fallback")
    below_minimum = serializers.BooleanField(source="line.below_minimum")
    requested_amount = serializers.IntegerField(source="line.application.requested_amount", help_text="Cents")
    running_amount = serializers.IntegerField(source="line.running", help_text="Cents requested down to here")
    reasons = serializers.ListField(child=serializers.CharField(), help_text="Why it is to be discussed")


class PanelResource(Simulations, Resource):
    """Panels one sits in; all of them for case officers, co-presidents and auditors."""

    model = Panel
    serializer_class = PanelSerializer
    lookup_field = "call__slug"
    lookup_url_kwarg = "slug"
    lookup_value_regex = r"[a-z0-9_-]{1,80}"
    params = {
        "revise": Seats,
        "assign_reader": Pair,
        "record_fallback": FallbackDraft,
        "undo_assignment": Reason,
        "undo_reassignment": Reason,
        "end_seat": EndOfSeat,
        "appoint": Appointment,
        "say_gender": OwnGender,
    }
    deeds = {"end_seat": seat_deeds.end_seat, "appoint": seat_deeds.appoint, "say_gender": seat_deeds.say_gender}
    without = ("record_early_fallback",)
    calls = {"record_fallback": assignments.record_fallback}
    filterset_fields = ["state"]

    def rows(self):
        seats = Seat.objects.current().select_related("user").order_by("college", "-is_president", "id")
        return Panel.objects.select_related("call__rule_version").prefetch_related(
            Prefetch("seats", seats, to_attr="current_seats")
        )

    def verb_params(self, verb, row, validated):
        user, at = self.request.user, self.request.received_at
        if not verb.permits(user, row, at):  # what it names is looked up for those who may only
            return {}
        if "seats" in validated:
            return {"seats": self._seats(validated["seats"])}
        if "application" in validated:
            found = Application.objects.filter(call=row.call_id, pk__in=files.officers_files(user).values("pk"))
            validated["application"] = get_object_or_404(found, reference=validated["application"])
        if verb.name == "appoint":
            return self._appointed(row, validated)
        if "seat" in validated:
            seats = row.seats.not_ended() if verb.name == "end_seat" else Seat.objects.current().filter(panel=row)
            validated["seat"] = get_object_or_404(seats, pk=validated["seat"])
        return validated

    def _appointed(self, panel: Panel, given: dict) -> dict:
        address = given.pop("person")
        if given["kind"] == SeatKind.OBSERVER:
            given["user"], given["college"] = account_of(address), ""
        else:
            known = {row["user"].email.casefold(): row["user"] for row in queries.candidates(self.request.received_at)}
            given["user"] = known.get(address.casefold())
        if "replaces" in given:
            ended = panel.seats.filter(ends_at__isnull=False, successors__isnull=True).exclude(end_cause="")
            given["replaces"] = get_object_or_404(ended, pk=given["replaces"])
        return given

    def _seats(self, rows: list[dict]) -> list[dict]:
        known = {row["user"].email.casefold(): row["user"] for row in queries.candidates(self.request.received_at)}
        found = []
        for number, row in enumerate(rows):
            facts = dict(row)
            user = known.get(facts.pop("person").casefold())
            if user is None:
                raise serializers.ValidationError(
                    {"seats": {str(number): [_("Nobody with this address holds a role of the panel.")]}}
                )
            found.append({"user": user, **facts})
        return found

    @extend_schema(request=PanelDraft, responses={201: PanelSerializer}, parameters=[KEY])
    @api_once
    def create(self, request):
        """Constitute the panel of a call."""
        given = data_of(PanelDraft, request)
        call = get_object_or_404(Call.objects.visible_to(request.user), slug=given["call"])
        may = panels.constitute.verb.permits(request.user, call, request.received_at)
        panel = panels.constitute(
            call=call,
            actor=request.user,
            at=request.received_at,
            seats=self._seats(given["seats"]) if may else [],
            seed=given.get("seed", ""),
        )
        return Response(self.get_serializer(self.get_queryset().get(pk=panel.pk)).data, status=201)

    @extend_schema(responses=RankedSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def ranking(self, request, slug):
        """The ranking, once reading is closed, over the files one may see and no other."""
        panel = self.get_object()
        found = queries.ranking(panel, request.user, states=JUDGED)
        rows = advice(panel, found, request.user).rows
        return with_etag(request, Response(RankedSerializer(rows, many=True).data))

    @extend_schema(request=DiscussionDraft, responses=PanelSerializer, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @api_once
    def ask_discussion(self, request, slug):
        """Ask that an application be discussed, once reading is closed: a member who may open it, with his reason."""
        row, given = self.get_object(), data_of(DiscussionDraft, request)
        application = None
        if discussions.ask_discussion.verb.permits(request.user, row, request.received_at):
            found = queries.readable_files(request.user).filter(call=row.call_id)
            application = get_object_or_404(found, reference=given["application"])
        discussions.ask_discussion(
            panel=row,
            actor=request.user,
            at=request.received_at,
            application=application,
            reason=given["reason"],
        )
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=ReminderDraft, responses=PanelSerializer, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @api_once
    def remind_readers(self, request, slug):
        """Remind the readers who have reviews left, or one of them; each at most once a day."""
        row, given = self.get_object(), data_of(ReminderDraft, request)
        may = reminders.remind_readers.verb.permits(request.user, row, request.received_at)
        seat = None
        if may and "seat" in given:
            seat = get_object_or_404(Seat.objects.current().filter(panel=row), pk=given["seat"])
        reminders.remind_readers(panel=row, actor=request.user, at=request.received_at, seat=seat)
        return Response(self.get_serializer(self.get_object()).data)
