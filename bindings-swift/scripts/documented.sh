#!/usr/bin/env bash
# Fails if a public symbol of Posa or PosaTesting has no documentation. swift-format looks at top-level ones alone.
# Arguments: the directory of the built modules, a directory for the symbol graphs.
set -euo pipefail
cd "$(dirname "$0")/.."
rm -rf "$2"
mkdir -p "$2"
for module in Posa PosaTesting; do
    swift-env /usr/libexec/swift/bin/swift-symbolgraph-extract -module-name "$module" -I "$1" -output-dir "$2" \
        -Xcc "-fmodule-map-file=$PWD/Sources/CPosa/module.modulemap" \
        -Xcc "-fmodule-map-file=$PWD/Sources/CPosaSandbox/module.modulemap" \
        -target x86_64-pc-linux-gnu -minimum-access-level public -skip-synthesized-members -skip-inherited-docs
done
python3 - "$2"/*.symbols.json <<'PY'
import json
import sys

symbols = [symbol for file in sys.argv[1:] for symbol in json.load(open(file))["symbols"]]
# What the compiler adds has no place in a file.
bare = [symbol for symbol in symbols if "location" in symbol and "docComment" not in symbol]
for symbol in bare:
    print("not documented:", ".".join(symbol["pathComponents"]), symbol["location"]["uri"])
print(len(symbols), "public symbols")
sys.exit(bool(bare) or len(symbols) < 300)
PY
