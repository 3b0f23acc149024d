"""What people get wrong in the wizard: said beside the field, in their language, and nothing typed is lost."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.conftest import page_of
from tests.browser.console_process import Console
from tests.browser.wizard import SINGLE, fill_draft

ENDED = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the page says, in one language."""

    locale: str
    name_start: str
    name_taken: str
    image_wrong: str
    required: str
    not_chosen: str
    too_small: str
    too_large: str
    no_node: str
    not_pulled: str
    not_created: str


ENGLISH = Words(
    locale="en-US",
    name_start="Start with a lowercase letter, a to z.",
    name_taken="The namespace already has a task",
    image_wrong="This is not an image reference.",
    required="Fill this in.",
    not_chosen="Choose one.",
    too_small="At least 1.",
    too_large="At most ",
    no_node="No node has this GPU model",
    not_pulled="cannot be pulled",
    not_created="could not be started",
)
CHINESE = Words(
    locale="zh-CN",
    name_start="请以小写字母（a-z）开头。",
    name_taken="该命名空间中已存在名为",
    image_wrong="镜像地址格式不正确。",
    required="请填写此项。",
    not_chosen="请选择一项。",
    too_small="不能小于 1。",
    too_large="不能大于 ",
    no_node="没有节点提供该型号的 GPU",
    not_pulled="拉取失败",
    not_created="无法启动",
)
BOTH = pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=["en", "zh"])


@pytest.fixture
def person(console: Console, browser: Browser, signed_in: dict[str, Any], words: Words) -> Iterator[Page]:
    """Alice, reading the language of `words`."""
    yield from page_of(browser, console, signed_in, locale=words.locale)


def start(page: Page, framework: str = "tensorflow") -> None:
    page.goto(f"/wizard/start/?namespace=vision&framework={framework}")
    page.locator("button[form=wizard-form]").click()
    page.wait_for_url("**/basics/")


def go_on(page: Page) -> None:
    page.locator(".wizard-bar button[name=go][value=next]").click()


def field(page: Page, name: str) -> Locator:
    return page.locator(f"#field-{name}")


@BOTH
def test_a_name_is_judged_while_it_is_typed_over_all_types(person: Page, words: Words) -> None:
    start(person)
    said = person.locator("#name-check")

    person.locator("#id_name").press_sequentially("Vit")
    expect(said).to_contain_text(words.name_start)
    # The one is a TFJob like this draft would be, the other a PyTorchJob; both were made at the first start.
    for taken in ("first-training", "out-of-memory"):
        person.locator("#id_name").fill(taken)
        expect(said).to_contain_text(words.name_taken)
        expect(said).to_contain_text(taken)
    person.locator("#id_name").fill(f"free-{secrets.token_hex(3)}")

    expect(said.locator(".name-free")).to_be_visible()


@BOTH
def test_what_is_wrong_stands_beside_its_field_and_in_a_summary_that_leads_there(person: Page, words: Words) -> None:
    start(person)
    person.locator("#id_name").fill("Vit_2")
    person.locator("#id_description").fill("two\nlines")
    person.locator("#id_image").fill("not an image!")
    go_on(person)

    summary = person.get_by_role("alert")
    expect(field(person, "name")).to_contain_text(words.name_start)
    expect(field(person, "image")).to_contain_text(words.image_wrong)
    expect(summary).to_contain_text(words.name_start)
    expect(summary).to_contain_text(words.image_wrong)
    expect(person.locator("#id_name")).to_be_focused()
    expect(person.locator("#id_name")).to_have_attribute("aria-invalid", "true")
    assert [person.locator(f"#id_{name}").input_value() for name in ("name", "description", "image")] == [
        "Vit_2",
        "two\nlines",
        "not an image!",
    ]

    summary.get_by_role("link").nth(1).click()
    expect(person.locator("#id_image")).to_be_focused()


@BOTH
def test_a_wrong_number_of_pods_and_a_flavor_that_no_node_has(person: Page, words: Words) -> None:
    start(person, "pytorch")
    person.locator("#id_name").fill(f"bad-{secrets.token_hex(3)}")
    person.locator("#id_image").fill("python:3.11-slim")
    go_on(person)
    person.wait_for_url("**/roles/")
    person.locator("#tab-Worker").click()
    worker = person.locator("#role-Worker")
    replicas = worker.locator("input[name=Worker-replicas]")

    for typed, said in (("0", words.too_small), ("100000", words.too_large)):
        person.locator("#tab-Worker").click()
        replicas.fill(typed)
        go_on(person)
        expect(person.get_by_role("alert")).to_contain_text(said)
        person.locator("#tab-Worker").click()
        expect(worker.locator(".replicas-field")).to_contain_text(said)
        expect(replicas).to_have_value(typed)
    # No flavor was chosen: that is said of each role, too.
    expect(worker.locator(".flavors")).to_contain_text(words.not_chosen)
    expect(worker.locator(".flavor-line", has_text="V100 32G")).to_contain_text(words.no_node)


def test_what_the_preflight_finds_blocking_is_submitted_only_by_who_says_so(alice: Page) -> None:
    fill_draft(alice, SINGLE, f"bad-{secrets.token_hex(3)}")
    confirm = alice.url
    alice.goto(confirm.replace("/confirm/", "/advanced/"))
    alice.locator("#id_priority_class").fill("nosuch")
    go_on(alice)
    alice.wait_for_url("**/confirm/")
    blocking = alice.locator(".check-blocks")
    expect(blocking).to_contain_text("nosuch")

    alice.get_by_role("button", name="Submit").click()
    despite = blocking.get_by_role("checkbox")
    expect(despite).to_be_focused()
    expect(alice).to_have_url(confirm)
    despite.check()
    alice.get_by_role("button", name="Submit").click()

    alice.wait_for_url("**/done/")


def test_a_submit_waits_for_the_checks_that_are_under_way(alice: Page) -> None:
    held: list[Route] = []
    alice.route("**/preflight/pods/", lambda route: held.append(route))
    fill_draft(alice, SINGLE, f"bad-{secrets.token_hex(3)}")
    confirm = alice.url

    alice.get_by_role("button", name="Submit").click()
    expect(alice.locator("#checks-wait")).to_contain_text("still under way")
    expect(alice).to_have_url(confirm)
    held[0].continue_()

    alice.wait_for_url("**/done/")


def cause_of(page: Page, browser: Browser, console: Console, state: dict[str, Any], words: tuple[str, str]) -> None:
    """The task's page names the cause, in English and, opened again, in Chinese."""
    page.get_by_role("button", name="Submit").click()
    page.get_by_role("link", name="Open the task").click()
    cause = page.locator("#task-region > .notice")
    expect(cause).to_contain_text(re.compile(words[0]), timeout=ENDED)
    for chinese in page_of(browser, console, state, locale="zh-CN"):
        chinese.goto(page.url)
        expect(chinese.locator("#task-region > .notice")).to_contain_text(re.compile(words[1]))


def test_an_image_that_cannot_be_pulled_is_the_cause_on_the_tasks_page(
    alice: Page, browser: Browser, console: Console, signed_in: dict[str, Any]
) -> None:
    fill_draft(alice, SINGLE, f"bad-{secrets.token_hex(3)}", image="nobody/nothing:1")

    cause_of(alice, browser, console, signed_in, (ENGLISH.not_pulled, CHINESE.not_pulled))


def test_a_command_that_does_not_exist_is_the_cause_on_the_tasks_page(
    alice: Page, browser: Browser, console: Console, signed_in: dict[str, Any]
) -> None:
    fill_draft(alice, SINGLE, f"bad-{secrets.token_hex(3)}", command="/no/such/program")

    cause_of(alice, browser, console, signed_in, (ENGLISH.not_created, CHINESE.not_created))
