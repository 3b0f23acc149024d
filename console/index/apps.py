from django.apps import AppConfig


class IndexConfig(AppConfig):
    name = "console.index"
    label = "index"
