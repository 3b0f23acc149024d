#!/bin/sh
# `make test`: all that needs no cluster, or only what is named. The browser's tests drive one console from one
# process, whose event loop belongs to the browser: they run by themselves, after the others.
set -eu
if [ $# -gt 0 ]; then
    exec .venv/bin/pytest "$@"
fi
.venv/bin/pytest --numprocesses 3 --dist loadgroup --ignore tests/browser
.venv/bin/pytest tests/browser
