// SPDX-License-Identifier: Apache-2.0
//
// Handlers that stand in the route table (routes.c); each answers one operation of
// docs/openapi.yaml, where it is described.
#ifndef JUCHU_API_HANDLERS_H
#define JUCHU_API_HANDLERS_H

#include "api/internal.h"

void handle_login(struct request *r);
void handle_session(struct request *r);
void handle_logout(struct request *r);
void handle_events(struct request *r);

#endif
