"""Writes of the registry."""

from registry.transitions.changes import note_changes
from registry.transitions.follow import (
    ask_to_follow,
    confirm_follow,
    forget_address,
    forget_followers,
    stop_following,
    tell_follower,
)
from registry.transitions.history import confirm_file, give_file, import_past_grants, may_import, undo_import
from registry.transitions.pages import correct, correct_unpublished, correction, propose_change, republish, unpublish
from registry.transitions.questions import answer_publicly, ask_question, set_aside, tell_overdue

__all__ = [
    "answer_publicly",
    "ask_question",
    "ask_to_follow",
    "confirm_follow",
    "confirm_file",
    "correct",
    "correct_unpublished",
    "correction",
    "forget_address",
    "forget_followers",
    "give_file",
    "import_past_grants",
    "may_import",
    "note_changes",
    "propose_change",
    "republish",
    "set_aside",
    "stop_following",
    "tell_follower",
    "tell_overdue",
    "undo_import",
    "unpublish",
]
