"""The panel over the API: declarations, readings, meetings, decisions, appeals. What a person may not open by page he may not read here.

A recused member gets the reference of a file and nothing else; before reading closes, a reader gets his own reviews only. A signature asks for a
proof of identity of less than five minutes: it needs a session, no token gives one.
"""

from __future__ import annotations

from django.db.models import Prefetch, Q
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from applications import queries as files
from applications.models import Application
from core import reauth
from core.api import KEY, MATCH, Instant, Reason, Resource, Strict, WithTransitions, check_unchanged, etag_of, with_etag
from core.idempotency import api_once
from fund.enums import College
from fund.models import Call
from reviews import queries
from reviews.enums.meeting import AttendanceKind, BallotChoice, Proposal, VoteMode
from reviews.enums.reading import (
    AUTOMATIC_GROUNDS,
    DecisionKind,
    DecisionOutcome,
    DeclarationState,
    Fallback,
    Ground,
    SeatKind,
)
from reviews.models import Appeal, Assignment, Decision, Declaration, Panel, Seat
from reviews.models.meeting import AgendaItem, Meeting
from reviews.queries import interests, reviewing
from reviews.queries.session import session
from reviews.transitions import agenda, appeals, assignments, decisions, meetings, panels


def _given(serializer_class, request) -> dict:
    given = serializer_class(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def closed_to(user):
    """Files closed to this person: recused, or with an interest; his own team's are his, but not from the panel's side."""
    return Application.objects.filter(
        Q(pk__in=interests.recused_files(user)) | Q(pk__in=files.with_interest(user).values("pk"))
    ).values("pk")


def _sits(user):
    return Seat.objects.current().filter(user=user).values("panel")


# ---- panels ----


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


class PanelResource(Resource):
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
    }
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
        if "seat" in validated:
            validated["seat"] = get_object_or_404(Seat.objects.current().filter(panel=row), pk=validated["seat"])
        return validated

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
        given = _given(PanelDraft, request)
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


# ---- declarations of interest ----


class CardSerializer(serializers.Serializer):
    """What a member reads of a file before he declares."""

    title = serializers.CharField()
    applicant = serializers.CharField()
    team = serializers.ListField(child=serializers.CharField())
    bearer = serializers.CharField()
    partners = serializers.ListField(child=serializers.CharField())
    territory = serializers.CharField()
    hints = serializers.SerializerMethodField()

    def get_hints(self, card) -> list[str]:
        return [code for code, _label in card.hints]


class DeclarationSerializer(WithTransitions, serializers.ModelSerializer):
    application = serializers.CharField(source="application.reference")
    call = serializers.CharField(source="application.call.slug")
    member = serializers.CharField(source="user")
    card = serializers.SerializerMethodField(help_text="One’s own, while one is not recused")

    class Meta:
        model = Declaration
        fields = [
            "id",
            "application",
            "call",
            "member",
            "state",
            "ground",
            "opened_at",
            "declared_at",
            "lifted_at",
            "card",
            "available_transitions",
        ]

    @extend_schema_field(CardSerializer(allow_null=True))
    def get_card(self, row):
        if row.user_id != self.context["request"].user.pk or row.state == DeclarationState.RECUSED:
            return None
        known = self.context["view"].rooms
        if row.application.call_id not in known:
            seat = (
                Seat.objects.current()
                .filter(panel__call=row.application.call_id, user=row.user_id)
                .select_related("user", "panel__call")
                .first()
            )
            known[row.application.call_id] = seat, interests.telling_domains(seat.panel) if seat else set()
        seat, domains = known[row.application.call_id]
        return CardSerializer(interests.card_of(row, row.application, seat, domains, row.application.call.blind)).data


class NoInterest(Strict):
    set_aside = serializers.ListField(
        child=serializers.CharField(max_length=40),
        required=False,
        max_length=10,
        help_text="Hints looked at and set aside",
    )


class Interest(Strict):
    ground = serializers.ChoiceField(choices=[pair for pair in Ground.choices if pair[0] not in AUTOMATIC_GROUNDS])
    detail = serializers.CharField(max_length=1000, allow_blank=True, required=False, help_text="Private, erasable")


class DeclarationResource(Resource):
    """One's own declarations; those of others for who follows them, but of a file one is recused from."""

    model = Declaration
    serializer_class = DeclarationSerializer
    lookup_field = "pk"
    lookup_value_regex = r"[0-9]{1,12}"
    params = {"declare_none": NoInterest, "declare_interest": Interest, "lift": Reason}
    without = ("recuse_of_office",)
    filterset_fields = ["state", "application__reference", "application__call__slug"]

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        self.rooms: dict = {}

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return Declaration.objects.none()
        user = self.request.user
        rows = Declaration.objects.visible_to(user).exclude(~Q(user=user), application__in=closed_to(user))
        people = ("lead", "organisation", "bearer_organisation", "bearer_person", "filed_version", "call__rule_version")
        return rows.select_related("user", *(f"application__{name}" for name in people)).prefetch_related(
            "application__members__user", "application__partnerships__organisation"
        )


# ---- assignments and reviews ----


class AssignmentSerializer(WithTransitions, serializers.ModelSerializer):
    application = serializers.CharField(source="application.reference")
    call = serializers.CharField(source="application.call.slug")
    reader = serializers.CharField(source="seat.user")
    college = serializers.CharField(source="seat.college")

    class Meta:
        model = Assignment
        fields = [
            "id",
            "application",
            "call",
            "reader",
            "college",
            "state",
            "assigned_at",
            "started_at",
            "submitted_at",
            "closed_at",
            "available_transitions",
        ]


class FileSerializer(serializers.Serializer):
    """A file as a reader reads it: no address nor phone; nothing of the applicant in a blind call."""

    reference = serializers.CharField()
    title = serializers.CharField()
    content = serializers.DictField()


def _pairs(user):
    """A reader's own; those of others for case officers and auditors who neither sit in the panel nor have an interest."""
    rows = Assignment.objects.visible_to(user)
    rows = rows.exclude(~Q(seat__user=user), seat__panel__in=_sits(user))
    return rows.exclude(application__in=closed_to(user)).select_related(
        "application__call__rule_version", "seat__user", "seat__panel__call"
    )


class AssignmentResource(Resource):
    """Who reads what, and how far. Scores are another question: `reviews`."""

    model = Assignment
    serializer_class = AssignmentSerializer
    lookup_field = "pk"
    lookup_value_regex = r"[0-9]{1,12}"
    params = {"reopen": Reason, "decline": Reason, "withdraw": Reason}
    filterset_fields = ["state", "application__reference", "application__call__slug"]

    def get_queryset(self):
        return Assignment.objects.none() if getattr(self, "swagger_fake_view", False) else _pairs(self.request.user)

    @extend_schema(responses=FileSerializer)
    @action(detail=True, methods=["get"])
    def file(self, request, pk):
        """The file to read, for its reader once he declared no interest."""
        row = self.get_object()
        application = reviewing.find_file(request.user, row.application.reference)
        if application is None or row.seat.user_id != request.user.pk:
            raise Http404
        body = {
            "reference": application.reference,
            "title": application.display_title,
            "content": reviewing.panel_content(application, application.call.blind),
        }
        return with_etag(request, Response(FileSerializer(body).data))


class ScoreSerializer(serializers.Serializer):
    criterion = serializers.CharField(source="criterion.code")
    half_points = serializers.IntegerField(allow_null=True, help_text="0 to 10: 0 to 5 by halves")
    cannot_judge = serializers.BooleanField()
    justification = serializers.CharField()


class ReviewSerializer(AssignmentSerializer):
    scores = ScoreSerializer(many=True)

    class Meta(AssignmentSerializer.Meta):
        fields = [
            *AssignmentSerializer.Meta.fields[:-1],
            "scores",
            "comment",
            "version",
            "saved_at",
            "available_transitions",
        ]


class ScoreDraft(Strict):
    half_points = serializers.IntegerField(allow_null=True, required=False, min_value=0, max_value=10)
    cannot_judge = serializers.BooleanField(required=False)
    justification = serializers.CharField(max_length=5000, allow_blank=True, required=False)


class ReviewDraft(Strict):
    scores = serializers.DictField(child=ScoreDraft(), required=False, help_text="By code of criterion")
    comment = serializers.CharField(max_length=8000, allow_blank=True, required=False)
    version = serializers.IntegerField(min_value=0, max_value=10**9, required=False)


class ReviewResource(AssignmentResource):
    """One's own reviews; with `?application=`, every filed one of that file for who may see them (one filed his own, or reading is closed)."""

    model = Assignment
    serializer_class = ReviewSerializer
    params = AssignmentResource.params
    filterset_fields = ["state"]

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return Assignment.objects.none()
        user, own = self.request.user, Q(seat__user=self.request.user)
        rows = Assignment.objects.exclude(application__in=closed_to(user))
        rows = rows.filter(own | Q(pk__in=self._others(user)))
        return rows.select_related(
            "application__call__rule_version", "seat__user", "seat__panel__call"
        ).prefetch_related("scores__criterion")

    def _others(self, user) -> list[int]:
        """Filed reviews of one file, asked for by its reference or by one of them."""
        wanted = self.request.query_params.get("application", "")
        number = self.kwargs.get("pk")
        rows = Application.objects.filter(reference=wanted) if wanted else Application.objects.none()
        if number is not None:
            rows = Application.objects.filter(assignments=number)
        application = rows.select_related("call__rule_version").first()
        if application is None or not queries.may_see_reviews(user, application, queries.panel_of(application.call)):
            return []
        return [row.pk for row in queries.filed_reviews(application)]

    def file(self, request, pk):
        raise Http404

    @extend_schema(request=ReviewDraft, responses=ReviewSerializer, parameters=[KEY, MATCH])
    @api_once
    def partial_update(self, request, pk):
        """Keep what is written, complete or not: private until it is filed."""
        row, given = self.get_object(), _given(ReviewDraft, request)
        known = {criterion.code for criterion in row.application.call.criteria.all()}
        if unknown := sorted(set(given.get("scores", {})) - known):
            raise serializers.ValidationError({"scores": {name[:60]: [_("Unknown criterion.")] for name in unknown}})
        check_unchanged(request, lambda: etag_of(self.get_serializer(row).data))
        assignments.save_draft(assignment=row, actor=request.user, at=request.received_at, **given)
        return Response(self.get_serializer(self.get_object()).data)


# ---- meetings ----


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


def _seat(meeting, number: int | None) -> Seat | None:
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
        given = _given(MeetingDraft, request)
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
        row, given = self.get_object(), _given(Presence, request)
        deed(
            meeting=row,
            actor=request.user,
            at=request.received_at,
            seat=_seat(row, given["seat"]),
            presence=given["presence"],
            represented_by=_seat(row, given.get("represented_by")),
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


class AgendaItemSerializer(WithTransitions, serializers.ModelSerializer):
    application = serializers.CharField(source="application.reference", default=None, allow_null=True)

    class Meta:
        model = AgendaItem
        fields = [
            "id",
            "meeting",
            "application",
            "title",
            "position",
            "state",
            "proposal",
            "amount",
            "grounds",
            "round",
            "outcome",
            "discussed_at",
            "voted_at",
            "reason",
            "available_transitions",
        ]


class BallotDraft(Strict):
    mode = serializers.ChoiceField(choices=VoteMode.choices, required=False)
    proposal = serializers.ChoiceField(choices=Proposal.choices, required=False)
    amount = serializers.IntegerField(min_value=1, max_value=10**12, required=False, allow_null=True, help_text="Cents")
    grounds = serializers.CharField(max_length=6000, allow_blank=True, required=False)


class BallotPaper(Strict):
    seat = serializers.IntegerField(min_value=1, max_value=2**40)
    choice = serializers.ChoiceField(choices=BallotChoice.choices)


class Counting(Strict):
    anyway = serializers.BooleanField(required=False, help_text="Count although some have not voted")


class AgendaItemResource(Resource):
    """Items of the meetings one sees, but those whose file is closed to oneself."""

    model = AgendaItem
    serializer_class = AgendaItemSerializer
    lookup_field = "pk"
    lookup_value_regex = r"[0-9]{1,12}"
    params = {"vote": Counting, "defer": Reason, "withdraw": Reason, "reopen": Reason}
    calls = {"vote": agenda.close_vote}
    filterset_fields = ["state", "meeting"]

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return AgendaItem.objects.none()
        user = self.request.user
        seen = Meeting.objects.visible_to(user)
        declared = Declaration.objects.filter(user=user, state=DeclarationState.NONE).values("application")
        mine = Q(application=None) | Q(application__in=declared) | ~Q(meeting__call__panel__in=_sits(user))
        return (
            AgendaItem.objects.filter(mine, meeting__in=seen.values("pk"))
            .exclude(application__in=closed_to(user))
            .select_related("meeting__call__rule_version", "meeting__call__envelope", "application__call")
        )

    def _done(self, row) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=row.pk)).data)

    @extend_schema(request=BallotDraft, responses=AgendaItemSerializer, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @api_once
    def open_ballot(self, request, pk):
        """Put a proposal to the vote; without objection it is closed at once."""
        row, given = self.get_object(), _given(BallotDraft, request)
        if given.get("mode") == VoteMode.CONSENT:
            given.pop("mode")
            agenda.agree(agenda_item=row, actor=request.user, at=request.received_at, **given)
        else:
            agenda.open_ballot(agenda_item=row, actor=request.user, at=request.received_at, **given)
        return self._done(row)

    @extend_schema(request=BallotPaper, responses=AgendaItemSerializer, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @api_once
    def cast(self, request, pk):
        """One seat’s vote."""
        row, given = self.get_object(), _given(BallotPaper, request)
        agenda.cast(
            agenda_item=row,
            actor=request.user,
            at=request.received_at,
            seat=_seat(row.meeting, given["seat"]),
            choice=given["choice"],
        )
        return self._done(row)

    @extend_schema(request=None, responses=AgendaItemSerializer, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @api_once
    def ask_secret(self, request, pk):
        """Ask for a secret ballot."""
        row = self.get_object()
        agenda.ask_secret(agenda_item=row, actor=request.user, at=request.received_at)
        return self._done(row)


# ---- decisions and appeals ----


class DecisionSerializer(WithTransitions, serializers.ModelSerializer):
    application = serializers.CharField(source="application.reference")
    cites = serializers.CharField(source="cites.reference", default=None, allow_null=True)
    document = serializers.CharField(source="document.code", default=None, allow_null=True)

    class Meta:
        model = Decision
        fields = [
            "reference",
            "application",
            "kind",
            "outcome",
            "state",
            "amount",
            "rank",
            "reserve_rank",
            "grounds",
            "article",
            "remedy",
            "published_score",
            "authority",
            "cites",
            "document",
            "decided_at",
            "signed_at",
            "notified_at",
            "annulled_at",
            "replaced_at",
            "available_transitions",
        ]


class DecisionDraft(Strict):
    application = serializers.CharField(max_length=30)
    kind = serializers.ChoiceField(choices=DecisionKind.choices)
    outcome = serializers.ChoiceField(choices=DecisionOutcome.choices)
    grounds = serializers.CharField(max_length=6000, allow_blank=True)
    amount = serializers.IntegerField(min_value=1, max_value=10**12, required=False, allow_null=True, help_text="Cents")
    cites = serializers.CharField(max_length=20, required=False, help_text="Reference of the decision it follows")
    article = serializers.CharField(max_length=120, allow_blank=True, required=False)
    remedy = serializers.CharField(max_length=3000, allow_blank=True, required=False)
    correctable = serializers.BooleanField(required=False)


class AppealText(Strict):
    text = serializers.CharField(max_length=20_000, allow_blank=True)


class DecisionResource(Resource):
    """Decisions notified to one's teams; every one for who decides or checks, but of files closed to him."""

    model = Decision
    serializer_class = DecisionSerializer
    params = {"annul": Reason}
    without = ("begin_signing", "begin_signing_draft")
    filterset_fields = ["state", "kind", "outcome", "application__reference", "application__call__slug"]

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return Decision.objects.none()
        user = self.request.user
        team = Application.objects.of_team(user).values("pk")
        rows = Decision.objects.visible_to(user)
        told = Q(application__in=team, state__in=("notified", "replaced"))
        rows = rows.filter(told | ~Q(application__in=closed_to(user)))
        return rows.select_related(
            "application__call__rule_version", "application__lead", "cites", "document", "rule_version"
        )

    def verb_params(self, verb, row, validated):
        if verb.name == "sign":
            reauth.require_recent(self.request)
            return {"evidence": reauth.evidence(self.request)}
        return validated

    @extend_schema(request=DecisionDraft, responses={201: DecisionSerializer}, parameters=[KEY])
    @api_once
    def create(self, request):
        """Draft a decision that no vote makes."""
        given = _given(DecisionDraft, request)
        reference, cites = given.pop("application"), given.pop("cites", None)
        seen = files.readable_by(request.user).values("pk")
        decided = self.get_queryset().values("application")
        rows = Application.objects.filter(Q(pk__in=seen) | Q(pk__in=decided)).select_related("call__rule_version")
        application = get_object_or_404(rows, reference=reference)
        if cites:
            given["cites"] = get_object_or_404(self.get_queryset().filter(application=application), reference=cites)
        row = decisions.draft(application=application, actor=request.user, at=request.received_at, **given)
        return Response(self.get_serializer(self.get_queryset().get(pk=row.pk)).data, status=201)

    @extend_schema(request=AppealText, responses={201: OpenApiTypes.OBJECT}, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @api_once
    def appeal(self, request, reference):
        """Contest a decision, for its applicant."""
        row, given = self.get_object(), _given(AppealText, request)
        found = appeals.file(decision=row, actor=request.user, at=request.received_at, **given)
        return Response(AppealSerializer(found, context=self.get_serializer_context()).data, status=201)


class AppealSerializer(WithTransitions, serializers.ModelSerializer):
    decision = serializers.CharField(source="decision.reference")
    application = serializers.CharField(source="decision.application.reference")
    receipt = serializers.CharField(source="receipt.code", default=None, allow_null=True)

    class Meta:
        model = Appeal
        fields = [
            "id",
            "decision",
            "application",
            "state",
            "text",
            "filed_at",
            "answer",
            "receipt",
            "available_transitions",
        ]


class AppealAnswer(Strict):
    answer = serializers.CharField(max_length=20_000, allow_blank=True)


class AppealResource(Resource):
    """Appeals of one's teams; every one for who decides or checks, but of files closed to him."""

    model = Appeal
    serializer_class = AppealSerializer
    lookup_field = "pk"
    lookup_value_regex = r"[0-9]{1,12}"
    params = {"grant": AppealAnswer, "reject": AppealAnswer}
    filterset_fields = ["state"]

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return Appeal.objects.none()
        user = self.request.user
        team = Application.objects.of_team(user).values("pk")
        mine = Q(decision__application__in=team) | ~Q(decision__application__in=closed_to(user))
        return (
            Appeal.objects.visible_to(user)
            .filter(mine)
            .select_related("decision__application__call__rule_version", "decision__application__lead", "receipt")
        )


# ---- calls: their verbs that look at the files ----


class CallReopening(Reason):
    closes_at = Instant()


RESOURCES = {
    "panels": PanelResource,
    "declarations": DeclarationResource,
    "assignments": AssignmentResource,
    "reviews": ReviewResource,
    "meetings": MeetingResource,
    "agenda-items": AgendaItemResource,
    "decisions": DecisionResource,
    "appeals": AppealResource,
}
