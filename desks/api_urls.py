"""The API's root: every room's resources under one address, and their description."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from applications.api import Form
from desks import api
from fund.api.account import Me
from registry.api import Statistics

router = SimpleRouter()
for name, resource in api.RESOURCES.items():
    router.register(name, resource, basename=name)

app_name = "api"
urlpatterns = [
    path("", api.Root.as_view(), name="root"),
    path("openapi.json", api.Description.as_view(), name="openapi"),
    path("me/", Me.as_view(), name="me"),
    path("form/", Form.as_view(), name="form"),
    path("statistics/", Statistics.as_view(), name="statistics"),
    path("", include(router.urls)),
]
