#!/usr/bin/env bash
# The dashboard in Debian's chromium, against `posa sandbox` in a process of its own. Pictures go to
# target/screenshots. As root on Debian with CI=true it installs chromium; elsewhere a missing browser is said aloud.
set -euo pipefail
cd "$(dirname "$0")"

untested() {
    echo "!!! NOT TESTED: the dashboard in a browser: $1" >&2
    [ "${CI:-}" != true ] || exit 1
    exit 0
}

browser() {
    command -v chromium || command -v chromium-browser || command -v google-chrome
}

if ! browser >/dev/null && [ "${CI:-}" = true ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update --quiet --quiet
    apt-get install --yes --quiet --quiet --no-install-recommends chromium fonts-inter >/dev/null
fi
POSA_BROWSER=$(browser) || untested "chromium is not installed (Debian: apt-get install chromium)"
command -v npm >/dev/null || untested "node and npm are not installed"
node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || untested "node is older than 20"
npm ci --silent || untested "the packages of package-lock.json cannot be installed"

cargo build --quiet --locked --package posa-cli
target=${CARGO_TARGET_DIR:-../../target}
mkdir -p "$target/screenshots"
export POSA_BROWSER POSA_COMMAND=$target/debug/posa POSA_SCREENSHOTS=$target/screenshots
node --test --test-concurrency=1
