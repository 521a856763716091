#!/bin/sh
# examples.sh - each example ends well and prints what it says it prints.
#
# examples/<name>.expected, where there is one, is the standard output.
#
# A program that says that it can also be ended by ctrl-C is.
#
# Environment: srcdir; EXAMPLES, the programs.
set -u

srcdir=${srcdir:-$(dirname "$0")/..}
[ -n "${EXAMPLES-}" ] || exit 77
out=$(mktemp) || exit 99
running=
cleanup() {
    [ -z "$running" ] || kill -9 "$running" 2>/dev/null
    rm -f "$out"
}
trap cleanup EXIT
trap 'exit 99' HUP INT TERM
failures=0

# interrupt EXAMPLE LINE: sends SIGINT after this line, and wants the same output.
interrupt() {
    "./$1" wait >"$out" </dev/null &
    running=$!
    for _ in $(seq 600); do
        ! grep -qx "$2" "$out" || break
        kill -0 "$running" 2>/dev/null || break
        sleep 0.05
    done
    kill -INT "$running"
    for _ in $(seq 600); do
        kill -0 "$running" 2>/dev/null || break
        sleep 0.05
    done
    kill -9 "$running" 2>/dev/null # if it is still there
    wait "$running"
    status=$?
    running=
    if [ $status -ne 0 ]; then
        echo "FAIL: $1, interrupted, ended with status $status, and printed:"
        cat "$out"
        failures=$((failures + 1))
    elif ! diff -u "$srcdir/$1.expected" "$out"; then
        echo "FAIL: $1, interrupted, printed something else"
        failures=$((failures + 1))
    else
        echo "ok: $1, interrupted"
    fi
}

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
case " $EXAMPLES " in
*" examples/shutdown "*) interrupt examples/shutdown "client 0 hangs up" ;;
esac
[ "$failures" -eq 0 ]
