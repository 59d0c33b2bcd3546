"""The consent to be named with a project: given and taken back by the person alone, dated, effective at once wherever the project is shown."""

from __future__ import annotations

from datetime import datetime

from applications.models import Application, NameConsent
from applications.rules import consents, people
from applications.transitions.common import note, writing
from core.models import User


def consent_to_be_named(*, application: Application, actor: User, at: datetime, name: str) -> NameConsent:
    """Agree to appear by `name` (at most 150 characters) with the project once it is public. Another name replaces the first; both are dated."""
    guards = (consents.project_may_be_public, consents.name_is_one)
    with writing(
        "consent_to_be_named", application, actor=actor, at=at, who=people.member, guards=guards, shown=name
    ) as act:
        name = " ".join(name.split())[:150]
        standing = NameConsent.objects.standing().filter(application=act.obj, user=actor).first()
        if standing is not None and standing.name == name:
            return standing
        _take_back(standing, at)
        row = NameConsent.objects.create(application=act.obj, user=actor, name=name, given_at=at)
        note(act, consent=row.pk)
        return row


def withdraw_name_consent(*, application: Application, actor: User, at: datetime) -> None:
    """Take it back, whatever became of the file. Taking back what was not given changes nothing."""
    with writing("withdraw_name_consent", application, actor=actor, at=at, who=consents.the_person) as act:
        standing = NameConsent.objects.standing().filter(application=act.obj, user=actor).first()
        if standing is not None:
            _take_back(standing, at)
            note(act, consent=standing.pk)


def end_consents(rows, at: datetime) -> int:
    """Those of people who leave a team or the fund: the name goes, the dates stay. The caller writes the event."""
    return sum(_take_back(row, at) for row in rows.standing().select_for_update(of=("self",)))


def _take_back(standing: NameConsent | None, at: datetime) -> bool:
    if standing is None:
        return False
    standing.name, standing.withdrawn_at = "", max(at, standing.given_at)
    standing.save(update_fields=["name", "withdrawn_at"])
    return True


__all__ = ["consent_to_be_named", "end_consents", "withdraw_name_consent"]
