#!/bin/sh
# install.sh - what make install leaves is what a user needs: programs in C and
# C++ find it by pkg-config, link it, shared and static, and run; the shared
# library exports what the headers declare and nothing else.
#
# Run in a build folder.  Environment: MAKE, CC, CXX, CFLAGS, srcdir.
set -u

srcdir=${srcdir:-$(dirname "$0")/..}
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM
failures=0

fail() {
    echo "FAIL: $*"
    failures=$((failures + 1))
}

${MAKE:-make} install DESTDIR="$work/root" >"$work/log" 2>&1 || {
    cat "$work/log"
    exit 1
}

pc=$(find "$work/root" -name steal.pc)
library=$(find "$work/root" -name libsteal.so)
archive=$(find "$work/root" -name libsteal.a)
PKG_CONFIG_PATH=$(dirname "$pc")${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
PKG_CONFIG_SYSROOT_DIR=$work/root
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR

# Valid C and C++: makes a future, runs it, prints the version of the header.
cat >"$work/program.c" <<'END'
#include <steal.h>

#include <stdio.h>

static enum steal_poll
hello_poll(struct steal_future *future, struct steal_context *cx)
{
    if (future->result++ > 0)
        return STEAL_READY;
    steal_context_wake(cx);
    return STEAL_PENDING;
}

static const struct steal_future_ops hello_ops = { "hello", hello_poll, NULL, NULL, NULL };

int
main(void)
{
    struct steal_future hello = STEAL_FUTURE(&hello_ops);

    printf("%d.%d.%d\n", STEAL_VERSION_MAJOR, STEAL_VERSION_MINOR,
            STEAL_VERSION_PATCH);
    return steal_run(NULL, &hello) == 2 ? 0 : 1;
}
END
cp "$work/program.c" "$work/program.cc"

# try NAME COMPILER SOURCE LINK...: builds, runs, compares the version.
try() {
    name=$1
    compiler=$2
    program=$3
    shift 3
    # shellcheck disable=SC2046,SC2086 # lists of flags
    if ! $compiler ${CFLAGS-} -Wall -Wextra -Werror $(pkg-config --cflags steal) \
        -o "$work/program" "$program" "$@"; then
        fail "$name: does not link"
        return
    fi
    LD_LIBRARY_PATH=$(dirname "$library") "$work/program" >"$work/version" ||
        fail "$name: ended with status $?"
    [ "$(cat "$work/version")" = "$(pkg-config --modversion steal)" ] ||
        fail "$name: header and steal.pc tell different versions"
    echo "tried: $name"
}

both_ways() {
    if [ -n "$library" ]; then
        # shellcheck disable=SC2046 # a list of flags
        try "$1, shared" "$2" "$3" $(pkg-config --libs steal)
    fi
    if [ -n "$archive" ]; then
        # shellcheck disable=SC2046 # a list of flags
        try "$1, static" "$2" "$3" "$archive" \
            $(pkg-config --libs --static steal | sed 's/-lsteal//') -pthread
    fi
}

case ${CC:-cc} in
*clang*) cxx=${CXX:-clang++} ;;
*) cxx=${CXX:-g++} ;;
esac
both_ways C "${CC:-cc} -std=c11" "$work/program.c"
if command -v "${cxx%% *}" >/dev/null 2>&1; then
    both_ways C++ "$cxx -std=c++11" "$work/program.cc"
else
    echo "no $cxx: not tried from C++"
fi

if [ -n "$library" ]; then
    nm -D --defined-only "$library" | sed -n 's/@.*//; s/.* [TBDRW] //p' |
        grep -v '^LIBSTEAL_' | sort >"$work/exported"
    sed '/^#/d' "$srcdir"/include/steal/*.h | tr '\n' ' ' |
        grep -o 'STEAL_API[^;]*;' | sed 's/ *__attribute__.*//; s/(.*//; s/.*[ *]//' |
        sort >"$work/declared"
    diff -u "$work/declared" "$work/exported" ||
        fail "declared (-) and exported (+) differ"
fi
[ "$failures" -eq 0 ]
