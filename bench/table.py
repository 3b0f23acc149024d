from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One promise and what this run saw. `measured` None: could not be measured here, and `note` says why."""

    name: str
    unit: str
    limit: float
    measured: float | None
    note: str = ""

    @property
    def kept(self) -> bool | None:
        return None if self.measured is None else self.measured <= self.limit


def print_table(rows: Sequence[Row]) -> bool:
    """Print the rows; True when every promise that could be measured is kept."""
    width = max(len(row.name) for row in rows)
    print(f"{'':7}{'what':{width}}  {'measured':>10}  {'limit':>8}  unit")
    for row in rows:
        verdict = {True: "ok", False: "BROKEN", None: "-"}[row.kept]
        measured = "-" if row.measured is None else f"{row.measured:.2f}"
        print(f"{verdict:7}{row.name:{width}}  {measured:>10}  {row.limit:>8g}  {row.unit}  {row.note}")
    return all(row.kept is not False for row in rows)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0…1) of the values lie, by the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
