#include "screen.h"

#include <curses.h>
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

/* The rows at the bottom: what the selected task awaits, and the line of the keys. */
#define CHAIN_ROWS 8

/* The columns that a bar has. */
#define BAR 20

enum {
    COLOR_STUCK = 1,
    COLOR_BAR,
    COLOR_HEAD
};

int
screen_open(void)
{
    setlocale(LC_ALL, "");
    if (!newterm(NULL, stdout, stdin))
        return -ENOTTY;
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(25);
    curs_set(0);
    if (has_colors()) {
        start_color();
        use_default_colors();
        init_pair(COLOR_STUCK, COLOR_RED, -1);
        init_pair(COLOR_BAR, COLOR_GREEN, -1);
        init_pair(COLOR_HEAD, COLOR_CYAN, -1);
    }
    return 0;
}

void
screen_close(void)
{
    endwin();
}

/*
 * Rows.  What does not fit is cut off.
 */

static void
put_row(int row, attr_t attributes, const char *text)
{
    move(row, 0);
    clrtoeol();
    attrset(attributes);
    addnstr(text, COLS);
    if (attributes & A_REVERSE && getcurx(stdscr) > 0 && getcury(stdscr) == row)
        hline(' ' | A_REVERSE, COLS - getcurx(stdscr));
    attrset(A_NORMAL);
}

static int
draw_head(const struct snapshot *s, const struct view *view)
{
    char line[512];
    char age[TIME_ROOM];

    snprintf(line, sizeof line,
            "%s (process %" PRIu64 ")  up %s  %" PRIu64
            " tasks  %zu stuck  %.0f polls/s%s",
            s->name ? s->name : view->path, s->process, top_time(age, s->age),
            s->live, s->nstuck, s->polls, s->stopping ? "  stopping" : "");
    put_row(0, A_BOLD | (attr_t)COLOR_PAIR(COLOR_HEAD), line);
    snprintf(line, sizeof line,
            "injector %" PRIu64 "  timers %" PRIu64 "  descriptors %" PRIu64
            "  blocking threads %" PRIu64 ", busy %" PRIu64 ", queued %" PRIu64,
            s->injector, s->timers, s->descriptors, s->blocking_threads,
            s->blocking_busy, s->blocking_queued);
    put_row(1, A_NORMAL, line);
    return 2;
}

static void
draw_worker(int row, const struct top_worker *w)
{
    int filled = (int)(w->share * BAR + 0.5);
    char line[256];

    snprintf(line, sizeof line, "%6.1f %%  %4" PRIu64 " queued  %s %s",
            100 * w->share, w->queued, w->state, w->polling);
    move(row, 0);
    clrtoeol();
    if (w->relief)
        addnstr("relief [", COLS);
    else
        printw("%6" PRIu64 " [", w->number);
    attrset(COLOR_PAIR(COLOR_BAR));
    for (int i = 0; i < BAR; i++)
        addch(i < filled ? '|' : ' ');
    attrset(A_NORMAL);
    addch(']');
    if (COLS > getcurx(stdscr))
        addnstr(line, COLS - getcurx(stdscr));
}

/* No more than a third of the rows; the relief if it was ever there. */
static int
draw_workers(const struct snapshot *s, int row)
{
    int most = row + LINES / 3;

    for (size_t i = 0; i < s->n_workers; i++) {
        const struct top_worker *w = &s->workers[i];

        if (w->relief && !w->polls)
            continue;
        if (row == most && i + 2 < s->n_workers) {
            put_row(row++, A_DIM, "       ... and more workers");
            break;
        }
        draw_worker(row++, w);
    }
    return row;
}

static void
put_task(int row, const struct snapshot *s, const struct top_task *task,
        bool is_selected)
{
    char running[TIME_ROOM];
    char longest[TIME_ROOM];
    char idle[TIME_ROOM];
    char age[TIME_ROOM];
    char waits[256] = "";
    char line[768];
    attr_t attributes = is_selected ? A_REVERSE : A_NORMAL;

    if (task->running)
        snprintf(waits, sizeof waits, "on worker %d for %s", task->worker,
                top_time(running, task->running));
    else if (task->nawaits)
        top_await_text(top_last_await(s, task), waits, sizeof waits);
    snprintf(line, sizeof line,
            "%c%8" PRIu64 " %-9s %5.1f %9" PRIu64 " %7s %7s %7s %-20.20s %s",
            task->stuck ? '!' : ' ', task->id, task->state, 100 * task->share,
            task->polls, task->timed ? top_time(longest, task->longest) : "-",
            task->idle >= 0 ? top_time(idle, (uint64_t)task->idle) : "-",
            task->timed ? top_time(age, task->age) : "-", task->name, waits);
    if (task->stuck)
        attributes |= A_BOLD | (attr_t)COLOR_PAIR(COLOR_STUCK);
    put_row(row, attributes, line);
}

static bool
find_again(struct view *view, const struct snapshot *s)
{
    for (size_t i = 0; i < s->ntasks; i++) {
        if (s->tasks[i].id == view->selected) {
            view->place = i;
            return true;
        }
    }
    return false;
}

/* The task that was selected, wherever it is now; if it is gone, or has no id, who is
 * in its place. */
static void
find_selected(struct view *view, const struct snapshot *s)
{
    if (view->first)
        view->place = 0;
    else if (view->selected && find_again(view, s))
        return;
    if (view->place >= s->ntasks)
        view->place = s->ntasks ? s->ntasks - 1 : 0;
    view->selected = s->ntasks ? s->tasks[view->place].id : 0;
}

static void
draw_tasks(struct view *view, const struct snapshot *s, int row, int end)
{
    size_t rows;

    put_row(row++, A_REVERSE,
            "       ID STATE     CPU %     POLLS LONGEST    IDLE     AGE "
            "NAME                 WAITS FOR");
    rows = end > row ? (size_t)(end - row) : 0;
    if (view->place < view->top)
        view->top = view->place;
    if (rows && view->place >= view->top + rows)
        view->top = view->place - rows + 1;
    for (size_t i = view->top; row < end; i++, row++) {
        if (i < s->ntasks)
            put_task(row, s, &s->tasks[i], i == view->place);
        else
            put_row(row, A_NORMAL, "");
    }
}

static void
draw_chain(const struct view *view, const struct snapshot *s, int row, int end)
{
    const struct top_task *task = s->ntasks ? &s->tasks[view->place] : NULL;
    char line[512];

    snprintf(line, sizeof line, "task %" PRIu64 ", %s, awaits",
            task ? task->id : 0, task ? task->name : "none");
    if (row < end)
        put_row(row++, A_BOLD, line);
    for (size_t i = 0; row < end; i++, row++) {
        put_row(row, A_NORMAL, "");
        if (task && i < task->nawaits) {
            const struct top_await *await = &s->awaits[task->first + i];

            top_await_text(await, line, sizeof line);
            mvprintw(row, 0, "%*s", (int)await->depth + 2, "");
            if (COLS > getcurx(stdscr))
                addnstr(line, COLS - getcurx(stdscr));
        }
    }
}

void
screen_draw(struct view *view, struct snapshot *s)
{
    static const char keys[] = "q quit  c hottest  a oldest  l longest poll  "
                               "i idle  n number  arrows select";
    int end = LINES - 1;
    int chain = LINES >= 3 * CHAIN_ROWS ? CHAIN_ROWS : LINES / 3;
    char line[512];
    int row;

    snapshot_sort(s, view->order);
    find_selected(view, s);
    erase();
    row = draw_head(s, view);
    row = draw_workers(s, row);
    draw_tasks(view, s, row, end - chain);
    draw_chain(view, s, end - chain, end);
    if (view->trouble)
        snprintf(line, sizeof line, "%s: %s", view->trouble, view->path);
    else
        snprintf(line, sizeof line, "%s first | %s",
                top_order_name(view->order), keys);
    put_row(end, view->trouble ? A_BOLD : A_DIM, line);
    refresh();
}

/*
 * Keys
 */

static void
select_task(struct view *view, struct snapshot *s, long by)
{
    long place = (long)view->place + by;

    if (!s->ntasks)
        return;
    if (place < 0)
        place = 0;
    if (place >= (long)s->ntasks)
        place = (long)s->ntasks - 1;
    view->first = false;
    view->place = (size_t)place;
    view->selected = s->tasks[place].id;
}

static enum screen_wish
sort_by(struct view *view, struct snapshot *s, enum top_order order)
{
    snapshot_sort(s, order); /* the next key may be one that selects */
    view->order = order;
    view->first = true;
    view->place = 0;
    return WISH_DRAW;
}

static enum screen_wish
move_by(struct view *view, struct snapshot *s, long by)
{
    select_task(view, s, by);
    return WISH_DRAW;
}

static enum screen_wish
obey(struct view *view, struct snapshot *s, int key)
{
    long page = LINES / 2;

    switch (key) {
    case 'q':
    case 'Q':
        return WISH_QUIT;
    case 'c':
        return sort_by(view, s, ORDER_SHARE);
    case 'a':
        return sort_by(view, s, ORDER_AGE);
    case 'l':
        return sort_by(view, s, ORDER_LONGEST);
    case 'i':
        return sort_by(view, s, ORDER_IDLE);
    case 'n':
        return sort_by(view, s, ORDER_ID);
    case KEY_UP:
    case 'k':
        return move_by(view, s, -1);
    case KEY_DOWN:
    case 'j':
        return move_by(view, s, 1);
    case KEY_PPAGE:
        return move_by(view, s, -page);
    case KEY_NPAGE:
        return move_by(view, s, page);
    case KEY_HOME:
        return move_by(view, s, -(long)s->ntasks);
    case KEY_END:
        return move_by(view, s, (long)s->ntasks);
    case ' ':
        return WISH_ASK;
    case KEY_RESIZE:
        return WISH_DRAW;
    default:
        return WISH_NOTHING;
    }
}

enum screen_wish
screen_keys(struct view *view, struct snapshot *s)
{
    enum screen_wish all = WISH_NOTHING;
    int key;

    while ((key = getch()) != ERR) {
        enum screen_wish wish = obey(view, s, key);

        if (wish > all)
            all = wish;
    }
    return all;
}
