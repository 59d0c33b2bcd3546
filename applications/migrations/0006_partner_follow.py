from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("applications", "0005_message_attachments")]

    operations = [
        migrations.AddField(
            "partnership",
            "follow_token_hash",
            models.CharField(
                blank=True,
                db_index=True,
                default="",
                max_length=64,
                verbose_name="hash of the link to follow the application",
            ),
        ),
        migrations.AddConstraint(
            "partnership",
            models.CheckConstraint(
                condition=Q(follow_token_hash="") | Q(state="confirmed"), name="partnership_followed_is_confirmed"
            ),
        ),
    ]
