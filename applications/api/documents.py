"""The documents the product makes: receipts, letters, agreements, minutes."""

from __future__ import annotations

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from applications.api.common import AnyFile
from applications.models import Application
from core import documents
from core.access import signed_in
from core.api import with_etag
from core.models import Document
from core.views.documents import pdf_response

MOST_DOCUMENTS = 500


class DocumentSerializer(serializers.ModelSerializer):
    signatures = serializers.SerializerMethodField()
    verify_url = serializers.SerializerMethodField()

    class Meta:
        model = Document
        fields = [
            "code",
            "kind",
            "title",
            "subject",
            "language",
            "state",
            "frozen_at",
            "sha256",
            "verify_url",
            "signatures",
        ]

    @extend_schema_field(
        serializers.ListField(child=serializers.DictField(child=serializers.CharField(allow_null=True)))
    )
    def get_signatures(self, document):
        return [
            {"signer": str(row.signer), "capacity": row.capacity, "signed_at": row.signed_at.isoformat()}
            for row in document.signatures.all()
        ]

    def get_verify_url(self, document) -> str:
        return documents.verify_url(document)


class DocumentResource(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Receipts, letters, agreements, minutes: those this person may open, of one file (`subject`) or of all files of one's teams."""

    access_rule = signed_in
    serializer_class = DocumentSerializer
    lookup_field = "code"
    lookup_value_regex = r"[A-Za-z0-9-]{1,40}"
    filterset_fields = ["subject", "kind"]

    def get_queryset(self):
        if getattr(self, "swagger_fake_view", False):
            return Document.objects.none()
        rows = Document.objects.defer("context").prefetch_related("signatures__signer")
        subject = self.request.query_params.get("subject", "")
        if not subject:
            rows = rows.filter(subject__in=Application.objects.of_team(self.request.user).values("reference"))
        return rows

    def filter_queryset(self, queryset):
        """A document is visible by its owner: asked once an owner and kind, so that a page costs the same however long it is."""
        rows = super().filter_queryset(queryset)
        known: dict[tuple, bool] = {}
        for row in rows[:MOST_DOCUMENTS]:
            name = (row.owner_machine, row.owner_id, row.kind)
            if name not in known:
                known[name] = documents.is_visible(self.request.user, row)
        seen = [row.pk for row in rows[:MOST_DOCUMENTS] if known[row.owner_machine, row.owner_id, row.kind]]
        return rows.filter(pk__in=seen)

    def _found(self, code: str) -> Document:
        row = Document.objects.filter(code=code).prefetch_related("signatures__signer").first()
        if row is None or not documents.is_visible(self.request.user, row):
            raise Http404
        return row

    def retrieve(self, request, code):
        """One document."""
        return with_etag(request, Response(self.get_serializer(self._found(code)).data))

    @extend_schema(responses={(200, "application/pdf"): OpenApiResponse(OpenApiTypes.BINARY)})
    @action(detail=True, methods=["get"], renderer_classes=[JSONRenderer, AnyFile])
    def pdf(self, request, code):
        """The document as PDF, made now when nobody has made it yet."""
        return pdf_response(self._found(code), at=request.received_at)
