#!/bin/sh
# The browser tests drive the system's Chromium; the database tests also run on PostgreSQL where it can
# be had; those of image registries talk to a real one.
set -eu
missing=""
command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || missing="$missing chromium fonts-noto-cjk"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v docker-registry >/dev/null 2>&1 || missing="$missing docker-registry"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing for the tests:$missing …"
    apt-get update -qq
    # shellcheck disable=SC2086  # a list of words
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    exit 0
fi
echo "The tests want$missing. On Debian or Ubuntu: sudo apt-get install$missing"
case "$missing" in *chromium* | *docker-registry*) exit 1 ;; esac
