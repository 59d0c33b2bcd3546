"""What the verbs of the money are told over the API."""

from __future__ import annotations

from rest_framework import serializers

from core.api import Day, Instant, Reason, Strict
from payments.enums import TERMS_IN_WORDS, BankSchema, Control, Term
from payments.models import Report


class Note(Strict):
    note = serializers.CharField(max_length=1000, allow_blank=True, default="")


class Meeting(Note):
    met_on = Day(required=False, help_text="Today by default")


class Certification(Note):
    amount = serializers.IntegerField(
        min_value=1, required=False, help_text="Cents; what the report supports, else what is scheduled, by default"
    )


class Later(Reason):
    until = Instant()


class Suspension(Reason):
    remedy = serializers.CharField(max_length=500, allow_blank=True, default="")


class Members(Strict):
    instalments = serializers.ListField(child=serializers.CharField(max_length=60), allow_empty=False)


class Freezing(Strict):
    controls = serializers.ListField(child=serializers.ChoiceField(choices=Control.choices), allow_empty=True)
    execution_on = Day(required=False)
    schema = serializers.ChoiceField(choices=BankSchema.choices, required=False)


class Opening(Strict):
    schema = serializers.ChoiceField(choices=BankSchema.choices, required=False)


class AmendmentAnswer(Strict):
    answer = serializers.CharField(max_length=2000, allow_blank=True, default="")


class Difference(Strict):
    term = serializers.ChoiceField(choices=[(code, Term(code).label) for code in TERMS_IN_WORDS])
    before = serializers.CharField(max_length=2000)
    after = serializers.CharField(max_length=2000)


class Asking(Strict):
    agreement = serializers.CharField(max_length=20)
    reason = serializers.CharField(max_length=5000)
    new_ends_on = Day(required=False)
    new_amount = serializers.IntegerField(min_value=1, required=False, help_text="Cents, lower than today")
    changes = Difference(many=True, required=False)


class Acceptance(Strict):
    accepted = serializers.DictField(
        child=serializers.IntegerField(min_value=0),
        required=False,
        help_text="Cents admitted by line id; what was spent by default",
    )


class Change(Strict):
    line = serializers.IntegerField(required=False, allow_null=True)
    text = serializers.CharField(max_length=1000)


class Changes(Strict):
    changes = Change(many=True, allow_empty=True)
    due_on = Day(required=False)


class Line(Strict):
    position = serializers.IntegerField(required=False)
    account = serializers.CharField(max_length=6, required=False, allow_blank=True)
    label = serializers.CharField(max_length=200, required=False, allow_blank=True)  # type: ignore[assignment]
    actual_amount = serializers.IntegerField(min_value=0, allow_null=True, required=False, help_text="Cents")
    explanation = serializers.CharField(max_length=500, required=False, allow_blank=True)


class Narrative(Strict):
    """The headings of the account; the others are left out."""

    done = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    results = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    partnership = serializers.CharField(max_length=20_000, required=False, allow_blank=True)


class Facts(Strict, serializers.ModelSerializer):
    narrative = Narrative(required=False)

    class Meta:
        model = Report
        fields = ["narrative", "learnt", "repository_url", "demo_url", "licence", "adoption", "adoption_comment"]


class Draft(Strict):
    facts = Facts(required=False)
    lines = Line(many=True, required=False)
    version = serializers.IntegerField(required=False)
