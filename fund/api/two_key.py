"""Acts that need two people, over the API."""

from __future__ import annotations

from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response

from core import two_key
from core.access import signed_in
from core.api import KEY, MATCH, Reason, TransitionSerializer, check_unchanged, etag_of, transition_of, with_etag
from core.idempotency import api_once
from core.models import TwoKeyAct
from core.transitions import Refusal
from fund import notifications
from fund.queries import keys
from fund.rules.identity import without_sealed


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
