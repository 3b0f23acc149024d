"""Which CUDA a driver takes, and how the driver of a node is known."""

from dataclasses import replace

import pytest

from tasks.specification import Code
from tasks.specification.cuda_rules import Driver, check_cuda, driver_of, version_of
from tasks.specification.default_flavors import DEFAULT_DRIVERS
from tests.tasks.specifications import SMALL, V100
from tests.tasks.test_flavors import MODEL, node

GFD = "nvidia.com/cuda."


@pytest.mark.parametrize(
    ("driver", "cuda", "code"),
    [
        ("410.104", "10.0.130", None),
        ("410.104", "9.2", None),
        ("410.104", "10.1", Code.CUDA_TOO_NEW),
        ("418.126", "10.1.243", None),  # an update of 10.1 runs where 10.1 does
        ("418.126", "10.2", Code.CUDA_TOO_NEW),
        ("418.126", "11", Code.CUDA_TOO_NEW),
        ("390.12", "10.1", Code.CUDA_TOO_NEW),  # older than the table: less than its first line
        ("390.12", "9.0", None),  # nobody knows
        ("412.1", "10.1", None),  # between two lines: perhaps
        ("412.1", "10.2", Code.CUDA_TOO_NEW),
        ("535.129.03", "12.2", None),  # newer than the table: nobody knows
        ("", "10.1", None),
        ("?", "10.1", None),
        ("410.104", "", None),
        ("410.104", "latest", None),
    ],
)
def test_a_driver_takes_its_cuda_and_older_ones(driver: str, cuda: str, code: Code | None) -> None:
    found = check_cuda(cuda, replace(V100, driver=driver), [node()], DEFAULT_DRIVERS, "image")

    assert [(finding.code, finding.blocking) for finding in found] == ([(code, False)] if code else [])
    assert check_cuda(cuda, replace(V100, driver=driver), None, DEFAULT_DRIVERS, "image") == found


@pytest.mark.parametrize(
    "labels",
    [
        {f"{GFD}driver-version.full": "410.104"},
        {f"{GFD}driver-version.major": "410", f"{GFD}driver-version.minor": "104"},
        {f"{GFD}driver.major": "410", f"{GFD}driver.minor": "104", f"{GFD}driver.rev": ""},
    ],
)
def test_a_nodes_labels_say_more_than_the_flavor(labels: dict[str, str]) -> None:
    flavor = replace(V100, driver="418.126")
    (found,) = check_cuda("10.1", flavor, [node(labels=MODEL | labels)], DEFAULT_DRIVERS, "image")

    assert driver_of(node(labels=labels), flavor) == "410.104"
    assert found.parameters == {"cuda": "10.1", "driver": "410.104", "newest": "10.0"}
    assert driver_of(node(), flavor) == "418.126"


def test_what_a_node_says_of_its_cuda_needs_no_table() -> None:
    labels = {f"{GFD}driver-version.full": "535.129.03", f"{GFD}runtime-version.full": "12.2"}
    modern = node(labels=MODEL | labels)

    assert check_cuda("12.2.1", V100, [modern], (), "image") == []
    assert [finding.code for finding in check_cuda("12.4", V100, [modern], (), "image")] == [Code.CUDA_TOO_NEW]


def test_nodes_that_differ_are_a_finding_of_its_own() -> None:
    old, new = (node(labels={f"{GFD}driver-version.full": version}) for version in ("410.104", "418.126"))

    (found,) = check_cuda("10.1", V100, [new, old], DEFAULT_DRIVERS, "image")
    assert (found.code, found.parameters["driver"]) == (Code.CUDA_SOME_NODES, "410.104")
    assert check_cuda("10.1", SMALL, [old], DEFAULT_DRIVERS, "image") == []  # it has no GPU


def test_drivers_are_compared_by_number() -> None:
    table = (Driver("1000.1", "13.0"), Driver("418.126", "10.1"))

    assert check_cuda("12", replace(V100, driver="999.9"), None, table, "") == []
    assert version_of("9.10") > version_of("9.9")  # type: ignore[operator]
