"""mpioperator/kubectl-delivery: puts a kubectl into TARGET_DIR and waits until the job's workers run."""

import os
import sys
import time
import urllib.error
from pathlib import Path

import kubectl  # type: ignore[import-not-found]  # beside this file, in the image

HOSTFILE = "/etc/mpi/hostfile"


def deliver(folder: Path) -> None:
    """Write the program with a first line that works in every image of the catalogue."""
    source = Path(__file__).with_name("kubectl.py").read_text()
    target = folder / "kubectl"
    target.write_text(f"#!{sys.executable} -IS\n{source}")
    target.chmod(0o755)
    print(f"delivered {target}", flush=True)


def workers() -> list[str]:
    """Return the pods that the host file names."""
    with open(HOSTFILE) as file:
        return [line.split()[0] for line in file if line.strip()]


def wait_for(namespace: str, pod: str) -> None:
    """Return once the pod runs; says what it is waiting for."""
    said = ""
    while True:
        try:
            phase = kubectl.get(f"/api/v1/namespaces/{namespace}/pods/{pod}")["status"].get("phase", "")
        except urllib.error.HTTPError as error:
            phase = f"HTTP {error.code}"
        except OSError as error:
            phase = str(error)
        if phase == "Running":
            print(f"{pod} runs", flush=True)
            return
        if phase != said:
            print(f"waiting for {pod}: {phase}", flush=True)
            said = phase
        time.sleep(0.3)


def main() -> int:
    deliver(Path(os.environ.get("TARGET_DIR", "/opt/kube")))
    namespace = os.environ.get("NAMESPACE") or kubectl.read("namespace")
    for pod in workers():
        wait_for(namespace, pod)
    return 0


if __name__ == "__main__":
    sys.exit(main())
