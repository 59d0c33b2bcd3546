"""Simulations under the envelope, of a panel: what one may see of them is counted over the files one may open."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from core.api import KEY, Strict, with_etag
from core.idempotency import api_once
from reviews.api.common import data_of
from reviews.enums.simulation import SimulationBase, SimulationStart
from reviews.models import Panel, Simulation
from reviews.queries import simulations as found
from reviews.transitions import simulations as verbs

STARTS = [(value, label) for value, label in SimulationStart.choices if value != SimulationStart.COPY]
ONE = r"simulations/(?P<number>[0-9]{1,12})"
PLAIN = {
    "copy": verbs.copy_simulation,
    "share": verbs.share_simulation,
    "keep": verbs.keep_simulation,
    "drop": verbs.drop_simulation,
}


class SimulationSerializer(serializers.ModelSerializer):
    made_by = serializers.CharField()
    funded = serializers.IntegerField(help_text="Applications")
    total = serializers.IntegerField(help_text="Cents")

    class Meta:
        model = Simulation
        fields = [
            "id",
            "name",
            "note",
            "base",
            "start",
            "made_by",
            "made_at",
            "changed_at",
            "shared_at",
            "free_amount",
            "funded",
            "total",
        ]


class LineSerializer(serializers.Serializer):
    application = serializers.CharField(source="application.reference")
    rank = serializers.IntegerField(source="line.rank", allow_null=True)
    amount = serializers.IntegerField(help_text="Cents; 0: not funded")
    civil_society = serializers.BooleanField(source="civil", help_text="That college’s own ranking would fund it")
    state = serializers.BooleanField()
    faults = serializers.ListField(child=serializers.CharField(), help_text="Why no vote could give this amount")


class OneSimulationSerializer(SimulationSerializer):
    """With what it funds, file by file, and what it leaves in the envelope."""

    lines = LineSerializer(many=True)
    left = serializers.IntegerField(help_text="Cents; below 0: too much")

    class Meta(SimulationSerializer.Meta):
        fields = [*SimulationSerializer.Meta.fields, "left", "lines"]


class Draft(Strict):
    name = serializers.CharField(max_length=80, allow_blank=True)
    note = serializers.CharField(max_length=500, allow_blank=True, default="")


class NewSimulation(Draft):
    start = serializers.ChoiceField(choices=STARTS, default=SimulationStart.RANKING)
    base = serializers.ChoiceField(choices=SimulationBase.choices, default=SimulationBase.MINE)


class Amounts(Draft):
    amounts = serializers.DictField(
        child=serializers.IntegerField(min_value=0, max_value=10**12),
        required=False,
        help_text="Cents by reference, for the files that change; 0: not funded",
    )


class Simulations:
    """The part of the resource of panels that holds them."""

    def _simulation(self, panel: Panel, number) -> Simulation:
        return get_object_or_404(found.simulations_for(self.request.user, panel), pk=number)

    def _answer(self, panel: Panel, number, status=200) -> Response:
        seen = found.portfolio_of(self._simulation(panel, number), panel)
        seen.simulation.funded, seen.simulation.total = len(seen.funded), seen.total
        data = {
            **SimulationSerializer(seen.simulation).data,
            "left": seen.left,
            "lines": LineSerializer(seen.rows, many=True).data,
        }
        return Response(data, status=status)

    @extend_schema(responses=SimulationSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def simulations(self, request, slug):
        """Simulations one may see, latest first."""
        rows = found.listed(request.user, self.get_object())
        return with_etag(request, Response(SimulationSerializer(rows, many=True).data))

    @extend_schema(request=NewSimulation, responses={201: OneSimulationSerializer}, parameters=[KEY])
    @simulations.mapping.post
    @api_once
    def simulate(self, request, slug):
        """Make one, over the applications one may open."""
        panel, given = self.get_object(), data_of(NewSimulation, request)
        made = verbs.simulate(panel=panel, actor=request.user, at=request.received_at, **given)
        return self._answer(panel, made.pk, 201)

    @extend_schema(responses=OneSimulationSerializer, filters=False)
    @action(detail=True, methods=["get"], url_path=ONE, pagination_class=None, filter_backends=[])
    def simulation(self, request, slug, number):
        """One simulation."""
        return with_etag(request, self._answer(self.get_object(), number))

    @extend_schema(request=Amounts, responses=OneSimulationSerializer, parameters=[KEY])
    @action(detail=True, methods=["post"], url_path=f"{ONE}/revise")
    @api_once
    def revise_simulation(self, request, slug, number):
        """Change the name, the note and amounts of one’s own simulation."""
        panel, given = self.get_object(), data_of(Amounts, request)
        simulation = self._simulation(panel, number)
        known = dict(simulation.lines.values_list("application__reference", "application_id"))
        asked = given.pop("amounts", {})
        if set(asked) - set(known):
            raise serializers.ValidationError({"amounts": [_("Not an application of this simulation.")]})
        verbs.revise_simulation(
            panel=panel,
            simulation=simulation,
            actor=request.user,
            at=request.received_at,
            amounts={known[reference]: amount for reference, amount in asked.items()},
            **given,
        )
        return self._answer(panel, number)

    @extend_schema(
        request=None, responses=OneSimulationSerializer, parameters=[KEY], operation_id="panels_simulations_act"
    )
    @action(detail=True, methods=["post"], url_path=rf"{ONE}/(?P<name>copy|share|keep|drop)")
    @api_once
    def act_on_simulation(self, request, slug, number, name):
        """`copy` it; `share` it with the members who may open all its applications; `keep` it for the chairs; `drop` it."""
        panel = self.get_object()
        made = PLAIN[name](
            panel=panel, simulation=self._simulation(panel, number), actor=request.user, at=request.received_at
        )
        if name == "drop":
            return Response({"done": name})
        return self._answer(panel, made.pk if name == "copy" else number, 201 if name == "copy" else 200)
