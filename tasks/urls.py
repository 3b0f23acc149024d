from django.urls import URLPattern, URLResolver, include, path, register_converter
from django.urls.converters import StringConverter

from tasks.views import change, list_page, log_page, manifest_page, role_page, task_page
from tasks.wizard import template_pages


class AnyTextConverter(StringConverter):
    """The API server takes any word for a role, "a/b" and none at all: a link to it must not end the whole page."""

    regex = r"[\s\S]*"


register_converter(AnyTextConverter, "any")

_pod: list[URLPattern | URLResolver] = [
    path("log/", log_page.pod_log, name="pod-log"),
    path("log/download/", log_page.download_pod_log, name="pod-log-download"),
    path("delete/", change.delete_pod, name="pod-delete"),
]
_task: list[URLPattern | URLResolver] = [
    path("", task_page.task_detail, name="task-detail"),
    path("events/", task_page.task_events, name="task-events"),
    path("roles/<any:role>/", role_page.role_detail, name="role-detail"),
    path("manifest.yaml", manifest_page.task_manifest, name="task-manifest"),
    path("pods/<str:pod_uid>/", include(_pod)),
]
_template: list[URLPattern | URLResolver] = [
    path("", template_pages.edit_template, name="template-edit"),
    path("use/", template_pages.use_template, name="template-use"),
    path("delete/", template_pages.delete_template, name="template-delete"),
]
_namespace: list[URLPattern | URLResolver] = [
    path("templates/", template_pages.template_list, name="template-list"),
    path("templates/<uuid:key>/", include(_template)),
    path("tasks/", list_page.task_list, name="task-list"),
    path("tasks/change/", change.change_tasks, name="tasks-change"),
    path("tasks/<str:uid>/", include(_task)),
    path("operations/", list_page.operations, name="operations"),
    path("operations/<uuid:key>/answer/", change.answer_operation, name="operation-answer"),
    path("staleness/", list_page.staleness, name="staleness"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("n/<str:namespace>/", include(_namespace)),
    path("settings/", include("tasks.views.settings.urls")),
]
