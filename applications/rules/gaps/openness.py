"""What will be published: under which licence, and where."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from applications.models import Application
from applications.queries import rules_of
from applications.rules.gaps.frame import Missing, sentence, too_long
from applications.schema import SECTIONS

_ADDRESS = URLValidator(schemes=["http", "https"])


def gaps_of(application: Application, content: dict) -> list[Missing]:
    section = content["openness"]
    gaps = []
    required = rules_of(application)["open_licence_required"]
    if required and not section["licence"] and not section["secret_reason"]:
        gaps.append(
            Missing(
                "openness",
                "licence",
                _(
                    "Say under which open licence you will publish the result, or which legally protected secret prevents it."
                ),
                "openness_commitment_missing",
            )
        )
    if required and not section["secret_reason"] and not (section["publish_code"] or section["publish_data"]):
        gaps.append(
            Missing(
                "openness",
                "publish_code",
                _("Tick what you will publish: the source code, the contents and data, or both."),
                "openness_commitment_missing",
            )
        )
    for name in ("repository_url", "demo_url"):
        if section[name] and not _is_address(section[name]):
            gaps.append(
                Missing(
                    "openness",
                    name,
                    _("“%(label)s”: write an address of the web, as https://forge.example/project, or leave it empty.")
                    % {"label": sentence(SECTIONS["openness"].key(name).label)},
                )
            )
    return gaps + too_long("openness", content)


def _is_address(text: str) -> bool:
    """With or without `https://`: people leave it out."""
    text = text.strip()
    try:
        _ADDRESS(text if "://" in text else f"https://{text}")
    except ValidationError:
        return False
    return True
