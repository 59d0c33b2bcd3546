"""The panel over the API: declarations, readings, meetings, decisions, appeals. What a person may not open by page he may not read here.

A recused member gets the reference of a file and nothing else; before reading closes, a reader gets his own reviews only. A signature asks for a
proof of identity of less than five minutes: it needs a session, no token gives one.
"""

from reviews.api.agenda import AgendaItemResource
from reviews.api.decisions import AppealResource, CallReopening, DecisionResource
from reviews.api.declarations import DeclarationResource
from reviews.api.meetings import MeetingResource
from reviews.api.panels import PanelResource
from reviews.api.reading import AssignmentResource, ReviewResource

RESOURCES = {
    "panels": PanelResource,
    "declarations": DeclarationResource,
    "assignments": AssignmentResource,
    "reviews": ReviewResource,
    "meetings": MeetingResource,
    "agenda-items": AgendaItemResource,
    "decisions": DecisionResource,
    "appeals": AppealResource,
}

__all__ = ["RESOURCES", "CallReopening"]
