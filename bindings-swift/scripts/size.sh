#!/usr/bin/env bash
# Prints how large the native library for apps is, built for this machine. The sandbox is not in it; SQLite is, which
# Apple's slices leave to the system.
set -euo pipefail
cd "$(dirname "$0")/.."
library=${CARGO_TARGET_DIR:-../target}/app/libposa_swift.a
"${CARGO:-cargo}" rustc --locked --quiet --profile app --package posa-swift --lib --crate-type staticlib
stripped=$(mktemp)
trap 'rm -f "$stripped"' EXIT
strip --strip-debug -o "$stripped" "$library"
code=$(size -A "$stripped" | awk '$1 ~ /^\.text/ { sum += $2 } END { print sum }')
echo "libposa_swift.a: $(($(wc -c <"$stripped") / 1024)) KiB stripped, of which $((code / 1024)) KiB are code"
