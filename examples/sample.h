/*
 * sample.h - some files with text, the same each time, in a folder of their own.
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#define SAMPLE_FILES 5

struct sample {
    char folder[128];
    char path[SAMPLE_FILES][160];
};

/* Returns 0 or a negative errno code; after that, too, it is to be removed. */
int sample_make(struct sample *sample);
void sample_remove(struct sample *sample);

#endif
