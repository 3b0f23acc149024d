from django.db import migrations, models


class Migration(migrations.Migration):
    """The flavors, which were in the code until now. tasks/apps.py fills in the defaults when the tables are there."""

    dependencies = [("tasks", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="CatalogueDriver",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.CharField(max_length=32, unique=True)),
                ("cuda", models.CharField(max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name="CatalogueEdition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.UUIDField()),
            ],
        ),
        migrations.CreateModel(
            name="CatalogueFlavor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=63, unique=True)),
                ("title", models.CharField(blank=True, max_length=64)),
                ("gpus", models.IntegerField(default=0)),
                ("rdma_devices", models.IntegerField(default=0)),
                ("rdma_resource", models.CharField(default="rdma/hca_shared_devices_a", max_length=253)),
                ("cpu_millicores", models.IntegerField()),
                ("memory_mib", models.BigIntegerField()),
                ("node_selector", models.JSONField(blank=True, default=dict)),
                ("tolerations", models.JSONField(blank=True, default=list)),
                ("price_micros_per_second", models.BigIntegerField(default=0)),
                ("driver", models.CharField(blank=True, max_length=32)),
                ("position", models.IntegerField(default=0)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.IntegerField(default=1)),
            ],
            options={
                "ordering": ["position", "pk"],
            },
        ),
    ]
