#include "trace.h"

#include <inttypes.h>

const char *
track_title(const struct trace *trace, uint32_t track, char *text)
{
    if (track < trace->info.workers)
        snprintf(text, 32, "worker %" PRIu32, track);
    else if (track == trace->info.workers)
        snprintf(text, 32, "relief");
    else
        snprintf(text, 32, "other threads");
    return text;
}

const char *
name_of(const struct trace *trace, uint32_t number)
{
    return number ? trace->names[number - 1] : "?";
}

const char *
outcome_text(uint64_t outcome)
{
    switch (outcome) {
    case TRACE_READY:
        return "ready";
    case TRACE_PARKED:
        return "parked";
    case TRACE_AGAIN:
        return "again";
    case OUTCOME_OPEN:
        return "not ended";
    default:
        return "unknown";
    }
}

uint64_t
track_start(const struct trace *trace, uint32_t track)
{
    if (!trace->tracks[track].lost)
        return trace->start;
    return trace->tracks[track].n ? trace->tracks[track].events[0].time
                                  : trace->end;
}

/* How many bytes the character has that is first in `s`; 0 if it is not UTF-8. */
static unsigned
character_size(const unsigned char *s)
{
    unsigned size = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

    if ((s[0] >= 0x80 && s[0] < 0xc2) || s[0] > 0xf4)
        return 0;
    for (unsigned i = 1; i < size; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
            (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return size;
}

/* The next character, or "?" for a byte that is none; moves on. */
static void
put_character(const char **text, FILE *out)
{
    unsigned size = character_size((const unsigned char *)*text);

    if (size)
        fwrite(*text, size, 1, out);
    else
        fputc('?', out);
    *text += size ? size : 1;
}

void
put_json_text(const char *text, FILE *out)
{
    while (*text) {
        if (*text == '"' || *text == '\\')
            fprintf(out, "\\%c", *text++);
        else if ((unsigned char)*text < 0x20)
            fprintf(out, "\\u%04x", (unsigned)*text++);
        else
            put_character(&text, out);
    }
}

/* Of control characters XML has only a few. */
void
put_xml_text(const char *text, FILE *out)
{
    while (*text) {
        if (*text == '<' || *text == '>' || *text == '&' || *text == '"')
            fprintf(out, "&#%d;", *text++);
        else if ((unsigned char)*text < 0x20)
            fputc('?', out), text++;
        else
            put_character(&text, out);
    }
}
