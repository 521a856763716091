#include "feed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char question[] = "snapshot\n";
static const char last_line[] = "\nend\n";

int
feed_open(struct feed *feed, const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int error;

    if (strlen(path) >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    feed->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (feed->socket < 0)
        return -errno;
    if (connect(feed->socket, (struct sockaddr *)&address, sizeof address) == 0)
        return 0;
    error = -errno;
    feed_close(feed);
    return error;
}

void
feed_close(struct feed *feed)
{
    if (feed->socket >= 0)
        close(feed->socket);
    free(feed->text);
    *feed = (struct feed)FEED_INIT;
}

int
feed_ask(struct feed *feed)
{
    ssize_t n = send(feed->socket, question, strlen(question), MSG_NOSIGNAL);

    return n < 0 ? -errno : 0;
}

static int
make_room(struct feed *feed)
{
    size_t room = feed->room ? 2 * feed->room : 65536;
    char *text;

    if (feed->room - feed->used > 4096)
        return 0;
    text = realloc(feed->text, room);
    if (!text)
        return -ENOMEM;
    feed->text = text;
    feed->room = room;
    return 0;
}

int
feed_take(struct feed *feed, char **text)
{
    size_t n = strlen(last_line);
    int error = make_room(feed);
    ssize_t got;

    if (error)
        return error;
    got = recv(feed->socket, feed->text + feed->used,
            feed->room - feed->used - 1, MSG_DONTWAIT);
    if (got == 0)
        return -ECONNRESET;
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    feed->used += (size_t)got;
    if (feed->used < n ||
            memcmp(feed->text + feed->used - n, last_line, n) != 0)
        return 0;
    feed->text[feed->used] = '\0';
    *text = feed->text;
    feed->text = NULL;
    feed->used = feed->room = 0;
    return 1;
}
