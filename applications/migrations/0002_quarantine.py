import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

from applications.enums import AttachmentKind


class Migration(migrations.Migration):
    dependencies = [("applications", "0001_initial"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.AlterField(
            model_name="attachment",
            name="scan_state",
            field=models.CharField(
                choices=[
                    ("clean", "checked"),
                    ("pending", "being checked for viruses"),
                    ("infected", "refused: infected"),
                ],
                default="clean",
                max_length=10,
                verbose_name="scan",
            ),
        ),
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.CheckConstraint(
                condition=~Q(scan_state="infected") | Q(file="", removed_at__isnull=False),
                name="attachment_infected_has_no_bytes",
            ),
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=AttachmentKind.choices, default="other", max_length=20, verbose_name="kind"
                    ),
                ),
                ("size", models.PositiveIntegerField(verbose_name="size in bytes")),
                ("offset", models.PositiveIntegerField(default=0, verbose_name="bytes received")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("expires_at", models.DateTimeField(db_index=True, verbose_name="ends at")),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="uploads",
                        to="applications.application",
                        verbose_name="application",
                    ),
                ),
                (
                    "attachment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="applications.attachment",
                        verbose_name="attachment",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "upload",
                "verbose_name_plural": "uploads",
                "ordering": ["created_at"],
                "constraints": [
                    models.CheckConstraint(condition=Q(offset__lte=F("size")), name="upload_offset_in_size")
                ],
            },
        ),
    ]
