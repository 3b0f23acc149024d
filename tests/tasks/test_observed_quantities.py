from decimal import Decimal

import pytest

from tasks.observe.quantities import amount, cpu_millicores, gpus, memory_mib


@pytest.mark.parametrize(
    ("quantity", "value"),
    [
        ("500m", "0.5"),
        ("2", "2"),
        (2, "2"),
        (0.5, "0.5"),
        ("1.5", "1.5"),
        ("1e3", "1000"),
        ("1E3", "1000"),
        ("2k", "2000"),
        ("1Ki", "1024"),
        ("12E", "12000000000000000000"),
        ("100u", "0.0001"),
        ("", "0"),
        (None, "0"),
    ],
)
def test_a_quantity_is_a_number(quantity: str | int | float | None, value: str) -> None:
    expected = Decimal(value)

    assert amount(quantity) == (expected if expected < 2**62 else 0)


@pytest.mark.parametrize("nonsense", ["much", "1Zi", "NaN", "Infinity", "1e999", "--1", "٣x"])
def test_what_is_none_counts_as_nothing(nonsense: str) -> None:
    assert amount(nonsense) == 0


def test_units_are_ours_and_round_up() -> None:
    asked = {"cpu": "1500u", "memory": "1000001", "nvidia.com/gpu": "2"}

    assert (cpu_millicores(asked), memory_mib(asked), gpus(asked)) == (2, 1, 2)
    assert (cpu_millicores(None), memory_mib({}), gpus({"cpu": "1"})) == (0, 0, 0)


def test_a_node_is_as_large_as_it_says() -> None:
    assert memory_mib({"memory": "24593156Ki"}) == 24017
