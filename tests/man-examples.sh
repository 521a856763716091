#!/bin/sh
#
# man-examples.sh - the manual agrees with the headers, and its programs run.
#
#   1. Every literal block of a page that starts with #include <steal.h> is a
#      program.  It compiles without a warning and, if the library is there,
#      ends with status 0 within ten seconds.  The one in the README compiles.
#   2. Every synopsis compiles after <steal.h>: its prototypes are the real ones.
#   3. Every exported function has a page, or a link to one.
#   4. Every link is that of something in the headers, and every cross reference
#      to a page of ours leads somewhere.
#   5. mandoc, if it is there, has nothing to say about the pages.
#
# Environment: CC, CPPFLAGS, CFLAGS, LDFLAGS, LIBS, and LIBSTEAL, the path of
# libsteal.so or libsteal.a; without it both are looked for in ./.libs, and with
# "none" nothing is linked.

top=${top_srcdir:-$(dirname "$0")/..}
man=$top/man
cc=${CC:-cc}
cppflags="${CPPFLAGS-} -I$top/include"
warnings='-std=gnu11 -Wall -Wextra -Werror'
failures=0

command -v "${cc%% *}" >/dev/null 2>&1 || exit 77

work=$(mktemp -d "${TMPDIR:-/tmp}/man-examples.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' HUP INT TERM

fail()
{
    echo "FAIL: $*"
    failures=$((failures + 1))
}

# Lines of mdoc on stdin, the text they stand for on stdout.
unescape()
{
    sed -e "s/\\\\(aq/'/g" -e 's/\\(dq/"/g' -e 's/\\-/-/g' -e 's/\\&//g' \
        -e 's/\\e/\\/g'
}

# Writes each program of page $1 to $work/<page>-<number>.c.
extract_programs()
{
    awk -v prefix="$work/$(basename "$1")-" '
        /^\.Bd -literal/ { block = 1; next }
        /^\.Ed/          { block = 0; program = 0; next }
        block == 1       { program = /^#include <steal\.h>/; block = 2
                           if (program) file = prefix (++n) ".c" }
        program          { print >file }
    ' "$1"
}

# The prototypes in the synopsis of page $1.  Types in capitals are macros.
extract_synopsis()
{
    awk '
        function arguments(line,    out, n, part, i) {
            n = split(line, part, /"/)
            for (i = 2; i <= n; i += 2)
                out = out (out == "" ? "" : ", ") part[i]
            return out
        }
        /^\.Sh /  { inside = /SYNOPSIS/ }
        !inside   { next }
        /^\.Ft /  { type = substr($0, 5); next }
        type == "" { next }
        /^\.Fn /  { print type, $2 "(" arguments($0) ");"; type = "" }
        /^\.Fo /  { name = $2; list = "" }
        /^\.Fa /  { list = list (list == "" ? "" : ", ") arguments($0) }
        /^\.Fc/   { print type, name "(" list ");"; type = "" }
    ' "$1" | unescape
}

# The functions of the headers, but for those that are marked private.
exported_functions()
{
    awk '
        /private: /   { private = 1 }
        /^STEAL_API / { wanted = !private }
        wanted && match($0, /steal_[a-z0-9_]+\(/) {
            print substr($0, RSTART, RLENGTH - 1)
            wanted = 0
        }
        /;$/          { private = 0 }
    ' "$top"/include/steal/*.h
}

# The programs of the README, one after the other.
readme_program()
{
    awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' \
        "$top/README.md"
}

# The pages of ours that page $1 refers to, as "name.section".
cross_references()
{
    awk '/^\.Xr (steal|STEAL)/ { print $2 "." $3 }' "$1" | sort -u
}

run_limited()
{
    if command -v timeout >/dev/null 2>&1; then
        timeout 10 "$@"
    else
        "$@"
    fi
}

library=${LIBSTEAL-}
if [ -z "$library" ]; then
    for file in .libs/libsteal.so .libs/libsteal.a; do
        [ -f "$file" ] && library=$file && break
    done
fi

case $library in
none)
    library=
    ;;
*.a)
    link="$library ${LIBS-$(pkg-config --libs libuv 2>/dev/null ||
            echo -luv)}"
    ;;
?*)
    directory=$(cd "$(dirname "$library")" && pwd)
    link="$library -Wl,-rpath,$directory"
    link="$link ${LIBS-$(pkg-config --libs libuv 2>/dev/null || echo -luv)}"
    ;;
esac

# 1. Programs.
for page in "$man"/*.[37]; do
    extract_programs "$page"
done

programs=0
for raw in "$work"/*.c; do
    [ -f "$raw" ] || break
    programs=$((programs + 1))
    name=$(basename "$raw" .c)
    source=$work/$name.program.c
    unescape <"$raw" >"$source"

    if [ -z "$library" ]; then
        # shellcheck disable=SC2086
        $cc $cppflags ${CFLAGS-} $warnings -fsyntax-only "$source" ||
            fail "$name does not compile"
        continue
    fi
    # shellcheck disable=SC2086
    if ! $cc $cppflags ${CFLAGS-} $warnings -o "$work/$name" "$source" \
            ${LDFLAGS-} $link -pthread; then
        fail "$name does not compile"
        continue
    fi
    run_limited "$work/$name" >"$work/$name.out" 2>&1
    status=$?
    if [ $status -ne 0 ]; then
        cat "$work/$name.out"
        fail "$name ends with status $status"
    fi
done
[ $programs -gt 0 ] || fail "no program found in $man"

if [ -f "$top/README.md" ]; then
    readme_program >"$work/readme.c"
    # shellcheck disable=SC2086
    $cc $cppflags $warnings -fsyntax-only "$work/readme.c" ||
        fail "the program of the README does not compile"
fi

# 2. Synopses.
for page in "$man"/*.[37]; do
    name=$(basename "$page")
    {
        echo '#include <steal.h>'
        extract_synopsis "$page"
    } >"$work/$name.synopsis.c"
    # shellcheck disable=SC2086
    $cc $cppflags $warnings -fsyntax-only \
        "$work/$name.synopsis.c" ||
        fail "the synopsis of $name differs from the headers"
done

# 3. A page for each function.
for function in $(exported_functions); do
    for file in "$man/$function.3" "$man/link/$function.3"; do
        [ -f "$file" ] && break
    done
    if [ ! -f "$file" ]; then
        fail "$function has no page"
        continue
    fi
    case $file in
    */link/*) page=$man/$(sed 's,^\.so man[37]/,,' "$file") ;;
    *) page=$file ;;
    esac
    grep -q "^\.Nm $function\( ,\)*\$" "$page" ||
        fail "$page does not name $function"
done

# 4. Links and cross references.
for file in "$man"/link/*.3; do
    name=$(basename "$file" .3)
    grep -qw "$name" "$top"/include/steal/*.h ||
        fail "$file is a link of nothing in the headers"
    [ -f "$man/$(sed 's,^\.so man[37]/,,' "$file")" ] ||
        fail "$file leads nowhere"
done
for page in "$man"/*.[137]; do
    for file in $(cross_references "$page"); do
        [ -f "$man/$file" ] || [ -f "$man/link/$file" ] ||
            fail "$page refers to $file, which is not there"
    done
done

# 5. Lint.
if command -v mandoc >/dev/null 2>&1; then
    mandoc -Tlint -W warning "$man"/*.[137] || fail "mandoc has warnings"
fi

echo "$programs programs, $failures failures"
[ $failures -eq 0 ]
