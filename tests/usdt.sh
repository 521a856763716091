#!/bin/sh
# usdt.sh - tracers of the system find the probes, and see what a program does.
#
# Run in a build folder.  Environment: READELF, GDB.
set -u

grep -q '^#define HAVE_SDT 1' config.log || exit 77
readelf=${READELF:-readelf}
gdb=${GDB:-gdb}
command -v "$readelf" >/dev/null 2>&1 || exit 77
library=./.libs/libsteal.so
[ -f "$library" ] || exit 77
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
failures=0

fail() {
    echo "FAIL: $*"
    failures=$((failures + 1))
}

# 1. They are listed, each with a semaphore.
"$readelf" -n "$library" | awk '
    /Provider: libsteal/ { ours = 1; next }
    ours && /Name: /     { name = $2 }
    ours && /Semaphore: / { semaphore = $NF }
    /Arguments: / && ours {
        print name, NF - 1, semaphore ~ /^0x0*$/ ? "none" : "semaphore"
        ours = 0
    }' | sort -u >"$work/listed"
cat >"$work/wanted" <<'END'
driver__turn 2 semaphore
park 1 semaphore
poll__begin 3 semaphore
poll__end 3 semaphore
spawn 2 semaphore
steal 2 semaphore
unpark 1 semaphore
wake 1 semaphore
END
diff -u "$work/wanted" "$work/listed" || fail "wanted (-) and listed (+) differ"

# 2. A debugger that attaches to them is told what happens: four polls of a task,
# three of which have woken it.
cat >"$work/commands" <<'END'
set breakpoint pending on
set debuginfod enabled off
set pagination off
break -probe-stap libsteal:spawn
commands
silent
printf "saw spawn %d %s\n", $_probe_arg0, (char *)$_probe_arg1
continue
end
break -probe-stap libsteal:wake
commands
silent
printf "saw wake %d\n", $_probe_arg0
continue
end
break -probe-stap libsteal:poll__begin
commands
silent
printf "saw begin %d %s\n", $_probe_arg1, (char *)$_probe_arg2
continue
end
break -probe-stap libsteal:poll__end
commands
silent
printf "saw end %d %d\n", $_probe_arg1, $_probe_arg2
continue
end
run
END
if command -v "$gdb" >/dev/null 2>&1 && [ -x examples/.libs/countdown ]; then
    LD_LIBRARY_PATH=$PWD/.libs timeout 60 "$gdb" -q -batch \
        -x "$work/commands" examples/.libs/countdown >"$work/said" 2>&1
    if grep -q 'exited normally' "$work/said"; then
        grep '^saw ' "$work/said" >"$work/saw"
        cat >"$work/wanted" <<'END'
saw spawn 1 countdown
saw wake 1
saw begin 1 countdown
saw end 1 2
saw wake 1
saw begin 1 countdown
saw end 1 2
saw wake 1
saw begin 1 countdown
saw end 1 2
saw wake 1
saw begin 1 countdown
saw end 1 0
END
        diff -u "$work/wanted" "$work/saw" || fail "the debugger saw something else"
    else
        echo "no program runs under $gdb here: not tried"
    fi
fi

echo "$failures failures"
[ "$failures" -eq 0 ]
