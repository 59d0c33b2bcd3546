from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("applications", "0003_messages")]

    operations = [
        migrations.AddField(
            "teammember",
            "areas",
            models.JSONField(blank=True, default=list, verbose_name="sections this editor may write"),
        ),
        migrations.AddField(
            "teammember",
            "lead_offer_ends_at",
            models.DateTimeField(blank=True, null=True, verbose_name="offer of the lead ends at"),
        ),
        migrations.AddConstraint(
            "teammember",
            models.CheckConstraint(
                condition=Q(lead_offer_ends_at__isnull=True) | Q(joined_at__isnull=False),
                name="member_lead_offered_has_joined",
            ),
        ),
        migrations.AddConstraint(
            "teammember",
            models.UniqueConstraint(
                fields=["application"], condition=Q(lead_offer_ends_at__isnull=False), name="member_lead_offered_once"
            ),
        ),
    ]
