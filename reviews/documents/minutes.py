"""The minutes of a meeting, drafted from its log part by part (one an item), then frozen with their signatures. French, plain text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from django.utils import translation

from core import documents
from core.models import Document, Event
from core.money import format_euros
from fund.enums import College
from reviews.documents.draws import words_by_file
from reviews.documents.meetings import (
    COLLEGES,
    PRESENCE,
    co_presidents,
    day_of,
    hour_of,
    instant_of,
    letterhead,
)
from reviews.documents.opening import opening_text, reason_of
from reviews.documents.presence import took_part
from reviews.documents.room import lines_of
from reviews.enums.meeting import AgendaItemState, AttendanceKind, Proposal, VoteMode, VoteOutcome
from reviews.enums.reading import DeclarationState, Fallback
from reviews.models import Decision, Declaration
from reviews.models.meeting import AgendaItem, Departure, Meeting, MinutesSection, Vote
from reviews.queries import meetings as queries
from reviews.queries import review_counts
from reviews.queries.experts import heard
from reviews.queries.late import Late, late_interests

PROPOSALS = {
    Proposal.SELECTED: "aider le projet",
    Proposal.RESERVE: "inscrire le projet sur la liste complémentaire",
    Proposal.REJECTED: "ne pas aider le projet",
}
OUTCOMES = {
    VoteOutcome.ADOPTED: "proposition adoptée",
    VoteOutcome.REJECTED: "proposition rejetée",
    VoteOutcome.TIED: "partage égal des voix",
    VoteOutcome.DEFERRED: "point reporté",
    VoteOutcome.VOID: "vote abandonné",
}
MODES = {VoteMode.CONSENT: "sans objection", VoteMode.OPEN: "à main levée", VoteMode.SECRET: "à bulletin secret"}


def euros_of(cents) -> str:
    return format_euros(cents, "fr", cents_if_round=False)


def draft_sections(meeting: Meeting, at) -> list[dict]:
    """The minutes from the log, part by part: `code`, `item`, `title`, `text`. One part for each item, which says all that concerns its file."""
    with translation.override("fr"):
        room, votes = queries.room_of(meeting, at), queries.votes_of(meeting)
        items, ranks = queries.items_of(meeting), queries.ranking(meeting)
        drawn, told = words_by_file(meeting), lines_of(meeting, room)
        motions, log, void = _motions(items), queries.attended(meeting), _why_void(items)
        files = [item.application_id for item in items if item.application_id]
        late, declared = late_interests(files), _declared(files)
        experts = heard(files)
        departures: dict[int, list[Departure]] = {}
        for row in Departure.objects.filter(meeting=meeting).select_related("seat__user", "replaced_by__user"):
            departures.setdefault(row.item_id, []).append(row)
        decisions = {
            row.agenda_item_id: row
            for row in Decision.objects.filter(agenda_item__meeting=meeting, kind="award").exclude(state="annulled")
        }
        parts = [
            {"code": "opening", "item": None, "title": "Convocation et présence", "text": opening_text(meeting, room)}
        ]
        for item in items:
            gone = departures.get(item.pk, [])
            then = _as_it_was(log.room(room, item.voted_at or item.discussed_at), item, declared, gone)
            text = _item_text(item, votes.get(item.pk, []), _recusals(then, item, gone), gone, ranks, void)
            if item.voted_at is not None:
                text += "\n" + "\n".join(took_part(then, item))
            if item.application_id and item.application.reference in drawn:
                text += f"\nÀ égalité après tous les critères, départagé par {drawn[item.application.reference]}."
            for expert in experts.get(item.application_id, []):
                text += f"\nExpert entendu : {expert.name} ({expert.organisation}), avis écrit du {day_of(expert.submitted_at)}."
            for line in (
                *motions.get(item.pk, ()),
                *told.get(item.pk, ()),
                *late_lines(late.get(item.application_id, ())),
            ):
                text += f"\n{line}"
            if item.application_id and (instead := fallback_line(meeting.call.panel, item.application)):
                text += f"\n{instead}"
            if item.pk in decisions:
                text += f"\n{decision_line(decisions[item.pk], item.grounds)}"
            title = (
                f"{item.position}. {item.application.reference} · {item.application.display_title}"
                if item.application_id
                else f"{item.position}. {item.title}"
            )
            parts.append({"code": "item", "item": item, "title": title, "text": text})
        parts.append(
            {
                "code": "conclusion",
                "item": None,
                "title": "Liste adoptée et fin de la séance",
                "text": _conclusion(meeting, len(decisions), at),
            }
        )
        return parts


def _declared(files) -> dict[tuple[int, int], datetime]:
    """When each recusal was declared, by file and member."""
    rows = Declaration.objects.filter(application__in=files, state=DeclarationState.RECUSED)
    return {(row.application_id, row.user_id): row.declared_at for row in rows}


def _as_it_was(room: queries.Room, item: AgendaItem, declared: dict, gone: list[Departure]) -> queries.Room:
    """The room with those who were recused from the item when it was voted, and who had left for it: an interest declared since is told as such."""
    if item.application_id is None or item.voted_at is None:
        return room
    known = {
        user
        for user in room.recused.get(item.application_id, ())
        if declared[item.application_id, user] <= item.voted_at
    }
    out = {
        row.seat_id: row
        for row in gone
        if row.left_at <= item.voted_at and (row.returned_at is None or row.returned_at >= item.voted_at)
    }
    return replace(room, recused=room.recused | {item.application_id: known}, departures={item.pk: out})


def late_lines(found: Iterable[Late]) -> list[str]:
    return [
        f"Intérêt déclaré le {instant_of(one.declaration.declared_at)}, après le vote, par {one.declaration.user} ({dict(COLLEGES)[one.college]}), "
        "qui y avait pris part."
        for one in found
    ]


def _recusals(room: queries.Room, item: AgendaItem, departures: list[Departure]) -> list[str]:
    """Every member recused from the item who did not have to leave: absent, represented, alternate."""
    left = {row.seat.user_id for row in departures}
    lines = []
    for seat in (*room.seats, *room.alternates):
        if seat.user_id in left or not room.is_recused(seat.user_id, item):
            continue
        presence = room.presence(seat) if seat.is_full_member else AttendanceKind.ABSENT
        detail = PRESENCE[presence] if seat.is_full_member else "suppléant"
        lines.append(f"Déport : {seat.user} ({dict(COLLEGES)[seat.college]}), {detail}.")
    return lines


def _item_text(
    item: AgendaItem, votes: list[Vote], recusals: list[str], departures: list[Departure], ranks, void: dict
) -> str:
    lines = []
    if item.application_id:
        application, rank = item.application, ranks.get(item.application_id)
        lines.append(
            f"Porteur : {application.laureate_name}. Demandé : {euros_of(application.requested_amount)}"
            + (
                f" ; minimum : {euros_of(application.minimum_viable_amount)}."
                if application.minimum_viable_amount
                else "."
            )
        )
        counts = review_counts(application)
        lines.append(
            f"Évaluations rendues : société civile {counts[College.CIVIL_SOCIETY]}, État {counts[College.STATE]}."
        )
        if rank is not None and rank.score is not None and rank.score.complete:
            score = rank.score
            lines.append(
                f"Moyenne société civile {_number(score.published_college(College.CIVIL_SOCIETY))}, moyenne État "
                f"{_number(score.published_college(College.STATE))} ; note {_number(score.published)}."
            )
        elif rank is not None:
            lines.append("Note incomplète : le dossier n’est pas classé.")
    for row in departures:
        back = f", retour à {hour_of(row.returned_at)}" if row.returned_at else ""
        instead = f" ; remplacé sur ce point par {row.replaced_by.user}" if row.replaced_by_id else ""
        lines.append(
            f"Déport : {row.seat.user} ({dict(COLLEGES)[row.seat.college]}), sortie à {hour_of(row.left_at)}{back}{instead}."
        )
    lines += recusals
    if item.debate:
        lines += ["", f"Débat : {item.debate}"]
    for vote in votes:
        lines += ["", *_vote_lines(vote, void.get((item.pk, vote.closed_at), _RECUSED_DURING))]
    if item.amount_reason:
        lines += ["", f"Montant inférieur à la demande, pour cette raison : {item.amount_reason}"]
    if item.grounds:
        lines += ["", f"Motifs : {item.grounds}"]
    if item.place_reason:
        lines.append(f"Déplacé dans le classement en séance, pour ce motif : {_stop(item.place_reason)}")
    if item.dissent:
        lines.append(f"Désaccord, mentionné à la demande de son auteur : {item.dissent}")
    if item.state == AgendaItemState.DEFERRED:
        lines.append(f"Point reporté, pour ce motif : {_stop(item.reason)}")
    if item.state == AgendaItemState.WITHDRAWN:
        lines.append(f"Point retiré de l’ordre du jour, pour ce motif : {_stop(item.reason)}")
    return "\n".join(lines) or "Point non appelé."


def _stop(text: str) -> str:
    """A sentence with one full stop, however it was typed."""
    return f"{text.strip().rstrip(' .')}."


_RECUSED_DURING = "un membre s’étant déporté pendant le vote"
WHY_VOID = {
    "ask_secret": "un bulletin secret ayant été demandé",
    "abandon_vote": "par décision de la présidence",
    "defer": "le point ayant été reporté",
    "defer_with_meeting": "la séance ayant été ajournée",
}


def _why_void(items) -> dict[tuple, str]:
    """Why a vote was abandoned, by item and instant; a vote that none of these acts ended was ended by a recusal."""
    log = Event.objects.filter(machine="agenda_item", object_id__in=[item.pk for item in items], verb__in=WHY_VOID)
    return {(event.object_id, event.at): WHY_VOID[event.verb] for event in log}


MOTIONS = {"move": "déplacer le dossier dans le classement", "reopen": "rouvrir le point"}


def _motions(items) -> dict[int, list[str]]:
    """By item, the motions carried: what, how, and why, from the log."""
    found: dict[int, list[str]] = {}
    log = Event.objects.filter(machine="agenda_item", object_id__in=[item.pk for item in items], verb__in=MOTIONS)
    for event in log.select_related("reason").order_by("id"):
        votes = event.payload.get("motion", "consent")
        how = (
            "adoptée sans objection"
            if votes == "consent"
            else "adoptée à main levée, "
            + " ; ".join(
                f"{label} : pour {votes[code][0]}, contre {votes[code][1]}, abstentions {votes[code][2]}"
                for code, label in COLLEGES
            )
        )
        why = reason_of(event) if event.verb == "reopen" else ""
        found.setdefault(event.object_id, []).append(
            f"Motion de {hour_of(event.at)}, {MOTIONS[event.verb]} : {how}"
            + (f", pour ce motif : {why}." if why else ".")
        )
    return found


def _number(text: str) -> str:
    return text.replace(".", ",")


def _silent(row) -> str:
    """Seats present that gave no vote, which closing says."""
    left = row.present - row.votes_for - row.against - row.abstained
    return f", sans voter {left}" if left > 0 else ""


def _vote_lines(vote: Vote, why_void: str = "") -> list[str]:
    asked = PROPOSALS.get(vote.proposal, "adopter le point")
    head = f"Vote n° {vote.round}, {MODES[vote.mode]}{', après un partage égal' if vote.second else ''} : {asked}"
    head += f", {euros_of(vote.amount)}" if vote.amount and vote.proposal == Proposal.SELECTED else ""
    lines = [
        f"{head} (ouvert à {hour_of(vote.opened_at)}"
        + (f", clos à {hour_of(vote.closed_at)})." if vote.closed_at else ").")
    ]
    for code, label in COLLEGES:
        row = vote.tallies.get(code)
        if row is not None:
            lines.append(
                f"- {label} : pour {row.votes_for}, contre {row.against}, abstentions {row.abstained}{_silent(row)} ; "
                f"présents ou représentés {row.present} sur {row.base}."
            )
    if vote.weighted:
        share = Fraction(vote.weighted)
        lines.append(f"Somme pondérée : {share.numerator}/{share.denominator} ; il faut plus de 1/2.")
    if vote.outcome in (VoteOutcome.ADOPTED, VoteOutcome.REJECTED) and not vote.equal_weight:
        lines.append(
            "Les deux collèges n’ont pas voté en nombre égal ; l’inégalité est inscrite ici et sur la page publique du projet."
        )
    because = f", {why_void}" if vote.outcome == VoteOutcome.VOID and why_void else ""
    lines.append(f"Résultat : {OUTCOMES.get(vote.outcome, 'non clos')}{because}.")
    return lines


def _conclusion(meeting: Meeting, decided: int, at) -> str:
    """The hour, and no figure made of a file: this part is read by members recused from some."""
    lines = []
    if meeting.list_adopted_at:
        lines.append(
            f"Liste adoptée à {hour_of(meeting.list_adopted_at)}, sur proposition de {meeting.list_adopted_by} : {decided} décisions, une par dossier ; leur "
            "sens et leur montant figurent dans la partie de chaque dossier."
        )
        lines.append(f"Enveloppe libre avant la liste : {euros_of(meeting.list_free_amount)}.")
    lines.append(f"Séance levée à {hour_of(at)}, par accord des deux co-présidents.")
    lines.append(
        "Après l’adoption de ce procès-verbal, chaque décision est signée puis notifiée à son porteur avec les voies et délais de recours ; le dossier ne "
        "change d’état qu’à ce moment. Jusque-là, ce procès-verbal n’est pas communicable."
    )
    return "\n".join(lines)


FALLBACKS = {
    Fallback.ALTERNATE: "lecture par un suppléant du même collège",
    Fallback.LOWER: "même nombre réduit d’évaluations pour les deux collèges",
    Fallback.PLENARY: "lecture par la commission en séance",
}


def fallback_line(panel, application) -> str:
    """What replaced equal reviews of a file (art. 13), with its reason; empty when they were equal."""
    found = panel.fallback_of(application.reference)
    if not found:
        return ""
    return f"Lecteur manquant remplacé : {FALLBACKS[found['fallback']]} ({found.get('reason', '').rstrip(' .')})."


def decision_line(decision, voted_grounds: str = "") -> str:
    """What the list made of a file, as its section says it, with the grounds when the list wrote others than the vote. No rank: it would tell who is recused
    from another file where that one stands (art. 12); the ranks are in the decisions."""
    words = {
        "selected": f"aide de {euros_of(decision.amount or 0)}",
        "reserve": "liste complémentaire",
        "rejected": "demande non retenue",
    }
    told = f"Liste adoptée : {words.get(decision.outcome, decision.outcome)} (décision {decision.reference})."
    if decision.grounds.strip() != voted_grounds.strip():
        told += f"\nMotifs de la décision : {decision.grounds.strip()}"
    return told


def freeze_minutes(meeting: Meeting, sections: list[MinutesSection], *, at) -> Document:
    """The full minutes of one version: every section with its hash. Internal until the decisions are notified."""
    with translation.override("fr"):
        context = {
            **letterhead(),
            "reference": meeting.reference,
            "call": meeting.call.title,
            "day": day_of(meeting.opened_at),
            "version": sections[0].version if sections else 0,
            "sections": [{"title": part.title, "text": part.text, "hash": part.hash} for part in sections],
            "presidents": co_presidents(meeting, at),
            "refusals": [
                {"name": str(row.user), "college": dict(COLLEGES)[row.college], "reason": row.reason}
                for row in meeting.minutes_refusals.filter(withdrawn_at__isnull=True).select_related("user")
            ],
        }
        return documents.freeze(
            "minutes",
            owner=meeting,
            subject=meeting.reference,
            title=f"Procès-verbal de la séance du {day_of(meeting.opened_at)}",
            context=context,
            at=at,
        )
