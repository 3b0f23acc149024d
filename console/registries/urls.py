from django.urls import URLPattern, URLResolver, include, path

from console.registries import picker, settings_pages

_images: list[URLPattern | URLResolver] = [
    path("", picker.image_picker, name="image-picker"),
    path("tab/", picker.image_panel, name="image-panel"),
    path("registry/<int:pk>/", picker.image_section, name="image-section"),
    path("versions/", picker.image_versions, name="image-versions"),
    path("version/", picker.image_version, name="image-version"),
    path("pull-secrets/", picker.image_secrets, name="image-secrets"),
]


def _settings(name: str) -> list[URLPattern | URLResolver]:
    return [
        path("", settings_pages.registry_list, name=name),
        path("create/", settings_pages.create_registry, name=f"{name}-create"),
        path("test/", settings_pages.try_registry, name=f"{name}-test-new"),
        path("<int:pk>/", settings_pages.edit_registry, name=f"{name}-edit"),
        path("<int:pk>/test/", settings_pages.try_registry, name=f"{name}-test"),
        path("<int:pk>/remove/", settings_pages.remove_registry, name=f"{name}-remove"),
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    path("images/", include(_images)),
    path("settings/registries/", include(_settings("registry-settings"))),
    path("n/<str:namespace>/registries/", include(_settings("namespace-registries"))),
]
