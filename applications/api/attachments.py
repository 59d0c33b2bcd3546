"""The documents people add to a file."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from applications import queries
from applications import transitions as files
from applications.api.common import AnyFile, FileActions, given, listing, number
from applications.enums import PIECE_KINDS, AttachmentKind
from applications.models import Attachment
from applications.queries import rules_of
from core import files as uploads
from core.api import KEY, Strict
from core.idempotency import api_once


class AttachmentSerializer(serializers.ModelSerializer):
    class Meta:
        model = Attachment
        fields = ["id", "kind", "name", "size", "sha256", "content_type", "scan_state", "uploaded_at", "first_filed_at"]


class Upload(Strict):
    file = serializers.FileField()
    kind = serializers.ChoiceField(choices=AttachmentKind.choices, default=AttachmentKind.OTHER)


FILE = {
    (200, media): OpenApiResponse(OpenApiTypes.BINARY)
    for media in sorted({media for kind in PIECE_KINDS for media in uploads.KINDS[kind].values()})
}
"""A document comes back under the type found in its bytes when it was sent."""


class AttachmentActions(FileActions):
    @listing(AttachmentSerializer)
    def attachments(self, request, reference):
        """The documents: of the working copy for the team, filed ones for the others."""
        application = self.get_object()
        rows = Attachment.objects.visible_to(request.user).filter(application=application).order_by("id")
        if queries.is_member(request.user, application):
            rows = rows.current()
        return self.shown(AttachmentSerializer, rows)

    @extend_schema(
        request={"multipart/form-data": Upload},
        responses={201: AttachmentSerializer},
        parameters=[KEY],
    )
    @attachments.mapping.post
    @api_once
    def attach(self, request, reference):
        """Add a document (multipart/form-data: `file`, `kind`); what it is, is found in its bytes."""
        application, sent = self.of_team(), given(Upload, request)
        uploaded = sent["file"]
        most = rules_of(application)["attachment_max_megabytes"] * 1024 * 1024
        content_type, scanned = uploads.check_or_quarantine(uploaded, kinds=PIECE_KINDS, max_bytes=most)
        row = self.write(
            files.attach,
            application=application,
            uploaded=uploaded,
            content_type=content_type,
            kind=sent["kind"],
            scanned=scanned,
        )
        return Response(AttachmentSerializer(row).data, status=201)

    def get_parsers(self):
        # The action is not known yet when parsers are chosen: the method and the route tell.
        if self.request is not None and self.action_map.get(self.request.method.lower()) == "attach":
            return [MultiPartParser()]
        return super().get_parsers()

    @extend_schema(responses=FILE, parameters=[number("number")])
    @action(
        detail=True,
        methods=["get"],
        url_path=r"attachments/(?P<number>[0-9]{1,12})",
        renderer_classes=[JSONRenderer, AnyFile],
    )
    def attachment(self, request, reference, number):
        """The bytes of a document."""
        rows = Attachment.objects.visible_to(request.user).filter(application=self.get_object(), scan_state="clean")
        row = get_object_or_404(rows, pk=number)
        return uploads.send(row.file, row.name, row.content_type)

    @extend_schema(request=None, responses={204: None}, parameters=[number("number")])
    @attachment.mapping.delete
    @api_once
    def detach(self, request, reference, number):
        """Take a document off the working copy."""
        application = self.of_team()
        row = get_object_or_404(application.attachments.current(), pk=number)
        self.write(files.detach, application=application, attachment=row)
        return Response(status=204)
