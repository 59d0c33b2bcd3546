"""Every address of the fund. A prefix names the audience, not the app; each app's urls.py lists its own."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

pages = [
    path("", include("core.urls")),
    path("", include("fund.pages")),
    path("", include("applications.urls")),
    path("", include("reviews.urls")),
    path("", include("payments.urls")),
    path("", include("registry.urls")),
    path("", include("desks.urls")),
]
urlpatterns = [
    path("api/v1/", include("desks.api_urls")),
    path("", include("registry.data_urls")),
    path("", include("core.probes")),
    *i18n_patterns(*pages, prefix_default_language=False),
]

handler400 = "core.views.bad_request"
handler403 = "core.views.forbidden"
handler404 = "core.views.not_found"
handler500 = "core.views.server_error"
