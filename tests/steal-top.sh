#!/bin/sh
#
# steal-top.sh - drives steal-top in a terminal, tmux, that shows a program with a
# known set of tasks (top_program.c).
#
#   1. -b prints the tasks, and refuses what it does not know.
#   2. On the screen: the head, the workers, the tasks; each key does what it says.
#   3. A smaller terminal, and a larger one, are filled and no more.
#   4. When the program ends that is told, and when it is back it is found.
#   5. The socket is the user's alone, is gone with the program, and what a crash has
#      left of one is replaced.
#
# Environment: TOP_PROGRAM and STEAL_TOP, where the two programs are, else in the tree
# that was built here.
set -u

top=${STEAL_TOP:-tools/steal-top}
program=${TOP_PROGRAM:-tests/top_program}
[ -x "$top" ] || exit 77
[ -x "$program" ] || exit 99
command -v tmux >/dev/null 2>&1 || exit 77

work=$(mktemp -d "${TMPDIR:-/tmp}/steal-top.XXXXXX") || exit 99
socket=$work/top
failures=0
pid=

# Without the descriptor that keeps the program running.
terminal() {
    tmux -S "$work/tmux" -f /dev/null "$@" 3>&-
}

clean_up() {
    terminal kill-server 2>/dev/null
    exec 3>&-
    [ -z "$pid" ] || kill "$pid" 2>/dev/null
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 99' HUP INT TERM

fail() {
    echo "FAIL: $*"
    failures=$((failures + 1))
}

# start_program: it runs as long as descriptor 3 is open.
start_program() {
    rm -f "$work/in" "$work/out"
    mkfifo "$work/in"
    : >"$work/out"
    "$program" "$socket" <"$work/in" >"$work/out" &
    pid=$!
    exec 3>"$work/in"
    for _ in $(seq 300); do
        grep -q ready "$work/out" && return
        sleep 0.1
    done
    fail "the program does not start"
    exit 1
}

end_program() {
    exec 3>&-
    wait "$pid" || fail "the program ends with $?"
    pid=
}

# shows PATTERN...: waits until the screen has them all.
shows() {
    for _ in $(seq 100); do
        terminal capture-pane -p -t top >"$work/screen" 2>/dev/null
        missing=
        for pattern; do
            grep -Eq -e "$pattern" "$work/screen" || missing=$pattern
        done
        [ -n "$missing" ] || return 0
        sleep 0.1
    done
    fail "the screen does not show: $missing"
    sed 's/^/    /' "$work/screen"
    return 1
}

keys() {
    terminal send-keys -t top "$@"
}

# first_task: the name in the first line of the table.
first_task() {
    awk 'table { print; exit } /ID STATE/ { table = 1 }' "$work/screen"
}

# comes_first NAME
comes_first() {
    for _ in $(seq 100); do
        terminal capture-pane -p -t top >"$work/screen"
        first_task | grep -q " $1 " && return
        sleep 0.1
    done
    fail "$1 does not come first"
    sed 's/^/    /' "$work/screen"
}

# For scripts.

start_program
[ "$(stat -c %a "$socket")" = 600 ] || fail "the socket is for others, too"
for _ in $(seq 100); do
    "$top" -b -s age "$socket" >"$work/text" || fail "-b ends with $?"
    grep -Eq '^!.* running .* hog$' "$work/text" && break
    sleep 0.1
done
for pattern in '^zoo \(process [0-9]+\), up .*, [67] tasks, [12] stuck' \
    '^injector .* timers 4, ' '^worker 2: ' '^!.* running .* hog$' \
    '^ .* parked .* cage$' '^           mouse at .*top_program.c:[0-9]+$'; do
    grep -Eq "$pattern" "$work/text" || {
        fail "-b does not print: $pattern"
        sed 's/^/    /' "$work/text"
    }
done
[ "$(grep -c ' parked .* sleeper$' "$work/text")" = 3 ] ||
    fail "-b does not print three sleepers"
[ "$("$top" -b -n 2 -d 0.1 "$socket" | grep -c '^zoo ')" = 2 ] ||
    fail "-n 2 does not print twice"
"$top" -b "$work/nothing" 2>/dev/null && fail "a socket that is not there"
"$top" -s nonsense "$socket" 2>/dev/null
[ $? -eq 2 ] || fail "an order that is not there"
"$top" -d 0 "$socket" 2>/dev/null
[ $? -eq 2 ] || fail "no delay"

# On the screen.

terminal new-session -d -s top -x 100 -y 30 \
    "$top -d 0.2 '$socket'; echo left with \$?; sleep 1000" ||
    fail "tmux does not start"
shows '^zoo \(process [0-9]+\)  up .* [12] stuck ' '^     0 \[' '^     2 \[' \
    ' % .*polling hog' 'STATE +CPU %' ' parked .* cage ' '^q quit|hottest first'
keys l
shows '^longest poll first'
comes_first hog
shows '^!.* running .* hog +on worker [0-2] for '
terminal capture-pane -e -p -t top | grep ' hog ' |
    grep -Eq "$(printf '\033')\\[([0-9]+;)*31m" || fail "the stuck one is not red"
keys i
shows '^longest since its last poll first'
keys a
shows '^oldest first'
comes_first sleeper
keys n
shows '^id first'
keys c
shows '^hottest first' '^.* hot '
keys n Home Down Down
shows '^id first' '^task [0-9]+, sleeper, awaits'
keys Down
shows '^task [0-9]+, cage, awaits' '^  cage at .*top_program.c:[0-9]+' \
    '^   mouse at .*top_program.c:[0-9]+' '^    .*sleep'

# In other sizes.

terminal resize-window -t top -x 60 -y 15
shows '^zoo ' '^task ' '^id first'
[ "$(awk 'length > 60' "$work/screen" | wc -l)" -eq 0 ] || fail "it is too wide"
terminal resize-window -t top -x 20 -y 4
shows '^zoo '
terminal resize-window -t top -x 140 -y 40
shows '^zoo .*polls/s' '^id first.*arrows select'
[ "$(sed -n '40p' "$work/screen" | cut -c 1-8)" = "id first" ] ||
    fail "the last line is not the last"

# The end of the program, and its return.

end_program
[ ! -e "$socket" ] || fail "the socket outlives the program"
shows '^connection closed: ' '^zoo '
start_program
shows '^id first' "^zoo \\(process $pid\\)"
keys q
shows '^left with 0'

# What is left of a socket.

kill -9 "$pid"
wait "$pid" 2>/dev/null
pid=
exec 3>&-
[ -S "$socket" ] || fail "the socket was to be left"
start_program
"$top" -b "$socket" >"$work/text" || fail "a stale socket is in the way"
"$program" "$socket" </dev/null 2>"$work/said" >/dev/null
grep -q 'will not find zoo: .*in use' "$work/said" ||
    fail "two programs at one socket"
"$top" -b "$socket" >/dev/null || fail "the second has taken it"
end_program

echo "$failures failures"
[ "$failures" -eq 0 ]
