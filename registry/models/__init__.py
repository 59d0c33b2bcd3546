"""What the registry keeps of its own: earlier grants, questions of the public, what was changed of public pages, and the index. Everything else is read
from the rooms below.
"""

from registry.models.changes import ChangeMark, PublicChange
from registry.models.follow import Follow, Follower, FollowMail
from registry.models.history import HistoryCorrection, HistoryFile, PastGrant, part_of
from registry.models.index import (
    Pending,
    PublishedCount,
    PublishedRow,
    PublishedText,
    PublishedTheme,
    PublishedVersion,
)
from registry.models.pages import PageChange, PublicPage, public_title
from registry.models.questions import Question
from registry.models.webhooks import Delivery, Webhook

__all__ = [
    "ChangeMark",
    "Delivery",
    "Follow",
    "FollowMail",
    "Follower",
    "PublicChange",
    "HistoryCorrection",
    "HistoryFile",
    "PageChange",
    "PastGrant",
    "Pending",
    "PublicPage",
    "PublishedCount",
    "PublishedRow",
    "PublishedText",
    "PublishedTheme",
    "PublishedVersion",
    "Question",
    "Webhook",
    "part_of",
    "public_title",
]
