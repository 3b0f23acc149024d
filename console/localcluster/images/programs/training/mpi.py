"""The part of mpirun: start a rank in each slot of the host file by the job's own rsh agent, and average for them."""

import os
import shlex
import socket
import subprocess
import sys
import threading

from .exchange import Hub
from .roles import Part


def read_hosts(path: str) -> list[str]:
    """Return one host name for each slot."""
    hosts: list[str] = []
    with open(path) as file:
        for line in file:
            words = line.split()
            if words and not words[0].startswith("#"):
                slots = next((int(word[6:]) for word in words if word.startswith("slots=")), 1)
                hosts += [words[0]] * slots
    return hosts


def launch(part: Part, arguments: list[str]) -> int:
    """Run the ranks, pass on what they print, return the worst exit code."""
    hosts = read_hosts(os.environ["OMPI_MCA_orte_default_hostfile"])  # noqa: SIM112  # Open MPI's own spelling
    agent = os.environ.get("OMPI_MCA_plm_rsh_agent", "/etc/mpi/kubexec.sh")  # noqa: SIM112
    own = socket.gethostbyname(socket.gethostname())
    print(f"starting {len(hosts)} ranks on {len(set(hosts))} hosts by {agent}", flush=True)
    ranks: list[subprocess.Popen[bytes]] = []
    readers = []
    for rank, host in enumerate(hosts):
        words = ["python3", "-u", sys.argv[0], *arguments, "--mpi-rank", str(rank), "--mpi-hub", f"{own}:{part.port}"]
        program = subprocess.Popen([agent, host, shlex.join(words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        reader = threading.Thread(target=_pass_on, args=(rank, program), daemon=True)
        reader.start()
        ranks.append(program)
        readers.append(reader)
    threading.Thread(target=_average, args=(part.port, len(hosts)), daemon=True).start()
    codes = [program.wait() for program in ranks]
    for reader in readers:
        reader.join(5)
    for rank, code in enumerate(codes):
        if code:
            print(f"rank {rank} ended with exit code {code}", flush=True)
    return max(code if code >= 0 else 128 - code for code in codes)


def _pass_on(rank: int, program: "subprocess.Popen[bytes]") -> None:
    assert program.stdout is not None
    for line in program.stdout:
        print(f"[{rank}] {line.decode(errors='replace').rstrip()}", flush=True)


def _average(port: int, ranks: int) -> None:
    hub = Hub(port, ranks)
    try:
        while True:
            hub.mean([])
    except ConnectionError:
        hub.done()
