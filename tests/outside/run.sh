#!/usr/bin/env bash
# Real clients against `posa sandbox`: curl --aws-sigv4 and botocore. Ends with a line "N passed, N failed".
# With CI=true a missing tool is a failure; elsewhere it is said aloud.
set -euo pipefail
cd "$(dirname "$0")"

untested() {
    echo "!!! NOT TESTED: outside clients: $1" >&2
    [ "${CI:-}" != true ] || { echo "0 passed, 1 failed"; exit 1; }
    echo "0 passed, 0 failed"
    exit 0
}

command -v python3 >/dev/null || untested "python3 is not installed"
cargo build --quiet --package posa-cli

python=python3
if { [ -x .venv/bin/pip ] || python3 -m venv .venv; } &&
    .venv/bin/pip install --quiet --requirement requirements.txt; then
    python=.venv/bin/python
fi

work=$(mktemp -d)
posa="${CARGO_TARGET_DIR:-../../target}/debug/posa"
"$posa" sandbox --listen 127.0.0.1:0 --tls-listen 127.0.0.1:0 --throttle off --ready-file "$work/ready.json" \
    >"$work/sandbox.out" 2>&1 &
sandbox=$!
trap 'kill "$sandbox" 2>/dev/null || true; wait "$sandbox" 2>/dev/null || true; rm -rf "$work"' EXIT

for _ in $(seq 200); do
    [ ! -s "$work/ready.json" ] || break
    kill -0 "$sandbox" 2>/dev/null || break
    sleep 0.05
done
if [ ! -s "$work/ready.json" ]; then
    echo "the sandbox did not become ready:" >&2
    cat "$work/sandbox.out" >&2
    echo "0 passed, 1 failed"
    exit 1
fi

POSA_READY_FILE="$work/ready.json" "$python" -B suite.py
