"""A small supervisor for the tests: `python program.py LOGS` runs two sleepers and prints their process ids."""

import sys
from pathlib import Path

from console.supervisor import ProcessTree, Service

if __name__ == "__main__":
    tree = ProcessTree(Path(sys.argv[1]), lambda line: print(line, flush=True))
    for name in ("one", "two"):
        tree.start(Service(name=name, command=["sleep", "1000"]))
    print(*tree.process_ids(), flush=True)
    tree.run()
