#!/bin/sh
# Fresh clone, empty home: seconds from `make demo` to the first page, and of a second start. Cleans up after itself.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
port=${PORT:-8765}
pid=""

finish() {
  [ -z "$pid" ] || { kill -TERM "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; }
  rm -rf "$work"
}
trap finish EXIT INT TERM

first_page() {
  started=$(date +%s)
  limit=$2
  AMITY_HOME="$work/home" AMITY_PORT="$port" make -s demo >"$work/log" 2>&1 &
  pid=$!
  until python3 -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$port/readyz', timeout=5)" 2>/dev/null; do
    kill -0 "$pid" 2>/dev/null || { cat "$work/log"; echo "the demo ended before its first page"; exit 1; }
    [ $(($(date +%s) - started)) -lt 900 ] || { cat "$work/log"; echo "no page after 15 minutes"; exit 1; }
    sleep 0.5
  done
  took=$(($(date +%s) - started))
  cat "$work/log"
  echo "$1: first page after $took s (target <= $limit s)"
}

git clone -q "$here" "$work/clone"
cd "$work/clone"
first_page "fresh clone, empty home" 300
kill -TERM "$pid"; wait "$pid" 2>/dev/null || true; pid=""
first_page "second start" 10
