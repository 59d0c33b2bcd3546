"""The fund over the API: calls and their rules, envelopes, the public ledger, two-key acts, and one's own account.

What the public reads is the same for everybody. Calls and envelopes also take the acts of those who may; the verbs of a call that look at its
files are mounted by reviews (`Calls` is what both share).
"""

from __future__ import annotations

from django import forms
from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from drf_spectacular.drainage import set_override
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from core import tokens, two_key
from core.access import anyone, signed_in
from core.api import (
    KEY,
    MATCH,
    Day,
    Open,
    Reason,
    Resource,
    Strict,
    TransitionSerializer,
    WithTransitions,
    check_unchanged,
    etag_of,
    readable_from_anywhere,
    transition_of,
    with_etag,
)
from core.api_auth import CursorPages
from core.forms import LARGEST
from core.idempotency import api_once
from core.models import ApiToken, TwoKeyAct, User
from core.transitions import Refusal
from fund import notifications
from fund.forms.ledger import YEARS, wrong_order
from fund.ledger import queries as ledger
from fund.ledger.export import inclusion_proof
from fund.models import Call, Envelope, Seal
from fund.models.ledger import Account, EnvelopeState, Kind
from fund.people import authorising_officer, co_president
from fund.queries import keys, roles_of
from fund.rules.identity import without_sealed
from fund.transitions import calls as call_verbs
from fund.transitions import envelopes as envelope_verbs

# ---- calls ----


class CriterionSerializer(serializers.Serializer):
    code = serializers.CharField()
    label = serializers.CharField()
    question = serializers.CharField()
    weight = serializers.IntegerField(help_text="Percent")
    anchors = serializers.ListField(child=serializers.DictField())


class InstalmentLineSerializer(serializers.Serializer):
    number = serializers.IntegerField()
    code = serializers.CharField()
    label = serializers.CharField()
    percent = serializers.IntegerField()
    trigger = serializers.CharField()


class EligibilityQuestionSerializer(serializers.Serializer):
    code = serializers.CharField()
    question = serializers.CharField()
    expected = serializers.BooleanField()
    refusal = serializers.CharField()
    article = serializers.CharField()


class FaqSerializer(serializers.Serializer):
    question = serializers.CharField()
    answer = serializers.CharField()


class CallSerializer(WithTransitions, serializers.ModelSerializer):
    phase = serializers.SerializerMethodField(help_text="The state, read with the clock")
    envelope = serializers.CharField(source="envelope.reference", default=None, read_only=True, allow_null=True)
    rule_version = serializers.IntegerField(source="rule_version.number", default=None, read_only=True, allow_null=True)
    themes = serializers.SerializerMethodField()
    criteria = CriterionSerializer(many=True, read_only=True)
    instalment_lines = InstalmentLineSerializer(many=True, read_only=True)
    eligibility_questions = EligibilityQuestionSerializer(many=True, read_only=True)
    faq = FaqSerializer(many=True, read_only=True)

    class Meta:
        model = Call
        fields = [
            "slug",
            "number",
            "state",
            "phase",
            "title",
            "summary",
            "description",
            "contact_email",
            "envelope",
            "ceiling_amount",
            "floor_amount",
            "themes",
            *Call.INSTANTS,
            *Call.DAYS,
            "max_duration_months",
            "rule_version",
            "authority",
            "blind",
            "version",
            "published_at",
            "closed_at",
            "decided_at",
            "archived_at",
            "cancelled_at",
            "cancelled_reason",
            "criteria",
            "instalment_lines",
            "eligibility_questions",
            "faq",
            "available_transitions",
        ]

    def get_phase(self, row) -> str:
        return str(row.phase(self.context["request"].received_at))

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_themes(self, row):
        return sorted(theme.code for theme in row.themes.all())


class Content(Strict):
    content = serializers.DictField(help_text="Plain content of a call: what is given changes, lists replace lists")


class CallAmendment(Reason):
    changes = serializers.DictField(help_text="Texts, and dates that move later")


class Shared(Resource):
    """Rows that the public reads, and that take acts from those who may: anonymous answers are the same for all, the others are private."""

    access_rule = anyone

    def get_permissions(self):
        return [AllowAny()] if self.action in ("list", "retrieve", "metadata") else super().get_permissions()

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        signed = request.user.is_authenticated
        if request.method in ("GET", "HEAD", "OPTIONS") and not signed:
            readable_from_anywhere(response)
        if request.method in ("GET", "HEAD") and response.status_code in (200, 304):
            response["Cache-Control"] = "no-store, private" if signed else "public, max-age=0, must-revalidate"
        return response

    def list(self, request, *args, **kwargs):
        return with_etag(request, super().list(request, *args, **kwargs))


class WholeNumberFilter(filters.Filter):
    """django-filter reads numbers as decimals, and no year is 0.5. The description tells the bounds, not the type of the column."""

    field_class = forms.IntegerField

    def __init__(self, *, min_value: int = 0, max_value: int = LARGEST, **options):
        super().__init__(min_value=min_value, max_value=max_value, **options)
        set_override(self, "field", {"type": "integer", "minimum": min_value, "maximum": max_value})


class YearFilter(WholeNumberFilter):
    def __init__(self, **options):
        super().__init__(min_value=YEARS[0], max_value=YEARS[1], **options)


class CallQuery(filters.FilterSet):
    """As on /appels/: `year` of opening, days between which a call closes (those of Paris), bounds of the ceiling of a grant in cents."""

    year = YearFilter(field_name="opens_at", lookup_expr="year")
    since = filters.DateFilter(field_name="closes_at", lookup_expr="date__gte")
    until = filters.DateFilter(field_name="closes_at", lookup_expr="date__lte")
    amount_min = WholeNumberFilter(field_name="ceiling_amount", lookup_expr="gte")
    amount_max = WholeNumberFilter(field_name="ceiling_amount", lookup_expr="lte")
    q = extend_schema_field({"type": "string", "maxLength": 60})(
        filters.CharFilter(field_name="title", lookup_expr="icontains", max_length=60)
    )

    class Meta:
        model = Call
        fields = ["state"]


class Calls(Shared):
    """Calls ever published; drafts too for those who write them."""

    serializer_class = CallSerializer
    lookup_field = "slug"
    filterset_class = CallQuery

    def get_queryset(self):
        rows = Call.objects.select_related("envelope", "rule_version").prefetch_related(
            "themes", "criteria", "instalment_lines", "eligibility_questions", "faq"
        )
        return rows.none() if getattr(self, "swagger_fake_view", False) else rows.visible_to(self.request.user)

    @extend_schema(request=Content, responses={201: CallSerializer}, parameters=[KEY])
    @api_once
    def create(self, request):
        """Write a call: a new draft."""
        given = Content(data=request.data)
        given.is_valid(raise_exception=True)
        call = call_verbs.create(actor=request.user, at=request.received_at, **given.validated_data)
        return Response(self.get_serializer(self.get_queryset().get(pk=call.pk)).data, status=201)


CALL_PARAMS: dict[str, type[serializers.Serializer]] = {"edit": Content, "amend": CallAmendment}

# ---- envelopes ----


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


# ---- the public ledger ----


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


# ---- two-key acts ----


class ActSerializer(serializers.ModelSerializer):
    machine = serializers.CharField(source="target_machine")
    params = serializers.SerializerMethodField()
    proposed_by = serializers.CharField()
    closed_by = serializers.CharField(allow_null=True)
    available_transitions = serializers.SerializerMethodField()

    class Meta:
        model = TwoKeyAct
        fields = [
            "reference",
            "machine",
            "verb",
            "title",
            "state",
            "params",
            "proposed_by",
            "proposed_at",
            "expires_at",
            "closed_by",
            "closed_at",
            "reason",
            "available_transitions",
        ]

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def get_params(self, act):
        """What is proposed. An account number kept encrypted is not repeated here, not even encrypted: the page of the act shows it to its two keys."""
        return without_sealed(act.params)

    @extend_schema_field(TransitionSerializer(many=True))
    def get_available_transitions(self, act):
        """Approve and refuse for who holds the second key, withdraw for who proposed; each with the reason when it is closed."""
        request = self.context["request"]
        labels = {"approve": _("approve"), "refuse": _("refuse"), "withdraw": _("withdraw")}
        names = ("withdraw",) if act.proposed_by_id == request.user.pk else ("approve", "refuse")
        refusal = None
        try:
            if names == ("withdraw",):
                two_key.may_withdraw(act, request.user)
            else:
                two_key.may_approve(act, request.user, request.received_at)
        except Refusal as error:
            refusal = error
        return [transition_of(name, labels[name], refusal) for name in names]


class TwoKeyResource(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Acts that need two people: those this person may approve, proposed, or closed."""

    access_rule = signed_in
    serializer_class = ActSerializer
    lookup_field = "reference"
    lookup_value_regex = r"[A-Za-z0-9-]{1,40}"
    filterset_fields = ["state"]

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return TwoKeyAct.objects.none()
        user, at = self.request.user, self.request.received_at
        mine = Q(proposed_by=user) | Q(closed_by=user)
        waiting = [act.pk for act in keys.acts_to_approve(user, at)]
        return TwoKeyAct.objects.filter(mine | Q(pk__in=waiting)).select_related("proposed_by", "closed_by")

    def _found(self, reference):
        found = keys.find_act(self.request.user, reference, self.request.received_at)
        if found is None:
            raise Http404
        return found[0]

    def retrieve(self, request, reference):
        """One act, with what it would do."""
        return with_etag(request, Response(self.get_serializer(self._found(reference)).data))

    def _answer(self, reference: str, do, **params) -> Response:
        act = self._found(reference)
        check_unchanged(self.request, lambda: etag_of(self.get_serializer(act).data))
        do(act, actor=self.request.user, at=self.request.received_at, **params)
        act.refresh_from_db()
        notifications.tell_proposer(act, self.request.received_at)
        return Response(self.get_serializer(act).data)

    @extend_schema(request=None, responses=ActSerializer, parameters=[KEY, MATCH])
    @action(detail=True, methods=["post"])
    @api_once
    def approve(self, request, reference):
        """Turn the second key: the act is done."""
        return self._answer(reference, two_key.approve)

    @extend_schema(request=Reason, responses=ActSerializer, parameters=[KEY, MATCH])
    @action(detail=True, methods=["post"])
    @api_once
    def refuse(self, request, reference):
        """Say no, with a reason."""
        given = Reason(data=request.data)
        given.is_valid(raise_exception=True)
        return self._answer(reference, two_key.refuse, reason=given.validated_data["reason"])

    @extend_schema(request=None, responses=ActSerializer, parameters=[KEY, MATCH])
    @action(detail=True, methods=["post"])
    @api_once
    def withdraw(self, request, reference):
        """Take one's own proposal back."""
        return self._answer(reference, two_key.withdraw)


# ---- oneself ----


class RoleSerializer(serializers.Serializer):
    role = serializers.CharField()
    college = serializers.CharField()
    title = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True)


class MeSerializer(serializers.ModelSerializer):
    roles = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ["email", "name", "language", "created_at", "roles"]

    @extend_schema_field(RoleSerializer(many=True))
    def get_roles(self, user):
        return RoleSerializer(roles_of(user, self.context["request"].received_at), many=True).data


class Me(APIView):
    """Who is asking, with the roles held now."""

    access_rule = signed_in

    @extend_schema(responses=MeSerializer)
    def get(self, request):
        return with_etag(request, Response(MeSerializer(request.user, context={"request": request}).data))


class TokenSerializer(serializers.ModelSerializer):
    class Meta:
        model = ApiToken
        fields = ["id", "label", "may_write", "created_at", "expires_at", "last_used_on", "revoked_at"]


class TokenResource(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """One's own tokens, never their secret. They are made on the page “Security”, where one proves who one is; here they end."""

    access_rule = signed_in
    serializer_class = TokenSerializer
    lookup_value_regex = r"[0-9]{1,12}"
    queryset = ApiToken.objects.none()

    def get_queryset(self):
        return (
            ApiToken.objects.none() if getattr(self, "swagger_fake_view", False) else self.request.user.api_tokens.all()
        )

    @extend_schema(request=None, responses=TokenSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request, pk):
        """End a token; the one that is used, too."""
        token = self.get_object()
        tokens.revoke_token(token, at=request.received_at)
        return Response(self.get_serializer(token).data)


RESOURCES = {
    "envelopes": EnvelopeResource,
    "ledger": LedgerResource,
    "two-key-acts": TwoKeyResource,
    "tokens": TokenResource,
}
"""Calls are mounted by reviews, with all their verbs."""
