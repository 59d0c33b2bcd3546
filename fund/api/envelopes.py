"""Envelopes over the API, with their public balances."""

from __future__ import annotations

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from core.api import KEY, Reason, Strict, WithTransitions
from core.idempotency import api_once
from fund.api.common import Shared, YearFilter
from fund.ledger import queries as ledger
from fund.models import Envelope
from fund.models.ledger import EnvelopeState
from fund.people import authorising_officer, co_president
from fund.transitions import envelopes as envelope_verbs


class BalancesSerializer(serializers.Serializer):
    """Where the money stands, in cents: `opened` is the sum of the others. Public entries alone count."""

    opened = serializers.IntegerField()
    free = serializers.IntegerField()
    reserved = serializers.IntegerField()
    committed = serializers.IntegerField()
    ordered = serializers.IntegerField()
    paid = serializers.IntegerField()
    claimed = serializers.IntegerField()
    returned = serializers.IntegerField()


class EnvelopeSerializer(WithTransitions, serializers.ModelSerializer):
    balances = serializers.SerializerMethodField()

    class Meta:
        model = Envelope
        fields = ["reference", "label", "year", "state", "balances", "available_transitions"]

    @extend_schema_field(BalancesSerializer)
    def get_balances(self, row):
        view = self.context["view"]
        if not hasattr(view, "bars"):  # one query for the whole page
            rows = self.parent.instance if self.parent is not None else [row]
            view.bars = ledger.envelope_bars(rows, public=True)
        bar = view.bars.get(row.pk) or ledger.envelope_bar(row, public=True)
        return BalancesSerializer(bar).data


class Amount(Strict):
    amount = serializers.IntegerField(min_value=1, help_text="Cents")


class AmountAndReason(Reason, Amount):
    pass


class Carry(AmountAndReason):
    to = serializers.CharField(max_length=40, help_text="Reference of the envelope that receives")


class EnvelopeDraft(Strict):
    year = serializers.IntegerField(min_value=2000, max_value=2999)
    label = serializers.CharField(max_length=120)


class EnvelopeFilters(filters.FilterSet):
    year = YearFilter(field_name="year")

    class Meta:
        model = Envelope
        fields = ["state", "year"]


class EnvelopeResource(Shared):
    """Envelopes that were opened, with their public balances; drafts for those who prepare and approve them."""

    model = Envelope
    serializer_class = EnvelopeSerializer
    params = {
        "open": Amount,
        "raise_": AmountAndReason,
        "lower": AmountAndReason,
        "carry": Carry,
        "settle": Amount,
    }
    filterset_class = EnvelopeFilters

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return Envelope.objects.none()
        user, at = self.request.user, self.request.received_at
        if authorising_officer(user, None, at) or co_president(user, None, at):
            return Envelope.objects.all()
        return Envelope.objects.exclude(state=EnvelopeState.DRAFT)

    @extend_schema(request=EnvelopeDraft, responses={201: EnvelopeSerializer}, parameters=[KEY])
    @api_once
    def create(self, request):
        """Prepare an envelope, without money."""
        given = EnvelopeDraft(data=request.data)
        given.is_valid(raise_exception=True)
        envelope = envelope_verbs.create(actor=request.user, at=request.received_at, **given.validated_data)
        return Response(self.get_serializer(envelope).data, status=201)
