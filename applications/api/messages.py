"""The conversation between the team and the fund."""

from __future__ import annotations

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from applications import queries
from applications import transitions as files
from applications.api.common import FileActions, listing
from applications.models import Application, Message
from applications.rules.messages import MESSAGE_SIGNS
from core.api import KEY, Strict
from core.idempotency import api_once
from fund.people import case_officer


class MessageSerializer(serializers.ModelSerializer):
    author = serializers.CharField()

    class Meta:
        model = Message
        fields = ["id", "kind", "author", "from_staff", "text", "sent_at", "read_at", "due_on"]


class NewMessage(Strict):
    text = serializers.CharField(max_length=MESSAGE_SIGNS, trim_whitespace=False)


class MessageActions(FileActions):
    def _corresponding(self) -> Application:
        """The file, for its team and for case officers: an auditor reads the file, not the letters."""
        application, user = self.get_object(), self.request.user
        if not queries.is_member(user, application) and not case_officer(user, application, self.request.received_at):
            raise Http404
        return application

    @listing(MessageSerializer)
    def messages(self, request, reference):
        """The last 200 messages between the team and the fund, newest first. Reading them here marks none as read."""
        rows = self._corresponding().messages.select_related("author").order_by("-id")[:200]
        return self.shown(MessageSerializer, rows)

    @extend_schema(request=NewMessage, responses={201: MessageSerializer}, parameters=[KEY])
    @messages.mapping.post
    @api_once
    def send_message(self, request, reference):
        """Write to the other side."""
        row = self.write(files.send_message, NewMessage, application=self._corresponding())
        return Response(MessageSerializer(row).data, status=201)
