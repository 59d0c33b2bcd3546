"""The money's part of the API alone."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from fund.urls import pages
from payments.api import RESOURCES

router = SimpleRouter()
for prefix, resource in RESOURCES.items():
    router.register(prefix, resource, basename=prefix)
urlpatterns = [path("api/v1/", include(router.urls)), *pages]
