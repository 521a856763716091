#!/bin/sh
# examples.sh - each example ends well and prints what it says it prints.
#
# examples/<name>.expected, where there is one, is the standard output.
#
# Environment: srcdir; EXAMPLES, the programs.
set -u

srcdir=${srcdir:-$(dirname "$0")/..}
[ -n "${EXAMPLES-}" ] || exit 77
out=$(mktemp) || exit 99
trap 'rm -f "$out"' EXIT
trap 'exit 99' HUP INT TERM
failures=0

for example in $EXAMPLES; do
    expected=$srcdir/$example.expected
    if ! timeout 60 "./$example" >"$out" </dev/null; then
        echo "FAIL: $example ended badly, and printed:"
        cat "$out"
        failures=$((failures + 1))
    elif [ -f "$expected" ] && ! diff -u "$expected" "$out"; then
        echo "FAIL: $example printed something else"
        failures=$((failures + 1))
    else
        echo "ok: $example"
    fi
done
[ "$failures" -eq 0 ]
