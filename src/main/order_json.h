// SPDX-License-Identifier: Apache-2.0
//
// Orders as JSON on the command line: the same names as database and API.
#ifndef JUCHU_MAIN_ORDER_JSON_H
#define JUCHU_MAIN_ORDER_JSON_H

#include "main/app.h"
#include "base/json.h"
#include "order/obligation.h"

// "2026-11-23" / "today" / "today+2" / RFC 3339 → instant (JST midnight for a day). `end` moves a
// day to its end.
bool parse_time(const struct app *app, const char *text, bool end, time_ms *t, struct error *error);
bool parse_day(const struct app *app, const char *text, day *d, struct error *error);
// A work status by name (ja or en), role or id. ERROR_NOT_FOUND lists them.
bool find_work_status(struct app *app, struct db_conn *conn, const char *name,
                      struct work_status *status, struct error *error);

#endif
