/*
 * batch.h - the same as text, for scripts.
 */
#ifndef TOP_BATCH_H
#define TOP_BATCH_H

#include <stdio.h>

#include "snapshot.h"

void batch_print(struct snapshot *snapshot, enum top_order order, FILE *file);

#endif
