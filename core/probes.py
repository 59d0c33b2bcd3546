"""For whoever keeps the service alive: `/healthz` (the process answers) and `/readyz` (it can serve: database, guards, files)."""

from __future__ import annotations

import os

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_safe

from core import append_only
from core.access import allow, anyone
from core.models import User


@allow(anyone)
@require_safe
def healthz(request):
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


def _database() -> bool:
    User.objects.order_by("pk").values_list("pk", flat=True).first()
    return True


def _writable() -> bool:
    folder = settings.MEDIA_ROOT
    return bool(settings.STORAGE_URL) or os.access(folder if folder.exists() else folder.parent, os.W_OK)


@allow(anyone)
@require_safe
def readyz(request):
    """503 with the names of what is not ready; nothing else about the installation."""
    found = {}
    for name, test in (
        ("database", _database),
        ("append_only", lambda: not append_only.missing()),
        ("media", _writable),
    ):
        try:
            found[name] = bool(test())
        except (DatabaseError, OSError):
            found[name] = False
    connection.close_if_unusable_or_obsolete()
    return JsonResponse({"ready": all(found.values()), "checks": found}, status=200 if all(found.values()) else 503)


urlpatterns = [path("healthz", healthz, name="healthz"), path("readyz", readyz, name="readyz")]
