from django.urls import include, path

urlpatterns = [
    path("", include("console.people.urls")),
    path("", include("namespaces.urls")),
    path("", include("console.registries.urls")),
    path("", include("tasks.urls")),
    path("wizard/", include("tasks.wizard.urls")),
    path("", include("terminal.urls")),
    path("", include("tasks.api.urls")),
]
handler400 = "console.web.errors.bad_request"
handler403 = "console.web.errors.forbidden"
handler404 = "console.web.errors.not_found"
handler500 = "console.web.errors.failed"
