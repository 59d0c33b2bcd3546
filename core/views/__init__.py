"""Pages of mechanism: sign-in and security, documents, errors, language, the demo's mailbox."""

from core.views.errors import bad_request, csrf_failure, forbidden, not_found, server_error

__all__ = ["bad_request", "csrf_failure", "forbidden", "not_found", "server_error"]
