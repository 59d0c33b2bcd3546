"""Declarations of interest, one card a file."""

from __future__ import annotations

from django.db.models import Q
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api import Reason, Resource, Strict, WithTransitions
from reviews.api.common import closed_to
from reviews.enums.reading import (
    AUTOMATIC_GROUNDS,
    DeclarationState,
    Ground,
)
from reviews.models import Declaration, Seat
from reviews.queries import interests
from reviews.queries.past import past_of


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
                .select_related("user", "panel__call__rule_version")
                .first()
            )
            known[row.application.call_id] = (
                (seat, interests.telling_domains(seat.panel), past_of(seat.user, seat.panel.call))
                if seat
                else (None, set(), None)
            )
        seat, domains, past = known[row.application.call_id]
        call = row.application.call
        return CardSerializer(interests.card_of(row, row.application, seat, domains, call.blind, past)).data


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
