/*
 * screen.h - the terminal: what is shown, and what keys ask for.
 */
#ifndef TOP_SCREEN_H
#define TOP_SCREEN_H

#include <stdbool.h>

#include "snapshot.h"

struct view {
    enum top_order order;
    bool first;        /* who is first, whoever that is, is selected; else: */
    uint64_t selected; /* the id of a task; 0: it has none */
    size_t place;      /* its row in the table */
    size_t top;        /* the first row that is shown */
    const char *path;
    const char *trouble; /* what is wrong with the connection; NULL: nothing */
};

int screen_open(void);
void screen_close(void);

/* `snapshot` may be empty. */
void screen_draw(struct view *view, struct snapshot *snapshot);

enum screen_wish {
    WISH_NOTHING,
    WISH_DRAW,
    WISH_ASK, /* for a new snapshot */
    WISH_QUIT
};

/* What the keys that were pressed ask for. */
enum screen_wish screen_keys(struct view *view, struct snapshot *snapshot);

#endif
