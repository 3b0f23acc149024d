"""The picker and the settings in a browser: with the keyboard alone, with axe, in both themes, at both widths."""

import threading
import time
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Page, expect

from console.people.models import Person
from console.registries import client
from console.registries.models import Tab
from tests.registries.cluster import ClusterWithSecrets, pull_secret
from tests.registries.conftest import Configure
from tests.registries.odd_registry import Asked, OddRegistry, Said
from tests.registries.pushing import push_image
from tests.registries.real_registry import PASSWORD, USERNAME, RealRegistry
from tests.tasks.drafts import draft
from tests.tasks.served_pages import address, browser_context, complaints_of, sign_in, violations

__all__ = ["address", "browser_context"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, databases=["default", "index"]),
]


@pytest.fixture
def page(browser_context: BrowserContext, address: str, alice_user: User) -> Iterator[Page]:
    """The first step of a draft of alice's; the page has not complained at the end of the test."""
    sign_in(browser_context, alice_user, address)
    page = browser_context.new_page()
    complaints = complaints_of(page)
    page.goto(f"{address}/wizard/{draft(alice_user, image='').key}/basics/")
    yield page
    page.close()
    browser_context.clear_cookies()
    assert complaints == []


def test_an_image_is_chosen_with_the_keyboard_alone(
    page: Page, configure: Configure, guarded: RealRegistry, cluster: ClusterWithSecrets
) -> None:
    for tag in ("1.9", "1.10"):
        push_image(guarded, "keys/model", tag)
    cluster.secrets["robot"] = pull_secret("robot", **{guarded.host: (USERNAME, PASSWORD)})
    configure(guarded.address, namespace="vision", pull_secret="robot", prefix="keys", title="Ours")

    page.get_by_role("button", name="Choose an image").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="My images")).to_have_attribute("aria-selected", "true")
    page.get_by_role("tab", name="My images").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Docker official images")).to_be_focused()
    expect(page.get_by_text("library/python")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Use this image keys/model").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"{guarded.host}/keys/model")).to_be_focused()
    expect(page.get_by_text("linux/amd64").first).to_be_visible()
    page.get_by_role("radio", name="1.10", exact=True).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    image = page.locator("#id_image")
    expect(image).to_have_value(f"{guarded.host}/keys/model:1.9")
    expect(image).to_be_focused()
    expect(page.get_by_label("Pull secrets")).to_have_value("robot")
    expect(page.locator("#image-picker")).to_have_count(0)


def test_details_come_while_a_version_is_chosen_and_leave_the_choice(
    page: Page, configure: Configure, registry: RealRegistry
) -> None:
    pushed = push_image(registry, "slow/model", "2")
    push_image(registry, "slow/model", "1")
    configure(registry.address, prefix="slow")

    page.get_by_role("button", name="Choose an image").click()
    page.get_by_role("tab", name="Shared images").click()
    page.get_by_role("button", name="Use this image slow/model").click()
    page.get_by_role("radio", name="1", exact=True).check()
    expect(page.get_by_text("linux/amd64")).to_have_count(2)
    expect(page.get_by_role("radio", name="1", exact=True)).to_be_checked()
    page.get_by_role("radio", name="2", exact=True).check()
    page.get_by_label("Pin it to the digest").check()
    page.get_by_role("button", name="OK").click()

    expect(page.locator("#id_image")).to_have_value(f"{registry.host}/slow/model:2@{pushed}")


def test_a_role_gets_an_image_of_its_own(
    page: Page, configure: Configure, guarded: RealRegistry, cluster: ClusterWithSecrets, address: str, alice_user: User
) -> None:
    push_image(guarded, "own/model", "1")
    cluster.secrets["robot"] = pull_secret("robot", **{guarded.host: (USERNAME, PASSWORD)})
    configure(guarded.address, namespace="vision", pull_secret="robot", prefix="own", title="Ours")
    begun = draft(alice_user, name="own-image")
    page.goto(f"{address}/wizard/{begun.key}/roles/")

    page.get_by_role("tab", name="Worker").click()
    worker = page.get_by_role("tabpanel", name="Worker")
    worker.get_by_role("button", name="Another image for this role").click()
    image = worker.get_by_label("Image of this role")
    expect(image).to_have_value(begun.entries["basics"]["image"])
    worker.get_by_role("button", name="Choose an image").click()
    page.get_by_role("button", name="Use this image own/model").click()
    expect(page.get_by_text("in step 1")).to_be_visible()
    expect(page.get_by_label("Pull it with the Secret")).to_have_count(0)
    page.get_by_role("button", name="OK").click()

    expect(image).to_have_value(f"{guarded.host}/own/model:1")
    expect(image).to_be_focused()
    page.get_by_role("button", name="Next").click()
    page.wait_for_url("**/advanced/")
    begun.refresh_from_db()
    assert begun.entries["roles"]["Worker"]["image"] == f"{guarded.host}/own/model:1"
    assert begun.entries["roles"]["Master"].get("image", "") == ""


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry may take as long as the test wants it to, however slow the machine."""
    monkeypatch.setattr(client, "SECONDS", 60.0)
    monkeypatch.setattr(client, "TOTAL_SECONDS", 60.0)


def wait_for_requests(page: Page, seen: list[str], count: int) -> None:
    until = time.monotonic() + 15
    while len(seen) < count:
        assert time.monotonic() < until, f"asked {len(seen)} times only"
        page.wait_for_timeout(50)


@pytest.mark.usefixtures("patient")
def test_details_that_take_their_time_are_come_back_for(page: Page, configure: Configure, odd: OddRegistry) -> None:
    odd.on("/v2/_catalog", Said(body={"repositories": ["a/b"]}))
    odd.on("/v2/a/b/tags/list", Said(body={"tags": ["2", "1"]}))
    released = threading.Event()

    def manifest(_asked: Asked) -> Said:
        released.wait(20)
        return Said(body={"layers": [{"size": 5_000_000}]})

    for tag in ("1", "2"):
        odd.on(f"/v2/a/b/manifests/{tag}", manifest)
    configure(odd.address)
    again: list[str] = []
    page.on("request", lambda request: again.append(request.url) if "list=1" in request.url else None)

    page.get_by_role("button", name="Choose an image").click()
    page.get_by_role("tab", name="Shared images").click()
    page.get_by_role("button", name="Use this image a/b").click()
    page.get_by_role("radio", name="1", exact=True).check()
    expect(page.get_by_label("Pin it to the digest")).to_be_disabled()
    expect(page.get_by_text("so it cannot be pinned")).to_be_visible()
    wait_for_requests(page, again, 3)
    released.set()

    expect(page.get_by_text("5.0 MB")).to_have_count(2)
    expect(page.get_by_label("Pin it to the digest")).to_be_enabled()
    expect(page.get_by_role("radio", name="1", exact=True)).to_be_checked()


@pytest.mark.usefixtures("patient")
def test_of_docker_hub_details_come_for_what_is_chosen(page: Page, configure: Configure, odd: OddRegistry) -> None:
    odd.on("/v2/library/python/tags/list", Said(body={"tags": ["3.12", "3.11"]}))
    released = threading.Event()

    def manifest(_asked: Asked) -> Said:
        released.wait(20)
        return Said(body={"layers": [{"size": 5_000_000}]})

    odd.on("/v2/library/python/manifests/3.11", manifest)
    configure(odd.address, kind="hub", tab=Tab.OFFICIAL)
    again: list[str] = []
    page.on("request", lambda request: again.append(request.url) if "/images/version/" in request.url else None)

    page.get_by_role("button", name="Choose an image").click()
    page.get_by_role("button", name="Use this image Python").click()
    page.get_by_role("radio", name="3.11", exact=True).check()
    wait_for_requests(page, again, 3)
    released.set()

    expect(page.get_by_text("5.0 MB")).to_have_count(1)
    expect(page.get_by_role("radio", name="3.11", exact=True)).to_be_checked()
    assert not any("manifests/3.12" in asked.path for asked in odd.asked)


def test_a_dead_registry_says_so_and_the_other_tabs_go_on(page: Page, configure: Configure, odd: OddRegistry) -> None:
    odd.on("/v2/_catalog", Said(then="silence"))
    configure(odd.address, title="Dead")

    page.get_by_role("button", name="Choose an image").click()
    page.get_by_role("tab", name="Shared images").click()
    expect(page.get_by_text("asking the registry …")).to_be_visible()
    page.get_by_role("tab", name="Docker official images").click()
    expect(page.get_by_text("pytorch/pytorch")).to_be_visible(timeout=2000)
    page.get_by_role("tab", name="Shared images").click()

    expect(page.get_by_text("The registry does not answer.")).to_be_visible(timeout=4000)
    page.keyboard.press("Escape")
    expect(page.locator("#image-picker")).to_have_count(0)


def test_escape_and_cancel_leave_the_field_as_it_was(page: Page) -> None:
    page.locator("#id_image").fill("typed/by-hand:1")
    page.get_by_role("button", name="Choose an image").click()
    page.get_by_role("button", name="Use this image Python").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()

    expect(page.locator("#id_image")).to_have_value("typed/by-hand:1")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_and_nothing_overflows(
    page: Page,
    address: str,
    alice_user: User,
    configure: Configure,
    registry: RealRegistry,
    theme: str,
    width: int,
) -> None:
    for number in range(30):
        push_image(registry, f"axe/model-{number}", "1")
    row = configure(registry.address, prefix="axe", namespace="vision", title="Ours")
    configure("http://127.0.0.1:9", title="Dead")
    Person.objects.update(console_admin=True)
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.reload()
    seen: dict[str, list[str]] = {}

    page.get_by_role("button", name="Choose an image").click()
    expect(page.get_by_text("30 images")).to_be_visible()
    seen["mine"] = violations(page)
    for tab, words in ((Tab.OFFICIAL, "library/python"), (Tab.SHARED, "cannot be reached")):
        page.locator(f"#image-tab-{tab}").click()
        expect(page.get_by_text(words).first).to_be_visible()
        seen[tab] = violations(page)
    page.locator("#image-tab-mine").click()
    page.get_by_role("button", name="Use this image axe/model-0", exact=True).click()
    expect(page.get_by_text("linux/amd64")).to_be_visible()
    seen["versions"] = violations(page)
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    wide = {"picker": page.evaluate(overflow)}
    own = draft(alice_user, name="own-image")
    own.entries["roles"]["Worker"]["image"] = "busybox:1.36"
    own.save()
    console = ("/settings/registries/", "/settings/registries/create/")
    for path in (*console, "/n/vision/registries/", f"/n/vision/registries/{row.pk}/", f"/wizard/{own.key}/roles/"):
        page.goto(address + path)
        for worker in page.get_by_role("tab", name="Worker").all():
            worker.click()
        seen[path], wide[path] = violations(page), page.evaluate(overflow)

    assert seen == dict.fromkeys(seen, [])
    assert wide == dict.fromkeys(wide, 0)
