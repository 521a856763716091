#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "load.h"

_Noreturn static void
usage(void)
{
    fputs("usage: load [options] port | path\n"
          "  -m mode         echo, http or churn (default echo)\n"
          "  -c connections  default 50\n"
          "  -i connections  idle ones besides\n"
          "  -d depth        messages in flight a connection, default 1\n"
          "  -b bytes        of a message, at least 8, default 64\n"
          "  -s seconds      measured, default 5\n"
          "  -W seconds      before that, default 1\n"
          "  -t threads      default 1\n"
          "  -P pid          of the server\n"
          "  -l label        the first four fields of the rows\n"
          "  -V              compare every byte\n"
          "  -v              tell on stderr what the load itself takes\n",
            stderr);
    exit(2);
}

static unsigned
count(const char *text, unsigned long least, unsigned long most)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (end == text || *end || n < least || n > most)
        usage();
    return (unsigned)n;
}

static double
seconds(const char *text)
{
    char *end;
    double n = strtod(text, &end);

    if (end == text || *end || !(n >= 0 && n <= 86400))
        usage();
    return n;
}

static void
set_mode(struct plan *plan, const char *mode)
{
    plan->http = strcmp(mode, "http") == 0;
    plan->churn = strcmp(mode, "churn") == 0;
    if (!plan->http && !plan->churn && strcmp(mode, "echo") != 0)
        usage();
}

/* A path has a slash in it, a port has none. */
static void
set_address(struct plan *plan, const char *text)
{
    struct sockaddr_un *local = (struct sockaddr_un *)&plan->address;
    struct sockaddr_in *ip4 = (struct sockaddr_in *)&plan->address;

    if (strchr(text, '/')) {
        if (strlen(text) >= sizeof local->sun_path)
            fail(text, -ENAMETOOLONG);
        local->sun_family = AF_UNIX;
        strcpy(local->sun_path, text);
        plan->address_size = sizeof *local;
    } else {
        ip4->sin_family = AF_INET;
        ip4->sin_port = htons((uint16_t)count(text, 1, 65535));
        ip4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        plan->address_size = sizeof *ip4;
    }
}

static void
set_option(struct plan *plan, int option, const char *value)
{
    switch (option) {
    case 'm':
        set_mode(plan, value);
        break;
    case 'c':
        plan->connections = count(value, 1, 1000000);
        break;
    case 'i':
        plan->idle = count(value, 0, 1000000);
        break;
    case 'd':
        plan->depth = count(value, 1, 65536);
        break;
    case 'b':
        plan->size = count(value, 8, 1 << 24);
        break;
    case 's':
        plan->seconds = seconds(value);
        break;
    case 'W':
        plan->warmup = seconds(value);
        break;
    case 't':
        plan->threads = count(value, 1, 1024);
        break;
    case 'P':
        plan->server = (pid_t)count(value, 1, 1 << 30);
        break;
    case 'l':
        plan->label = value;
        break;
    case 'V':
        plan->all = true;
        break;
    case 'v':
        plan->tell = true;
        break;
    default:
        usage();
    }
}

struct plan
plan_parse(int argc, char **argv)
{
    struct plan plan = { .connections = 50,
        .depth = 1,
        .size = 64,
        .threads = 1,
        .warmup = 1,
        .seconds = 5,
        .label = "-\t-\t-\t-" };
    int option;

    while ((option = getopt(argc, argv, "m:c:i:d:b:s:W:t:P:l:Vv")) != -1)
        set_option(&plan, option, optarg);
    if (optind != argc - 1 || (plan.churn && plan.depth > 1))
        usage();
    if (plan.threads > plan.connections)
        plan.threads = plan.connections;
    set_address(&plan, argv[optind]);
    return plan;
}
