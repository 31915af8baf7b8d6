// SPDX-License-Identifier: Apache-2.0
//
// connect(), send() and recv() in front of the C library's. Everything is the calling thread's own.
#include "support/socket_faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

static _Thread_local bool counting, fault_acts;
static _Thread_local uint64_t made, fail_at;

uint64_t socket_faults_at(uint64_t n, bool acts)
{
    uint64_t count = made;
    counting = true;
    made = 0;
    fail_at = n;
    fault_acts = acts;
    return count;
}

// The next function of that name; a pointer to an object must not be cast to one to a function.
static void find(const char *name, void *function, size_t size)
{
    void *symbol = dlsym(RTLD_NEXT, name);
    if (!symbol)
        abort();
    memcpy(function, &symbol, size);
}

static bool is_tcp(int fd)
{
    int domain = 0;
    socklen_t size = sizeof domain;
    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
           (domain == AF_INET || domain == AF_INET6);
}

static bool strikes(int fd)
{
    return counting && is_tcp(fd) && ++made == fail_at;
}

static int reset(int fd, int code)
{
    (void)shutdown(fd, SHUT_RDWR);
    errno = code;
    return -1;
}

int connect(int fd, const struct sockaddr *address, socklen_t size)
{
    int (*next)(int, const struct sockaddr *, socklen_t);
    find("connect", &next, sizeof next);
    if (strikes(fd)) {
        errno = ECONNREFUSED;
        return -1;
    }
    return next(fd, address, size);
}

ssize_t send(int fd, const void *bytes, size_t n, int flags)
{
    ssize_t (*next)(int, const void *, size_t, int);
    find("send", &next, sizeof next);
    if (!strikes(fd))
        return next(fd, bytes, n, flags);
    if (fault_acts)
        (void)next(fd, bytes, n, flags);
    return reset(fd, ECONNRESET);
}

ssize_t recv(int fd, void *bytes, size_t n, int flags)
{
    ssize_t (*next)(int, void *, size_t, int);
    find("recv", &next, sizeof next);
    // A look that finds nothing yet is no operation.
    ssize_t got = next(fd, bytes, n, flags);
    if (got < 0 || !strikes(fd))
        return got;
    return reset(fd, ECONNRESET);
}
