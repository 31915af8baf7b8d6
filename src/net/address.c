// SPDX-License-Identifier: Apache-2.0
//
// Addresses: spelling, whether the outside can see them, which one a route uses. No state.
#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TEXT_MAX INET6_ADDRSTRLEN

static bool parse(struct str text, struct in_addr *v4, struct in6_addr *v6, bool *is_v6)
{
    char copy[TEXT_MAX];
    if (text.n == 0 || text.n >= sizeof copy)
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    *is_v6 = inet_pton(AF_INET6, copy, v6) == 1;
    return *is_v6 || inet_pton(AF_INET, copy, v4) == 1;
}

struct str address_normalise(struct arena *arena, struct str text)
{
    struct in_addr v4;
    struct in6_addr v6;
    bool is_v6;
    char out[TEXT_MAX];
    if (!parse(text, &v4, &v6, &is_v6))
        return STR_ABSENT;
    if (!inet_ntop(is_v6 ? AF_INET6 : AF_INET, is_v6 ? (const void *)&v6 : (const void *)&v4, out,
                   sizeof out))
        return STR_ABSENT;
    return str_dup(arena, str_from(out));
}

static bool v4_is_public(struct in_addr address)
{
    static const struct {
        uint32_t network, mask;
    } closed[] = {
        {0x00000000, 0xff000000}, {0x0a000000, 0xff000000}, {0x64400000, 0xffc00000},
        {0x7f000000, 0xff000000}, {0xa9fe0000, 0xffff0000}, {0xac100000, 0xfff00000},
        {0xc0000200, 0xffffff00}, {0xc0a80000, 0xffff0000}, {0xc6120000, 0xfffe0000},
        {0xc6336400, 0xffffff00}, {0xcb007100, 0xffffff00}, {0xe0000000, 0xe0000000},
    };
    uint32_t number = ntohl(address.s_addr);
    for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++)
        if ((number & closed[i].mask) == closed[i].network)
            return false;
    return true;
}

bool address_is_public(struct str text)
{
    struct in_addr v4;
    struct in6_addr v6;
    bool is_v6;
    if (!parse(text, &v4, &v6, &is_v6))
        return false;
    // Of IPv6 only 2000::/3 is routed; 2001:db8::/32 is for books.
    if (is_v6)
        return (v6.s6_addr[0] & 0xe0) == 0x20 && memcmp(v6.s6_addr, "\x20\x01\x0d\xb8", 4) != 0;
    return v4_is_public(v4);
}

static bool connect_nowhere(int s, bool v6)
{
    // Connecting a datagram socket only chooses a route.
    struct sockaddr_in to4 = {.sin_family = AF_INET, .sin_port = htons(443)};
    struct sockaddr_in6 to6 = {.sin6_family = AF_INET6, .sin6_port = htons(443)};
    if (v6)
        return inet_pton(AF_INET6, "2001:4860::1", &to6.sin6_addr) == 1 &&
               connect(s, (const struct sockaddr *)&to6, sizeof to6) == 0;
    return inet_pton(AF_INET, "203.0.112.1", &to4.sin_addr) == 1 &&
           connect(s, (const struct sockaddr *)&to4, sizeof to4) == 0;
}

struct str address_of_route(struct arena *arena, bool v6)
{
    struct sockaddr_storage own;
    socklen_t size = sizeof own;
    char out[TEXT_MAX];
    int s = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (s < 0)
        return STR_ABSENT;
    bool known = connect_nowhere(s, v6) && getsockname(s, (struct sockaddr *)&own, &size) == 0;
    close(s);
    if (!known)
        return STR_ABSENT;
    const void *address = v6 ? (const void *)&((const struct sockaddr_in6 *)&own)->sin6_addr
                             : (const void *)&((const struct sockaddr_in *)&own)->sin_addr;
    if (!inet_ntop(v6 ? AF_INET6 : AF_INET, address, out, sizeof out))
        return STR_ABSENT;
    return str_dup(arena, str_from(out));
}
