from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0007_rows_of_differences'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='amendment',
            name='amendment_changes_something',
        ),
        migrations.RemoveField(
            model_name='amendment',
            name='content',
        ),
    ]
