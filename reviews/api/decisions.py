"""Decisions and the appeals against them."""

from __future__ import annotations

from django.db.models import Q
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from applications import queries as files
from applications.models import Application
from applications.queries import with_interest
from core import reauth
from core.api import KEY, Instant, Reason, Resource, Strict, WithTransitions
from core.idempotency import api_once
from fund.enums import Authority, Role
from fund.queries import roles_of
from reviews.api.agenda import AgendaItemResource
from reviews.api.common import closed_to, data_of
from reviews.api.declarations import DeclarationResource
from reviews.api.meetings import MeetingResource
from reviews.api.panels import PanelResource
from reviews.api.reading import AssignmentResource, ReviewResource
from reviews.enums.reading import (
    DecisionKind,
    DecisionOutcome,
    DecisionState,
)
from reviews.models import Appeal, Decision, Seat
from reviews.transitions import appeals, decisions


class DecisionSerializer(WithTransitions, serializers.ModelSerializer):
    application = serializers.CharField(source="application.reference")
    cites = serializers.CharField(source="cites.reference", default=None, allow_null=True)
    document = serializers.CharField(source="document.code", default=None, allow_null=True)
    rank = serializers.SerializerMethodField()
    reserve_rank = serializers.SerializerMethodField()
    published_score = serializers.SerializerMethodField()

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

    def _may_place(self, decision) -> bool:
        """Until it is notified, a place and a score are told to who knows the scores (§5.6: the panel's seats, case officers, auditors, the authorising officer
        who decides), unless he is recused from another file of the call: where that one stands would be told too."""
        if decision.state in (DecisionState.NOTIFIED, DecisionState.REPLACED):
            return True
        if not hasattr(self.root, "places_known"):
            user = self.context["request"].user
            roles = {grant.role for grant in roles_of(user)}
            self.root.places_known = (
                bool(roles & {Role.CASE_OFFICER, Role.AUDITOR}),
                Role.AUTHORISING_OFFICER in roles,
                set(Seat.objects.current().filter(user=user).values_list("panel__call", flat=True)),
                set(with_interest(user).values_list("call", flat=True).distinct()),
            )
        checks, authorises, seated, recused = self.root.places_known
        call = decision.application.call_id
        decides = authorises and decision.authority == Authority.AUTHORISING_OFFICER
        return call not in recused and (checks or decides or call in seated)

    def get_rank(self, decision) -> int | None:
        return decision.rank if self._may_place(decision) else None

    def get_reserve_rank(self, decision) -> int | None:
        return decision.reserve_rank if self._may_place(decision) else None

    def get_published_score(self, decision) -> str:
        return decision.published_score if self._may_place(decision) else ""


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
        if verb.name == "notify" and self.request.auth is None:  # a page left open; a token is given for that
            reauth.require_recent(self.request)
        return validated

    @extend_schema(request=DecisionDraft, responses={201: DecisionSerializer}, parameters=[KEY])
    @api_once
    def create(self, request):
        """Draft a decision that no vote makes."""
        given = data_of(DecisionDraft, request)
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
        row, given = self.get_object(), data_of(AppealText, request)
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
