"""What the public reads of a grant, as JSON: the body of the API's answers, and of the messages to programs."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.links import absolute
from fund.api.envelopes import BalancesSerializer
from fund.ledger import queries as ledger
from fund.models import Call
from payments import queries as payments
from registry import queries
from registry.enums import News, Stage
from registry.models import PublicChange


class ProjectSerializer(serializers.Serializer):
    """A published grant. One not taken up, and an earlier one, say less. Amounts in cents."""

    reference = serializers.CharField()
    url = serializers.CharField()
    stage = serializers.ChoiceField(choices=Stage.choices)
    unpublished_on = serializers.DateField(
        allow_null=True, help_text="Day its page was taken down; null while it is not"
    )
    title = serializers.CharField()
    summary = serializers.CharField(source="purpose")
    call = serializers.CharField(source="call_slug")
    scheme = serializers.CharField()
    funder_name = serializers.CharField()
    funder_siret = serializers.CharField()
    recipient_name = serializers.CharField()
    recipient_kind = serializers.CharField(allow_null=True)
    recipient_siret = serializers.CharField()
    recipient_rna = serializers.CharField()
    team = serializers.ListField(
        child=serializers.CharField(), help_text="People of the project who agreed to be named"
    )
    partner_name = serializers.CharField()
    department = serializers.CharField()
    region = serializers.CharField()
    themes = serializers.ListField(child=serializers.CharField())
    requested_amount = serializers.IntegerField(allow_null=True)
    awarded_amount = serializers.IntegerField(source="shared_amount")
    agreed_amount = serializers.IntegerField(allow_null=True)
    paid_amount = serializers.IntegerField(allow_null=True)
    score = serializers.CharField()
    decision = serializers.CharField(source="decision_reference")
    awarded_on = serializers.DateField(allow_null=True)
    agreed_on = serializers.DateField(allow_null=True)
    starts_on = serializers.DateField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True)
    licence = serializers.CharField()
    repository_url = serializers.CharField()
    demo_url = serializers.CharField()


class PublicInstalmentSerializer(serializers.Serializer):
    number = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]
    state = serializers.CharField()
    amount = serializers.IntegerField(help_text="Cents")
    paid_on = serializers.DateField(allow_null=True)


class ScoredCriterionSerializer(serializers.Serializer):
    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    weight = serializers.IntegerField()


class CollegeBallotsSerializer(serializers.Serializer):
    civil_society = serializers.DictField(child=serializers.ListField(child=serializers.IntegerField()))
    state = serializers.DictField(child=serializers.ListField(child=serializers.IntegerField()))


class ScoringSerializer(serializers.Serializer):
    """What the score is made of; `docs/recompute_scores.py` counts it again."""

    criteria = ScoredCriterionSerializer(many=True)
    ballots = CollegeBallotsSerializer(
        allow_null=True, help_text="Half points 0 to 10 given on each criterion, sorted, tied to no reader"
    )
    ballots_withheld = serializers.CharField(help_text="Why `ballots` is null; empty when it is not", source="withheld")


class ProjectDetailSerializer(ProjectSerializer):
    scoring = serializers.SerializerMethodField(help_text="Null when no score is told")
    instalments = serializers.SerializerMethodField()
    balances = serializers.SerializerMethodField(help_text="Where the money of the grant stands: public entries alone")
    entries = serializers.SerializerMethodField(help_text="Numbers of its entries in the public ledger, newest first")

    @extend_schema_field(ScoringSerializer(allow_null=True))
    def get_scoring(self, grant) -> dict | None:
        if not grant.score or grant.source is None:
            return None
        return ScoringSerializer(queries.judged([grant.source])[grant.source.pk]).data

    def get_instalments(self, grant) -> list[dict]:
        if grant.is_bare:
            return []
        found = payments.grants([grant.reference]).get(grant.reference)
        return list(PublicInstalmentSerializer(found["instalments"] if found else [], many=True).data)

    def get_balances(self, grant) -> dict | None:
        bar = ledger.bar_of(grant.reference, self._entries(grant))
        return BalancesSerializer(bar).data if bar else None

    def get_entries(self, grant) -> list[int]:
        return [entry.seq for entry in self._entries(grant)]

    def _entries(self, grant) -> list[ledger.PublicEntry]:
        """Read once for the two fields made of them."""
        if not hasattr(self, "_read"):
            self._read = ledger.public_entries_of(grant.reference)
        return self._read


NEEDS_A_PAGE = (News.REPORT, News.ANSWER, News.CORRECTION, News.REPUBLICATION)
"""What is not told of a project whose page says no more than its reference and its amount."""


def message_of(change: PublicChange) -> dict | None:
    """What a program is told of this change, from what is public now: the project as `/api/v1/projects/<reference>/` gives it, or the call of an answer.
    None when nothing of it is public any more.
    """
    if change.call_id:
        call = Call.objects.public().filter(pk=change.call_id).first()
        if call is None:
            return None
        path = f"/appels/{call.slug}/"
        return _message("call", change, {"slug": call.slug, "title": call.title, "url": absolute(path)})
    found = queries.published_applications().filter(pk=change.application_id).values_list("reference", flat=True)
    grant = queries.get(found[0]) if found else None
    if grant is None or grant.is_bare and change.kind in NEEDS_A_PAGE:
        return None
    if grant.unpublished_on is None and change.kind == News.UNPUBLICATION:
        return None  # it is back already
    return _message("project", change, dict(ProjectDetailSerializer(grant).data))


def _message(about: str, change: PublicChange, data: dict) -> dict:
    return {"type": f"{about}.{change.kind}", "timestamp": change.at.isoformat(), "data": data}
