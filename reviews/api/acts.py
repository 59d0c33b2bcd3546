"""What the acts of a meeting are told over the API, and what is read of them: clear files, draws, the list, the minutes."""

from __future__ import annotations

from rest_framework import serializers

from core.api import Day, Reason, Strict
from reviews.enums.meeting import ActingReason
from reviews.enums.reading import DecisionOutcome
from reviews.models.meeting import ClearPoint, Draw, MinutesSection

LISTED = (DecisionOutcome.SELECTED, DecisionOutcome.RESERVE, DecisionOutcome.REJECTED)


class RowNumber(serializers.IntegerField):
    """The number of a row."""

    def __init__(self, **options):
        super().__init__(min_value=1, max_value=2**40, **options)


class ClearDraft(Strict):
    items = serializers.ListField(child=RowNumber(), max_length=300, help_text="Items; none: take back")


class GroundsByProposal(Strict):
    selected = serializers.CharField(max_length=4000, allow_blank=True, required=False)
    reserve = serializers.CharField(max_length=4000, allow_blank=True, required=False)
    rejected = serializers.CharField(max_length=4000, allow_blank=True, required=False)


class ClearGrounds(Strict):
    grounds = GroundsByProposal(required=False, help_text="By proposal: the grounds of every file so proposed")


class DrawDraft(Strict):
    rank = RowNumber()
    source = serializers.CharField(max_length=300, allow_blank=True)
    source_on = Day()


class SeedDraft(Strict):
    draw = RowNumber()
    seed = serializers.CharField(max_length=200, allow_blank=True)


class ActingDraft(Strict):
    seat = RowNumber()
    reason = serializers.ChoiceField(choices=ActingReason.choices)


class AdjournDraft(Reason):
    abandon_vote = serializers.BooleanField(default=False, help_text="A vote is open: its ballots will not be counted")


class ListLine(Strict):
    item = RowNumber()
    outcome = serializers.ChoiceField(choices=[(one.value, one.label) for one in LISTED], required=False)
    grounds = serializers.CharField(max_length=6000, allow_blank=True, required=False)


class ListDraft(Strict):
    lines = ListLine(many=True, required=False, help_text="What changes from the list that follows from the votes")


class SectionText(Strict):
    position = serializers.IntegerField(min_value=1, max_value=10_000)
    text = serializers.CharField(max_length=40_000, allow_blank=True)


class MinutesDraft(Strict):
    version = serializers.IntegerField(
        min_value=1,
        max_value=30_000,
        required=False,
        help_text="The one that was read: 409 when another text replaced it",
    )
    sections = SectionText(many=True, allow_empty=False)


class LaterVote(Strict):
    item = RowNumber(help_text="The item of a later meeting that adopted these minutes")


class Leaving(Strict):
    seat = RowNumber()
    replaced_by = RowNumber(required=False, allow_null=True)


class DiscussionText(Strict):
    debate = serializers.CharField(max_length=20_000, allow_blank=True, required=False)
    dissent = serializers.CharField(max_length=6000, allow_blank=True, required=False)
    grounds = serializers.CharField(max_length=6000, allow_blank=True, required=False)


class GroundsRead(Strict):
    grounds = serializers.CharField(max_length=6000, allow_blank=True)


class DiscussionNote(DiscussionText):
    read = DiscussionText(required=False, help_text="The same texts as they were read: 409 when another replaced one")


class HandsCounted(Strict):
    votes_for = serializers.IntegerField(min_value=0, max_value=99)
    against = serializers.IntegerField(min_value=0, max_value=99, default=0)
    abstained = serializers.IntegerField(min_value=0, max_value=99, default=0)


class MotionVotes(Strict):
    civil_society = HandsCounted()
    state = HandsCounted()


class Motion(Strict):
    reason = serializers.CharField(max_length=1000, allow_blank=True, default="")
    votes = MotionVotes(required=False, allow_null=True, help_text="Absent: nobody objects")


class NewPlace(Motion):
    place = serializers.IntegerField(min_value=1, max_value=10_000)


class DissentText(Strict):
    text = serializers.CharField(max_length=1000, allow_blank=True)


# ---- read ----


class ClearPointSerializer(serializers.ModelSerializer):
    application = serializers.CharField(source="reference")
    taken_out_by = serializers.CharField(source="taken_out_by.user", default=None, allow_null=True)

    class Meta:
        model = ClearPoint
        fields = ["item", "application", "proposal", "amount", "proposed_at", "taken_out_by", "taken_out_at", "put_at"]


class CandidateSerializer(serializers.Serializer):
    """A file still to vote on, for the chairs."""

    item = serializers.IntegerField(source="item.pk")
    application = serializers.CharField(source="item.application.reference")
    clear = serializers.BooleanField(source="is_clear")
    proposal = serializers.CharField()
    amount = serializers.IntegerField(allow_null=True, help_text="Cents")
    reasons = serializers.ListField(child=serializers.CharField(), help_text="Why it is discussed")


class ClearSerializer(serializers.Serializer):
    points = ClearPointSerializer(many=True)
    candidates = CandidateSerializer(many=True, help_text="For the chairs alone")


class DrawSerializer(serializers.ModelSerializer):
    class Meta:
        model = Draw
        fields = ["id", "pool", "commitment", "source", "source_on", "announced_at", "seed", "order", "drawn_at"]


class MinutesSectionSerializer(serializers.Serializer):
    """A part of the minutes; of a file closed to the reader, its reference alone."""

    version = serializers.IntegerField()
    position = serializers.IntegerField()
    application = serializers.CharField(allow_null=True)
    closed = serializers.BooleanField()
    title = serializers.CharField(allow_null=True)
    text = serializers.CharField(allow_null=True)
    hash = serializers.CharField(allow_null=True)

    @staticmethod
    def row(section: MinutesSection, closed: bool) -> dict:
        application = section.item.application if section.item else None
        shown = {"title": section.title, "text": section.text, "hash": section.hash}
        return {
            "version": section.version,
            "position": section.position,
            "application": application.reference if application else None,
            "closed": closed,
            **(dict.fromkeys(shown) if closed else shown),
        }
