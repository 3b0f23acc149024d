from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a request is made for, as the cluster names people."""

    user: str
    groups: tuple[str, ...] = ()
