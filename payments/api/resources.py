"""The rows of the money that have an address, with the verbs of each."""

from __future__ import annotations

from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from core.api import KEY, Reason, Resource
from core.idempotency import api_once
from payments.api import acts
from payments.api.reading import (
    AgreementSerializer,
    AmendmentSerializer,
    BatchSerializer,
    InstalmentSerializer,
    ReportSerializer,
    StartConditionSerializer,
)
from payments.models import (
    Agreement,
    Amendment,
    Condition,
    Instalment,
    PayeeAccount,
    PaymentBatch,
    PaymentOrder,
    Report,
)
from payments.transitions import amendment as amendments
from payments.transitions import batch as batches


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
    """Agreements of one's teams; every one for who follows, pays or checks, but of files closed to him."""

    model = Agreement
    serializer_class = AgreementSerializer
    params = {
        "extend": acts.Later,
        "extend_signature": acts.Later,
        "decline": Reason,
        "suspend": acts.Suspension,
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
    """Amendments, named after their agreement and their number in it."""

    model = Amendment
    part = "number"
    serializer_class = AmendmentSerializer
    params = {"refuse": Reason, "approve": acts.AmendmentAnswer}
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

    @extend_schema(request=acts.Asking, responses={201: AmendmentSerializer}, parameters=[KEY])
    @api_once
    def create(self, request):
        """Ask for an amendment: what should change, row by row."""
        given = acts.Asking(data=request.data)
        given.is_valid(raise_exception=True)
        asked = dict(given.validated_data)
        agreement = get_object_or_404(Agreement.objects.visible_to(request.user), reference=asked.pop("agreement"))
        row = amendments.request(agreement=agreement, actor=request.user, at=request.received_at, **asked)
        return Response(self.get_serializer(row).data, status=201)


class ConditionResource(Dashed):
    """Conditions before a project starts, named after their agreement and their number in it."""

    model = Condition
    part = "number"
    serializer_class = StartConditionSerializer
    params = {"meet": acts.Meeting, "waive": Reason, "take_back": Reason}
    filterset_fields = ["state", "agreement__reference"]

    def rows(self):
        return Condition.objects.select_related(
            "agreement__application__call__rule_version", "agreement__application__lead", "settled_by"
        )


class InstalmentResource(Dashed):
    """Instalments, named after their agreement and their number in it."""

    model = Instalment
    part = "number"
    serializer_class = InstalmentSerializer
    params = {
        "certify": acts.Certification,
        "recertify": acts.Note,
        "hold": Reason,
        "suspend": Reason,
        "refuse": Reason,
        "recall": Reason,
        "return_to_due": Reason,
        "undo_return": Reason,
        "cancel": Reason,
    }
    filterset_fields = ["state", "agreement__reference"]

    def rows(self):
        return Instalment.objects.select_related(
            "agreement__application__call__rule_version",
            "agreement__application__lead",
            "certified_by",
            "ordered_by",
            "countersigned_by",
            "paid_by",
        )


class BatchResource(Resource):
    """Batches of payments, each sent to the bank as one file."""

    model = PaymentBatch
    serializer_class = BatchSerializer
    params = {"add": acts.Members, "remove": acts.Members, "freeze": acts.Freezing, "reject_file": Reason}
    without = ("export", "settle")
    filterset_fields = ["state"]

    def rows(self):
        return PaymentBatch.objects.prefetch_related(
            "lines__instalment__agreement",
            Prefetch("lines__instalment__agreement__payee_accounts", PayeeAccount.objects.defer("iban")),
            Prefetch("lines__instalment__orders", PaymentOrder.objects.select_related("account")),
        ).defer("content")

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

    @extend_schema(request=acts.Opening, responses={201: BatchSerializer}, parameters=[KEY])
    @api_once
    def create(self, request):
        """Open an empty batch."""
        given = acts.Opening(data=request.data)
        given.is_valid(raise_exception=True)
        batch = batches.open_batch(
            payment_batch=None, actor=request.user, at=request.received_at, **given.validated_data
        )
        return Response(self.get_serializer(batch).data, status=201)


class ReportResource(Dashed):
    """Reports, named after their agreement and their kind: `interim` or `final`."""

    model = Report
    part = "kind"
    serializer_class = ReportSerializer
    params = {
        "write": acts.Draft,
        "revise": acts.Draft,
        "request_changes": acts.Changes,
        "accept": acts.Acceptance,
        "reopen": Reason,
    }
    filterset_fields = ["state", "kind"]

    def rows(self):
        return (
            Report.objects.exclude(state="cancelled")
            .select_related("agreement__application__call__rule_version", "agreement__application__lead")
            .prefetch_related("lines")
        )
