"""The administrations that commit to a project. They answer by their own signed link, without an account."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from applications import queries
from applications.api.common import FileActions, listing, words
from applications.models import Partnership
from applications.transitions import partnerships
from core.api import KEY, Resource, Strict, WithTransitions
from core.idempotency import api_once


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
    organisation_name = words(200)
    siret = words(20)
    agent_name = words(150)
    service = words(200)
    message = words(1000)


class Word(Strict):
    message = words(1000)


class PartnerActions(FileActions):
    @listing(PartnershipSerializer)
    def partnerships(self, request, reference):
        """The administrations asked, and what each answered."""
        rows = self.get_object().partnerships.select_related("organisation").order_by("id")
        return self.shown(PartnershipSerializer, rows)

    @extend_schema(request=Partner, responses={201: PartnershipSerializer}, parameters=[KEY])
    @partnerships.mapping.post
    @api_once
    def invite_partner(self, request, reference):
        """Ask an administration through one of its agents; the link leaves by mail."""
        row = self.write(partnerships.invite, Partner, application=self.of_team())
        return Response(PartnershipSerializer(row, context=self.get_serializer_context()).data, status=201)


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
