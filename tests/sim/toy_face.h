// SPDX-License-Identifier: Apache-2.0
//
// A mall small enough to see through, for tests of the sim's core. It takes Rakuten's place:
//   GET  /list            "number status" lines of listed orders
//   GET  /read/{number}   one order as JSON with Japanese text
//   POST /ship            body = order number: effect "ship" each time
// Orders move new → ready one hour after placing, by event; "count" jobs run every night at 00:05.
#ifndef JUCHU_TESTS_SIM_TOY_FACE_H
#define JUCHU_TESTS_SIM_TOY_FACE_H

#include "sim/face.h"

extern const struct sim_face toy_face;
// { &toy_face, NULL }
extern const struct sim_face *const toy_faces[];
// Nights that the toy's nightly job has seen.
int64_t toy_nights(struct sim *sim);

#endif
