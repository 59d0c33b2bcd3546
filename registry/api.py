"""The public window over the API: the published set and its figures, from the same queries as the pages and the files."""

from __future__ import annotations

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import Open
from core.api_auth import CursorPages
from fund.api.envelopes import BalancesSerializer
from fund.enums import ApplicantKind
from fund.ledger import queries as ledger
from registry import queries
from registry.enums import ChangeGround, ChangeKind
from registry.exports.outcomes import cells
from registry.models import PageChange
from registry.paging import GrantPages
from registry.queries import pages
from registry.queries.delays import delays
from registry.queries.grants import NAMES
from registry.resources.public import ProjectDetailSerializer, ProjectSerializer


def _filters(request) -> queries.Filters:
    """Those of the page; a name that is none of them is refused, so that a slip is not read as "everything"."""
    known = {*NAMES.values(), "cursor", "page_size", "format"}
    if unknown := sorted(set(request.query_params) - known):
        raise ValidationError(
            {
                name: [_("Unknown filter. Known ones: %(names)s.") % {"names": ", ".join(NAMES.values())}]
                for name in unknown
            }
        )
    return queries.Filters.read(request.query_params)


class ProjectResource(Open, viewsets.GenericViewSet):
    """Every published grant, earlier ones included, newest first."""

    serializer_class = ProjectSerializer
    pagination_class = GrantPages
    filter_backends: list = []
    lookup_field = "reference"
    lookup_value_regex = r"[A-Za-z0-9-]{1,40}"

    @extend_schema(
        responses=ProjectSerializer(many=True),
        parameters=[
            OpenApiParameter(word, str, OpenApiParameter.QUERY, description=f"As on /projets/: {name}")
            for name, word in NAMES.items()
        ],
    )
    def list(self, request):
        """Projects; filters are those of the page."""
        grants = self.paginate_queryset(_filters(request))
        return self.get_paginated_response(ProjectSerializer(grants, many=True).data)

    @extend_schema(responses=ProjectDetailSerializer)
    def retrieve(self, request, reference):
        """One project, with its payments and its entries."""
        grant = queries.get(reference)
        if grant is None:
            raise Http404
        return Response(ProjectDetailSerializer(grant).data)


class GroupSerializer(serializers.Serializer):
    projects = serializers.IntegerField()
    amount = serializers.IntegerField(source="cents", help_text="Cents awarded")


class YearSerializer(GroupSerializer):
    year = serializers.IntegerField()


class DepartmentSerializer(GroupSerializer):
    department = serializers.CharField()


class CallFiguresSerializer(GroupSerializer):
    call = serializers.CharField(source="call__slug")
    title = serializers.CharField(source="call__title")


class KindSerializer(GroupSerializer):
    applicant_kind = serializers.ChoiceField(choices=ApplicantKind.choices)


class PublicEnvelopeSerializer(serializers.Serializer):
    reference = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    year = serializers.IntegerField()
    state = serializers.CharField()
    balances = BalancesSerializer()


class DelaySerializer(serializers.Serializer):
    """In days. Null is nothing to measure or not told; zero is the same day."""

    count = serializers.IntegerField(allow_null=True, help_text="How many it is measured on")
    median_days = serializers.IntegerField(source="median", allow_null=True, help_text="Half took no longer")
    ninth_days = serializers.IntegerField(source="ninth", allow_null=True, help_text="Nine in ten took no longer")


class DelaysSerializer(serializers.Serializer):
    decision = DelaySerializer(help_text="From filing to the notified decision")
    settlement = DelaySerializer(help_text="From the payment order to the bank's value date")
    first_payment = DelaySerializer(help_text="From signature to the first payment")


class OutcomeSerializer(serializers.Serializer):
    """One call whose decisions are all notified. A count is null when it is not told; `hidden` says why: `fewer` than three, or `withheld`."""

    call = serializers.CharField(source="call.slug")
    title = serializers.CharField(source="call.title")
    counts = serializers.SerializerMethodField()
    hidden = serializers.SerializerMethodField()
    requested_amount = serializers.IntegerField(source="requested", allow_null=True, help_text="Cents")
    funded_requested_amount = serializers.IntegerField(source="funded_requested", help_text="Cents")
    awarded_amount = serializers.IntegerField(
        source="awarded", help_text="Cents; later awards and those not taken up included"
    )
    funded_from_reserve = serializers.IntegerField(source="from_reserve")
    median_days = serializers.IntegerField(source="days", allow_null=True)

    @extend_schema_field(serializers.DictField(child=serializers.IntegerField(allow_null=True)))
    def get_counts(self, outcome) -> dict:
        return {name: cell.value for name, cell in cells(outcome).items()}

    @extend_schema_field(serializers.DictField(child=serializers.CharField()))
    def get_hidden(self, outcome) -> dict:
        return {name: cell.hidden for name, cell in cells(outcome).items() if cell.hidden}


class StatisticsSerializer(serializers.Serializer):
    projects = serializers.IntegerField(help_text="Grants taken up")
    not_taken_up = serializers.IntegerField()
    earlier = serializers.IntegerField(help_text="Grants made before this service, and other funders'")
    awarded_amount = serializers.IntegerField(
        help_text="Cents awarded to `projects`, and to nothing else: what `by_year`, `by_call` and `by_kind` add up to"
    )
    earlier_amount = serializers.IntegerField(help_text="Cents of the `earlier` grants, counted nowhere else here")
    balances = BalancesSerializer(help_text="All envelopes together")
    envelopes = PublicEnvelopeSerializer(many=True)
    by_year = YearSerializer(many=True)
    by_department = DepartmentSerializer(many=True)
    by_call = CallFiguresSerializer(many=True)
    by_kind = KindSerializer(many=True)
    delays = DelaysSerializer(help_text="How long things take, over the whole fund")
    delays_by_call = serializers.DictField(child=DelaysSerializer(), help_text="The same by address of the call")
    outcomes = OutcomeSerializer(many=True, help_text="What became of everything that was filed, call by call")


class Statistics(Open, APIView):
    """Every figure of the page of statistics, to recompute from projects and ledger."""

    @extend_schema(responses=StatisticsSerializer)
    def get(self, request):
        summary, envelopes, outcomes = queries.summary(), ledger.public_envelopes(), queries.outcomes()
        took = delays(outcomes)
        figures = {
            "projects": summary.projects,
            "not_taken_up": summary.not_taken_up,
            "earlier": summary.earlier,
            "awarded_amount": summary.cents,
            "earlier_amount": summary.earlier_cents,
            "balances": ledger.sum_bars(envelope.balances for envelope in envelopes),
            "envelopes": envelopes,
            "by_year": queries.by_year(),
            "by_department": queries.by_department(),
            "by_call": queries.by_call(),
            "by_kind": queries.by_kind(),
            "delays": took.whole,
            "delays_by_call": took.calls,
            "outcomes": outcomes,
        }
        return Response(StatisticsSerializer(figures).data)


class CorrectionSerializer(serializers.Serializer):
    """One text corrected, or a page taken down or published again. `before` and `after` are null when the ground forbids to tell them."""

    number = serializers.IntegerField()
    date = serializers.DateField(source="on")
    reference = serializers.CharField()
    change = serializers.ChoiceField(choices=ChangeKind.choices, source="kind")
    field = serializers.SerializerMethodField(help_text="Empty when the whole page is concerned")
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField(allow_null=True)
    ground = serializers.ChoiceField(choices=ChangeGround.choices)

    def get_field(self, change) -> str:
        return change.field.partition("-")[0]


class CorrectionPages(CursorPages):
    ordering = "-pk"


class CorrectionResource(Open, viewsets.GenericViewSet):
    """The log of what was corrected or taken down of the public pages, latest first."""

    serializer_class = CorrectionSerializer
    pagination_class = CorrectionPages
    filter_backends: list = []
    queryset = PageChange.objects.none()

    @extend_schema(
        responses=CorrectionSerializer(many=True),
        parameters=[OpenApiParameter("ref", str, OpenApiParameter.QUERY, description="Reference of a project")],
    )
    def list(self, request):
        """Changes of public pages."""
        rows = self.paginate_queryset(pages.log(request.query_params.get("ref", "")[:40].replace("\x00", "")))
        return self.get_paginated_response(CorrectionSerializer(pages.told_changes(rows), many=True).data)


RESOURCES = {"projects": ProjectResource, "corrections": CorrectionResource}
