"""What the public already knows of an organisation that applies: its earlier grants."""

from __future__ import annotations

from django.db.models import Q

from reviews.models import Decision


def earlier_grants(application) -> list[Decision]:
    """Public grants of the organisation that applies, or bears this project, in other files; the latest first. A person's are not looked for: her name need
    not be public there."""
    organisations = {pk for pk in (application.organisation_id, application.bearer_organisation_id) if pk}
    if not organisations:
        return []
    same = Q(application__organisation__in=organisations) | Q(application__bearer_organisation__in=organisations)
    return list(
        Decision.objects.public()
        .filter(same)
        .exclude(application=application)
        .select_related("application__call")
        .order_by("-notified_at", "-id")[:20]
    )
