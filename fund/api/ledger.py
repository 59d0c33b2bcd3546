"""The public ledger over the API."""

from __future__ import annotations

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from core.api import Day, Open, Strict
from core.api_auth import CursorPages
from core.forms import LARGEST
from fund.forms.ledger import YEARS, wrong_order
from fund.ledger import queries as ledger
from fund.ledger.export import inclusion_proof
from fund.models import Seal
from fund.models.ledger import Account, Kind


class MoveSerializer(serializers.Serializer):
    envelope = serializers.CharField()
    account = serializers.ChoiceField(choices=Account.choices)
    amount = serializers.IntegerField(help_text="Cents; what arrives is positive")


class EntrySerializer(serializers.Serializer):
    seq = serializers.IntegerField()
    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    grant = serializers.CharField(allow_null=True)
    basis = serializers.CharField(allow_null=True)
    reverses = serializers.IntegerField(allow_null=True)
    reversed_by = serializers.IntegerField(allow_null=True)
    amount = serializers.IntegerField(help_text="Cents moved")
    moves = serializers.SerializerMethodField()
    hash = serializers.CharField()

    @extend_schema_field(MoveSerializer(many=True))
    def get_moves(self, entry):
        return [{"envelope": envelope, "account": account, "amount": cents} for envelope, account, cents in entry.moves]


PAGING = ("cursor", "page_size", "format")


class LedgerQuery(Strict):
    """Filters of the ledger, as on /comptes/. Days are those of Paris and included, amounts are cents."""

    ref = serializers.CharField(
        required=False, max_length=60, help_text="Reference of a grant or of an act, or the number of an entry"
    )
    envelope = serializers.CharField(required=False, max_length=60, help_text="Reference of an envelope")
    account = serializers.ChoiceField(choices=Account.choices, required=False, help_text="An account of the envelope")
    kind = serializers.ChoiceField(choices=Kind.choices, required=False, help_text="Kind of act")
    year = serializers.IntegerField(required=False, min_value=YEARS[0], max_value=YEARS[1])
    since = Day(required=False)
    until = Day(required=False)
    amount_min = serializers.IntegerField(required=False, min_value=0, max_value=LARGEST, help_text="Cents moved")
    amount_max = serializers.IntegerField(required=False, min_value=0, max_value=LARGEST, help_text="Cents moved")

    def validate(self, found):
        said = wrong_order(*(found.get(name) for name in ("since", "until", "amount_min", "amount_max")))
        if said:
            raise serializers.ValidationError({{"most": "amount_max"}.get(name, name): [said[name]] for name in said})
        return found

    def wanted(self) -> ledger.Wanted:
        names = {"ref": "text", "amount_min": "least", "amount_max": "most"}
        return ledger.Wanted(**{names.get(name, name): value for name, value in self.validated_data.items()})


class SealPages(CursorPages):
    ordering = "-seq"


class LedgerResource(Open, viewsets.GenericViewSet):
    """The sealed journal, newest entry first. The canonical bytes and hashes are in /donnees/comptes.jsonl."""

    serializer_class = EntrySerializer
    pagination_class = SealPages
    queryset = Seal.objects.none()
    filter_backends: list = []
    lookup_field = "seq"
    lookup_value_regex = r"[0-9]{1,15}"

    @extend_schema(
        responses=EntrySerializer(many=True),
        parameters=[LedgerQuery],
    )
    def list(self, request):
        """Public entries."""
        asked = {name: text for name, text in request.query_params.items() if text and name not in PAGING}
        given = LedgerQuery(data=asked)
        given.is_valid(raise_exception=True)
        seals = self.paginate_queryset(ledger.public_seals(given.wanted()))
        entries = ledger.read_seals([seal.seq for seal in seals])
        return self.get_paginated_response(EntrySerializer(entries, many=True).data)

    def retrieve(self, request, seq):
        """One public entry."""
        entry = ledger.public_entry(int(seq))
        if entry is None:
            raise Http404
        return Response(EntrySerializer(entry).data)

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["get"])
    def proof(self, request, seq):
        """Proof that the entry is in the tree of the newest checkpoint."""
        try:
            return Response(inclusion_proof(int(seq)))
        except LookupError:
            raise Http404 from None
