// SPDX-License-Identifier: Apache-2.0
//
// Settings of a company beside its shops': 変換設定 (what a mall's values mean here), 紐付け設定
// (which work status is written back to which mall, and as what), the addresses that its requests
// come from. Every change leaves a line in setting_history; before it, a what-if tells which orders
// of the last days it concerns. Database threads; writing functions run inside db_write().
#ifndef JUCHU_SYNC_SETTINGS_H
#define JUCHU_SYNC_SETTINGS_H

#include "order/store.h"
#include "sync/shop.h"

#define WHAT_IF_DAYS 30
#define WHAT_IF_ITEMS 20
// Orders looked at by a what-if; when there are more, `capped` says that count is a lower bound.
#define WHAT_IF_ORDERS_MAX 50000

struct what_if_item {
    row_id order_id; // 0: listed, not imported
    row_id shop_id;
    struct str order_no;
    time_ms ordered_at;       // TIME_NONE unknown
    struct str before, after; // in words of the setting: "skipped" / "wanted", values, "" none
};
struct what_if {
    int64_t count; // orders, listings or notices of the last WHAT_IF_DAYS days that would change
    bool capped;
    struct what_if_item items[WHAT_IF_ITEMS]; // the newest
    size_t item_count;
};

// One line of setting_history; shop_id 0 = a setting of the company.
bool setting_history_add(struct db_conn *conn, const struct order_context *context, row_id shop_id,
                         struct str key, struct str before, struct str after, struct error *error);

// What a person saw before changing it, as one number (an ETag): differs whenever the content does.
enum settings_part { SETTINGS_LINKS, SETTINGS_STATUSES, SETTINGS_SHOP };
// `id`: the shop of SETTINGS_SHOP (name, switch and plain settings; secrets have versions of their
// own), 0 for the others.
bool settings_revision(struct db_conn *conn, row_id org_id, enum settings_part part, row_id id,
                       int64_t *revision, struct error *error);
// ERROR_CONFLICT "setting.changed" unless `seen` (0: whatever it is) is current. Inside db_write().
bool settings_unchanged(struct db_conn *conn, row_id org_id, enum settings_part part, row_id id,
                        int64_t seen, struct error *error);

// --- 変換設定 ---

// The company's own mappings of a mall, for its accounts.
bool mappings_load(struct db_conn *conn, row_id org_id, const struct mall *mall,
                   struct arena *arena, struct mapping_value **values, size_t *count,
                   struct error *error);

struct mapping_row {
    const struct mall *mall;
    enum mapping_kind kind;
    enum mapping_direction direction;
    struct str mall_value;
    struct label mall_label;  // NULL when only the company knows the value
    struct str default_value; // STR_ABSENT without a default; "" = the order itself tells
    struct str own_value;     // STR_ABSENT without a mapping of the company's own
    int64_t version;          // of the own mapping; 0 without one
    time_ms updated_at;
};
// Defaults and own mappings together, the mall's order first. mall NULL = every mall, kind -1 =
// every kind.
bool mapping_list(struct db_conn *conn, row_id org_id, const struct mall *mall, int kind,
                  struct arena *arena, struct mapping_row **list, size_t *count,
                  struct error *error);

// A value of orders of the last WHAT_IF_DAYS days that nothing maps.
struct unmapped_value {
    const struct mall *mall;
    enum mapping_kind kind;
    struct str mall_value;
    struct str words;     // the mall's name for it, where the order tells one
    int64_t orders, open; // how many orders hold it, and how many of them are open
    time_ms last_at;      // newest date of ordering
    struct str proposal;  // what it probably means; "" no idea
};
// Most frequent first.
bool mapping_unmapped(struct db_conn *conn, row_id org_id, const struct mall *mall, time_ms now,
                      struct arena *arena, struct unmapped_value **list, size_t *count,
                      struct error *error);

struct mapping_change {
    const struct mall *mall;
    enum mapping_kind kind;
    enum mapping_direction direction;
    struct str mall_value;
    struct str our_value; // STR_ABSENT: back to the default
    int64_t version;      // that the person saw (0: there was none); -1 whatever it is
};
// ERROR_BAD_INPUT when value or kind can't be mapped so ("mapping.value_unknown" names ours).
bool mapping_check(const struct mapping_change *change, struct error *error);
// Open and closed orders that hold the value and would be read differently.
bool mapping_what_if(struct db_conn *conn, row_id org_id, const struct mapping_change *change,
                     time_ms now, struct arena *arena, struct what_if *result, struct error *error);
// Stores or removes the mapping, asks for affected open orders to be read again (*rereading: how
// many; those beyond MAPPING_REREAD_MAX per shop come with the round of open orders) and lets
// notices go on that lacked a carrier. ERROR_CONFLICT "mapping.changed" when somebody was faster.
#define MAPPING_REREAD_MAX 500
bool mapping_set(struct db_conn *conn, const struct order_context *context,
                 const struct mapping_change *change, int64_t *rereading, struct error *error);

// --- 紐付け設定 ---

struct status_link {
    const struct mall *mall;
    row_id work_status;
    struct str name, role;
    bool enabled, enabled_by_default;
    struct str target; // value of mall.ship_targets; "" the mall's usual one
    bool own;          // set by the company
    time_ms updated_at;
    int64_t waiting; // notices that wait because this link is off
};
// Every mall with every work status that isn't archived. mall NULL = all.
bool status_link_list(struct db_conn *conn, row_id org_id, const struct mall *mall,
                      struct arena *arena, struct status_link **list, size_t *count,
                      struct error *error);
// The link of one status; for an unknown status enabled is false and role "".
bool status_link_read(struct db_conn *conn, row_id org_id, const struct mall *mall,
                      row_id work_status, struct arena *arena, struct status_link *link,
                      struct error *error);
struct link_change {
    const struct mall *mall;
    row_id work_status;
    bool enabled;
    struct str target; // STR_ABSENT or "": the mall's usual one
    bool reset;        // back to the default; the rest doesn't count
};
// Shipment notices of the last WHAT_IF_DAYS days, of orders that are in that status now, that would
// go out or be held back.
bool status_link_what_if(struct db_conn *conn, row_id org_id, const struct link_change *changes,
                         size_t count, time_ms now, struct arena *arena, struct what_if *result,
                         struct error *error);
// ERROR_BAD_INPUT "link.status_unknown", "link.target_unknown". What the links held back is looked
// at again at once; *released says how many notices.
bool status_link_set(struct db_conn *conn, const struct order_context *context,
                     const struct link_change *changes, size_t count, int64_t *released,
                     struct error *error);

// --- 取得設定 ---

struct status_count_30 {
    struct str choice; // "" unknown
    int64_t count;     // orders listed in the last WHAT_IF_DAYS days that counted as it last
};
// What other settings of a shop would take or leave out of the orders listed lately: `values` as
// for shop_set (unset ones stay). `counts` (may be NULL) gets the listings per status choice.
bool shop_filter_what_if(struct db_conn *conn, row_id org_id, const struct shop *shop,
                         const struct setting_value *values, size_t value_count, time_ms now,
                         struct arena *arena, struct what_if *result,
                         struct status_count_30 **counts, size_t *count_count, struct error *error);

// --- where requests come from ---

#define OUTGOING_ADDRESSES_MAX 16
struct outgoing_address {
    struct str address;
    const char *known_by; // "setting", "interface" (this machine's own public address)
};
// The addresses that malls see, for a shop's owner to register there: what the installation's owner
// has entered, else what this machine can know. Count 0: unknown (behind a router).
bool outgoing_addresses(struct db_conn *conn, row_id org_id, struct arena *arena,
                        struct outgoing_address **list, size_t *count, int64_t *version,
                        struct error *error);
// ERROR_BAD_INPUT "setting.address" for what is no address; ERROR_CONFLICT "setting.changed" unless
// `version` (-1: whatever) is current. Count 0 forgets them.
bool outgoing_addresses_set(struct db_conn *conn, const struct order_context *context,
                            const struct str *addresses, size_t count, int64_t version,
                            struct error *error);

#endif
