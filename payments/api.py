"""The money over the API: the same rows, the same verbs, the same refusals as the screens. Signing and producing the bank's file need a page.

`RESOURCES` names what `/api/v1/` mounts. An instalment and an amendment are `<reference of the grant>-<number>`, a report `<reference>-interim` or `-final`.
"""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response

from core.api import KEY, Day, Instant, Reason, Resource, WithTransitions
from core.idempotency import api_once
from payments.enums import TERMS_IN_WORDS, BankSchema, Control, Term
from payments.models import Agreement, Amendment, AmendmentChange, Instalment, PaymentBatch, Report
from payments.transitions import amendment as amendments
from payments.transitions import batch as batches

# ---- what is read ----


class InstalmentSerializer(WithTransitions, serializers.ModelSerializer):
    reference = serializers.SerializerMethodField()
    agreement = serializers.CharField(source="agreement.reference", read_only=True)
    payable_amount = serializers.IntegerField(read_only=True, help_text="Cents")
    certified_by = serializers.CharField(read_only=True, allow_null=True)
    ordered_by = serializers.CharField(read_only=True, allow_null=True)
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
            "duration_months",
            "starts_on",
            "ends_on",
            "suspended_at",
            "suspension_reason",
            "closed_at",
            "document",
            "available_transitions",
        ]


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
            "available_transitions",
        ]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_instalments(self, row):
        return [
            f"{line.instalment.agreement.reference}-{line.instalment.number}"
            for line in row.lines.all()
            if line.live or line.in_file
        ]


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


# ---- what verbs are told ----


class Note(serializers.Serializer):
    note = serializers.CharField(max_length=1000, allow_blank=True, default="")


class Certification(Note):
    amount = serializers.IntegerField(
        min_value=1, required=False, help_text="Cents; what the report supports, else what is scheduled, by default"
    )


class Later(Reason):
    until = Instant()


class Suspension(Reason):
    remedy = serializers.CharField(max_length=500, allow_blank=True, default="")


class Members(serializers.Serializer):
    instalments = serializers.ListField(child=serializers.CharField(max_length=60), allow_empty=False)


class Freezing(serializers.Serializer):
    controls = serializers.ListField(child=serializers.ChoiceField(choices=Control.choices), allow_empty=True)
    execution_on = Day(required=False)
    schema = serializers.ChoiceField(choices=BankSchema.choices, required=False)


class Opening(serializers.Serializer):
    schema = serializers.ChoiceField(choices=BankSchema.choices, required=False)


class AmendmentAnswer(serializers.Serializer):
    answer = serializers.CharField(max_length=2000, allow_blank=True, default="")


class Difference(serializers.Serializer):
    term = serializers.ChoiceField(choices=[(code, Term(code).label) for code in TERMS_IN_WORDS])
    before = serializers.CharField(max_length=2000)
    after = serializers.CharField(max_length=2000)


class Asking(serializers.Serializer):
    agreement = serializers.CharField(max_length=20)
    reason = serializers.CharField(max_length=5000)
    new_ends_on = Day(required=False)
    new_amount = serializers.IntegerField(min_value=1, required=False, help_text="Cents, lower than today")
    changes = Difference(many=True, required=False)


class Acceptance(serializers.Serializer):
    accepted = serializers.DictField(
        child=serializers.IntegerField(min_value=0),
        required=False,
        help_text="Cents admitted by line id; what was spent by default",
    )


class Change(serializers.Serializer):
    line = serializers.IntegerField(required=False, allow_null=True)
    text = serializers.CharField(max_length=1000)


class Changes(serializers.Serializer):
    changes = Change(many=True, allow_empty=True)
    due_on = Day(required=False)


class Line(serializers.Serializer):
    position = serializers.IntegerField(required=False)
    account = serializers.CharField(max_length=6, required=False, allow_blank=True)
    label = serializers.CharField(max_length=200, required=False, allow_blank=True)  # type: ignore[assignment]
    actual_amount = serializers.IntegerField(min_value=0, allow_null=True, required=False, help_text="Cents")
    explanation = serializers.CharField(max_length=500, required=False, allow_blank=True)


class Narrative(serializers.Serializer):
    """The headings of the account; the others are left out."""

    done = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    results = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    partnership = serializers.CharField(max_length=20_000, required=False, allow_blank=True)


class Facts(serializers.ModelSerializer):
    narrative = Narrative(required=False)

    class Meta:
        model = Report
        fields = ["narrative", "learnt", "repository_url", "demo_url", "licence", "adoption", "adoption_comment"]


class Draft(serializers.Serializer):
    facts = Facts(required=False)
    lines = Line(many=True, required=False)
    version = serializers.IntegerField(required=False)


# ---- resources ----


class Dashed(Resource):
    """Rows named after their grant: the last part of the address tells them apart."""

    part = ""

    def get_object(self):
        reference, _dash, last = self.kwargs[self.lookup_field].rpartition("-")
        if not reference or (self.part == "number" and not (last.isascii() and last.isdigit() and len(last) < 5)):
            raise Http404
        row = get_object_or_404(
            self.filter_queryset(self.get_queryset()), **{"agreement__reference": reference, self.part: last}
        )
        self.check_object_permissions(self.request, row)
        return row


class AgreementResource(Resource):
    model = Agreement
    serializer_class = AgreementSerializer
    params = {
        "extend": Later,
        "extend_signature": Later,
        "decline": Reason,
        "suspend": Suspension,
        "observe": Reason,
        "terminate": Reason,
    }
    without = ("accept", "sign_as_bearer", "record_paper_signature", "sign")
    filterset_fields = ["state"]

    def rows(self):
        return Agreement.objects.select_related(
            "application__call__rule_version",
            "application__lead",
            "application__bearer_organisation",
            "decision",
            "signatory",
            "document",
        )


class AmendmentResource(Dashed):
    model = Amendment
    part = "number"
    serializer_class = AmendmentSerializer
    params = {"refuse": Reason, "approve": AmendmentAnswer}
    without = ("sign_as_bearer", "record_paper_signature", "sign")
    filterset_fields = ["state", "agreement__reference"]

    def rows(self):
        return Amendment.objects.select_related(
            "agreement__application__call__rule_version",
            "agreement__application__lead",
            "agreement__application__bearer_organisation",
            "agreement__signatory",
            "document",
        ).prefetch_related("changes")

    @extend_schema(request=Asking, responses={201: AmendmentSerializer}, parameters=[KEY])
    @api_once
    def create(self, request):
        """Ask for an amendment: what should change, row by row."""
        given = Asking(data=request.data)
        given.is_valid(raise_exception=True)
        asked = dict(given.validated_data)
        agreement = get_object_or_404(Agreement.objects.visible_to(request.user), reference=asked.pop("agreement"))
        row = amendments.request(agreement=agreement, actor=request.user, at=request.received_at, **asked)
        return Response(self.get_serializer(row).data, status=201)


class InstalmentResource(Dashed):
    model = Instalment
    part = "number"
    serializer_class = InstalmentSerializer
    params = {
        "certify": Certification,
        "recertify": Note,
        "hold": Reason,
        "suspend": Reason,
        "refuse": Reason,
        "recall": Reason,
        "return_to_due": Reason,
        "cancel": Reason,
    }
    filterset_fields = ["state", "agreement__reference"]

    def rows(self):
        return Instalment.objects.select_related(
            "agreement__application__call__rule_version", "certified_by", "ordered_by", "paid_by"
        )


class BatchResource(Resource):
    model = PaymentBatch
    serializer_class = BatchSerializer
    params = {"add": Members, "remove": Members, "freeze": Freezing, "reject_file": Reason}
    without = ("export", "settle")
    filterset_fields = ["state"]

    def rows(self):
        return PaymentBatch.objects.prefetch_related("lines__instalment__agreement").defer("content")

    def verb_params(self, verb, row, validated):
        if "instalments" not in validated:
            return validated
        return {"instalments": [self._instalment(name) for name in validated["instalments"]]}

    def _instalment(self, name: str) -> Instalment:
        reference, _dash, number = name.rpartition("-")
        if not (number.isascii() and number.isdigit() and len(number) < 5):
            raise Http404
        return get_object_or_404(
            Instalment.objects.visible_to(self.request.user), agreement__reference=reference, number=number
        )

    @extend_schema(request=Opening, responses={201: BatchSerializer}, parameters=[KEY])
    @api_once
    def create(self, request):
        """Open an empty batch."""
        given = Opening(data=request.data)
        given.is_valid(raise_exception=True)
        batch = batches.open_batch(
            payment_batch=None, actor=request.user, at=request.received_at, **given.validated_data
        )
        return Response(self.get_serializer(batch).data, status=201)


class ReportResource(Dashed):
    model = Report
    part = "kind"
    serializer_class = ReportSerializer
    params = {"write": Draft, "revise": Draft, "request_changes": Changes, "accept": Acceptance, "reopen": Reason}
    filterset_fields = ["state", "kind"]

    def rows(self):
        return (
            Report.objects.exclude(state="cancelled")
            .select_related("agreement__application__call__rule_version", "agreement__application__lead")
            .prefetch_related("lines")
        )


RESOURCES = {
    "agreements": AgreementResource,
    "amendments": AmendmentResource,
    "instalments": InstalmentResource,
    "payment-batches": BatchResource,
    "reports": ReportResource,
}
