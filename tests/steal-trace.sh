#!/bin/sh
# steal-trace.sh - steal-trace shows what a run was, and survives what is no trace.
#
# The runs are deterministic ones, whose events are known.
#
# Run in a build folder.  Environment: srcdir; EXEEXT.
set -u

program=./tools/steal-trace${EXEEXT-}
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
failures=0

fail() {
    echo "FAIL: $*"
    failures=$((failures + 1))
}

# trace EXAMPLE: leaves the trace of a run in $work/trace.
trace() {
    rm -f "$work/trace"
    STEAL_SEED=1 STEAL_DEBUG="trace=$work/trace" "./examples/$1" \
        >"$work/said" 2>&1 || fail "$1 ended with status $?"
    [ -s "$work/trace" ] || fail "$1 has left no trace"
}

# expect NUMBER WHAT PATTERN: so many lines of the JSON have it.
expect() {
    n=$(grep -c -- "$3" "$work/json")
    [ "$n" -eq "$1" ] || fail "$n $2 instead of $1"
}

is_json() {
    if command -v python3 >/dev/null 2>&1; then
        python3 -m json.tool "$1" >/dev/null
    elif command -v jq >/dev/null 2>&1; then
        jq . "$1" >/dev/null
    fi
}

# 1. What is known of a program of four polls.
trace countdown
$program -o "$work/json" "$work/trace" || fail "no JSON of countdown"
is_json "$work/json" || fail "the JSON of countdown is none"
expect 4 polls '"cat":"poll"'
expect 4 'polls with its name' '"name":"countdown",.*"cat":"poll"'
expect 3 'polls that woke themselves' '"outcome":"again"'
expect 1 'polls that were ready' '"outcome":"ready"'
expect 1 spawns '"name":"spawn"'
expect 1 'begins of arrows' '"ph":"s"'
expect 1 'ends of arrows' '"ph":"f"'
expect 1 'names of the first worker' '"args":{"name":"worker 0"}'
$program -s "$work/trace" >"$work/summary" || fail "no summary"
grep -q 'task 1, countdown, in 4 polls' "$work/summary" ||
    fail "the summary does not know countdown"

# 2. A run is the same each time, and so is its trace.
trace pipeline
cp "$work/trace" "$work/first"
trace pipeline
cmp "$work/first" "$work/trace" || fail "two traces of one seed differ"

# 3. Of many polls: what one form tells, the others tell, too.
$program "$work/trace" >"$work/json" || fail "no JSON of pipeline"
is_json "$work/json" || fail "the JSON of pipeline is none"
$program -s "$work/trace" >"$work/summary" || fail "no summary"
polls=$(grep -c '"cat":"poll"' "$work/json")
counted=$(awk '/^worker/ { n += $(NF - 2) } END { print n }' "$work/summary")
[ "$polls" -eq "$counted" ] || fail "$polls polls, or $counted"
[ "$polls" -gt 1000 ] || fail "$polls polls are too few"
[ "$(grep -c '"ph":"s"' "$work/json")" -eq "$(grep -c '"ph":"f"' "$work/json")" ] ||
    fail "arrows have two ends"
awk '
    function field(name,    at) {
        at = index($0, "\"" name "\":")
        return at ? substr($0, at + length(name) + 3) + 0 : -1
    }
    /"ph":"s"/ { from[field("id")] = field("ts") }
    /"ph":"f"/ && (!(field("id") in from) || from[field("id")] > field("ts")) {
        exit bad = 1
    }
    /"cat":"poll"/ {
        if (field("ts") < end[field("tid")])
            exit bad = 1
        end[field("tid")] = field("ts") + field("dur") - 0.0005
    }
    END { exit bad }' "$work/json" || fail "arrows lead back, or polls overlap"

# 4. Pictures.
for times in 0,0.1 1,5 100000,1; do
    $program -p -t $times -o "$work/picture" "$work/trace" || fail "no picture"
    [ "$(tail -n 1 "$work/picture")" = "</svg>" ] || fail "half a picture"
    if command -v xmllint >/dev/null 2>&1; then
        xmllint --noout "$work/picture" || fail "the picture is no XML"
    fi
done
[ "$($program -p "$work/trace" | wc -c)" -lt 200000 ] || fail "too large"

# 5. What cannot be done is said, with status 1; what makes no sense, with 2.
status() {
    want=$1
    shift
    "$program" "$@" >/dev/null 2>"$work/said"
    got=$?
    [ $got -eq "$want" ] || fail "$* has status $got"
    [ -s "$work/said" ] || [ "$want" -eq 0 ] || fail "$* says nothing"
}
status 1 "$work/none"
status 1 "$program"
status 1 -o /nowhere/file "$work/trace"
[ ! -c /dev/full ] || status 1 -o /dev/full "$work/trace"
status 2
status 2 -s -p "$work/trace"
status 2 -p -t 1 "$work/trace"
status 2 -p -t 1,-1 "$work/trace"
status 2 -s -t 1,1 "$work/trace"

# 6. Broken files: cut at many places, and with bytes that are wrong.
trace countdown
size=$(wc -c <"$work/trace")
i=0
while [ $i -lt "$size" ]; do
    head -c $i "$work/trace" >"$work/broken"
    status 1 "$work/broken"
    i=$((i + 37))
done

# damage SEED: up to eight bytes of the file are something else.
damage() {
    cp "$work/trace" "$work/broken"
    awk -v seed="$1" -v size="$size" 'BEGIN {
        srand(seed)
        for (n = int(rand() * 8) + 1; n > 0; n--)
            print int(rand() * (rand() < 0.5 ? 200 : size)), int(rand() * 256)
    }' | while read -r at byte; do
        # shellcheck disable=SC2059 # the byte
        printf "\\$(printf %o "$byte")" |
            dd of="$work/broken" bs=1 seek="$at" conv=notrunc 2>/dev/null
    done
}
for seed in $(seq 60); do
    damage "$seed"
    for how in -s -p; do
        "$program" $how "$work/broken" >"$work/out" 2>"$work/said"
        got=$?
        [ $got -le 1 ] || fail "$how has status $got with seed $seed"
    done
done

echo "$failures failures"
[ "$failures" -eq 0 ]
