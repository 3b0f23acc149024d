from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_http_methods

from console.web.htmx import render_page
from console.web.requests import HtmxRequest
from namespaces.access import namespace_for
from tasks import wording
from tasks.flavors import catalogue
from tasks.frameworks.reading import Reading, read
from tasks.queries.kept import free_name, manifest_to_clone
from tasks.specification.text import visible
from tasks.wizard.beginning import draft_of_spec, places_for, to_first_open


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def clone_task(request: HtmxRequest, namespace: str, uid: str) -> HttpResponse:
    """Ask for the new task's name and namespace; then a draft with everything the task has, running, ended or gone."""
    access = namespace_for(request.user, namespace)
    reading = reading_of_task(access.name, uid)
    assert reading.spec is not None  # reading_of_task
    places = places_for(request.user)
    wanted = request.POST.get("namespace", access.name)
    if request.method == "POST" and any(place.name == wanted for place in places):
        name = request.POST.get("name", "")
        return to_first_open(draft_of_spec(reading.spec, by=request.user, name=name, namespace=wanted))
    context = {
        "namespace": access,
        "uid": uid,
        "source": reading.spec.name,
        "name": request.POST.get("name") or free_name(access.name, reading.spec.name),
        "places": places,
        "refused": [(visible(finding.path), wording.words_of(finding)) for finding in reading.refused],
    }
    response = render_page(request, "wizard/clone.html", context, fragment="question")
    response.status_code = 422 if request.method == "POST" else 200
    return response


def reading_of_task(namespace: str, uid: str) -> Reading:
    """What a task of the namespace says, there or gone. Raises Http404 where nothing is known of it."""
    reading = read(manifest_to_clone(namespace, uid), flavors=catalogue())
    if reading.spec is None:
        raise Http404
    return reading
