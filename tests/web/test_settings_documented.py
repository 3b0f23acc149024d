"""Every variable of the environment that the console reads is in docs/operations.md."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(r"""(?:environ(?:\.get\(|\[)|_flag\(|_names\()\s*"(TRAINYARD_[A-Z_]+)""")
BETWEEN_OUR_OWN = {"TRAINYARD_FOLLOW_PARENT"}  # make tells the supervisor


def test_every_variable_is_documented() -> None:
    documented = (ROOT / "docs" / "operations.md").read_text()
    code = [
        path
        for folder in ("bench", "console", "namespaces", "tasks", "terminal", "tests")
        for path in (ROOT / folder).rglob("*.py")
    ]
    read = {name for path in code for name in READ.findall(path.read_text())}

    assert len(read) > 15
    assert {name for name in read - BETWEEN_OUR_OWN if f"`{name}`" not in documented} == set()
