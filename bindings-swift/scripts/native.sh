#!/usr/bin/env bash
# Builds the two native libraries for this machine and writes their Swift side. Arguments: where to write it (default:
# Sources, where it is committed).
set -euo pipefail
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}
to=$(realpath -m "${1:-Sources}")
libraries=${CARGO_TARGET_DIR:-../target}/debug

for package in posa-swift posa-swift-sandbox; do
    "$cargo" rustc --locked --quiet --package "$package" --lib --crate-type cdylib
done
for module in Posa:posa_swift PosaSandbox:posa_swift_sandbox; do
    name=${module%%:*} library=$libraries/lib${module##*:}.so
    mkdir -p "$to/C$name" "$to/${name}FFI"
    bindgen=("$cargo" run --locked --quiet --package posa-swift-bindgen --features generate --
        --metadata-no-deps "$library")
    "${bindgen[@]}" "$to/C$name" --headers
    "${bindgen[@]}" "$to/${name}FFI" --swift-sources
    # Trailing white space and line ends at the end, which the generator leaves.
    sed -i 's/[[:space:]]*$//' "$to/C$name/C$name.h" "$to/${name}FFI/${name}FFI.swift"
done
