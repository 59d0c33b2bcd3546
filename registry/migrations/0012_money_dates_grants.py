from django.db import migrations


def read_again(apps, schema_editor):
    """The index is derived: without its version it is read again from the published set, before anybody reads it."""
    apps.get_model("registry", "PublishedVersion").objects.all().delete()


class Migration(migrations.Migration):

    dependencies = [
        ('registry', '0011_origin_of_earlier_grants'),
    ]

    operations = [
        migrations.RunPython(read_again, migrations.RunPython.noop),
    ]
