"""Mails about the questions of the public and the changes of public pages. None holds the words of a question: who typed an address may not be who
reads it.
"""

from __future__ import annotations

from django.utils.translation import override

from core import links
from core.models import Mail
from core.outbox import Letter, Undeliverable, compose, queue, queue_unwritten, written_at_sending
from fund.enums import Role
from fund.queries import holders
from registry.enums import ChangeGround, ChangeKind
from registry.models import Follower, FollowMail, PublicPage, Question, Webhook, public_title
from registry.queries import changes
from registry.queries import follow as follows
from registry.rules.follow import CONFIRM_DAYS


def tell_asker(code: str, row: Question, at, **context) -> None:
    if row.email:
        path = links.absolute(links.localized(row.path, row.language))
        queue(
            f"registry/question.{code}",
            to=row.email,
            at=at,
            language=row.language,
            reference=row.reference,
            context={"link": path, "title": row.title, "due_on": row.due_on, **context},
        )


def tell_officers(code: str, row: Question, at, **context) -> None:
    path = links.absolute(f"/instruction/questions/{row.reference}/")
    for officer in holders(Role.CASE_OFFICER, at):
        queue(
            f"registry/question.{code}",
            to=officer,
            at=at,
            reference=row.reference,
            context={"link": path, "title": row.title, "due_on": row.due_on, **context},
        )


def tell_team(page: PublicPage, kind: ChangeKind, ground: str, at) -> None:
    """The people of the project learn what was changed of its page, and on which ground."""
    application = page.application
    people = {person.pk: person for person in (application.lead, application.bearer_person) if person is not None}
    for person in people.values():
        with override(person.language):
            words = {"kind": str(kind.label), "ground": str(ChangeGround(ground).label)}
        queue(
            "registry/page.changed",
            to=person,
            at=at,
            reference=application.reference,
            context={
                "title": application.display_title,
                "link": links.absolute(links.localized(f"/projets/{application.reference}/", person.language)),
                **words,
            },
        )


def tell_administrators(webhook: Webhook, at) -> None:
    """An address of a program is told nothing more: somebody looks at it."""
    path = links.absolute(f"/administration/annonces/{webhook.reference}/")
    for person in holders(Role.ADMINISTRATOR, at):
        queue(
            "registry/webhook.disabled",
            to=person,
            at=at,
            reference=webhook.reference,
            context={"link": path, "label": webhook.label},
        )


# ---- those who follow by mail: written as the mail leaves, from what is public at that moment ----

FOLLOW_CONFIRM, FOLLOW_NEWS = "registry/follow.confirm", "registry/follow.news"
MOST_SAID = 40
"""Projects that one mail tells of; the site tells the rest."""


def write_to_follower(code: str, follower: Follower, at, **what) -> None:
    mail = queue_unwritten(code, at=at, language=follower.language)
    FollowMail.objects.create(mail=mail, follower=follower, at=at, **what)


def _asked(mail: Mail) -> FollowMail:
    rows = FollowMail.objects.select_related("follower", "follow__application__public_page")
    row = rows.filter(mail=mail).first()
    if row is None:
        raise Undeliverable("the address was erased")
    return row


def _stop(row: FollowMail, language: str) -> tuple[str, dict[str, str]]:
    """The link that stops everything, and the headers with which mail programs offer it (RFC 8058)."""
    stop = links.absolute(links.localized(f"/suivre/arreter/{follows.leave_token(row.follower)}/", language))
    return stop, {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


@written_at_sending(FOLLOW_CONFIRM)
def _confirmation(mail: Mail) -> Letter:
    row = _asked(mail)
    if row.follow is None or not row.follow.nonce:
        raise Undeliverable("nothing is left to confirm")
    application = row.follow.application
    link = links.absolute(links.localized(f"/suivre/confirmer/{follows.confirm_token(row.follow)}/", mail.language))
    _link, headers = _stop(row, mail.language)
    context = {"link": link, "title": public_title(application) if application else "", "days": CONFIRM_DAYS}
    subject, text = compose(FOLLOW_CONFIRM, mail.language, context)
    return Letter(str(row.follower.address), subject, text, headers)


@written_at_sending(FOLLOW_NEWS)
def _news(mail: Mail) -> Letter:
    row = _asked(mail)
    with override(mail.language):
        groups = changes.in_words(changes.pending_of(tuple(one) for one in row.told))
        site = links.absolute(links.localized("/projets/"))
    if not groups:
        raise Undeliverable("nothing of it is public any more")
    stop, headers = _stop(row, mail.language)
    context = {
        "groups": [
            {"title": one.title, "lines": [line.words for line in one.lines], "link": one.link}
            for one in groups[:MOST_SAID]
        ],
        "more": max(0, len(groups) - MOST_SAID),
        "site": site,
        "stop": stop,
    }
    subject, text = compose(FOLLOW_NEWS, mail.language, context)
    return Letter(str(row.follower.address), subject, text, headers)
