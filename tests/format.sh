#!/bin/sh
# format.sh - the C files have the form that .clang-format describes.
#
# Not part of make check: other versions of clang-format think otherwise.
set -u

cd "$(dirname "$0")/.." || exit 99
formatter=${CLANG_FORMAT:-clang-format-14}
command -v "$formatter" >/dev/null || exit 77
find include src tests perf tools examples -name '*.[ch]' \
    -exec "$formatter" --dry-run -Werror {} +
