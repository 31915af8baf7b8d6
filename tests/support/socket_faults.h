// SPDX-License-Identifier: Apache-2.0
//
// Lets the N-th connect, send or recv of the calling thread on a TCP connection fail, as a network
// does on a bad day. A program that links this has its own connect(), send() and recv(), which
// libcurl calls too; other threads (the malls' servers) and unix sockets (PostgreSQL) go through.
#ifndef JUCHU_TESTS_SUPPORT_SOCKET_FAULTS_H
#define JUCHU_TESTS_SUPPORT_SOCKET_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

// From now on the n-th operation of this thread fails: connect as refused, the others as reset;
// with `acts` after having been carried out (what was sent has arrived, what came is lost). 0
// switches it off. Returns how many operations there were since the last call.
uint64_t socket_faults_at(uint64_t n, bool acts);

#endif
