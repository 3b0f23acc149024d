from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "console.people"
    label = "people"
