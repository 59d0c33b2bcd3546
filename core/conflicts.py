"""Several people write on the same page: what each one changed is kept, and where two changed the same thing both texts are shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.text import normalize_newlines
from django.utils.translation import gettext as _

from core.transitions import Refusal


class Conflict(Refusal):
    """Somebody wrote meanwhile what this person was changing: nothing is written. By key, `mine` is what he changed, `stored` everything as it stands now, and
    `keys` those where both differ."""

    def __init__(self, mine: dict, stored: dict, keys: list, *, reason):
        super().__init__("version_conflict", reason, remedy=_("Read both, then choose one or merge them."))
        self.mine, self.stored, self.keys = mine, stored, keys


def _said(value: Any) -> Any:
    return normalize_newlines(value).strip() if isinstance(value, str) else value


def changes(*, wanted: dict, read: dict, stored: dict, actor, writer: Callable = lambda keys: None) -> dict:
    """Of what is `wanted`, what its writer changed against what he had `read` and is not stored yet. A key of which he told no reading is written over.
    `writer(keys)` tells who last wrote them, when it must be said. Raises Conflict (`version_conflict`)."""
    mine = {key: value for key, value in wanted.items() if key not in read or _said(value) != _said(read[key])}
    clash = [key for key in mine if key in read and _said(stored[key]) not in (_said(read[key]), _said(mine[key]))]
    if clash:
        by = writer(clash)
        if by == actor:
            reason = _("You saved this elsewhere, in another window, while you were writing here.")
        elif by is None:
            reason = _("Somebody else changed this while you were writing.")
        else:
            reason = _("%(name)s changed this while you were writing.") % {"name": by}
        raise Conflict(mine, stored, clash, reason=reason)
    return {key: value for key, value in mine.items() if _said(value) != _said(stored[key])}
