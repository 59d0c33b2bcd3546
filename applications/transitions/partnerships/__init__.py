"""Partnerships: an administration is invited, its agent answers through a personal link without an account."""

from applications.transitions.partnerships.inviting import cancel, expire, invite, invite_again, remind, send_reminder
from applications.transitions.partnerships.replying import (
    confirm,
    correct,
    decline,
    follow_link,
    revoke_follow,
    withdraw,
)

__all__ = [
    "cancel",
    "confirm",
    "correct",
    "decline",
    "expire",
    "follow_link",
    "invite",
    "invite_again",
    "remind",
    "revoke_follow",
    "send_reminder",
    "withdraw",
]
