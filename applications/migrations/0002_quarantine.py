from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("applications", "0001_initial")]

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
    ]
