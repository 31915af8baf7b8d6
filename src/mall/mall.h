// SPDX-License-Identifier: Apache-2.0
//
// A mall as Juchu sees it: data and pure functions. A connector does no I/O, reads no clock and
// keeps nothing between operations. A running operation is a small state machine: mall_op_next()
// says what to do, mall_op_feed() takes the answer. The caller sends, paces, waits, retries
// transient failures of reads, stores progress before every write, and keeps secrets out of logs.
// The same code so runs under the event loop, under a recorded conversation, a fuzzer, a
// simulation.
#ifndef JUCHU_MALL_MALL_H
#define JUCHU_MALL_MALL_H

#include "net/http.h"
#include "order/carrier.h"
#include "order/obligation.h"
#include "order/order.h"

struct label {
    const char *ja, *en;
};

enum setting_kind {
    SETTING_TEXT,
    SETTING_SECRET, // sealed; shown as its last four characters
    SETTING_PEM,    // sealed, several lines
    SETTING_INTEGER,
    SETTING_FLAG,    // "true" / "false"
    SETTING_DATE,    // YYYY-MM-DD
    SETTING_CHOICE,  // one of choices
    SETTING_CHOICES, // comma-separated subset of choices
    SETTING_URL
};
// Where a form shows a setting.
enum setting_group {
    SETTING_GROUP_UNSAID, // setting_group_name() judges by key and kind
    SETTING_GROUP_CONNECTION,
    SETTING_GROUP_FETCH,
    SETTING_GROUP_WRITE,
    SETTING_GROUP_ADVANCED // left alone unless the mall asks for a change
};
struct setting_choice {
    const char *value;
    struct label label;
};
struct mall_setting {
    const char *key; // "license_key"
    enum setting_kind kind;
    struct label label, help;
    bool required;
    const char *default_value; // NULL none
    const struct setting_choice *choices;
    size_t choice_count;
    int64_t minimum,
        maximum; // of an integer, or of the text's length when kind is TEXT/SECRET; 0,0 = free
    const char
        *credential; // kind of credential whose value this is ("license_key"); NULL: plain setting
    bool written_by_connector; // tokens: learned, never typed in a form
    enum setting_group group;
};

// How long a credential of this kind lives (credential calendar, warnings).
struct mall_credential_kind {
    const char *kind; // "license_key", "refresh_token", "public_key"
    struct label label;
    int lifetime_days;    // 0 unknown
    bool expiry_from_api; // refresh() learns the end from the mall
    bool renewed_by_person;
    struct label stops;   // what stops when it ends
    struct label renewal; // the steps, in one line
};

// A status as the mall itself counts it; the unit of the 取得ステータス filter.
struct mall_status_choice {
    const char *value;  // "100"; Yahoo "new_order"
    struct label label; // 注文確認待ち
    bool fetched_by_default;
};

enum date_basis {
    DATE_ORDERED,
    DATE_PUBLISHED,
    DATE_CONFIRMED,
    DATE_FIXED,
    DATE_SHIPPED,
    DATE_UPDATED,
    DATE_PAID,    // 決済日
    DATE_CLAIMED, // when a cancellation or return was asked for or completed
    DATE_BASIS_COUNT
};
const char *date_basis_name(enum date_basis b);

struct mall_rate {
    const char *family; // requests that share a budget: "order", "oauth"
    int interval_ms;    // proven spacing between call starts
    int burst;
    int per_day; // 0 = none known
};

struct mall_limits {
    int window_days_max;         // of one listing, 0 = none
    int reach_days;              // how far back orders can be listed or read, 0 = unknown
    int page_max, reachable_max; // rows per page; rows reachable by paging, 0 = all
    int read_batch;              // orders per read request
    int overlap_minutes;         // how far a listing window reaches back over the previous one
    const struct mall_rate *rates;
    size_t rate_count;
};

struct setting_value {
    struct str key, value; // secrets in plain text: never log
};
// 変換設定: what a mall's value means here and what ours is called there.
enum mapping_kind {
    MAPPING_PAYMENT,  // payment method: the mall's code or name ⇄ name of the class (order.h)
    MAPPING_DELIVERY, // delivery method ⇄ carrier code (order/carrier.h)
    MAPPING_SLOT,     // delivery time slot ⇄ our slot text (carriers.md)
    MAPPING_CARRIER,  // the mall's carrier code or name ⇄ carrier code
    MAPPING_KIND_COUNT
};
const char *mapping_kind_name(enum mapping_kind kind);
enum mapping_direction { MAPPING_BOTH, MAPPING_IN, MAPPING_OUT };
int mapping_kind_from_name(struct str name); // -1 unknown
// "both", "in", "out".
const char *mapping_direction_name(enum mapping_direction direction);
int mapping_direction_from_name(struct str name); // -1 unknown
// A mall's default. Where several mall values mean one of ours, the first is what is sent.
struct mall_mapping {
    enum mapping_kind kind;
    enum mapping_direction direction;
    const char *mall_value;
    struct label mall_label; // what a person sees at the mall for mall_value
    const char *our_value;   // "": the order itself tells (Yahoo's bank transfer: pay type)
};
// What the company set instead (or in addition).
struct mapping_value {
    enum mapping_kind kind;
    enum mapping_direction direction;
    struct str mall_value, our_value;
};

struct mall_account {
    row_id shop_id;
    struct str base_url; // "https://api.rms.rakuten.co.jp"; no trailing slash
    const struct setting_value *values;
    size_t value_count;
    const struct mall *mall; // whose declared defaults apply; connectors set it themselves
    // Borrowed also by operations and by the orders they bring: alive until those are stored.
    const struct mapping_value *mappings;
    size_t mapping_count;
};
// Our value for the mall's and the mall's for ours: the company's mapping, else the default;
// STR_ABSENT when neither knows it. Borrowed.
struct str account_map_in(const struct mall_account *a, enum mapping_kind kind,
                          struct str mall_value);
struct str account_map_out(const struct mall_account *a, enum mapping_kind kind,
                           struct str our_value);
// The company's own mapping of the value alone; STR_ABSENT without one.
struct str account_map_own(const struct mall_account *a, enum mapping_kind kind,
                           struct str mall_value);
// When the buyer pays, by the method's code, else by its name. True when either is mapped; *class
// is then what the mapping says, and `otherwise` when it leaves it to the order or none is mapped.
bool account_payment_class(const struct mall_account *a, struct str code, struct str name,
                           enum payment_class otherwise, enum payment_class *class);
// True when the company may map a value of this kind to ours: a payment class, a carrier code, a
// slot as below.
bool mapping_value_known(enum mapping_kind kind, struct str our_value);
// "14:00-16:00", 午前中, 午後, その他.
bool slot_is_ours(struct str slot);
// What no connector can know by itself, for every mall alike, once an order was read: the carrier
// that the delivery method stands for, a slot in the mall's words, and a note for every value that
// nothing maps (mark ORDER_MARK_UNMAPPED, extra "unmapped.KIND" with the mall's value). Values of a
// kind of which neither mall nor company has a mapping are left alone. Texts in `arena`; may be
// called again. False on lack of memory.
bool mall_order_map(const struct mall_account *a, struct arena *arena, struct order *order);
// The value, the default if the shop has none; STR_ABSENT for an unknown key.
struct str account_setting(const struct mall_account *a, const char *key);
bool account_flag(const struct mall_account *a, const char *key);
int64_t account_integer(const struct mall_account *a, const char *key, int64_t otherwise);
// True when the comma-separated setting contains the value.
bool account_has_choice(const struct mall_account *a, const char *key, struct str value);

struct mall_listing {
    struct str order_no;
    struct str mall_status;   // what the listing shows; Rakuten lists per status, so it is known
    struct str status_choice; // value of mall_status_choice that it counts as; "" unknown
    struct str update_mark;   // "" when the listing has none
    time_ms ordered_at;       // TIME_NONE when the listing doesn't say
    struct str hidden_reason; // "" or why the mall hides it by default: "fraud_hold",
                              // "buyer_cancel_window"
};
struct mall_window {
    enum date_basis basis;
    time_ms from, to; // listed without error, completely
};
struct mall_order {
    struct order order; // shop_id set; ids unset
    struct str raw;     // this order's part of the answer, without card data
    struct str raw_type;
};
struct mall_bad_order {
    struct str order_no; // "" when not even that could be read
    struct str raw, raw_type;
    struct error error;
};
// What one answer brought. Owns its arena; whoever receives it frees it.
struct mall_batch {
    struct arena *arena;
    struct mall_listing *listings;
    size_t listing_count;
    struct mall_window *windows; // windows that are complete with this batch
    size_t window_count;
    struct mall_order *orders;
    size_t order_count;
    struct mall_bad_order *bad_orders;
    size_t bad_order_count;
    struct str *missing; // order numbers that the mall says it doesn't have
    size_t missing_count;
    int64_t expected_total; // rows the mall announced for this operation, -1 unknown: for progress
};

enum check_state { CHECK_OK, CHECK_REFUSED, CHECK_UNKNOWN };
struct check_result {
    const char *item; // "searchOrder", "public_key", …
    struct label label;
    enum check_state state;
    struct error error;          // when refused or unknown
    struct str note_ja, note_en; // "expires 2026-11-28"
};

struct mall_sink {
    void *context;
    // Takes ownership of the batch. False stops the operation (error set).
    bool (*batch)(void *context, struct mall_batch *batch, struct error *error);
    // A resumable state to be stored before the next request; given back in the request's
    // `progress`.
    bool (*progress)(void *context, struct str state, struct error *error);
    // One line of the connection matrix.
    void (*check)(void *context, const struct check_result *result);
    // A credential or setting that was learned: new access token (value set), expiry date, or
    // state.
    bool (*learned)(void *context, const char *setting_key, struct str value,
                    const char *credential_kind, time_ms expires_at, const char *known_by,
                    struct error *error);
    // Something that a person should see though the operation goes on: Yahoo's Warning, a
    // downgraded signature. `error` carries code and texts.
    void (*warning)(void *context, struct str order_no, const struct error *warning);
};

// MALL_ACCEPTED: the mall has taken what was sent and works on it for minutes. Make the operation
// anew with the progress that it stored, at wait_until: it then asks how it went.
enum mall_action_kind { MALL_SEND, MALL_WAIT, MALL_DONE, MALL_FAILED, MALL_ACCEPTED };
struct mall_action {
    enum mall_action_kind kind;
    struct http_request request; // SEND: borrowed until the next call
    const char *operation;       // the mall's name for the call: "searchOrder"
    const char *rate_family;
    bool writes;        // changes something at the mall: never repeated without reading first
    time_ms wait_until; // WAIT, ACCEPTED
    struct error error; // FAILED
};

struct mall_op;
// What to do now. After MALL_SEND the caller feeds the response; after MALL_WAIT it calls again at
// that time. DONE, FAILED and ACCEPTED stay.
void mall_op_next(struct mall_op *op, time_ms now, struct mall_action *action);
// The answer to the request last returned. status 0 (no answer): the op decides whether to ask
// again, or, after a write, to read back; it fails as ERROR_AMBIGUOUS when it can't tell.
void mall_op_feed(struct mall_op *op, time_ms now, const struct http_response *response);
struct mall_op *mall_op_free(struct mall_op *op);

struct mall_list_request {
    enum date_basis basis;
    time_ms from, to;       // any length: the connector cuts it into what the mall takes
    struct str only_status; // a mall_status_choice value (ステータス指定取込), "" = every status
};
struct mall_read_request {
    const struct str *order_nos;
    size_t count;
    // When each was ordered as far as is known (TIME_NONE: not), for malls that find orders by time
    // only (mall.reads_by_time); NULL: nothing is known.
    const time_ms *ordered_at;
};
struct mall_ship_request {
    const struct order *order;            // as last read, with the mall's references
    const struct order_package *packages; // desired: shipments per package (number, mall_ref)
    size_t package_count;
    struct str work_status_role; // "shipped", "done": Yahoo closes the order or not by its link
    struct str target_status; // of the 紐付け設定: what the mall's status shall become; "" default
    struct str progress;      // from an earlier try, "" none
};
struct mall_cancel_request {
    const struct order *order;
    struct str reason; // the mall's own code from its cancel reasons, "" default
    struct str detail;
};

// Is an order whose work status has this role written back, and as what (a value of ship_targets,
// "" the mall's usual one).
struct mall_link {
    const char *role; // "ready", "done" … (order/store.h)
    bool enabled;
    const char *target;
};

// How the mall's order compares with what was to be told.
enum mall_comparison { MALL_SAME, MALL_NOT_YET, MALL_DIFFERENT };

struct mall {
    const char *id; // "rakuten"
    struct label name;
    const char *default_base_url;
    const struct mall_setting *settings;
    size_t setting_count;
    const struct mall_credential_kind *credentials;
    size_t credential_count;
    const struct mall_status_choice *statuses; // first: what 取得ステータス may contain
    size_t status_count;
    const struct setting_choice *cancel_reasons;
    size_t cancel_reason_count;
    // Targets of 紐付け設定: what a shipped order's status may become at this mall (may be empty).
    const struct setting_choice *ship_targets;
    size_t ship_target_count;
    const struct mall_mapping *mappings;
    size_t mapping_count;
    // 紐付け設定 of a company that set nothing, where it differs from the usual (mall_link_for).
    const struct mall_link *links;
    size_t link_count;
    // Forms of its order numbers, '9' for a digit ("999-9999999-9999999"), ended by NULL; NULL when
    // they can't be told from other malls'.
    const char *const *order_no_forms;
    struct mall_limits limits;
    // Tracking numbers that an order can be told; further ones are left out and said so
    // (carriers.md §6.2). 0 = one per parcel.
    int tracking_numbers_max;
    bool listing_has_status; // listings tell the status without reading
    bool reads_by_time;      // read() and accept() want to be told when the orders were ordered
    const enum date_basis *list_bases; // the bases that automatic fetching walks, main one first
    size_t list_basis_count;
    enum date_basis range_basis; // of a range that a person asks for

    // All settings together: what a field check alone can't see. May be NULL.
    bool (*validate)(const struct mall_account *account, struct error *error);
    // Each makes an operation, NULL with error set on bad input or lack of memory. `sink` and the
    // texts of the request must outlive the operation; the account is copied. A function that is
    // NULL means that the mall has no such call.
    struct mall_op *(*check)(const struct mall_account *, const struct mall_sink *, struct error *);
    struct mall_op *(*list)(const struct mall_account *, const struct mall_list_request *,
                            const struct mall_sink *, struct error *);
    struct mall_op *(*read)(const struct mall_account *, const struct mall_read_request *,
                            const struct mall_sink *, struct error *);
    struct mall_op *(*accept)(const struct mall_account *, const struct mall_read_request *,
                              const struct mall_sink *, struct error *);
    struct mall_op *(*ship)(const struct mall_account *, const struct mall_ship_request *,
                            const struct mall_sink *, struct error *);
    struct mall_op *(*cancel)(const struct mall_account *, const struct mall_cancel_request *,
                              const struct mall_sink *, struct error *);
    struct mall_op *(*refresh)(const struct mall_account *, const struct mall_sink *,
                               struct error *);

    // Why this shipment can't be sent as it is (missing carrier, future date …): ERROR_BAD_INPUT or
    // ERROR_REJECTED with a stable code; the same codes diagnosis shows. `today` is the JST day.
    bool (*ship_preflight)(const struct mall_account *, const struct mall_ship_request *, day today,
                           struct error *);
    // Compares the order just read with the desired shipments. On DIFFERENT the error says in what.
    enum mall_comparison (*ship_compare)(const struct mall_account *, const struct order *at_mall,
                                         const struct mall_ship_request *,
                                         struct error *difference);
    // True when the mall's state shows that the acceptance / cancellation has taken effect.
    bool (*is_accepted)(const struct order *at_mall);
    bool (*is_cancelled)(const struct order *at_mall);
    // The status choice ("300", "new_order") that an order counts as.
    struct str (*status_choice)(const struct order *order);
    // Flag setting that asks for `accept` of every order once it is stored (Yahoo: mark as seen);
    // NULL: acceptance is a person's decision.
    const char *accept_when_stored;
    // What a person has to know before accepting: Qoo10 moves the order out of 新規受付. NULL:
    // nothing.
    struct label accept_caution;
    // Whether the shop's settings take an order that counts as this choice (not ""). NULL: what
    // fetch_statuses says, alone.
    bool (*takes_status)(const struct mall_account *account, struct str choice);
    // The page at which a person consents (OAuth), for malls that need it; NULL otherwise. The mall
    // sends the browser back to setting redirect_uri with `state` and a code, which goes into
    // setting authorization_code; the next operation exchanges it. ERROR_BAD_INPUT when a setting
    // is missing.
    bool (*consent_url)(const struct mall_account *account, struct str state, struct arena *arena,
                        struct str *url, struct error *error);
};

// How many different tracking numbers these packages have.
size_t mall_number_count(const struct order_package *packages, size_t count);
// True when the mall takes fewer numbers than these packages have; *note (may be NULL) says so with
// code "shipment.numbers_left_out". Nothing is refused for it.
bool mall_leaves_out_numbers(const struct mall *mall, const struct order_package *packages,
                             size_t count, struct error *note);

// The default of 紐付け設定: the mall's own row for the role, else what users of the field expect:
// every status but 新規受付 and キャンセル (statuses.md §4.1).
struct mall_link mall_link_for(const struct mall *mall, struct str role);
// All malls, in the order in which screens show them.
const struct mall *const *malls(size_t *count);
const struct mall *mall_by_id(struct str id);
// "connection", "fetch", "write", "advanced".
const char *setting_group_name(const struct mall_setting *setting);
// Checks a value against its declaration and normalises it (trim, full width, canonical choices).
bool setting_check(struct arena *arena, const struct mall_setting *setting, struct str value,
                   struct str *normalised, struct error *error);

#endif
