#!/usr/bin/env bash
# Follows a README as a newcomer does, in an empty folder: its first commands, then its first program, word for word.
# usage: first_minutes.sh README.md LANGUAGE PROGRAM COMMAND...
#   LANGUAGE  of the program's block, such as python
#   PROGRAM   the file it is saved as
#   COMMAND   that runs it, once the README's commands were run in the same shell
set -euo pipefail
readme=$(realpath "$1") language=$2 program=$3
shift 3

block="$(cd "$(dirname "$0")" && pwd)/block.sh"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$block" "$readme" console | sed 's/^\$ //' >"$folder/commands.sh"
"$block" "$readme" "$language" >"$folder/$program"
[ -s "$folder/commands.sh" ] && [ -s "$folder/$program" ] || { echo "$readme has no first commands or program" >&2; exit 1; }

cd "$folder"
began=$SECONDS
if ! bash -euc '. ./commands.sh >commands.txt 2>&1; "$@"' - "$@" >out.txt 2>&1 || ! grep -q Activated out.txt; then
    cat commands.txt out.txt >&2
    echo "$readme does not lead to an activated card" >&2
    exit 1
fi
echo "from nothing to an activated card: $((SECONDS - began)) s"
