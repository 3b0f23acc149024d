"""Autosave and two windows, in Chromium."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django import Settings

from tasks.models import Draft, TaskTemplate
from tests.tasks import rows
from tests.tasks.drafts import draft
from tests.tasks.people import person
from tests.tasks.rights_server import RightsServer
from tests.tasks.served_pages import address, chromium, complaints_of, sign_in, violations

__all__ = ["address"]
pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "index"]),
    pytest.mark.slow,
    pytest.mark.browser,
]


@pytest.fixture(autouse=True)
def _databases_beside_the_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright's loop stands still while the test runs."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def her(rights: RightsServer) -> User:
    rows.namespace("vision")
    rows.watcher_is_up_to_date()
    return person("alice", "team-vision")


@pytest.fixture
def windows(address: str, her: User) -> Iterator[BrowserContext]:
    with chromium() as context:
        sign_in(context, her, address)
        yield context


def opened(windows: BrowserContext, address: str, of: Draft) -> Page:
    page = windows.new_page()
    page.goto(f"{address}/wizard/{of.key}/basics/")
    return page


def test_what_is_typed_is_saved_and_a_second_window_is_told(windows: BrowserContext, address: str, her: User) -> None:
    made = draft(her)
    one, two = opened(windows, address, made), opened(windows, address, made)
    complaints = complaints_of(one)
    expect(one.locator("#autosave-open")).to_be_visible()

    one.fill("#id_name", "from-one")
    expect(one.locator("#kept")).to_contain_text("Saved at")
    expect(two.locator("#autosave-conflict")).to_be_visible()
    two.fill("#id_name", "from-two")
    two.click("#autosave-mine")
    expect(two.locator("#kept")).to_contain_text("Saved at")
    expect(one.locator("#autosave-conflict")).to_be_visible()
    assert one.input_value("#id_name") == "from-one"
    one.click("#autosave-theirs")

    expect(one.locator("#id_name")).to_have_value("from-two")
    assert complaints == []


def test_next_right_after_a_key_is_no_conflict(windows: BrowserContext, address: str, her: User) -> None:
    made = draft(her)
    page = opened(windows, address, made)

    for number in range(3):
        page.fill("#id_name", f"quick-{number}")
        page.wait_for_timeout(1000)  # the save is about to start, or on its way
        page.click(".wizard-bar button[value=next]")
        expect(page).to_have_url(f"{address}/wizard/{made.key}/roles/")
        page.goto(f"{address}/wizard/{made.key}/basics/")
        expect(page.locator("#id_name")).to_have_value(f"quick-{number}")


def test_while_the_console_is_away_nothing_is_lost(windows: BrowserContext, address: str, her: User) -> None:
    made = draft(her)
    page = opened(windows, address, made)
    windows.set_offline(True)

    page.fill("#id_name", "offline")
    expect(page.locator("#kept")).to_contain_text("Not saved yet")
    windows.set_offline(False)

    expect(page.locator("#kept")).to_contain_text("Saved at")
    assert page.input_value("#id_name") == "offline"


def test_whoever_signs_in_again_in_another_window_goes_on_where_he_was(
    windows: BrowserContext, address: str, her: User
) -> None:
    made = draft(her)
    page = opened(windows, address, made)
    page.wait_for_load_state("networkidle")
    windows.clear_cookies()

    page.fill("#id_name", "typed-before")
    expect(page.locator("#kept")).to_contain_text("you are signed out")
    sign_in(windows, her, address)
    windows.new_page().goto(f"{address}/account/tokens/")  # it brings another CSRF token than the page has
    expect(page.locator("#kept")).to_contain_text("Saved at", timeout=30_000)
    page.click(".wizard-bar button[value=next]")

    expect(page).to_have_url(f"{address}/wizard/{made.key}/roles/")
    assert Draft.objects.get().name == "typed-before"


def test_next_at_once_after_another_sign_in_loses_nothing(windows: BrowserContext, address: str, her: User) -> None:
    made = draft(her)
    page = opened(windows, address, made)
    page.wait_for_load_state("networkidle")  # what the page asks for itself would find her signed out
    page.evaluate("dispatchEvent(new Event('blur'))")  # she was in another window, and signed in anew there
    windows.clear_cookies()
    sign_in(windows, her, address)
    windows.new_page().goto(f"{address}/account/tokens/")

    page.fill("#id_name", "typed-then-next")
    page.click(".wizard-bar button[value=next]")
    expect(page.locator("#kept")).to_contain_text("you are signed out")
    page.click(".wizard-bar button[value=next]")

    expect(page).to_have_url(f"{address}/wizard/{made.key}/roles/")
    assert Draft.objects.get().name == "typed-then-next"


def test_somebody_else_who_signed_in_is_named_as_the_reason(windows: BrowserContext, address: str, her: User) -> None:
    page = opened(windows, address, draft(her))
    page.wait_for_load_state("networkidle")
    windows.clear_cookies()
    sign_in(windows, person("bob", "team-vision"), address)
    windows.new_page().goto(f"{address}/account/tokens/")

    page.fill("#id_name", "typed")

    expect(page.locator("#kept")).to_contain_text("somebody else is signed in", timeout=30_000)
    expect(page.locator("#id_name")).to_have_value("typed")


def test_next_while_the_console_is_away_stays_on_the_page(windows: BrowserContext, address: str, her: User) -> None:
    made = draft(her)
    page = opened(windows, address, made)
    windows.set_offline(True)
    page.fill("#id_name", "offline")
    expect(page.locator("#kept")).to_contain_text("Not saved yet")

    page.click(".wizard-bar button[value=next]")
    expect(page.locator("#kept")).to_contain_text("Not saved yet")
    assert page.input_value("#id_name") == "offline"
    windows.set_offline(False)
    page.click(".wizard-bar button[value=next]")

    expect(page).to_have_url(f"{address}/wizard/{made.key}/roles/")
    assert Draft.objects.get().name == "offline"


def test_more_than_can_be_sent_is_said_before_it_is_sent_and_nothing_is_lost(
    windows: BrowserContext, address: str, her: User, settings: Settings
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100_000
    made = draft(her)
    page = opened(windows, address, made)
    page.fill("#id_description", "x" * 100_000)
    expect(page.locator("#kept")).to_contain_text("more than a task can hold")

    page.click(".wizard-bar button[value=next]")

    expect(page.locator("#too-large")).to_contain_text("0.1 MiB can be sent at once")
    assert page.url.endswith("/basics/")
    page.fill("#id_description", "short")
    page.click(".wizard-bar button[value=next]")
    expect(page).to_have_url(f"{address}/wizard/{made.key}/roles/")


def test_a_reader_of_screens_hears_what_is_not_saved_and_no_more(
    windows: BrowserContext, address: str, her: User
) -> None:
    page = opened(windows, address, draft(her))

    page.fill("#id_name", "quiet")
    expect(page.locator("#kept")).to_contain_text("Saved at")
    expect(page.locator("#kept")).to_have_attribute("aria-live", "off")
    windows.set_offline(True)
    page.fill("#id_name", "loud")
    expect(page.locator("#kept")).to_contain_text("Not saved yet")
    expect(page.locator("#kept")).to_have_attribute("aria-live", "polite")


def test_an_edited_manifest_is_asked_for_before_it_is_left(windows: BrowserContext, address: str, her: User) -> None:
    made = draft(her)
    page = windows.new_page()
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    edit, cancel = f"{address}/wizard/{made.key}/manifest/", ".wizard-bar a"

    page.goto(edit)
    page.click(cancel)
    expect(page).to_have_url(f"{address}/wizard/{made.key}/confirm/")
    assert asked == []
    page.goto(edit)
    page.locator("#manifest-text").press_sequentially("#")
    page.click(cancel)

    expect(page).to_have_url(f"{address}/wizard/{made.key}/confirm/")
    assert asked == ["beforeunload"]


def test_while_a_draft_is_being_made_no_other_can_be_asked_for(
    windows: BrowserContext, address: str, her: User
) -> None:
    page = windows.new_page()
    page.goto(f"{address}/wizard/start/")
    page.evaluate("document.getElementById('wizard-form').target = '_blank'")  # this page stays to be looked at

    with page.expect_popup() as made:
        page.click(".wizard-bar .btn-primary")

    expect(page.locator(".wizard-bar .btn-primary")).to_be_disabled()
    expect(made.value.locator("#id_name")).to_be_visible()
    assert Draft.objects.count() == 1


def test_a_link_that_looks_like_a_button_is_pressed_with_space(
    windows: BrowserContext, address: str, her: User
) -> None:
    page = opened(windows, address, draft(her))

    page.get_by_role("button", name="Discard").press("Space")
    page.get_by_role("dialog").get_by_role("button", name="Discard").press("Space")

    expect(page.get_by_role("status").filter(has_text="The draft mnist was discarded.")).to_be_visible()
    assert not Draft.objects.exists()


def test_a_tab_says_complete_once_its_role_is(windows: BrowserContext, address: str, her: User) -> None:
    made = draft(her)
    made.entries["roles"]["Worker"]["replicas"] = "0"
    made.save()
    page = windows.new_page()
    page.goto(f"{address}/wizard/{made.key}/roles/")
    complaints = complaints_of(page)
    expect(page.locator("#tab-Worker")).to_contain_text("incomplete")
    page.click("#tab-Worker")

    page.fill("#id_Worker-replicas", "2")

    expect(page.locator("#tab-Worker .role-state-complete")).to_have_text("complete")
    expect(page.locator("#id_Worker-replicas")).to_be_focused()
    expect(page.locator("#tab-Worker")).to_have_attribute("aria-selected", "true")
    assert complaints == []


def test_a_value_of_several_lines_stays_as_it_is(windows: BrowserContext, address: str, her: User) -> None:
    made = draft(her)
    made.entries["roles"]["Worker"]["env"] = [{"name": "CONFIG", "source": "value", "value": "a: 1\nb: 2"}]
    made.save()
    page = windows.new_page()
    page.goto(f"{address}/wizard/{made.key}/roles/")

    page.get_by_role("button", name="Next").click()
    page.wait_for_url("**/advanced/**")

    made.refresh_from_db()
    assert [row["value"] for row in made.entries["roles"]["Worker"]["env"]] == ["a: 1\nb: 2"]


def test_the_cursor_is_back_in_its_place_after_a_button_that_stays(
    windows: BrowserContext, address: str, her: User
) -> None:
    made = draft(her, data_claim="datasets")
    page = opened(windows, address, made)
    page.evaluate("document.getElementById('id_namespace').add(new Option('nlp', 'nlp'))")

    page.select_option("#id_namespace", "nlp")
    expect(page.locator("#namespace-question")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#id_namespace")).to_be_focused()
    page.goto(f"{address}/wizard/{made.key}/roles/")
    page.click("#tab-Worker")
    page.click("#copy-Worker")
    page.click("button[name=copy-to][value=Worker]")

    expect(page.locator("#copy-Worker")).to_be_focused()


@pytest.mark.parametrize("path", ["/wizard/start/", "/wizard/import/", "/n/vision/templates/", "/n/vision/tasks/"])
def test_axe_finds_nothing(windows: BrowserContext, address: str, her: User, path: str) -> None:
    made = draft(her)
    TaskTemplate.objects.create(
        namespace="vision",
        title="t",
        about="a",
        framework="mpi",
        mode="allreduce",
        entries=made.entries,
        created_by=her,
    )
    page = windows.new_page()
    page.goto(f"{address}{path}")

    assert violations(page) == []
