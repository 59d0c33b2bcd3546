"""What `doctor` looks at on the money side."""

from __future__ import annotations

from core.checks import Unwell, register


@register("payments")
def payments() -> str:
    from payments.models import Agreement
    from payments.queries import invariants

    if found := invariants.problems():
        raise Unwell(f"{len(found)} identity(ies) broken, first: {found[0]}")
    return f"{Agreement.objects.count()} agreements agree with the books"


@register("bank_files")
def bank_files() -> str:
    """Every file that left is still the bytes whose hash was kept, and made of the rows that were frozen."""
    import hashlib

    from payments import pain001
    from payments.models import PaymentBatch
    from payments.transitions.batch import frozen_content

    count = 0
    for batch in PaymentBatch.objects.exclude(sha256="").iterator():
        content = batch.content.encode()
        if hashlib.sha256(content).hexdigest() != batch.sha256:
            raise Unwell(f"the bytes of {batch.reference} are not those that were exported")
        if pain001.build(frozen_content(batch)) != content:
            raise Unwell(f"{batch.reference} no longer makes the file that was exported")
        count += 1
    return f"{count} bank files unchanged"
