"""The partner administration: invited is enough to file."""

from __future__ import annotations

from django.utils.translation import gettext as _

from applications.models import Application
from applications.rules.gaps.frame import Missing, needed, too_long


def gaps_of(application: Application, content: dict) -> list[Missing]:
    gaps = needed("partnership", content, "expectation")
    if not application.partnerships.filter(state__in=("invited", "confirmed")).exists():
        gaps.append(
            Missing(
                "partnership",
                "",
                _("Invite at least one partner administration: one e-mail is enough, it can reply later."),
                "partner_not_invited",
                "partenaires",
            )
        )
    return gaps + too_long("partnership", content)
