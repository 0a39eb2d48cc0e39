#!/usr/bin/env bash
# Sets up, once, what the languages need under target/bench, then measures.
# usage: bench/run.sh [PART [posa-bench's further arguments]]
# PART: the parts whose names begin so, such as python, node-https or rust-signing. Without it, everything is measured
# and bench/RESULTS.md is written.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd .. && pwd)
work=$root/target/bench
part=${1:-}
[ $# -eq 0 ] || shift
mkdir -p "$work"

unmeasured() {
    echo "!!! NOT MEASURED: $1" >&2
}

# A virtual environment with the peers, and the wheel as it is released.
set_up_python() {
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
        { unmeasured "Python: python3 is not installed, or older than 3.10"; return; }
    [ -x "$work/python/bin/python" ] || python3 -m venv "$work/python"
    local pip=("$work/python/bin/python" -m pip install --quiet --disable-pip-version-check)
    "${pip[@]}" --requirement python/requirements.txt
    rm -rf "$work/wheels"
    "$work/python/bin/maturin" build --quiet --release --locked --manifest-path "$root/bindings-python/Cargo.toml" \
        --target-dir "$root/target" --out "$work/wheels"
    "${pip[@]}" --no-deps --force-reinstall "$work"/wheels/posa-*.whl
}

# The peers, and beside them the package as it is released.
set_up_node() {
    command -v npm >/dev/null || { unmeasured "Node: npm is not installed"; return; }
    local package=$root/bindings-node made=$work/node/node_modules/posa
    mkdir -p "$work/node"
    if ! cmp -s node/package-lock.json "$work/node/installed.json"; then
        cp node/package.json node/package-lock.json node/.npmrc "$work/node"
        npm ci --prefix "$work/node" --silent
        cp node/package-lock.json "$work/node/installed.json"
    fi
    [ -d "$package/node_modules" ] || npm ci --prefix "$package" --silent
    rm -rf "$made"
    mkdir -p "$made"
    cp -R "$package/package.json" "$package/tsconfig.json" "$package/lib" "$made"
    (
        cd "$made"
        "$package/node_modules/.bin/napi" build --release --platform --no-js --dts lib/generated.d.ts --output-dir . \
            --manifest-path "$package/Cargo.toml" --package posa-node --target-dir "$root/target" -- --locked --quiet
        "$package/node_modules/.bin/tsc" --project tsconfig.json --typeRoots "$package/node_modules/@types"
    )
}

for language in python node; do
    case "$part" in
    '' | "$language"*) "set_up_$language" ;;
    esac
done

cd "$root"
if [ -n "$part" ]; then
    exec "${CARGO:-cargo}" run --quiet --locked --release --package posa-bench -- --only "$part" "$@"
fi
exec "${CARGO:-cargo}" run --quiet --locked --release --package posa-bench -- --write "$@"
