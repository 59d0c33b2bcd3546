"""What the API says of the rows of the money."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api import WithTransitions
from payments.models import Agreement, Amendment, AmendmentChange, Condition, Instalment, PaymentBatch, Report
from payments.queries.newer_account import newer_account


class InstalmentSerializer(WithTransitions, serializers.ModelSerializer):
    reference = serializers.SerializerMethodField()
    agreement = serializers.CharField(source="agreement.reference", read_only=True)
    payable_amount = serializers.IntegerField(read_only=True, help_text="Cents")
    certified_by = serializers.CharField(read_only=True, allow_null=True)
    ordered_by = serializers.CharField(read_only=True, allow_null=True)
    countersigned_by = serializers.CharField(read_only=True, allow_null=True)
    paid_by = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = Instalment
        fields = [
            "reference",
            "agreement",
            "number",
            "label",
            "percent",
            "trigger",
            "is_balance",
            "state",
            "amount",
            "payable_amount",
            "suggested_amount",
            "due_since_on",
            "pay_by_on",
            "certified_at",
            "certified_by",
            "ordered_at",
            "ordered_by",
            "end_to_end_id",
            "third_signature_above_amount",
            "countersigned_at",
            "countersigned_by",
            "in_payment_at",
            "paid_by",
            "paid_on",
            "rejection_code",
            "held_at",
            "hold_reason",
            "suspended_at",
            "suspension_reason",
            "available_transitions",
        ]

    def get_reference(self, row) -> str:
        return f"{row.agreement.reference}-{row.number}"


class AgreementSerializer(WithTransitions, serializers.ModelSerializer):
    title = serializers.CharField(source="application.title", read_only=True)
    decision = serializers.CharField(source="decision.reference", read_only=True)
    signatory = serializers.CharField(read_only=True, allow_null=True)
    document = serializers.CharField(source="document.code", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Agreement
        fields = [
            "reference",
            "state",
            "title",
            "bearer_name",
            "amount",
            "award_amount",
            "decision",
            "offered_at",
            "accept_by_at",
            "accepted_at",
            "sign_by_at",
            "signatory",
            "bearer_signed_at",
            "signed_at",
            "chorus_commitment",
            "duration_months",
            "starts_on",
            "ends_on",
            "suspended_at",
            "suspension_reason",
            "closed_at",
            "document",
            "available_transitions",
        ]


class StartConditionSerializer(WithTransitions, serializers.ModelSerializer):
    reference = serializers.SerializerMethodField()
    agreement = serializers.CharField(source="agreement.reference", read_only=True)
    settled_by = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = Condition
        fields = [
            "reference",
            "agreement",
            "number",
            "state",
            "text",
            "due_on",
            "met_on",
            "settled_at",
            "settled_by",
            "note",
            "available_transitions",
        ]

    def get_reference(self, row) -> str:
        return f"{row.agreement.reference}-{row.number}"


class ChangeSerializer(serializers.ModelSerializer):
    """One difference: days as ISO, amounts in cents, the rest in words."""

    class Meta:
        model = AmendmentChange
        fields = ["term", "before", "after"]


class AmendmentSerializer(WithTransitions, serializers.ModelSerializer):
    reference = serializers.SerializerMethodField()
    agreement = serializers.CharField(source="agreement.reference", read_only=True)
    changes = ChangeSerializer(many=True, read_only=True)
    document = serializers.CharField(source="document.code", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Amendment
        fields = [
            "reference",
            "agreement",
            "number",
            "state",
            "reason",
            "changes",
            "requested_at",
            "answer_by_on",
            "answered_at",
            "answer",
            "sign_by_at",
            "bearer_signed_at",
            "signed_at",
            "closed_at",
            "document",
            "available_transitions",
        ]

    def get_reference(self, row) -> str:
        return f"{row.agreement.reference}-{row.number}"


class BatchSerializer(WithTransitions, serializers.ModelSerializer):
    """Never an account number: those are in the bank's file alone."""

    instalments = serializers.SerializerMethodField()
    new_accounts = serializers.SerializerMethodField(
        help_text="Payments not sent yet whose recipient has given a newer account, and in words what it waits for"
    )

    class Meta:
        model = PaymentBatch
        fields = [
            "reference",
            "state",
            "schema",
            "opened_at",
            "frozen_at",
            "execution_on",
            "exported_at",
            "sha256",
            "total_amount",
            "lines_count",
            "closed_at",
            "instalments",
            "new_accounts",
            "available_transitions",
        ]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_instalments(self, row):
        return [
            f"{line.instalment.agreement.reference}-{line.instalment.number}"
            for line in row.lines.all()
            if line.live or line.in_file
        ]

    @extend_schema_field(serializers.DictField(child=serializers.CharField()))
    def get_new_accounts(self, row):
        if row.state not in ("open", "frozen"):
            return {}
        at = self.context["request"].received_at
        said = {line.instalment: newer_account(line.instalment, at) for line in row.lines.all() if line.live}
        return {f"{one.agreement.reference}-{one.number}": words for one, words in said.items() if words}


class ReportSerializer(WithTransitions, serializers.ModelSerializer):
    reference = serializers.SerializerMethodField()
    agreement = serializers.CharField(source="agreement.reference", read_only=True)
    lines = serializers.SerializerMethodField()

    class Meta:
        model = Report
        fields = [
            "reference",
            "agreement",
            "kind",
            "state",
            "due_on",
            "narrative",
            "learnt",
            "repository_url",
            "demo_url",
            "licence",
            "adoption",
            "adoption_comment",
            "version",
            "submitted_at",
            "changes",
            "changes_due_on",
            "budget_total_amount",
            "actual_total_amount",
            "accepted_total_amount",
            "unspent_amount",
            "accepted_at",
            "lines",
            "available_transitions",
        ]

    def get_reference(self, row) -> str:
        return f"{row.agreement.reference}-{row.kind}"

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_lines(self, row):
        return [
            {
                "id": line.pk,
                "position": line.position,
                "account": line.account,
                "label": line.label,
                "budget_amount": line.budget_amount,
                "actual_amount": line.actual_amount,
                "gap_amount": line.gap_amount,
                "explanation": line.explanation,
                "accepted_amount": line.accepted_amount,
            }
            for line in row.lines.all()
        ]
