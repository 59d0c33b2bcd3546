"""Entry point for the web server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fund.settings")
application = get_wsgi_application()

from fund import public_cache  # noqa: E402  after the settings

public_cache.enable()
