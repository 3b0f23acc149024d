from django.urls import path

from tasks.wizard import confirm_step, discard, offers, preflight_page, start, views

urlpatterns = [
    path("start/", start.wizard_start, name="wizard-start"),
    path("operations/<uuid:key>/", confirm_step.decide_operation, name="operation-decide"),
    path("<uuid:key>/name/", views.name_check, name="wizard-name-check"),
    path("<uuid:key>/claims/", offers.claims, name="wizard-claims"),
    path("<uuid:key>/pull-secrets/", offers.pull_secrets, name="wizard-pull-secrets"),
    path("<uuid:key>/priority-classes/", offers.priority_classes, name="wizard-priority-classes"),
    path("<uuid:key>/references/", offers.references, name="wizard-references"),
    path("<uuid:key>/preflight/", confirm_step.preflight, name="wizard-preflight"),
    path("<uuid:key>/preflight/<slug:check>/", preflight_page.preflight_line, name="wizard-preflight-line"),
    path("<uuid:key>/manifest.yaml", confirm_step.download_manifest, name="wizard-manifest"),
    path("<uuid:key>/delete/", discard.delete_draft, name="draft-delete"),
    path("<uuid:key>/<slug:step>/", views.wizard_step, name="wizard-step"),
]
