"""trainyard/fail:1: ends in a chosen way, for tests and for looking at what the console then shows.

fail.py [--after SECONDS] exit CODE | memory MIB | hang | signal NUMBER | ok
"""

import argparse
import os
import signal
import sys
import time


def main(arguments: list[str]) -> int:
    """Say what will happen, wait, do it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--after", type=float, default=0.0, metavar="SECONDS", help="work this long first")
    parser.add_argument("way", choices=("exit", "memory", "hang", "signal", "ok"))
    parser.add_argument("amount", type=int, nargs="?", default=1)
    chosen = parser.parse_args(arguments)
    print(f"going to fail by: {chosen.way} {chosen.amount}, after {chosen.after:g} s", flush=True)
    time.sleep(chosen.after)
    if chosen.way == "memory":
        held = []
        for mib in range(chosen.amount):
            held.append(b"x" * (1 << 20))
            if mib % 16 == 0:
                print(f"holding {mib} MiB", flush=True)
        print(f"held {len(held)} MiB and was not stopped", flush=True)
        return 0
    if chosen.way == "hang":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            time.sleep(3600)
    if chosen.way == "signal":
        if os.fork() == 0:  # the first process of a container ignores signals from inside it
            signal.signal(chosen.amount, signal.SIG_DFL)
            os.kill(os.getpid(), chosen.amount)
        _, status = os.wait()
        return 128 - os.waitstatus_to_exitcode(status)
    return 0 if chosen.way == "ok" else chosen.amount


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
