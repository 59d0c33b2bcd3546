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
from registry.transitions.webhooks import (
    claim,
    disable,
    drop,
    enable,
    end,
    forget_deliveries,
    queue_news,
    register,
    renew_secret,
    replay,
    settle,
)

__all__ = [
    "answer_publicly",
    "ask_question",
    "ask_to_follow",
    "claim",
    "confirm_file",
    "confirm_follow",
    "correct",
    "correct_unpublished",
    "correction",
    "disable",
    "drop",
    "enable",
    "end",
    "forget_address",
    "forget_deliveries",
    "forget_followers",
    "give_file",
    "import_past_grants",
    "may_import",
    "note_changes",
    "propose_change",
    "queue_news",
    "register",
    "renew_secret",
    "replay",
    "republish",
    "set_aside",
    "settle",
    "stop_following",
    "tell_follower",
    "tell_overdue",
    "undo_import",
    "unpublish",
]
