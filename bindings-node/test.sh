#!/usr/bin/env bash
# Everything about the Node package, from a fresh clone: lints, the packages as the registry would get them, and all
# tests against their installation in an empty project outside the repository.
# With CI=true a missing tool is a failure, and the native module is built as it is released; elsewhere the one is said
# aloud, and the other is a quick build.
set -euo pipefail
cd "$(dirname "$0")"
here=$PWD
stage=${CARGO_TARGET_DIR:-$here/../target}/node

untested() {
    echo "!!! NOT TESTED: Node: $1" >&2
    [ "${CI:-}" != true ] || exit 1
    exit 0
}

for tool in node npm cargo; do
    command -v "$tool" >/dev/null || untested "$tool is not installed"
done
node -e 'process.exit(Number.parseInt(process.versions.node) < 20 ? 1 : 0)' || untested "Node is older than 20"
[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --loglevel error ||
    untested "the tools of the tests cannot be installed"
export PATH=$here/node_modules/.bin:$PATH

../tests/postgres/ensure.sh

echo "== lint"
biome ci .

echo "== build"
release=
[ "${CI:-}" != true ] || release="--release --strip"
# shellcheck disable=SC2086
npm run --silent build:native -- $release -- --locked
npm run --silent build:js

echo "== pack"
node pack.mjs "$stage"
publint --strict "$stage"
attw --no-color --no-emoji "$stage"/posa-[0-9]*.tgz

# The tools of the tests are found in the parent folder, posa in the project alone.
outside=$(mktemp -d "${TMPDIR:-/tmp}/posa-node.XXXXXX")
trap 'rm -rf "$outside"' EXIT
ln -s "$here/node_modules" "$outside/node_modules"
mkdir "$outside/project"
cd "$outside/project"
echo '{ "private": true }' >package.json
node "$here/test/support/registry.mjs" "$stage" npm install --silent posa
cp -R "$here/test" "$here/examples" .

echo "== the README's first minutes"
node test/support/registry.mjs "$stage" "$here/../tests/first_minutes.sh" "$here/README.md" js first.mjs node first.mjs

echo "== reference"
(cd "$here/reference" && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent; } && npm run --silent build)

echo "== types"
for module in nodenext node16; do
    tsc --noEmit --strict --exactOptionalPropertyTypes --target es2022 --module "$module" --types node \
        test/types/consumer.mts test/types/consumer.cts
done

# Another SQLite in the process, and a Node of its own that brings one: what shops have beside posa.
(cd "$here/beside" && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --silent; })
export POSA_BESIDE=$here/beside POSA_REPOSITORY=$here/..

echo "== test with Node $(node --version)"
node --test --test-reporter spec test/*.test.mjs test/installed/*.test.mjs examples/*/*.test.mjs
newer=$POSA_BESIDE/node_modules/.bin/node
[ -x "$newer" ] || untested "no newer Node for this platform is in bindings-node/beside"
echo "== test with Node $("$newer" --version)"
"$newer" --test --test-reporter spec test/life.test.mjs test/abort.test.mjs test/workers.test.mjs test/journal_file.test.mjs
