from django.urls import path

from tasks.wizard import (
    clone,
    confirm_step,
    discard,
    edit_page,
    import_page,
    offers,
    preflight_page,
    start,
    template_saving,
    views,
)

urlpatterns = [
    path("start/", start.wizard_start, name="wizard-start"),
    path("import/", import_page.import_manifest, name="wizard-import"),
    path("clone/<str:namespace>/<str:uid>/", clone.clone_task, name="task-clone"),
    path("template/<str:namespace>/<str:uid>/", template_saving.save_task_as_template, name="task-template"),
    path("<uuid:key>/template/", template_saving.save_draft_as_template, name="draft-template"),
    path("operations/<uuid:key>/", confirm_step.decide_operation, name="operation-decide"),
    path("<uuid:key>/name/", views.name_check, name="wizard-name-check"),
    path("<uuid:key>/role-states/", views.role_states, name="wizard-role-states"),
    path("<uuid:key>/claims/", offers.claims, name="wizard-claims"),
    path("<uuid:key>/priority-classes/", offers.priority_classes, name="wizard-priority-classes"),
    path("<uuid:key>/references/", offers.references, name="wizard-references"),
    path("<uuid:key>/preflight/", confirm_step.preflight, name="wizard-preflight"),
    path("<uuid:key>/preflight/<slug:check>/", preflight_page.preflight_line, name="wizard-preflight-line"),
    path("<uuid:key>/manifest.yaml", confirm_step.download_manifest, name="wizard-manifest"),
    path("<uuid:key>/manifest/", edit_page.edit_manifest, name="wizard-manifest-edit"),
    path("<uuid:key>/delete/", discard.delete_draft, name="draft-delete"),
    path("<uuid:key>/<slug:step>/", views.wizard_step, name="wizard-step"),
]
