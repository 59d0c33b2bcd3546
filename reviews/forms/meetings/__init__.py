"""Forms of meetings: they parse and keep what was typed; rules stay in the verbs. `obj` is the meeting, or the agenda item."""

from core.forms import PlainForm, ReasonForm
from reviews.forms.meetings.attendance import ActingForm, AdjournForm, AnnounceForm, AttendanceForm, StepOutForm
from reviews.forms.meetings.items import BallotForm, CastForm, CloseVoteForm, HandsForm, MotionForm, MoveForm, NoteForm
from reviews.forms.meetings.lists import ListForm
from reviews.forms.meetings.minutes import AdoptByVoteForm, ReviseForm, SignMinutesForm
from reviews.forms.meetings.plan import PlanForm, ReconveneForm, RescheduleForm, UrgencyForm
from reviews.forms.meetings.seats import SeatsForm

__all__ = [
    "ActingForm",
    "AdjournForm",
    "AdoptByVoteForm",
    "AnnounceForm",
    "AttendanceForm",
    "BallotForm",
    "CastForm",
    "CloseVoteForm",
    "HandsForm",
    "ListForm",
    "MotionForm",
    "MoveForm",
    "NoteForm",
    "PlainForm",
    "PlanForm",
    "ReasonForm",
    "ReconveneForm",
    "RescheduleForm",
    "ReviseForm",
    "SeatsForm",
    "SignMinutesForm",
    "StepOutForm",
    "UrgencyForm",
]
