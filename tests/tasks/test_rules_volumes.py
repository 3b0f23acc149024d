from dataclasses import replace

import pytest

from tasks.specification import ClaimFact, Code, DataVolume, VolumePurpose, check
from tests.tasks.specifications import blocking, facts, found, spec


def volume(mount_path: str = "/data", purpose: str = "data", **changes: str) -> DataVolume:
    return DataVolume(
        purpose=VolumePurpose(purpose), mount_path=mount_path, claim=changes.pop("claim", "datasets"), **changes
    )


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("", Code.REQUIRED),
        ("data", Code.PATH_NOT_ABSOLUTE),
        ("./data", Code.PATH_NOT_ABSOLUTE),
        ("/", Code.PATH_ROOT),
        ("//", Code.PATH_ROOT),
        ("/data/../etc", Code.PATH_DOTS),
        ("/data/..", Code.PATH_DOTS),
        ("/a/./b", Code.PATH_DOTS),
        ("/a:b", Code.PATH_CHARACTER),
        ("/a\x00b", Code.PATH_CHARACTER),
        ("/a\nb", Code.PATH_CHARACTER),
        ("/a\\b", Code.PATH_CHARACTER),
        ("/" + "a" * 1024, Code.TOO_LONG),
        ("/proc", Code.PATH_RESERVED),
        ("/sys/x", Code.PATH_RESERVED),
        ("/dev/shm", Code.PATH_RESERVED),
        ("//etc//", Code.PATH_RESERVED),
        ("/var/run/secrets/kubernetes.io", Code.PATH_RESERVED),
        ("/usr", Code.PATH_RESERVED),
    ],
)
def test_bad_mount_paths(path: str, code: Code) -> None:
    assert blocking(spec(volumes=(volume(path),))) == {"volumes.data.mount_path": code}


@pytest.mark.parametrize("path", ["/data", "/data/", "/usr/local/data", "/devices", "/~", "/$HOME/*", "/\u6570\u636e"])
def test_good_mount_paths(path: str) -> None:
    assert check(spec(volumes=(volume(path),)), facts()) == ()


@pytest.mark.parametrize("second", ["/data", "/data/", "//data"])
def test_two_volumes_never_share_a_place(second: str) -> None:
    task = spec(volumes=(volume("/data"), volume(second, "output")))
    assert blocking(task) == {"volumes.output.mount_path": Code.PATH_TAKEN}


def test_one_volume_inside_another_is_only_a_warning() -> None:
    task = spec(volumes=(volume("/data"), volume("/data/sub", "output")))
    assert (found(task), blocking(task)) == ({"volumes.output.mount_path": Code.PATH_NESTED}, {})


@pytest.mark.parametrize(
    ("sub_path", "code"),
    [
        ("/x", Code.SUB_PATH_NOT_RELATIVE),
        ("a//b", Code.SUB_PATH_NOT_RELATIVE),
        ("a/", Code.SUB_PATH_NOT_RELATIVE),
        ("../x", Code.PATH_DOTS),
        ("a/../../b", Code.PATH_DOTS),
    ],
)
def test_bad_paths_inside_a_claim(sub_path: str, code: Code) -> None:
    assert blocking(spec(volumes=(volume(sub_path=sub_path),))) == {"volumes.data.sub_path": code}


def test_claims_are_looked_up() -> None:
    claims = {
        "lost": ClaimFact(name="lost", phase="Lost"),
        "pending": ClaimFact(name="pending", phase="Pending"),
        "single": ClaimFact(name="single", phase="Bound", access_modes=("ReadWriteOnce",)),
    }
    assert found(spec(volumes=(volume(claim="absent"),)), claims=claims) == {"volumes.data.claim": Code.CLAIM_UNKNOWN}
    assert found(spec(volumes=(volume(claim="lost"),)), claims=claims) == {"volumes.data.claim": Code.CLAIM_LOST}
    assert found(spec(volumes=(volume(claim="pending"),)), claims=claims) == {"volumes.data.claim": Code.CLAIM_UNBOUND}
    assert found(spec(volumes=(volume(claim="single"),)), claims=claims) == {"volumes.data.claim": Code.CLAIM_ONE_NODE}
    assert blocking(spec(volumes=(volume(claim="single"),)), claims=claims) == {}


def test_what_a_task_writes_does_not_go_where_nobody_may_write() -> None:
    claims = {"old": ClaimFact(name="old", phase="Bound", access_modes=("ReadOnlyMany",))}
    log = replace(volume(claim="old"), purpose=VolumePurpose.LOG)
    assert found(spec(volumes=(log,)), claims=claims) == {"volumes.log.claim": Code.CLAIM_READ_ONLY}
    assert found(spec(volumes=(volume(claim="old"),)), claims=claims) == {}
