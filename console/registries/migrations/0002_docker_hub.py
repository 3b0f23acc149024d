from django.db import migrations


def add_docker_hub(apps, schema_editor):
    """The registry behind "Docker official images": an administrator may point it to a mirror, or remove it."""
    apps.get_model("registries", "Registry").objects.get_or_create(
        namespace="",
        title="Docker Hub",
        defaults={"kind": "hub", "tab": "official", "address": "https://registry-1.docker.io"},
    )


class Migration(migrations.Migration):
    dependencies = [("registries", "0001_initial")]
    operations = [migrations.RunPython(add_docker_hub, migrations.RunPython.noop)]
