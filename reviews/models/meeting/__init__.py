"""The meeting, its agenda and votes, its minutes."""

from reviews.models.meeting.agenda import AgendaItem, Ballot, Departure, Tally, Vote
from reviews.models.meeting.draw import Draw
from reviews.models.meeting.minutes import MinutesRefusal, MinutesSection, MinutesSignature
from reviews.models.meeting.room import ClearPoint, Dissent
from reviews.models.meeting.sitting import ActingPresident, Attendance, Meeting, sees_meetings

__all__ = [
    "ActingPresident",
    "AgendaItem",
    "Attendance",
    "Ballot",
    "ClearPoint",
    "Departure",
    "Dissent",
    "Draw",
    "Meeting",
    "MinutesRefusal",
    "MinutesSection",
    "MinutesSignature",
    "Tally",
    "Vote",
    "sees_meetings",
]
