from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reviews', '0004_assignment_results'),
    ]

    operations = [
        migrations.AddField(
            model_name='assignment',
            name='note',
            field=models.TextField(blank=True, verbose_name='note for the panel'),
        ),
        migrations.AddField(
            model_name='assignment',
            name='proposed_amount',
            field=models.BigIntegerField(blank=True, null=True, verbose_name='proposed amount'),
        ),
        migrations.AddConstraint(
            model_name='assignment',
            constraint=models.CheckConstraint(condition=models.Q(('proposed_amount__isnull', True), ('proposed_amount__gt', 0), _connector='OR'), name='assignment_proposed_amount'),
        ),
    ]
