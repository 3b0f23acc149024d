"""For the pictures: the pages beside the wizard's five steps, and what opens within a step."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from bench.showcase import SECOND_NAMESPACE

# A manifest of which something goes into the fields, something is kept, and something is refused.
MANIFEST = """\
apiVersion: kubeflow.org/v1
kind: PyTorchJob
metadata:
  name: llama-finetune
spec:
  pytorchReplicaSpecs:
    Master:
      replicas: 1
      restartPolicy: OnFailure
      template:
        spec:
          hostname: master
          hostNetwork: true
          serviceAccountName: trainer
          containers:
            - name: pytorch
              image: trainyard/train:1
              args: [--steps, "500"]
              workingDir: /workspace
              resources:
                limits: {cpu: 100m, memory: 128Mi}
"""
BOMB = "a: &a [lol, lol]\nb: &b [*a, *a, *a]\n"

SETTINGS = {
    "settings-flavors": "/settings/flavors/",
    "settings-flavor-new": "/settings/flavors/create/",
    "settings-drivers": "/settings/drivers/",
    "settings-registries": "/settings/registries/",
    "settings-registry-new": "/settings/registries/create/",
}


def other_ways(page: Page, confirm: str) -> dict[str, str]:
    """Addresses by name; `confirm` is a draft’s last step. A template is saved on the way, so that the list has one."""
    found = {"import": "/wizard/import/?namespace=vision", "import-report": "/wizard/import/?namespace=vision"}
    found["import-refused"] = "/wizard/import/?namespace=vision"
    found["tokens"] = "/account/tokens/"
    found["namespace-registries"] = "/n/vision/registries/"
    page.goto("/n/vision/tasks/")
    page.get_by_role("link", name="first-training", exact=True).click()
    page.wait_for_url("**/tasks/*-*/")
    uid = page.url.rstrip("/").rsplit("/", 1)[1]
    found["clone"] = f"/wizard/clone/vision/{uid}/"
    found["template-save"] = f"/wizard/template/vision/{uid}/"
    page.goto(found["template-save"])
    page.locator("#id_title").fill("ResNet baseline")
    page.locator("#id_about").fill("Two workers; reaches 76 % in 90 epochs.")
    page.locator("#main button[type=submit], #main form button.btn-primary").last.click()
    found["templates"] = "/n/vision/templates/"
    found["manifest-edit"] = confirm.replace("/confirm/", "/manifest/")
    found |= _within_steps(page)
    found["namespace-question"] = _unfinished(page)  # asked in a draft of its own: a step that asks is open again
    return found


def _within_steps(page: Page) -> dict[str, str]:
    basics = _unfinished(page)
    page.get_by_role("button", name="Next").last.click()
    page.wait_for_url("**/roles/")
    steps = {"role-advanced": page.url, "claim-picker": basics, "image-picker": basics}
    steps["discard"] = basics.replace("/basics/", "/delete/")
    return steps


def _unfinished(page: Page) -> str:
    """A draft with its first step filled in, and kept."""
    page.goto("/wizard/start/?namespace=vision&framework=pytorch")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/basics/")
    page.get_by_label("Task name").fill("bert-squad")
    page.get_by_role("textbox", name="Image").fill("trainyard/train:1")
    page.locator("select[name=data_claim]").select_option("datasets")
    with page.expect_response(lambda answer: answer.status == 204):
        page.locator("input[name=data_mount_path]").fill("/data")
    return page.url


def _asked(page: Page) -> None:
    page.locator("select[name=namespace]").select_option(SECOND_NAMESPACE)
    expect(page.locator("#namespace-question")).to_be_visible()


def _claims_shown(page: Page) -> None:
    page.locator("#volume-data .volume-claim button").click()
    expect(page.locator("#claims tbody tr").first).to_be_visible()


def _images_shown(page: Page) -> None:
    page.locator("[hx-get*='/images/']").first.click()
    expect(page.locator("#image-picker")).to_be_visible()
    page.locator("[data-image-tabs] [role=tab]").nth(1).click()
    page.wait_for_timeout(500)


def _advanced_open(page: Page) -> None:
    panel = page.locator(".role-panel:visible").first
    if not panel.locator("details.role-advanced").evaluate("details => details.open"):  # from the second time on it is
        panel.locator("details.role-advanced > summary").click()
        for group in ("env", "mounts"):
            panel.locator(f"fieldset[id$=-{group}] [data-rows-add]").click()
    panel.locator("select[id$=-liveness-kind]").select_option("http")
    panel.locator("select[id$=-readiness-kind]").select_option("command")


def _read(text: str) -> Callable[[Page], None]:
    def read(page: Page) -> None:
        page.locator("#id_text").fill(text)
        page.locator("button[name=go][value=read]").last.click()
        expect(page.locator(".import-heading:visible, .notice-danger:visible").first).to_be_visible()

    return read


OTHER_WAYS_READY: dict[str, Callable[[Page], None]] = {
    "import-report": _read(MANIFEST),
    "import-refused": _read(BOMB),
    "namespace-question": _asked,
    "claim-picker": _claims_shown,
    "image-picker": _images_shown,
    "role-advanced": _advanced_open,
}
