#!/usr/bin/env bash
# Plays rounds of acts to a journal's file, through the wheel that bindings-python/test.sh has installed.
# ROUNDS: how many (default: 100). SEED, FROM: which (default: 1, from round 0 on). A failure prints all three.
set -euo pipefail
cd "$(dirname "$0")"
installed=${CARGO_TARGET_DIR:-../../target}/python/python3/bin/python
if [ ! -x "$installed" ]; then
    echo "!!! NOT TESTED: torture: no wheel is installed; bindings-python/test.sh install does it" >&2
    [ "${CI:-}" != true ] || exit 1
    exit 0
fi
exec "$installed" -W error::SyntaxWarning .
