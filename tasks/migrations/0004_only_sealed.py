"""The plain columns go; what they held is encrypted (0003)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tasks", "0003_sealed")]

    operations = [
        migrations.RemoveField("draft", "entries"),
        migrations.RenameField("draft", "sealed", "entries"),
        migrations.RemoveField("operation", "manifest"),
        migrations.RenameField("operation", "sealed", "manifest"),
    ]
