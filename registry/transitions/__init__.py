"""Writes of the registry."""

from registry.transitions.history import confirm_file, give_file, import_past_grants, may_import, undo_import
from registry.transitions.pages import correct, correct_unpublished, correction, propose_change, republish, unpublish
from registry.transitions.questions import answer_publicly, ask_question, set_aside, tell_overdue

__all__ = [
    "answer_publicly",
    "ask_question",
    "confirm_file",
    "correct",
    "correct_unpublished",
    "correction",
    "give_file",
    "import_past_grants",
    "may_import",
    "propose_change",
    "republish",
    "set_aside",
    "tell_overdue",
    "undo_import",
    "unpublish",
]
