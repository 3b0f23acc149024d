"""`make screenshots`: the pictures of README.md, of a console that runs. `--all DIR` draws every page instead.

The full set has each page in both languages and themes, whole at 1280 px and at 390 px: it is looked at, not committed.
"""

import argparse
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from bench.other_ways import OTHER_WAYS_READY, SETTINGS, other_ways
from tests.browser.chromium import LAUNCH
from tests.browser.console_process import ROOT, Console, running_console
from tests.browser.wizard import WALKS, next_step

README = ("task-list", "task-detail", "role-detail", "wizard-start", "terminal")
IMAGES = ROOT / "docs" / "images"
LANGUAGES = {"en": "en-US", "zh": "zh-CN"}
THEMES = ("light", "dark")
SETTLED = 90_000


@dataclass
class Gallery:
    """A signed-in browser state and the addresses of the pages; `shoot` takes one look (language, theme, width)."""

    console: Console
    browser: Browser
    folder: Path
    state: dict[str, object] = field(default_factory=dict)
    admin_state: dict[str, object] = field(default_factory=dict)  # the settings are an administrator's
    addresses: dict[str, str] = field(default_factory=dict)

    def page(self, name: str, *, language: str = "en", theme: str = "light", width: int = 1280) -> Page:
        """A window of who sees the page of this name."""
        state = self.admin_state if name.startswith("settings-") else self.state
        context = self.browser.new_context(
            base_url=self.console.url,
            locale=LANGUAGES[language],
            color_scheme=theme,  # type: ignore[arg-type]
            viewport={"width": width, "height": 800},
            storage_state=None if name == "sign-in" else state,  # type: ignore[arg-type]
            reduced_motion="reduce",
        )
        return context.new_page()

    def shoot(self, names: tuple[str, ...], *, language: str, theme: str, width: int = 1280, whole: bool) -> None:
        for name in names:
            page = self.page(name, language=language, theme=theme, width=width)
            page.goto(self.addresses[name])
            READY.get(name, _nothing)(page)
            suffix = "" if width == 1280 else f"-{width}"
            path = self.folder / f"{name}-{language}-{theme}{suffix}.png"
            if whole and name not in ("terminal", "pod-log"):  # they fill the window, whatever its height
                height = page.evaluate("document.documentElement.scrollHeight")
                page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=path, animations="disabled")
            page.context.close()
            print(f"{path.name}  {path.stat().st_size // 1024} KiB", flush=True)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.screenshots", description=__doc__)
    parser.add_argument("--all", type=Path, metavar="DIR", help="draw the full set into DIR")
    chosen = parser.parse_args(arguments)
    folder: Path = chosen.all or IMAGES
    folder.mkdir(parents=True, exist_ok=True)
    with running_console(gpus=4) as console, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**LAUNCH)
        draw(Gallery(console, browser, folder), everything=chosen.all is not None)
        browser.close()
    return 0


def draw(gallery: Gallery, *, everything: bool) -> None:
    page = _prepare(gallery)
    if not everything:
        gallery.shoot(README, language="en", theme="light", whole=False)
        return
    gallery.addresses |= other_ways(page, gallery.addresses["wizard-confirm"]) | SETTINGS
    for language, theme, width in product(LANGUAGES, THEMES, (1280, 390)):
        gallery.shoot(tuple(gallery.addresses), language=language, theme=theme, width=width, whole=True)


def _prepare(gallery: Gallery) -> Page:
    """Sign in, make the tasks, wait until each rests, and collect the addresses of the pages; a window of alice's."""
    from bench.showcase import STATES, prepare

    _sign_in(gallery, "admin")
    page = _sign_in(gallery, "alice")
    prepare(gallery.console.state / "kubeconfig")
    for name, state in STATES.items():
        row = page.locator("tr", has=page.get_by_role("link", name=name, exact=True))
        expect(row).to_have_class(re.compile(rf"task-{state}\b"), timeout=SETTLED)
    gallery.addresses = {"sign-in": "/sign-in/", "task-list": "/n/vision/tasks/", **_task_pages(page)}
    gallery.addresses |= _wizard_pages(page)
    return page


def _sign_in(gallery: Gallery, person: str) -> Page:
    page = gallery.page("sign-in")
    page.goto("/sign-in/")
    page.get_by_label("User name").fill(person)
    page.get_by_label("Password").fill(gallery.console.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/tasks/**")
    state = page.context.storage_state()
    if person == "admin":
        gallery.admin_state = state  # type: ignore[assignment]
    else:
        gallery.state = state  # type: ignore[assignment]
    return page


def _task_pages(page: Page) -> dict[str, str]:
    found = {}
    for key, name in (
        ("failed", "out-of-memory"),
        ("waiting", "bert-large-finetune"),
        ("suspended", "recsys-embedding"),
    ):
        page.goto("/n/vision/tasks/")
        page.get_by_role("link", name=name, exact=True).click()
        page.wait_for_url("**/tasks/*-*/")
        found[f"task-{key}"] = page.url
    page.goto(found["task-failed"])
    page.get_by_role("link", name="Master").first.click()
    page.wait_for_url("**/roles/*/")
    found["role-failed"] = page.url
    page.goto("/n/vision/tasks/")
    page.get_by_role("link", name="first-training", exact=True).click()
    page.wait_for_url("**/tasks/*-*/")
    found["task-detail"] = page.url
    found["task-manifest"] = f"{page.url}manifest.yaml"
    page.get_by_role("link", name="Worker").first.click()
    page.wait_for_url("**/roles/*/")
    found["role-detail"] = page.url
    for key, label in (("pod-log", "Log of"), ("terminal", "Terminal in")):
        found[key] = str(page.get_by_role("link", name=label).first.get_attribute("href"))
    return found


def _wizard_pages(page: Page) -> dict[str, str]:
    """A draft that is filled in up to its last step, and another that was submitted."""
    start = "/wizard/start/?namespace=vision&framework=tensorflow"
    found = {"wizard-start": start}
    found |= _fill_draft(page, "vit-pretraining")
    _fill_draft(page, "vit-smoke-test")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("link", name="Open the task")).to_be_visible(timeout=SETTLED)
    found["wizard-done"] = page.url
    page.goto(start)
    page.get_by_role("button", name="Start").click()
    page.get_by_label("Task name").fill("ViT-B-16")
    page.get_by_role("button", name="Next").last.click()
    expect(page.get_by_role("alert")).to_be_visible()
    found["wizard-errors"] = f"{page.url.split('?')[0]}?show=errors"
    return found


def _fill_draft(page: Page, name: str) -> dict[str, str]:
    walk = next(walk for walk in WALKS if walk.mode == "ps-chief-worker")
    found = {}
    page.goto("/wizard/start/?namespace=vision&framework=tensorflow")
    page.locator(f"input[name=mode][value={walk.mode}]").check(force=True)
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/basics/")
    found["wizard-basics"] = page.url
    page.get_by_label("Task name").fill(name)
    page.get_by_label("Description").fill("ViT-B/16 on the product photos: a smoke test before the long run.")
    page.get_by_role("textbox", name="Image").fill("trainyard/train:1")
    page.locator("select[name=data_claim]").select_option("datasets")
    page.locator("input[name=data_sub_path]").fill("product-photos")
    page.locator("input[name=data_mount_path]").fill("/data")
    next_step(page)
    found["wizard-roles"] = page.url
    for role in walk.roles:
        page.get_by_role("tab", name=role).click()
        page.locator(f"input[name={role}-flavor][value=cpu-100m-128Mi]").check(force=True)
        page.locator(f"textarea[name={role}-args]").fill("--steps\n500\n--logdir\n/tmp/logs")
    page.get_by_role("tab", name=walk.roles[0]).click()
    next_step(page)
    found["wizard-advanced"] = page.url
    next_step(page)
    found["wizard-confirm"] = page.url
    return found


def _nothing(page: Page) -> None:
    page.wait_for_load_state("load")


def _log_filled(page: Page) -> None:
    expect(page.locator("#log")).to_contain_text("step", timeout=30_000)
    page.wait_for_timeout(1_000)  # the last lines are drawn frame by frame


def _shell_used(page: Page) -> None:
    expect(page.locator("#terminal")).to_have_attribute("data-state", "open", timeout=30_000)
    page.locator(".xterm-helper-textarea").focus()
    screen = page.locator(".xterm-rows")
    expect(screen).to_contain_text("# ", timeout=15_000)  # the prompt
    for typed, seen in (
        ("cat /etc/hostname", "worker-0"),
        ("ls -l /logs", "events"),
        ("echo 训练 $TF_CONFIG", "cluster"),
    ):
        page.keyboard.type(f"{typed}\n")
        expect(screen).to_contain_text(seen, timeout=15_000)


def _preflight_answered(page: Page) -> None:
    expect(page.locator(".checks .check-passed")).not_to_have_count(0)
    expect(page.locator(".checks .check-asking")).to_have_count(0, timeout=15_000)


def _mode_chosen(page: Page) -> None:
    page.locator("input[name=mode][value=ps-worker]").check(force=True)


READY: dict[str, Callable[[Page], None]] = {
    **OTHER_WAYS_READY,
    "pod-log": _log_filled,
    "terminal": _shell_used,
    "wizard-start": _mode_chosen,
    "wizard-confirm": _preflight_answered,
}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    sys.exit(main(sys.argv[1:]))
