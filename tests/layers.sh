#!/bin/sh
# layers.sh - base < task < blocking, driver < sched < fork, and future beside.
#
# Reads the includes of src/ and include/ and compares them with the rules below;
# then compiles each header alone, the public ones as C++ too.
#
# Environment: srcdir, CC, CPPFLAGS.
set -u

cd "${srcdir:-$(dirname "$0")/..}" || exit 99
failures=0

fail() {
    echo "FAIL: $*"
    failures=$((failures + 1))
}

# Every include as "file target", where a target of ours is a path from here.
includes() {
    awk '
        FNR == 1 {
            folder = FILENAME
            sub(/[^\/]*$/, "", folder)
        }
        /^ *# *include *[<"]/ {
            target = $0
            sub(/^ *# *include */, "", target)
            sub(/[ \t]*(\/\*.*)?$/, "", target)
            if (sub(/^"/, "", target)) {
                sub(/"$/, "", target)
                target = folder target
                while (sub(/[^\/]+\/\.\.\//, "", target))
                    ;
            }
            print FILENAME, target
        }' "$@"
}

# What the files of a folder may include, besides libc and <steal/...>.
allowed() {
    case $1 in
    include/*) echo '^$' ;;
    src/base/atomic.h)
        echo '^src/base/(explore_)?[a-z]*[.]h$|^<stdatomic[.]h>$'
        ;;
    src/base/*) echo '^src/base/' ;;
    src/task/*) echo '^src/(base|task)/' ;;
    src/driver/*) echo '^src/(base|task|driver)/|^<uv[.]h>$' ;;
    src/blocking/queue.*) echo '^src/(base|task|blocking)/|^<ck_[a-z]*[.]h>$' ;;
    src/blocking/*) echo '^src/(base|task|blocking)/' ;;
    src/sched/injector.*)
        echo '^src/(base|task|sched)/|^src/driver/driver[.]h$|^<ck_[a-z]*[.]h>$'
        ;;
    src/sched/*)
        echo '^src/(base|task|sched)/|^src/driver/driver[.]h$'
        echo '^src/blocking/(host|pool)[.]h$'
        ;;
    src/fork/*)
        echo '^src/(base|fork)/|^src/sched/(jobs|lend|near|runtime)[.]h$'
        echo '^src/task/(schedule|waiter)[.]h$'
        ;;
    src/insight/*)
        echo '^src/(base|insight)/|^src/(task|sched|fork|blocking|driver)/'
        ;;
    src/loop/*) echo '^src/(base|loop)/|^src/fork/(job|lane)[.]h$' ;;
    src/sort/*) echo '^src/(base|sort)/|^src/fork/(job|lane)[.]h$' ;;
    src/handle/*) echo '^src/(base|task|driver|handle)/|^<uv[.]h>$' ;;
    src/file/*) echo '^src/(base|file)/|^<uv[.]h>$' ;;
    src/net/*)
        echo '^src/(base|driver|net)/|^src/task/(waitq|budget)[.]h$|^<uv[.]h>$'
        ;;
    src/sync/*) echo '^src/(base|sync)/|^src/task/(waitq|budget)[.]h$' ;;
    src/future/*) echo '^src/(base|task|driver|future)/' ;;
    *) echo '^$' ;;
    esac
}

# No rule concerns libc, except that of atomics, nor our public headers.
is_libc() {
    case $1 in
    "<stdatomic.h>" | "<uv"* | "<ck_"*) return 1 ;;
    "<"*) return 0 ;;
    *) return 1 ;;
    esac
}

check_includes() {
    includes "$@" | {
        bad=0
        while read -r file target; do
            is_libc "$target" && continue
            echo "$target" | grep -Eq "$(allowed "$file")" && continue
            echo "FAIL: $file includes $target"
            bad=$((bad + 1))
        done
        exit $bad
    }
    failures=$((failures + $?))
}

# A header that comes first cannot lean on what came before it.
check_own_header() {
    for source in src/*/*.c; do
        header=${source%.c}.h
        [ -f "$header" ] || continue
        first=$(includes "$source" | head -n 1)
        [ "$first" = "$source $header" ] ||
            fail "$source does not include $header first"
    done
}

check_length() {
    for file in "$@"; do
        lines=$(wc -l <"$file")
        [ "$lines" -le 600 ] || fail "$file has $lines lines"
    done
}

# compiles_alone COMPILER HEADER
compiles_alone() {
    # shellcheck disable=SC2086 # lists of flags
    echo "#include \"$PWD/$2\"" | $1 -fsyntax-only -Wall -Wextra -Werror \
        -D_GNU_SOURCE -Iinclude ${CPPFLAGS-} - ||
        fail "$2 does not compile alone ($1)"
}

check_headers() {
    cc="${CC:-cc} -std=gnu11 -x c"
    for header in include/*.h include/steal/*.h src/*/*.h; do
        compiles_alone "$cc" "$header"
    done

    case ${CC:-cc} in
    *clang*) cxx=${CXX:-clang++} ;;
    *) cxx=${CXX:-g++} ;;
    esac
    if ! command -v "${cxx%% *}" >/dev/null 2>&1; then
        echo "no $cxx: public headers not compiled as C++"
        return
    fi
    for header in include/*.h include/steal/*.h; do
        compiles_alone "$cxx -std=c++11 -x c++" "$header"
    done
}

check_includes include/*.h include/steal/*.h src/*/*.[ch]
check_own_header
check_length include/*.h include/steal/*.h src/*/*.[ch] perf/*.[ch]
check_headers

echo "$failures failures"
[ "$failures" -eq 0 ]
