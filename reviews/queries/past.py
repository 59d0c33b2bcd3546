"""What a member did as an applicant in other calls, as far back as the rules look: who was in a team with him, which bodies applied or received with him.
Read from his own files only, which he knows."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from applications.models import Application, TeamMember
from applications.periods import add_months
from reviews.enums.reading import DecisionOutcome, DecisionState, Hint
from reviews.models import Decision


@dataclass(frozen=True)
class Past:
    """People and bodies (ids) of a member's earlier files; `granted`: the bodies of those that were funded."""

    people: frozenset[int] = frozenset()
    bodies: frozenset[int] = frozenset()
    granted: frozenset[int] = frozenset()

    def hints(self, application: Application) -> list[str]:
        """Likenesses between this past and a file."""
        team = {application.lead_id, application.bearer_person_id}
        team |= {member.user_id for member in application.members.all()}
        bodies = {application.organisation_id, application.bearer_organisation_id}
        found = []
        if team & self.people:
            found.append(str(Hint.FORMER_TEAM))
        if bodies & self.granted:
            found.append(str(Hint.EARLIER_GRANT))
        elif bodies & self.bodies:
            found.append(str(Hint.OWN_BODY))
        return found


def _known(ids) -> frozenset[int]:
    return frozenset(pk for pk in ids if pk)


def past_of(user, call, at=None) -> Past:
    """Files this person led, was in the team of or bore, in other calls, filed within `interest_lookback_months`. Three queries whatever their number."""
    today = timezone.localdate(at or timezone.now())
    since = add_months(today, -call.rule_version["interest_lookback_months"])
    mine = Q(lead=user) | Q(bearer_person=user) | Q(pk__in=TeamMember.objects.filter(user=user).values("application"))
    files = list(
        Application.objects.filter(mine, first_received_at__date__gte=since)
        .exclude(call=call)
        .values("pk", "lead", "bearer_person", "organisation", "bearer_organisation")
    )
    if not files:
        return Past()
    keys = [row["pk"] for row in files]
    people = set(TeamMember.objects.filter(application__in=keys).values_list("user", flat=True))
    people |= {row["lead"] for row in files} | {row["bearer_person"] for row in files}
    funded = set(
        Decision.objects.filter(
            application__in=keys, outcome=DecisionOutcome.SELECTED, state=DecisionState.NOTIFIED
        ).values_list("application", flat=True)
    )
    bodies = [(row["pk"], body) for row in files for body in (row["organisation"], row["bearer_organisation"])]
    return Past(
        _known(people - {user.pk}),
        _known(body for _file, body in bodies),
        _known(body for file, body in bodies if file in funded),
    )
