"""Who asks, and his tokens."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.views import APIView

from core import tokens
from core.access import signed_in
from core.api import with_etag
from core.models import ApiToken, User
from fund.queries import roles_of


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
