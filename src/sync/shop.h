// SPDX-License-Identifier: Apache-2.0
//
// Shops, their typed settings and sealed credentials. Settings come from the connector's
// declaration plus the few that every shop has (shop_common_settings). Secrets go to table
// `credential`, sealed under the master key; plain settings to `shop_setting`; every change to
// `setting_history` (secrets as "changed", never their value).
#ifndef JUCHU_SYNC_SHOP_H
#define JUCHU_SYNC_SHOP_H

#include "base/crypto.h"
#include "db/db.h"
#include "mall/mall.h"
#include "order/context.h"

struct shop {
    row_id id;
    const struct mall *mall;
    struct str name, base_url;
    bool enabled;
    time_ms connected_at;
    int position;
};

// Settings of every shop, beside the connector's: auto_fetch, fetch_interval_minutes (5 … 1440,
// 15), fetch_days (how far back the first automatic fetch reaches, 1 … 60, 7), auto_push.
const struct mall_setting *shop_common_settings(size_t *count);
// The declaration of a setting of this mall or of every shop; NULL if unknown.
const struct mall_setting *shop_setting_declared(const struct mall *mall, struct str key);

// Creates a shop with its settings (checked and normalised; ERROR_BAD_INPUT names the setting).
// `key` may be NULL only when no secret is among the values (web role).
bool shop_create(struct db_conn *conn, const struct order_context *context,
                 const struct crypto_key *key, const struct mall *mall, struct str name,
                 struct str base_url, const struct setting_value *values, size_t count,
                 row_id *shop_id, struct error *error);
// As shop_create, for a form that is filled in step by step: the shop is off and may lack settings
// until shop_complete() finds nothing missing.
bool shop_create_disabled(struct db_conn *conn, const struct order_context *context,
                          const struct crypto_key *key, const struct mall *mall, struct str name,
                          const struct setting_value *values, size_t count, row_id *shop_id,
                          struct error *error);
// ERROR_BAD_INPUT naming what is missing or doesn't fit together. With `key` NULL secrets are
// not looked at.
bool shop_complete(struct db_conn *conn, row_id org_id, row_id shop_id,
                   const struct crypto_key *key, struct error *error);
// Changes some settings of a shop; while it is off they may be incomplete. A new credential ends
// the shop's block (shop_state.blocked_until), and a wider 取得ステータス marks the listings that
// it now takes as wanted; *wanted says how many.
bool shop_set(struct db_conn *conn, const struct order_context *context,
              const struct crypto_key *key, row_id shop_id, const struct setting_value *values,
              size_t count, int64_t *wanted, struct error *error);
bool shop_enable(struct db_conn *conn, const struct order_context *context, row_id shop_id,
                 bool enabled, struct error *error);
bool shop_rename(struct db_conn *conn, const struct order_context *context, row_id shop_id,
                 struct str name, struct error *error);
bool shop_list(struct db_conn *conn, row_id org_id, struct arena *arena, struct shop **list,
               size_t *count, struct error *error);
bool shop_read(struct db_conn *conn, row_id org_id, row_id shop_id, struct arena *arena,
               struct shop *shop, struct error *error);
// By name or id. ERROR_NOT_FOUND lists the names there are.
bool shop_find(struct db_conn *conn, row_id org_id, struct str name_or_id, struct arena *arena,
               struct shop *shop, struct error *error);
// Settings as stored, secrets as "••••" + last four; for screens and the command line.
bool shop_settings(struct db_conn *conn, row_id org_id, const struct shop *shop,
                   struct arena *arena, struct setting_value **values, size_t *count,
                   struct error *error);
// Everything an operation needs, secrets opened. Keep it as short as possible.
bool shop_account(struct db_conn *conn, row_id org_id, const struct shop *shop,
                  const struct crypto_key *key, struct arena *arena, struct mall_account *account,
                  struct error *error);
// A value that a connector learned (access token, expiry date of a credential).
bool shop_learned(struct db_conn *conn, const struct order_context *context,
                  const struct crypto_key *key, const struct shop *shop, const char *setting_key,
                  struct str value, const char *credential_kind, time_ms expires_at,
                  const char *known_by, struct error *error);

// Whether the key is the one that the stored credentials were sealed with (tried on one of them;
// true while there are none). ERROR_AUTH_INVALID "credential.wrong_key".
bool credentials_fit_key(struct db_conn *conn, const struct crypto_key *key, struct error *error);

struct credential_state {
    row_id shop_id;
    struct str kind, last_four, known_by, last_error_code;
    time_ms granted_at, expires_at, last_ok_at, last_error_at;
};
// Kept credentials of a shop (0 = of all), soonest end first.
bool credentials_list(struct db_conn *conn, row_id org_id, row_id shop_id, struct arena *arena,
                      struct credential_state **list, size_t *count, struct error *error);

#endif
