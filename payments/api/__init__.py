"""The money over the API: the same rows, the same verbs, the same refusals as the screens. Signing and producing the bank's file need a page.

`RESOURCES` names what `/api/v1/` mounts. An instalment, a condition and an amendment are `<reference of the grant>-<number>`,
a report `<reference>-interim` or `-final`.
"""

from __future__ import annotations

from payments.api.resources import (
    AgreementResource,
    AmendmentResource,
    BatchResource,
    ConditionResource,
    InstalmentResource,
    ReportResource,
)

RESOURCES = {
    "agreements": AgreementResource,
    "amendments": AmendmentResource,
    "conditions": ConditionResource,
    "instalments": InstalmentResource,
    "payment-batches": BatchResource,
    "reports": ReportResource,
}
