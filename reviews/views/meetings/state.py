"""What the region of a meeting's page that follows it says: in the page, and when it is asked for alone."""

from __future__ import annotations

import hashlib

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reviews.queries.session import Session
from reviews.rules import meetings as rules


def spoken(seen: Session) -> str:
    """Where the meeting stands, in one sentence: what a screen reader says when it changes."""
    parts, point = [], seen.focus
    if not seen.is_open:
        parts.append(str(seen.meeting.get_state_display()))
    elif point is not None and point.is_current:
        parts.append(_("Item %(number)s is under discussion.") % {"number": point.item.position})
    elif seen.current is not None:
        parts.append(_("Item %(number)s is under discussion.") % {"number": seen.current.item.position})
    else:
        parts.append(_("No item is under discussion."))
    if seen.open_vote is not None:
        parts.append(
            ngettext("The vote is open: %(n)s is expected.", "The vote is open: %(n)s are expected.", seen.expected)
            % {"n": seen.expected}
        )
    elif point is not None and not point.closed and point.is_current and point.closed_votes:
        parts.append(_("The vote is closed: %(outcome)s.") % {"outcome": point.closed_votes[-1].get_outcome_display()})
    return " ".join(parts)


def state_of(seen: Session) -> dict:
    """What the region that follows the meeting says, in the page and when it is asked for alone."""
    return {
        "meeting": seen.meeting,
        "seen": seen,
        "focus": seen.focus,
        "spoken": spoken(seen),
        "stamp": hashlib.sha256(seen.stamp.encode()).hexdigest()[:16],
        "quorum_words": "" if seen.quorum.met else rules.quorum_words(seen.quorum),
    }
