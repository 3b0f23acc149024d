from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.sealing import Unreadable
from console.web.htmx import render_page
from console.web.requests import HtmxRequest
from namespaces.access import NamespaceAccess, namespace_for
from namespaces.views import remember_namespace
from tasks import actions
from tasks.models import TaskTemplate
from tasks.models.templates import ABOUT_MAX
from tasks.queries.templates import template_in, templates_in
from tasks.specification.text import normal_lines
from tasks.wizard.beginning import begin
from tasks.wizard.page import version_in
from tasks.wizard.steps import BASICS
from tasks.wizard.template_saving import errors_in


@login_required
@require_safe
def template_list(request: HtmxRequest, namespace: str) -> HttpResponse:
    """The templates of a namespace, for everybody who sees it."""
    access = namespace_for(request.user, namespace)
    remember_namespace(request, access.name)
    context = {"namespace": access, "templates": templates_in([access.name])}
    return render(request, "wizard/template_list.html", context)


@login_required
@require_POST
def use_template(request: HtmxRequest, namespace: str, key: UUID) -> HttpResponse:
    """A draft of one's own that says what the template says."""
    access, template = _found(request, namespace, key)
    if isinstance(template.entries, Unreadable):
        return render(
            request, "wizard/template_unreadable.html", {"namespace": access, "template": template}, status=410
        )
    basics = {**template.entries.get("basics", {}), "namespace": access.name}
    entries = {**template.entries, "basics": basics}
    draft = begin(by=request.user, framework=template.framework, mode=template.mode, entries=entries)
    return redirect("wizard-step", draft.key, BASICS.key)  # without complaints: the name is yet to be given


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_template(request: HtmxRequest, namespace: str, key: UUID) -> HttpResponse:
    """Another name and description."""
    access, template = _found(request, namespace, key)
    errors: dict[str, str] = {}
    is_stale, asked = False, {"title": template.title, "about": template.about}
    if request.method == "POST":
        asked = {name: request.POST.get(name, "") for name in ("title", "about")}
        errors = errors_in(asked)
        if not errors:
            title, about = asked["title"].strip(), normal_lines(asked["about"])
            try:
                actions.change_template(template, title=title, about=about, version=version_in(request))
                return redirect("template-list", access.name)
            except actions.TitleTaken:
                errors = {"title": _("The namespace has another template of this name.")}
            except actions.StaleTemplate:
                is_stale = True
    context = {
        "namespace": access,
        "template": template,
        "asked": asked,
        "errors": errors,
        "is_stale": is_stale,
        "about_max": ABOUT_MAX,
    }
    return render(request, "wizard/template_edit.html", context, status=409 if is_stale else 422 if errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete_template(request: HtmxRequest, namespace: str, key: UUID) -> HttpResponse:
    """GET asks, POST deletes. Drafts and tasks that were made of it stay."""
    access, template = _found(request, namespace, key)
    if request.method == "POST":
        actions.delete_template(template)
        return redirect("template-list", access.name)
    context = {"namespace": access, "template": template}
    return render_page(request, "wizard/template_delete.html", context, fragment="question")


def _found(request: HtmxRequest, namespace: str, key: UUID) -> tuple[NamespaceAccess, TaskTemplate]:
    """Raises Http404 for a stranger, PermissionDenied for somebody who only looks on."""
    access = namespace_for(request.user, namespace)
    template = template_in(access.name, key)
    if template is None:
        raise Http404
    if not access.can_create:
        raise PermissionDenied(_("You may not create tasks in this namespace."))
    return access, template
