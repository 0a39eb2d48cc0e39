#!/usr/bin/env bash
# Prints the first block of a language in a page: block.sh PAGE.md LANGUAGE
exec awk -v fence="\`\`\`$2" '$0 == fence { inside = 1; next } inside && $0 == "```" { exit } inside' "$1"
