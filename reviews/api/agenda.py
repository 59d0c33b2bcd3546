"""Items of an agenda and the votes on them."""

from __future__ import annotations

from django.db.models import Q
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from core.api import KEY, Reason, Resource, Strict, WithTransitions
from core.idempotency import api_once
from fund.api.common import WholeNumberFilter
from reviews.api import acts
from reviews.api.common import closed_to, data_of, sits
from reviews.api.meetings import seat_numbered
from reviews.enums.meeting import BallotChoice, Proposal, VoteMode
from reviews.enums.reading import (
    DeclarationState,
)
from reviews.models import Declaration
from reviews.models.meeting import AgendaItem, Meeting
from reviews.transitions import agenda, clear, dissents


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
            "amount_reason",
            "debate",
            "dissent",
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
    amount_reason = serializers.CharField(
        max_length=500, allow_blank=True, required=False, help_text="Required when the amount is below the request"
    )
    grounds = serializers.CharField(max_length=6000, allow_blank=True, required=False)
    read = acts.GroundsRead(required=False, help_text="The grounds as they were read: 409 when others replaced them")


class BallotPaper(Strict):
    seat = serializers.IntegerField(min_value=1, max_value=2**40)
    choice = serializers.ChoiceField(choices=BallotChoice.choices)


class Counting(Strict):
    anyway = serializers.BooleanField(required=False, help_text="Count although some have not voted")


class ItemQuery(filters.FilterSet):
    """A meeting is asked by its number: one that does not exist answers as one that may not be seen."""

    meeting = WholeNumberFilter(field_name="meeting_id")

    class Meta:
        model = AgendaItem
        fields = ["state"]


class AgendaItemResource(Resource):
    """Items of the meetings one sees, but those whose file is closed to oneself."""

    model = AgendaItem
    serializer_class = AgendaItemSerializer
    lookup_field = "pk"
    lookup_value_regex = r"[0-9]{1,12}"
    params = {
        "vote": Counting,
        "defer": Reason,
        "withdraw": Reason,
        "reopen": acts.Motion,
        "step_out": acts.Leaving,
        "note": acts.DiscussionNote,
        "move": acts.NewPlace,
        "sign_dissent": acts.DissentText,
    }
    calls = {"vote": agenda.close_vote}
    deeds = {
        "step_out": agenda.step_out,
        "note": agenda.note,
        "abandon_vote": agenda.abandon_vote,
        "move": agenda.move,
        "take_out": clear.take_out,
        "sign_dissent": dissents.sign_dissent,
        "ask_secret": agenda.ask_secret,
    }
    filterset_class = ItemQuery

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return AgendaItem.objects.none()
        user = self.request.user
        seen = Meeting.objects.visible_to(user)
        declared = Declaration.objects.filter(user=user, state=DeclarationState.NONE).values("application")
        mine = Q(application=None) | Q(application__in=declared) | ~Q(meeting__call__panel__in=sits(user))
        return (
            AgendaItem.objects.filter(mine, meeting__in=seen.values("pk"))
            .exclude(application__in=closed_to(user))
            .select_related("meeting__call__rule_version", "meeting__call__envelope", "application__call")
        )

    def verb_params(self, verb, row, validated):
        if not verb.permits(self.request.user, row, self.request.received_at):
            return {}
        return validated | {
            name: seat_numbered(row.meeting, validated[name]) for name in ("seat", "replaced_by") if name in validated
        }

    def _done(self, row) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=row.pk)).data)

    @extend_schema(request=BallotDraft, responses=AgendaItemSerializer, parameters=[KEY])
    @action(detail=True, methods=["post"])
    @api_once
    def open_ballot(self, request, pk):
        """Put a proposal to the vote; without objection it is closed at once."""
        row, given = self.get_object(), data_of(BallotDraft, request)
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
        row, given = self.get_object(), data_of(BallotPaper, request)
        agenda.cast(
            agenda_item=row,
            actor=request.user,
            at=request.received_at,
            seat=seat_numbered(row.meeting, given["seat"]),
            choice=given["choice"],
        )
        return self._done(row)
