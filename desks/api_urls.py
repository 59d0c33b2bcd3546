"""The API's root: every room's resources under one address, their description, and the page that tells people how to use them."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

import applications.api
import fund.api
import payments.api
import registry.api
from desks import api

RESOURCES = {
    **registry.api.RESOURCES,
    **fund.api.RESOURCES,
    **applications.api.RESOURCES,
    **payments.api.RESOURCES,
}
router = SimpleRouter()
for name, resource in RESOURCES.items():
    router.register(name, resource, basename=name)

app_name = "api"
urlpatterns = [
    path("", api.Root.as_view(), name="root"),
    path("openapi.json", api.Description.as_view(), name="openapi"),
    path("me/", fund.api.Me.as_view(), name="me"),
    path("form/", applications.api.Form.as_view(), name="form"),
    path("statistics/", registry.api.Statistics.as_view(), name="statistics"),
    path("", include(router.urls)),
]
