"""The store and its journal."""

import json
import resource
from pathlib import Path

import pytest

from console.localcluster.store import FIRST_VERSION, HISTORY_CHANGES, Store, StoreInUse, TooOld


def thing(name: str, **fields: object) -> dict[str, object]:
    return {"metadata": {"name": name, "namespace": "n"}, **fields}


def test_objects_and_versions_survive_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put("things", thing("a"))
    store.put("things", thing("b"))
    store.put("things", thing("a", spec=1))
    store.remove("things", "n", "b")
    store.close()

    again = Store(tmp_path)

    assert [held.object["metadata"]["name"] for held in again.stored("things")] == ["a"]
    assert again.get("things", "n", "a")["spec"] == 1  # type: ignore[index]
    assert again.version == FIRST_VERSION + 4
    again.close()


def test_a_torn_last_line_is_cut_off(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put("things", thing("a"))
    store.close()
    journal = tmp_path / "journal.jsonl"
    journal.write_bytes(journal.read_bytes() + b'[1002,"ADDED","things",["n","b"],{"metad')

    again = Store(tmp_path)
    again.put("things", thing("c"))
    again.close()

    assert [json.loads(line)[3][1] for line in journal.read_text().splitlines()] == ["a", "c"]


def test_a_watch_can_resume_over_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put("things", thing("a"))
    seen = store.version
    store.put("things", thing("b"))
    store.close()

    again = Store(tmp_path)

    assert [(change.type, change.name[1]) for change in again.since("things", seen)] == [("ADDED", "b")]
    again.close()


def test_history_ends_somewhere() -> None:
    store = Store()
    for number in range(HISTORY_CHANGES + 1):
        store.put("things", thing("a", spec=number))

    with pytest.raises(TooOld):
        list(store.since("things", FIRST_VERSION + 1))


def test_compaction_keeps_what_there_is_and_forgets_how_it_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.localcluster.store.COMPACT_ABOVE_BYTES", 2000)
    store = Store(tmp_path)
    for number in range(100):
        store.put("things", thing("a", spec="x" * 50, number=number))
    version = store.version
    store.close()

    again = Store(tmp_path)

    assert (tmp_path / "journal.jsonl").stat().st_size < 6000
    assert again.version == version
    assert again.get("things", "n", "a")["number"] == 99  # type: ignore[index]
    again.close()


def test_two_programs_cannot_write_one_journal(tmp_path: Path) -> None:
    store = Store(tmp_path)

    with pytest.raises(StoreInUse):
        Store(tmp_path)

    store.close()
    Store(tmp_path).close()


def test_a_full_disk_refuses_a_write_and_spoils_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put("things", thing("a"))
    heard: list[str] = []
    store.listen("things", lambda change, obj, before: heard.append(change.type))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / "journal.jsonl").stat().st_size + 20, limits[1]))
    try:
        with pytest.raises(OSError, match="disk is full"):
            store.put("things", thing("b"))
        with pytest.raises(OSError, match="disk is full"):
            store.remove("things", "n", "a")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    store.put("things", thing("c"))
    names = [held.object["metadata"]["name"] for held in store.stored("things")]
    changes = [change.name[1] for change in store.since("things", FIRST_VERSION)]
    store.close()
    again = Store(tmp_path)
    kept = [held.object["metadata"]["name"] for held in again.stored("things")]
    again.close()

    assert names == changes == kept == ["a", "c"]
    assert heard == ["ADDED"]
