from django.http import Http404, HttpRequest
from django.urls import include, path, re_path, register_converter
from django.urls.converters import IntConverter, StringConverter
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from tasks.api import draft_views, image_views, offer_views, operation_views, task_views, template_views
from tasks.api.requests import ApiView


class ObjectNameConverter(StringConverter):
    """What Kubernetes takes for a namespace or a uid. Anything else names nothing, and no database is asked for it."""

    regex = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"


@extend_schema(exclude=True)
class Nothing(ApiView):
    """An address that leads nowhere: told in JSON, to those who are somebody."""

    def http_method_not_allowed(self, request: HttpRequest, *args: object, **kwargs: object) -> Response:
        raise Http404


class SmallConverter(IntConverter):
    """A row's number that every database takes."""

    regex = "[0-9]{1,9}"


register_converter(ObjectNameConverter, "object_name")
register_converter(SmallConverter, "small")

_TASKS = "namespaces/<object_name:namespace>/tasks"
_TASK = f"{_TASKS}/<object_name:uid>"
_REGISTRIES = "namespaces/<object_name:namespace>/registries"
_version = [
    path("namespaces", offer_views.Namespaces.as_view(), name="api-namespaces"),
    path("frameworks", offer_views.Frameworks.as_view(), name="api-frameworks"),
    path("flavors", offer_views.Flavors.as_view(), name="api-flavors"),
    path(_TASKS, task_views.Tasks.as_view(), name="api-tasks"),
    path(f"{_TASKS}/validate", task_views.TaskValidation.as_view(), name="api-validation"),
    path(_TASK, task_views.OneTask.as_view(), name="api-task"),
    path(f"{_TASK}/specification", task_views.TaskSpecification.as_view(), name="api-task-specification"),
    path(f"{_TASK}/manifest", task_views.TaskManifest.as_view(), name="api-task-manifest"),
    path(f"{_TASK}/suspend", task_views.TaskSuspension.as_view(), name="api-task-suspend"),
    path(f"{_TASK}/resume", task_views.TaskResumption.as_view(), name="api-task-resume"),
    path("namespaces/<object_name:namespace>/templates", template_views.Templates.as_view(), name="api-templates"),
    path(
        "namespaces/<object_name:namespace>/templates/<uuid:key>",
        template_views.OneTemplate.as_view(),
        name="api-template",
    ),
    path(_REGISTRIES, image_views.Registries.as_view(), name="api-registries"),
    path(f"{_REGISTRIES}/<small:registry>/images", image_views.Images.as_view(), name="api-images"),
    path(f"{_REGISTRIES}/<small:registry>/tags", image_views.ImageTags.as_view(), name="api-image-tags"),
    path(f"{_REGISTRIES}/<small:registry>/version", image_views.ImageVersion.as_view(), name="api-image-version"),
    path("operations/<uuid:key>", operation_views.OneOperation.as_view(), name="api-operation"),
    path("operations/<uuid:key>/confirm", operation_views.Confirmation.as_view(), name="api-operation-confirm"),
    path("operations/<uuid:key>/withdraw", operation_views.Withdrawal.as_view(), name="api-operation-withdraw"),
    path("drafts", draft_views.Drafts.as_view(), name="api-drafts"),
    path("drafts/<uuid:key>", draft_views.OneDraft.as_view(), name="api-draft"),
    path("drafts/<uuid:key>/submit", draft_views.DraftSubmission.as_view(), name="api-draft-submit"),
    re_path("", Nothing.as_view(), name="api-nothing"),
]
urlpatterns = [path("api/v1/", include(_version))]
