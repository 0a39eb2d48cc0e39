#!/usr/bin/env bash
# Everything about the Python package, from a fresh clone: lints, the source package, the wheel made of it, and all
# tests against the installed wheel, with nothing of the repository on the path.
# POSA_PYTHONS: the interpreters to test with (default: python3; with CI=true, every python3.10 and newer there is).
# POSA_PYTHON_PROFILE: cargo's profile for the wheel (default: dev; with CI=true, release).
# With CI=true a missing tool is a failure; elsewhere it is said aloud.
# `test.sh install` builds and installs the wheel alone, as the torture uses it.
set -euo pipefail
cd "$(dirname "$0")"
here=$PWD
work=${CARGO_TARGET_DIR:-$here/../target}/python

untested() {
    echo "!!! NOT TESTED: Python: $1" >&2
    [ "${CI:-}" != true ] || exit 1
    exit 0
}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null
}

pythons=${POSA_PYTHONS:-python3}
if [ "${CI:-}" = true ] && [ -z "${POSA_PYTHONS:-}" ]; then
    for version in 3.10 3.11 3.12 3.13 3.14 3.13t 3.14t; do
        [ "python$version" = "$(python3 -c 'import sys; print(f"python3.{sys.version_info[1]}")')" ] ||
            ! new_enough "python$version" || pythons="$pythons python$version"
    done
fi
for python in $pythons; do
    new_enough "$python" || untested "$python is not installed, or older than 3.10"
done
command -v cargo >/dev/null || untested "cargo is not installed"

# An environment with the tools and the tests' own requirements.
environment() {
    if [ ! -x "$2/bin/python" ]; then
        "$1" -m venv "$2" || untested "$1 has no venv; on Debian, install python3-venv"
    fi
    "$2/bin/python" -m pip install --quiet --disable-pip-version-check --requirement requirements-test.txt ||
        untested "the requirements of the tests cannot be installed"
}

tools=$work/tools
environment python3 "$tools"

if [ "${1:-}" != install ]; then
    ../tests/postgres/ensure.sh
    echo "== lint"
    for place in . ../bench/python ../tests/torture; do
        # The torture catches whatever a till throws, and draws from a seed.
        ignored=$([ "$place" != ../tests/torture ] || echo --extend-ignore BLE001,PERF203,S101,S311)
        # shellcheck disable=SC2086
        "$tools/bin/ruff" check --config pyproject.toml $ignored "$place"
        "$tools/bin/ruff" format --config pyproject.toml --check "$place"
    done
fi

echo "== build"
rm -rf "$work/dist" "$work/sdist"
"$tools/bin/maturin" sdist --out "$work/dist"
mkdir -p "$work/sdist"
tar -xzmf "$work"/dist/posa-*.tar.gz -C "$work/sdist" --strip-components 1
profile=dev
[ "${CI:-}" != true ] || profile=release
# A target of its own: cargo would take the repository's artifacts for those of this copy, and the other way round.
(cd "$work/sdist" && CARGO_TARGET_DIR=$work/target \
    "$tools/bin/maturin" build --profile "${POSA_PYTHON_PROFILE:-$profile}" --out "$work/dist")
wheel=$(ls "$work"/dist/posa-*.whl)
echo "$(basename "$wheel"): $(($(stat -c %s "$wheel" 2>/dev/null || stat -f %z "$wheel") / 1024)) KiB"

suite=$work/suite
rm -rf "$suite"
mkdir -p "$suite"
cp -R tests examples pyproject.toml "$suite"
export POSA_REPOSITORY=$here/.. POSA_INSTALLED=1
unset PYTHONPATH

for python in $pythons; do
    echo "== test with $("$python" --version)"
    place=$work/$(basename "$python")
    environment "$python" "$place"
    "$place/bin/python" -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps "$wheel"
    [ "${1:-}" != install ] || exit 0
    (cd "$suite" && "$place/bin/python" -m pytest -q tests examples)
done

echo "== the README's first minutes"
# As if it were published: pip finds the wheel under its name.
PIP_NO_INDEX=1 PIP_FIND_LINKS=$work/dist "$here/../tests/first_minutes.sh" README.md python card.py python card.py

echo "== types"
first=$work/$(basename "${pythons%% *}")
cd "$suite"
"$first/bin/mypy" -p posa
"$first/bin/mypy" "$here/../tests/torture"/*.py
"$first/bin/mypy" tests examples/fastapi_service examples/opentelemetry_events.py
"$first/bin/python" -m mypy.stubtest posa._native
package=$("$first/bin/python" -c 'import pathlib, posa; print(pathlib.Path(posa.__file__).parent)')
"$first/bin/pyright" --pythonpath "$first/bin/python" --project "$suite" "$package" examples

echo "== reference"
# The classes name the package that users import them from; pdoc then only says that it guesses their file.
"$first/bin/python" -W error -W "ignore:Cannot determine where posa." -m pdoc --docformat google \
    --output-directory "$work/reference" posa posa.testing
