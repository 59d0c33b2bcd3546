"""What the desks do because time passes."""

from __future__ import annotations

from core.clock import register
from desks import idle


@register("desks.idle", every_seconds=6 * 3600)
def tidy_accounts(at, actor) -> int:
    """Accounts that nobody uses: warned, closed, erased."""
    return idle.tidy(at, actor)
