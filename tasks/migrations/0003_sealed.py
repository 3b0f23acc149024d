"""Drafts and manifests encrypted, templates, and manifests of tasks that are gone.

In two migrations: PostgreSQL cannot change a table in the transaction that has rewritten its rows.
"""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import console.sealing


def seal(apps, schema_editor):
    using = schema_editor.connection.alias
    drafts = apps.get_model("tasks", "Draft").objects.using(using)
    for draft in drafts.iterator(100):
        basics = draft.entries.get("basics", {})
        drafts.filter(pk=draft.pk).update(
            sealed=draft.entries,
            listed_name=str(basics.get("name", "")),
            listed_namespace=str(basics.get("namespace", "")),
        )
    operations = apps.get_model("tasks", "Operation").objects.using(using)
    for operation in operations.exclude(manifest=None).iterator(100):
        operations.filter(pk=operation.pk).update(sealed=operation.manifest)


def unseal(apps, schema_editor):
    using = schema_editor.connection.alias
    for name, column in (("Draft", "entries"), ("Operation", "manifest")):
        rows = apps.get_model("tasks", name).objects.using(using)
        for row in rows.exclude(sealed=None).iterator(100):
            rows.filter(pk=row.pk).update(**{column: dict(row.sealed)})


class Migration(migrations.Migration):
    dependencies = [
        ("tasks", "0002_catalogue"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="KeptManifest",
            fields=[
                ("uid", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=16)),
                ("namespace", models.CharField(max_length=63)),
                ("name", models.CharField(max_length=253)),
                ("manifest", console.sealing.SealedJSONField()),
                ("created_at", models.DateTimeField()),
                ("gone_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["namespace", "-gone_at"], name="kept_manifest_lately"),
                    models.Index(fields=["gone_at"], name="kept_manifest_by_age"),
                ],
            },
        ),
        migrations.CreateModel(
            name="TaskTemplate",
            fields=[
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("namespace", models.CharField(max_length=63)),
                ("title", models.CharField(max_length=63)),
                ("about", models.CharField(blank=True, max_length=1000)),
                ("framework", models.CharField(max_length=16)),
                ("mode", models.CharField(max_length=32)),
                ("entries", console.sealing.SealedJSONField(default=dict)),
                ("version", models.IntegerField(default=1)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("namespace", "title"), name="template_title_once")
                ],
            },
        ),
        migrations.AddField("draft", "listed_name", models.TextField(blank=True, default="")),
        migrations.AddField("draft", "listed_namespace", models.TextField(blank=True, default="")),
        migrations.AddField("draft", "sealed", console.sealing.SealedJSONField(default=dict)),
        migrations.AddField("operation", "sealed", console.sealing.SealedJSONField(null=True)),
        migrations.AddIndex("draft", models.Index(fields=["updated_at"], name="draft_by_age")),
        migrations.AlterField(
            "operation",
            "reason",
            models.CharField(
                blank=True,
                choices=[
                    ("away", "Away"),
                    ("pods-end", "Pods End"),
                    ("waited", "Waited"),
                    ("inactive", "Inactive"),
                    ("changed", "Changed"),
                    ("name-taken", "Name Taken"),
                    ("gone", "Gone"),
                    ("withdrawn", "Withdrawn"),
                    ("unreadable", "Unreadable"),
                ],
                max_length=24,
            ),
        ),
        migrations.RunPython(seal, unseal),
    ]
