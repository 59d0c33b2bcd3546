"""The panel's work: seats, declarations of interest, reviews, decisions, appeals; meetings and votes in `meeting`."""

from reviews.models.assignment import Assignment, ReviewVersion, Score  # noqa: F401
from reviews.models.decision import Appeal, Decision  # noqa: F401
from reviews.models.declaration import Declaration  # noqa: F401
from reviews.models.discussion import DiscussionRequest  # noqa: F401
from reviews.models.experts import ExpertRequest  # noqa: F401
from reviews.models.meeting import *  # noqa: F403
from reviews.models.panel import Panel, Seat  # noqa: F401
from reviews.models.result import AssignmentResult  # noqa: F401
from reviews.models.simulation import Simulation, SimulationLine  # noqa: F401
