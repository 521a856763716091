/*
 * probes.c - the semaphores, side by side, so that one look tells whether any of
 * them is up.  That takes an assembler: in C each would lie anywhere.
 */
#include "probes.h"

#ifdef HAVE_SDT

# define PROBE_LABEL(name)                 \
  ".globl libsteal_" #name "_semaphore\n"  \
  ".hidden libsteal_" #name "_semaphore\n" \
  "libsteal_" #name "_semaphore: .2byte 0\n"

/* .probes is where tracers look for them. */
__asm__(".pushsection .probes, \"aw\", %progbits\n"
        ".balign 8\n"
        ".globl steal__probe_words\n"
        ".hidden steal__probe_words\n"
        "steal__probe_words:\n" PROBE_LIST(PROBE_LABEL) ".balign 8\n"
                                                        ".popsection\n");

#endif
