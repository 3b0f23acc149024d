"""What an import costs before anything is drawn: a manifest as large as is taken, and one made to do harm."""

import time
from statistics import median
from typing import Any

import yaml

from bench.table import Row
from tasks.importing import TEXT_MAX_BYTES, parse_documents

ROUNDS = 5


def rows() -> list[Row]:
    large, bomb = _milliseconds(_large()), _milliseconds(_bomb())
    return [
        Row(name="import of a 256 KiB manifest, read", unit="ms", limit=200, measured=large),
        Row(name="import of a YAML bomb, to its refusal", unit="ms", limit=50, measured=bomb),
    ]


def _milliseconds(text: str) -> float:
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        parse_documents(text)
        times.append((time.perf_counter() - started) * 1000)
    return median(times)


def _large() -> str:
    """A manifest of nothing but variables, just below the limit."""
    env: list[dict[str, Any]] = [{"name": f"VARIABLE_{index}", "value": "x" * 60} for index in range(2300)]
    text: str = yaml.safe_dump({"apiVersion": "kubeflow.org/v1", "kind": "TFJob", "spec": {"env": env}})
    if not TEXT_MAX_BYTES * 0.8 < len(text) <= TEXT_MAX_BYTES:
        raise RuntimeError(f"{len(text)} bytes are not what was to be measured")
    return text


def _bomb() -> str:
    """Nine levels of nine: 387,420,489 values in 324 bytes, and as much behind it as is taken."""
    names = "abcdefghi"
    levels = [
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]" for before, name in zip(names, names[1:], strict=False)
    ]
    text = "\n".join(["a: &a [x, x, x, x, x, x, x, x, x]", *levels])
    return text + "\n#" + "x" * (TEXT_MAX_BYTES - len(text) - 2)
