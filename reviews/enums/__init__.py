"""Choices of the panel's work, re-exported: reading (declarations, assignments, decisions) and meeting (sessions, votes)."""

from reviews.enums.meeting import *  # noqa: F403
from reviews.enums.reading import *  # noqa: F403
