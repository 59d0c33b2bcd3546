import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q


def carry_over(apps, editor):
    """Dates kept on the rows of the team become consents of their persons; a name without an account agreed to nothing itself."""
    members = apps.get_model("applications", "TeamMember").objects.using(editor.connection.alias)
    consents = apps.get_model("applications", "NameConsent").objects.using(editor.connection.alias)
    given = members.filter(consent_at__isnull=False, user__isnull=False).exclude(name="").order_by("pk")
    consents.bulk_create(
        consents.model(application_id=row.application_id, user_id=row.user_id, name=row.name, given_at=row.consent_at)
        for row in given
    )


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("applications", "0006_partner_follow"),
    ]

    operations = [
        migrations.CreateModel(
            name="NameConsent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, max_length=150, verbose_name="name shown")),
                ("given_at", models.DateTimeField(verbose_name="given at")),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="taken back at")),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="name_consents",
                        to="applications.application",
                        verbose_name="application",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="name_consents",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "consent to be named",
                "verbose_name_plural": "consents to be named",
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["application", "user"], condition=Q(withdrawn_at__isnull=True), name="name_consent_once"
                    ),
                    models.CheckConstraint(
                        condition=Q(withdrawn_at__isnull=True) | Q(name=""), name="name_consent_withdrawn_nameless"
                    ),
                    models.CheckConstraint(
                        condition=Q(withdrawn_at__isnull=False) | ~Q(name=""), name="name_consent_named"
                    ),
                    models.CheckConstraint(
                        condition=Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=F("given_at")),
                        name="name_consent_order",
                    ),
                ],
            },
        ),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
        migrations.RemoveField("teammember", "consent_at"),
    ]
