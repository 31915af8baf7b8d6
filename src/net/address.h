// SPDX-License-Identifier: Apache-2.0
//
// Network addresses as values.
#ifndef JUCHU_NET_ADDRESS_H
#define JUCHU_NET_ADDRESS_H

#include "base/arena.h"

// The address in its usual spelling (IPv4 or IPv6, without port, zone or brackets); STR_ABSENT for
// anything else.
struct str address_normalise(struct arena *arena, struct str text);
// True unless the address is of a private network, of this machine, a link or a multicast one:
// only then is it what the other side sees.
bool address_is_public(struct str address);
// The address that this machine uses towards the outside (IPv4, or IPv6 with `v6`), asked of the
// routing table; nothing is sent. STR_ABSENT without a route.
struct str address_of_route(struct arena *arena, bool v6);

#endif
