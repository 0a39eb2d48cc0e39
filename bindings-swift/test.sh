#!/usr/bin/env bash
# Everything about the Swift package that can be tested on Linux, from a fresh clone: lints, drift of the generated
# sources, the tests (also under the thread sanitizer), the README's programs, the example till, and the pair of that
# till with the FastAPI signer. Swift comes from scripts/install-swift.sh.
# With CI=true a missing piece is a failure, and the size of the library for apps is printed; elsewhere what is missing is
# said aloud.
set -euo pipefail
cd "$(dirname "$0")"
target=$(realpath -m "${CARGO_TARGET_DIR:-../target}")
work=$target/swift
export CARGO_TARGET_DIR=$target

untested() {
    echo "!!! NOT TESTED: $1" >&2
    [ "${CI:-}" != true ] || exit 1
}

command -v cargo >/dev/null || { untested "Swift: cargo is not installed" && exit 0; }
mkdir -p "$work"
status=0
scripts/install-swift.sh 2>"$work/install.log" || status=$?
case $status in
    0) ;;
    2) untested "Swift: $(sed 's/^install-swift: //' "$work/install.log")" && exit 0 ;;
    *) cat "$work/install.log" >&2 && exit 1 ;;
esac
# The tests' own container: Journal.applicationSupport() keeps what it is given.
export XDG_DATA_HOME=$work/data
rm -rf "$XDG_DATA_HOME"
export PATH=${SWIFT_PREFIX:-/opt/swift-trixie}/bin:$PATH
# The compiler leaves a folder there each time it is asked for something.
export TMPDIR=$work/tmp
rm -rf "$TMPDIR"
mkdir "$TMPDIR"

echo "== lint"
swift-format lint --strict --recursive --configuration .swift-format \
    Package.swift Sources/Posa Sources/PosaTesting Tests Examples
for script in test.sh scripts/*; do bash -n "$script"; done
# What needs Apple's frameworks can only be read here.
swiftc -swift-version 6 -parse Examples/Till/App/*.swift

echo "== native libraries"
rm -rf "$work/generated"
scripts/native.sh "$work/generated"
for module in CPosa CPosaSandbox PosaFFI PosaSandboxFFI; do
    diff -r --exclude module.modulemap "$work/generated/$module" "Sources/$module" >/dev/null ||
        { echo "Sources/$module is not what the Rust side says; run scripts/native.sh" >&2 && exit 1; }
done

# SwiftPM in a directory, with the native libraries to link: `package DIRECTORY SCRATCH VERB ARG...`. It prints a line
# for each file and each of some hundred cases: what failed, or what the tests came to, is enough.
package() {
    local log=$work/$2-$3.log
    (cd "$1" && swift "$3" --scratch-path "$work/$2" -Xswiftc -warnings-as-errors \
        -Xlinker "-L$target/debug" -Xlinker "-rpath=$target/debug" "${@:4}") >"$log" 2>&1 ||
        { grep -vE '^(◇|✔|\[)' "$log" >&2 && exit 1; }
    [ "$3" = build ] || grep -hE 'Executed [1-9].* tests?,|Test run with [1-9]|grown by' "$log" | sort -u
}

echo "== test with $(swift --version 2>&1 | head -1)"
package . tests build --jobs 2 --build-tests
scripts/documented.sh "$work/tests/debug/Modules" "$work/symbols"
package . tests test --skip-build --skip GrowthTests
package . tests test --skip-build --filter GrowthTests

echo "== test with the thread sanitizer"
package . threads build --jobs 2 --build-tests --sanitize thread
package . threads test --skip-build --sanitize thread --filter 'Batch|Cancellation|Client|Concurrency|Signer|Untold'

echo "== examples"
package Examples/Till examples build --jobs 2 --build-tests
. scripts/pair.sh
package Examples/Till examples test --skip-build

echo "== the README's first minutes"
began=$SECONDS
first=$work/first
rm -rf "$first"
mkdir -p "$first/Sources/first"
../tests/block.sh README.md text | sed "s|\.\./posa/bindings-swift|$PWD|" >"$first/Package.swift"
../tests/block.sh README.md swift >"$first/Sources/first/main.swift"
(cd "$first" && swift run -Xlinker "-L$target/debug" -Xlinker "-rpath=$target/debug") >"$work/first.log" 2>&1 &&
    grep -q '^Activated ' "$work/first.log" || { cat "$work/first.log" >&2 && exit 1; }
echo "from nothing to an activated card: $((SECONDS - began)) s"

# Two minutes of compiling for one line.
[ "${CI:-}" != true ] || { echo "== size" && scripts/size.sh; }
