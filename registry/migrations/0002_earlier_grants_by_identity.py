"""Earlier grants have an identity that stays when a cell is corrected, and may leave unknown what their file did not say."""

import hashlib
import unicodedata

from django.db import migrations, models
from django.db.models import Q


def bare(text):
    return "".join(letter for letter in unicodedata.normalize("NFKD", text.casefold()) if letter.isalnum())


def identify(apps, schema_editor):
    """The same words as `registry.queries.earlier.identity_of`, which may change later without changing this step."""
    grants = apps.get_model("registry", "PastGrant").objects
    batch = []
    for grant in grants.order_by("pk").iterator(chunk_size=500):
        recipient = grant.recipient_siret or grant.recipient_rna
        said = grant.funder_siret, grant.agreed_on, bare(grant.decision_reference), recipient, bare(grant.purpose)
        grant.identity = hashlib.sha256("|".join(map(str, said)).encode()).hexdigest()
        batch.append(grant)
        if len(batch) == 500:
            grants.bulk_update(batch, ["identity"])
            batch = []
    grants.bulk_update(batch, ["identity"])


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial")]

    operations = [
        migrations.AddField(
            "pastgrant",
            "identity",
            models.CharField(default="", max_length=64, verbose_name="identity of the grant"),
            False,
        ),
        migrations.AlterField(
            "pastgrant", "nature", models.CharField(blank=True, max_length=60, verbose_name="nature")
        ),
        migrations.AlterField(
            "pastgrant",
            "conditions",
            models.CharField(blank=True, max_length=256, verbose_name="conditions of payment"),
        ),
        migrations.AlterField(
            "pastgrant", "eu_notified", models.BooleanField(blank=True, null=True, verbose_name="notified to the EU")
        ),
        migrations.AlterField(
            "pastgrant",
            "share",
            models.DecimalField(blank=True, decimal_places=4, max_digits=6, null=True, verbose_name="share"),
        ),
        migrations.RemoveConstraint("pastgrant", "past_grant_share"),
        migrations.AddConstraint(
            "pastgrant",
            models.CheckConstraint(
                condition=Q(share__isnull=True) | Q(share__gt=0, share__lte=1), name="past_grant_share"
            ),
        ),
        migrations.RunPython(identify, migrations.RunPython.noop),
        migrations.AlterField(
            "pastgrant",
            "identity",
            models.CharField(db_index=True, max_length=64, verbose_name="identity of the grant"),
        ),
    ]
