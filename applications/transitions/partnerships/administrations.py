"""The administration behind a partnership: found or created when it is named, forgotten when an answer is corrected."""

from __future__ import annotations

from applications.models import Application
from fund import identifiers
from fund.enums import OrganisationKind
from fund.models import Organisation


def administration(name: str, siret: str) -> Organisation:
    """The administration of this SIRET, found or created. Without a SIRET, a row of its own until its agent gives the number."""
    siret = identifiers.compact(siret)
    if siret:
        return Organisation.objects.get_or_create(
            siret=siret, defaults={"kind": OrganisationKind.ADMINISTRATION, "name": name}
        )[0]
    return Organisation.objects.create(kind=OrganisationKind.ADMINISTRATION, name=name)


def forget(former: Organisation, application: Application) -> None:
    """An answer corrected undoes what it registered: the row goes with the last answer that named it, unless the fund knows more of it or uses it."""
    Application.objects.filter(pk=application.pk, state="draft", organisation=former).update(organisation=None)
    Application.objects.filter(pk=application.pk, state="draft", bearer_organisation=former).update(
        bearer_organisation=None
    )
    known = former.administration_type or former.insee_code or former.rna or former.email or former.website
    used = any(
        relation.related_model._base_manager.filter(**{relation.field.name: former}).exists()
        for relation in former._meta.related_objects
    )
    if not known and not used:
        former.delete()


def one_line(text: str) -> str:
    """A name stays on its line in the mails it is written into."""
    return " ".join(text.split())
