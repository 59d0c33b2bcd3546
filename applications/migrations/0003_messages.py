import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0002_quarantine"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("message", "message"), ("reasons_request", "request for the reasons")],
                        default="message",
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("text", models.TextField(verbose_name="text")),
                ("from_staff", models.BooleanField(verbose_name="from the fund")),
                ("sent_at", models.DateTimeField(verbose_name="sent at")),
                ("read_at", models.DateTimeField(blank=True, null=True, verbose_name="read at")),
                ("due_on", models.DateField(blank=True, null=True, verbose_name="answer at the latest on")),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="applications.application",
                        verbose_name="application",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="written by",
                    ),
                ),
            ],
            options={
                "verbose_name": "message",
                "verbose_name_plural": "messages",
                "ordering": ["id"],
                "indexes": [
                    models.Index(
                        condition=Q(read_at__isnull=True), fields=["application", "from_staff"], name="message_unread"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(condition=Q(kind__in=["message", "reasons_request"]), name="message_kind"),
                    models.CheckConstraint(
                        condition=Q(kind="message", due_on__isnull=True)
                        | Q(kind="reasons_request", due_on__isnull=False, from_staff=False),
                        name="message_due_on",
                    ),
                    models.CheckConstraint(
                        condition=Q(read_at__isnull=True) | Q(read_at__gte=F("sent_at")),
                        name="message_read_after_sent",
                    ),
                ],
            },
        ),
    ]
