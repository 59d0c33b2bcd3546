"""What the letter and the minutes say of a draw. French, and of the file alone: never with which others it was equal (art. 12)."""

from __future__ import annotations

from django.utils import timezone, translation
from django.utils.formats import date_format

from reviews.models.meeting import Draw, Meeting


def words_by_file(meeting: Meeting) -> dict[str, str]:
    """By reference of a file that a draw parted from others. One query, none when the rules know no draw."""
    if not meeting.rules["tie_draw"]:
        return {}
    with translation.override("fr"):
        return {
            reference: (
                f"tirage au sort public du {date_format(timezone.localdate(draw.drawn_at), 'j F Y')}, source « {draw.source} », "
                f"graine « {draw.seed} », liste annoncée sous l’empreinte {draw.commitment}, place {place} sur {len(draw.order)}"
            )
            for draw in Draw.objects.filter(meeting__call=meeting.call_id, drawn_at__isnull=False)
            for place, reference in enumerate(draw.order, 1)
        }
