// SPDX-License-Identifier: Apache-2.0
//
// What the files of MakeShop's face share (facts: makeshop.md). One shop seen through two doors:
// the old order API (XML over GET, §2) and the GraphQL API (§3). The face keeps of each order what
// MakeShop keeps: provisional, normal or cancelled, paid or not, and of each destination its
// delivery state with carrier and number.
#ifndef JUCHU_SIM_MAKESHOP_H
#define JUCHU_SIM_MAKESHOP_H

#include "sim/face.h"

#define MS_LEGACY_ROWS 100
#define MS_PAGE_ROWS 1000

enum ms_status { MS_CANCELLED = 0, MS_NORMAL = 1, MS_PROVISIONAL = 99 };
// The numbers of cmd=deliver (§2.2); 0 is 未指示.
enum ms_delivery { MS_NOT_YET = 0, MS_INSTRUCTED = 1, MS_PREPARING = 2, MS_DONE = 3, MS_BACK = 9 };

// sim_destination.face
struct ms_parcel {
    int state; // enum ms_delivery
    struct str carrier, number;
    day shipped_on; // 0 none
};

// sim_order.face
struct ms_order {
    int status; // enum ms_status
    bool gone;  // a provisional order whose payment failed: MakeShop deleted it
    bool paid;
    time_ms paid_at;
    struct str memo;
};

struct ms_state {
    char shop_id[40], code[40], token[80], api_key[80];
    bool closed;      // the old API is no longer there for this shop
    bool uninstalled; // the app was removed: its token is dead
    bool no_read, no_change;
    bool forbidden[4]; // per operation of ms_operations: not in the list the shop agreed to
    struct sim_pace pace;
    time_ms blocked_until;
    int renewals;
    time_ms cursor; // difference mode: shared by everybody who asks
};

enum ms_operation {
    MS_GET_SHOP,
    MS_SEARCH,
    MS_ATTRIBUTE,
    MS_DELIVERY_STATUS,
    MS_GRAPHQL_COUNT,
};
extern const char *const ms_operations[MS_GRAPHQL_COUNT];

static inline struct ms_state *ms_state(const struct sim *sim)
{
    return sim_face_state(sim, SIM_MAKESHOP);
}
static inline struct ms_order *ms_order(const struct sim_order *order)
{
    return order->face;
}
static inline struct ms_parcel *ms_parcel(const struct sim_destination *destination)
{
    return destination->face;
}

// --- makeshop_life.c ---
bool ms_place(struct sim *sim, struct sim_order *order);
void ms_event(struct sim *sim, struct sim_order *order, int code);
bool ms_act_on_order(struct sim *sim, const char *name, struct sim_order *order,
                     struct json parameters);
// The order as a whole: the state that all destinations have reached.
int ms_delivery_of(const struct sim_order *order);
// Sets number and carrier; an absent text leaves what is there, "" clears it.
void ms_set_parcel(struct sim *sim, struct sim_order *order, struct sim_destination *destination,
                   size_t index, struct str carrier, struct str number);
// A delivery state told by an API. Once 配送完了 is accepted the buyer may get a mail, so it
// counts.
void ms_tell_delivery(struct sim *sim, struct sim_order *order, struct sim_destination *destination,
                      size_t index, int state);
void ms_cancel(struct sim *sim, struct sim_order *order);

// --- makeshop_facts.c: an order's values as both doors show them ---
const char *ms_pay_code(const struct sim_order *order);
const char *ms_pay_name(const struct sim_order *order);
// The price without tax that MakeShop states.
yen ms_bare_price(const struct sim_line *line);
struct str ms_brand_code(struct arena *arena, const struct sim_line *line);
// "東京(23区内)" and "東京(23区外)" instead of 東京都.
struct str ms_area(const struct sim_person *person);
struct str ms_full_name(struct arena *arena, const struct sim_person *person, bool kana);
struct str ms_options(struct arena *arena, const struct sim_line *line);
struct str ms_slot(const struct sim_destination *destination);
const char *ms_method(const struct sim_destination *destination);
bool ms_carrier_is_known(struct str code);
const char *ms_carrier_code(enum sim_carrier carrier);
// Amounts: what the buyer pays with all fees, after or before deductions as the switch says.
yen ms_sum_price(struct sim *sim, const struct sim_order *order);
// False for an order that a period search has to leave out: deleted, or not listed yet.
bool ms_is_visible(const struct sim *sim, const struct sim_order *order);

// --- the two doors ---
void ms_legacy(struct sim *sim, const struct sim_request *request, struct sim_response *response);
void ms_legacy_refuse(struct sim *sim, const char *code, const char *message, int status,
                      struct sim_response *response);
void ms_graphql(struct sim *sim, const char *operation, const struct sim_request *request,
                struct sim_response *response);
void ms_graphql_refuse(struct sim_response *response, int status, const char *code,
                       const char *message);

// --- makeshop_view.c: GraphQL ---
struct ms_selection {
    struct str name;
    struct ms_selection *first, *next;
};
// The selection set of the operation's own field: "{ searchedCount page orders { … } }". NULL on
// a query that can't be read.
struct ms_selection *ms_selection_read(struct arena *arena, struct str query, struct str field);
// The first field that the type hasn't: false with its name and type.
bool ms_selection_check(const struct ms_selection *selection, struct str *field, const char **type);
void ms_write_order(struct sim *sim, struct json_writer *w, struct arena *arena,
                    const struct sim_order *order, const struct ms_selection *selection);

#endif
