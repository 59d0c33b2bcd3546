"""The partner administrations: invited is enough to file."""

from __future__ import annotations

from django.utils.translation import ngettext

from applications.models import Application
from applications.queries import rules_of
from applications.rules.gaps.frame import Missing, needed, too_long


def gaps_of(application: Application, content: dict) -> list[Missing]:
    gaps = needed("partnership", content, "expectation")
    fewest = rules_of(application)["partnership_invited_min_to_file"]
    if application.partnerships.filter(state__in=("invited", "confirmed")).count() < fewest:
        gaps.append(
            Missing(
                "partnership",
                "",
                ngettext(
                    "Invite at least one partner administration: one e-mail is enough, it can reply later.",
                    "Invite at least %(n)s partner administrations: one e-mail each is enough, they can reply later.",
                    fewest,
                )
                % {"n": fewest},
                "partner_not_invited",
                "partenaires",
            )
        )
    return gaps + too_long("partnership", content)
