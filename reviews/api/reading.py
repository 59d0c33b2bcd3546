"""Assignments and reviews: of others’ work nothing before reading closes."""

from __future__ import annotations

from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from applications.models import Application
from core.api import KEY, MATCH, Reason, Resource, Strict, WithTransitions, check_unchanged, etag_of, with_etag
from core.idempotency import api_once
from reviews import queries
from reviews.api.common import closed_to, data_of, sits
from reviews.models import Assignment
from reviews.queries import reviewing
from reviews.rules.reviews import LONGEST_EXPLANATION, LONGEST_TEXT
from reviews.scoring import MAX_HALF_POINTS
from reviews.transitions import assignments


class AssignmentSerializer(WithTransitions, serializers.ModelSerializer):
    application = serializers.CharField(source="application.reference")
    call = serializers.CharField(source="application.call.slug")
    reader = serializers.CharField(source="seat.user")
    college = serializers.CharField(source="seat.college")

    class Meta:
        model = Assignment
        fields = [
            "id",
            "application",
            "call",
            "reader",
            "college",
            "state",
            "assigned_at",
            "started_at",
            "submitted_at",
            "closed_at",
            "available_transitions",
        ]


class FileSerializer(serializers.Serializer):
    """A file as a reader reads it: no address nor phone; nothing of the applicant in a blind call."""

    reference = serializers.CharField()
    title = serializers.CharField()
    content = serializers.DictField()


def _pairs(user):
    """A reader's own; those of others for case officers and auditors who neither sit in the panel nor have an interest."""
    rows = Assignment.objects.visible_to(user)
    rows = rows.exclude(~Q(seat__user=user), seat__panel__in=sits(user))
    return rows.exclude(application__in=closed_to(user)).select_related(
        "application__call__rule_version", "seat__user", "seat__panel__call"
    )


class AssignmentResource(Resource):
    """Who reads what, and how far. Scores are another question: `reviews`."""

    model = Assignment
    serializer_class = AssignmentSerializer
    lookup_field = "pk"
    lookup_value_regex = r"[0-9]{1,12}"
    params = {"reopen": Reason, "decline": Reason, "withdraw": Reason}
    filterset_fields = ["state", "application__reference", "application__call__slug"]

    def get_queryset(self):
        return Assignment.objects.none() if getattr(self, "swagger_fake_view", False) else _pairs(self.request.user)

    @extend_schema(responses=FileSerializer)
    @action(detail=True, methods=["get"])
    def file(self, request, pk):
        """The file to read, for its reader once he declared no interest."""
        row = self.get_object()
        application = reviewing.find_file(request.user, row.application.reference)
        if application is None or row.seat.user_id != request.user.pk:
            raise Http404
        body = {
            "reference": application.reference,
            "title": application.display_title,
            "content": reviewing.panel_content(application, application.call.blind),
        }
        return with_etag(request, Response(FileSerializer(body).data))


class ScoreSerializer(serializers.Serializer):
    criterion = serializers.CharField(source="criterion.code")
    half_points = serializers.IntegerField(allow_null=True, help_text=f"0 to {MAX_HALF_POINTS}: 0 to 5 by halves")
    cannot_judge = serializers.BooleanField()
    justification = serializers.CharField()


class ReviewSerializer(AssignmentSerializer):
    scores = ScoreSerializer(many=True)

    class Meta(AssignmentSerializer.Meta):
        fields = [
            *AssignmentSerializer.Meta.fields[:-1],
            "scores",
            "comment",
            "note",
            "proposed_amount",
            "version",
            "saved_at",
            "available_transitions",
        ]


class ScoreDraft(Strict):
    half_points = serializers.IntegerField(allow_null=True, required=False, min_value=0, max_value=MAX_HALF_POINTS)
    cannot_judge = serializers.BooleanField(required=False)
    justification = serializers.CharField(max_length=LONGEST_EXPLANATION, allow_blank=True, required=False)


class ReviewDraft(Strict):
    scores = serializers.DictField(child=ScoreDraft(), required=False, help_text="By code of criterion")
    comment = serializers.CharField(max_length=LONGEST_TEXT, allow_blank=True, required=False)
    note = serializers.CharField(
        max_length=LONGEST_TEXT,
        allow_blank=True,
        required=False,
        help_text="For the panel; never shown to the applicant",
    )
    proposed_amount = serializers.IntegerField(
        min_value=0, max_value=10**11, required=False, help_text="In cents, whole euros; 0 takes it away"
    )
    version = serializers.IntegerField(min_value=0, max_value=10**9, required=False)


@extend_schema_view(
    list=extend_schema(
        parameters=[
            OpenApiParameter("application", str, description="Filed reviews of this file, for who may see them")
        ]
    )
)
class ReviewResource(AssignmentResource):
    """One's own reviews; with `?application=`, every filed one of that file for who may see them (one filed his own, or reading is closed)."""

    model = Assignment
    serializer_class = ReviewSerializer
    params = AssignmentResource.params
    filterset_fields = ["state"]

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return Assignment.objects.none()
        user, own = self.request.user, Q(seat__user=self.request.user)
        rows = Assignment.objects.exclude(application__in=closed_to(user))
        rows = rows.filter(own | Q(pk__in=self._others(user)))
        return rows.select_related(
            "application__call__rule_version", "seat__user", "seat__panel__call"
        ).prefetch_related("scores__criterion")

    def _others(self, user) -> list[int]:
        """Filed reviews of one file, asked for by its reference or by one of them."""
        wanted = self.request.query_params.get("application", "")
        number = self.kwargs.get("pk")
        rows = Application.objects.filter(reference=wanted) if wanted else Application.objects.none()
        if number is not None:
            rows = Application.objects.filter(assignments=number)
        application = rows.select_related("call__rule_version").first()
        if application is None or not queries.may_see_reviews(user, application, queries.panel_of(application.call)):
            return []
        return [row.pk for row in queries.filed_reviews(application)]

    def file(self, request, pk):
        raise Http404

    @extend_schema(request=ReviewDraft, responses=ReviewSerializer, parameters=[KEY, MATCH])
    @api_once
    def partial_update(self, request, pk):
        """Keep what is written, complete or not: private until it is filed."""
        row, given = self.get_object(), data_of(ReviewDraft, request)
        known = {criterion.code for criterion in row.application.call.criteria.all()}
        if unknown := sorted(set(given.get("scores", {})) - known):
            raise serializers.ValidationError({"scores": {name[:60]: [_("Unknown criterion.")] for name in unknown}})
        check_unchanged(request, lambda: etag_of(self.get_serializer(row).data))
        assignments.save_draft(assignment=row, actor=request.user, at=request.received_at, **given)
        return Response(self.get_serializer(self.get_object()).data)
