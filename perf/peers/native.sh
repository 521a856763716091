# shellcheck shell=sh disable=SC2034 # those that read it use what it sets
# native.sh - what build-serial, build-openmp, build-tbb and build-lace share;
# they read it.  CC and CXX name the compilers.

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
self=$(basename "$0")
cc=${CC:-gcc}
cxx=${CXX:-g++}
flags='-O2 -pthread -D_GNU_SOURCE'

skip() {
	echo "$self: $*" >&2
	exit 77
}

# begin OUTDIR COMPILER...: makes the folder, and compiles what all have: the
# frame, and the kernels, with the flags of perf/Makefile.inc.
begin() {
	out=${1:-$here/build}
	shift
	for compiler; do
		command -v "$compiler" >/dev/null || skip "no $compiler (Debian: gcc, g++)"
	done
	work=$out/native-work
	mkdir -p "$work"
	$cc -std=gnu11 -O3 -march=native -c -o "$work/$self-kernels.o" \
		"$here/../kernels/kernels.c"
	# shellcheck disable=SC2086 # a list
	$cc -std=gnu11 $flags -c -o "$work/$self-peer.o" "$here/native/peer.c"
	common="$work/$self-kernels.o $work/$self-peer.o"
}
