"""Mails a person may switch off. A mail is necessary unless its room said here that it is not; `core.outbox.queue` alone reads the choice.

Letters, requests with a deadline and what protects the account are never registered: missing one would cost a right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.models import User

PAGE = "/mon-espace/courriels/"


@dataclass(frozen=True)
class Choice:
    """`key` is what `User.mails_off` holds; `codes` are codes of mails."""

    key: str
    label: Any
    help: Any
    codes: frozenset[str]


CHOICES: dict[str, Choice] = {}


def register(key: str, label, help, *codes: str) -> Choice:
    """Say that these mails are a comfort: the person may switch them off together."""
    CHOICES[key] = Choice(key, label, help, frozenset(codes))
    return CHOICES[key]


def choice_of(code: str) -> Choice | None:
    """The choice a mail belongs to; None for a necessary one."""
    return next((choice for choice in CHOICES.values() if code in choice.codes), None)


def is_off(user: User, code: str) -> bool:
    choice = choice_of(code)
    return choice is not None and choice.key in user.mails_off
