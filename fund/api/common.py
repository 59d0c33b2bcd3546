"""What calls and envelopes share: rows that the public reads, and numbers in filters."""

from __future__ import annotations

from django import forms
from django_filters import rest_framework as filters
from drf_spectacular.drainage import set_override
from rest_framework.permissions import AllowAny

from core.access import anyone
from core.api import Resource, readable_from_anywhere, with_etag
from core.forms import LARGEST
from fund.forms.ledger import YEARS


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
