"""What the fund's clock does for the registry. Nothing waits for it: whoever reads the index first brings it up to date."""

from __future__ import annotations

from core.clock import register
from registry.index.refresh import fresh
from registry.models import Pending


@register("registry.refresh_index")
def refresh_index(at, actor) -> int:
    """Read what changed before a visitor has to; returns how many sources were noted."""
    noted = Pending.objects.count()
    fresh()
    return noted
