"""Pulling a file up: a member asks, with a reason, that the panel discuss it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from reviews.enums.reading import PanelState
from reviews.models import DiscussionRequest, Panel
from reviews.rules.panel import file_is_open_to_asker
from reviews.rules.people import reason_given, sits_in_panel
from reviews.transitions.deeds import deed


@deed(
    on=Panel,
    label=_("ask that an application be discussed"),
    who=(sits_in_panel,),
    sources=(PanelState.READING_CLOSED,),
    guards=(file_is_open_to_asker, reason_given),
)
def ask_discussion(act, panel, *, application, reason):
    """Once reading is closed, for a file the member may see. It stands in the ranking and on top of the agenda's proposal; asking again changes the reason."""
    act.because(reason)
    act.note(application=application.reference)
    DiscussionRequest.objects.update_or_create(
        application=application, user=act.actor, defaults={"reason": reason.strip(), "asked_at": act.at}
    )
