// SPDX-License-Identifier: Apache-2.0
//
// The simulated reading calls: orderCount (yahoo.md §6), orderList (§7) with its strict conditions,
// defaults and odd paging, and orderInfo (§8), which answers only what was asked for and never
// twice the same way: order of groups, CDATA, and absent or empty elements vary. Called with the
// sim's mutex held.
#include "sim/yahoo.h"

#include <stdio.h>

#define ROWS_DEFAULT 10
#define ROWS_MAX 2000
#define FIELD_BYTES_MAX 10000
#define DAY_MS (24 * 3600 * 1000LL)

// --- orderCount ---

void yahoo_handle_count(struct yahoo_call *c)
{
    struct str seller = http_query_value(c->arena, c->request->query, "sellerId");
    int64_t n[9] = {0};
    size_t count;
    if (str_is_empty(seller)) {
        yahoo_error(c, 400, "px-04001", "\"seller_id\" is not specified");
        return;
    }
    if (!str_eq(seller, STR(SIM_YAHOO_SELLER_ID))) {
        yahoo_error(c, 403, "px-04307", "Use of API is not permitted.");
        return;
    }
    struct sim_order *const *orders = sim_orders(c->sim, SIM_YAHOO, &count);
    for (size_t i = 0; i < count; i++) {
        const struct yahoo_order *o = orders[i]->face;
        bool hidden = o->fraud == 1 || o->fraud == 3 || yahoo_is_read_only(c->sim, o);
        if (hidden || !sim_order_listed(c->sim, orders[i]))
            continue;
        if (o->order_status == 1)
            n[o->seen ? 5 : 1]++;
        else if (o->order_status == 3)
            n[6]++;
        else if (o->order_status == 2)
            n[!o->seen                                 ? 0
              : o->ship_status >= 3                    ? 7
              : o->ship_status == 2                    ? 4
              : o->pay_status == 0 && o->pay_type == 1 ? 2
                                                       : 3]++;
        n[8] += yahoo_is_suspect(orders[i]) ? 1 : 0;
    }
    static const char *const names[] = {"NewOrder",     "NewReserve", "WaitPayment",
                                        "WaitShipping", "Shipping",   "Reserve",
                                        "Holding",      "WaitDone",   "Suspect"};
    struct buf *out = &c->response->body;
    buf_add(
        out,
        STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ResultSet totalResultsAvailable=\"1\" "
            "totalResultsReturned=\"1\" firstResultPosition=\"1\"><Result><Status>OK</Status>"
            "<Count>"));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        buf_addf(out, "<%s>%lld</%s>", names[i], (long long)n[i], names[i]);
    buf_add(out, STR("</Count></Result></ResultSet>\n"));
}

// --- orderList: conditions ---

struct filter {
    struct xml_node *condition;
    time_ms from, to, published_from, published_to;
    bool by_time, by_publication;
    int read_only; // 0 open, 1 inside the window, 2 both
    bool fraud_shown;
    bool compares; // some condition looks at a value of the order
};

// Conditions that are understood; others of §7.1 are refused loudly rather than ignored.
static const char *const condition_names[] = {
    "OrderId",
    "OrderTime",
    "OrderTimeFrom",
    "OrderTimeTo",
    "PublicationTimeFrom",
    "PublicationTimeTo",
    "FraudHoldDisplayType",
    "ReadOnlyMode",
    "IsSeen",
    "OrderStatus",
    "StoreStatus",
    "PayStatus",
    "ShipStatus",
    "SettleStatus",
    "PayType",
    "PayMethod",
    "Suspect",
    "IsSplit",
    "IsYahooAuctionOrder",
    "ShipCompanyCode",
    "SellerId",
};

static bool known_condition(struct str name)
{
    for (size_t i = 0; i < sizeof condition_names / sizeof condition_names[0]; i++)
        if (str_eq(name, str_from(condition_names[i])))
            return true;
    return false;
}

static bool compares(struct str name)
{
    static const char *const special[] = {
        "OrderTime",         "OrderTimeFrom",        "OrderTimeTo", "PublicationTimeFrom",
        "PublicationTimeTo", "FraudHoldDisplayType", "ReadOnlyMode"};
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
        if (str_eq(name, str_from(special[i])))
            return false;
    return true;
}

// A condition's time; absent is fine, anything but 14 digits isn't.
static bool read_time(struct yahoo_call *c, struct xml_node *condition, const char *name,
                      time_ms *t, bool *given)
{
    struct str text = xml_child_text(condition, name);
    if (!text.p)
        return true;
    *given = true;
    return (text.n == 14 && time_parse_yahoo(text, t)) || yahoo_bad_parameter(c, name);
}

static bool read_mode(struct yahoo_call *c, struct xml_node *condition, const char *name, int most,
                      int *value)
{
    struct str text = xml_child_text(condition, name);
    int64_t number = 0;
    if (text.p && (!str_to_int64(text, &number) || number < 0 || number > most))
        return yahoo_bad_parameter(c, name);
    *value = (int)number;
    return true;
}

static bool read_filter(struct yahoo_call *c, struct filter *f)
{
    int shown = 0;
    bool exact = false;
    time_ms at = 0;
    f->condition = xml_child(xml_child(c->req, "Search"), "Condition");
    if (!f->condition)
        return yahoo_bad_parameter(c, "Condition");
    for (struct xml_node *n = f->condition->first_child; n; n = n->next) {
        if (!known_condition(n->name))
            return yahoo_bad_parameter(c, str_cstr(c->arena, n->name));
        f->compares = f->compares || compares(n->name);
    }
    f->from = f->published_from = 0;
    f->to = f->published_to = INT64_MAX;
    if (!read_time(c, f->condition, "OrderTime", &at, &exact) ||
        !read_time(c, f->condition, "OrderTimeFrom", &f->from, &f->by_time) ||
        !read_time(c, f->condition, "OrderTimeTo", &f->to, &f->by_time) ||
        !read_time(c, f->condition, "PublicationTimeFrom", &f->published_from,
                   &f->by_publication) ||
        !read_time(c, f->condition, "PublicationTimeTo", &f->published_to, &f->by_publication) ||
        !read_mode(c, f->condition, "ReadOnlyMode", 2, &f->read_only) ||
        !read_mode(c, f->condition, "FraudHoldDisplayType", 1, &shown))
        return false;
    f->fraud_shown = shown == 1;
    if (exact) {
        f->from = f->to = at;
        f->by_time = true;
    }
    bool by_id = xml_child_text(f->condition, "OrderId").n > 0;
    return by_id || f->by_time || f->by_publication || yahoo_bad_parameter(c, "Condition");
}

static bool in_range(time_ms t, time_ms from, time_ms to)
{
    time_ms second = t - t % 1000;
    return second >= from && second <= to;
}

// Conditions that compare with a value of the order; comma lists where §7.1 allows them.
static bool values_match(const struct filter *f, const struct yahoo_view *v)
{
    for (struct xml_node *n = f->condition->first_child; n; n = n->next) {
        struct str value = yahoo_view_get(v, n->name), wanted = str_trim(n->text);
        if (compares(n->name) && !yahoo_in_list(wanted, value.p ? value : STR("0")))
            return false;
    }
    return true;
}

static bool order_matches(struct yahoo_call *c, const struct filter *f,
                          const struct sim_order *order, struct arena *scratch)
{
    const struct yahoo_order *o = order->face;
    bool window = yahoo_is_read_only(c->sim, o), held = o->fraud == 1 || o->fraud == 3;
    int64_t days = sim_switch_number(c->sim, SIM_YAHOO, "list_window_days");
    struct yahoo_view view;
    if (!sim_order_listed(c->sim, order) || (f->read_only == 0 && window) ||
        (f->read_only == 1 && !window) || (held && !f->fraud_shown))
        return false;
    if (f->by_time && !in_range(order->ordered_at, f->from, f->to))
        return false;
    if (f->by_publication && (o->published_at == TIME_NONE ||
                              !in_range(o->published_at, f->published_from, f->published_to)))
        return false;
    if (days > 0 && order->ordered_at < sim_now(c->sim) - days * DAY_MS)
        return false;
    if (!f->compares)
        return true;
    yahoo_view_order(c->sim, scratch, order, &view);
    bool fits = values_match(f, &view);
    arena_reset(scratch);
    return fits;
}

// --- orderList: answer ---

static bool fields_known(struct yahoo_call *c, struct str fields)
{
    struct str name;
    if (str_is_empty(fields))
        return yahoo_bad_parameter(c, "Field");
    while (str_split(&fields, ',', &name))
        if (!yahoo_list_knows(str_trim(name)))
            return yahoo_bad_parameter(c, str_cstr(c->arena, str_trim(name)));
    return true;
}

static void add_row(struct yahoo_call *c, struct str fields, const struct sim_order *order,
                    int64_t index, struct arena *scratch)
{
    struct buf *out = &c->response->body;
    const struct yahoo_order *o = order->face;
    struct yahoo_view view, line;
    struct str name;
    buf_addf(out, "<OrderInfo><Index>%lld</Index>", (long long)index);
    yahoo_view_order(c->sim, scratch, order, &view);
    yahoo_view_line(scratch, order, &o->lines[0], &line);
    while (str_split(&fields, ',', &name)) {
        const char *element = str_cstr(scratch, str_trim(name));
        struct str value = yahoo_view_get(&view, str_trim(name));
        bool item = !value.p && str_starts(str_trim(name), STR("ItemYahoo"));
        if (item) {
            buf_add(out, STR("<Item>"));
            xml_add_element(out, element, yahoo_view_get(&line, str_trim(name)));
            buf_add(out, STR("</Item>"));
        } else {
            xml_add_element(out, element, value);
        }
    }
    buf_add(out, STR("</OrderInfo>\n"));
    arena_reset(scratch);
}

static bool read_paging(struct yahoo_call *c, int64_t *rows, int64_t *start, bool *descending)
{
    struct xml_node *search = xml_child(c->req, "Search");
    struct str result = xml_child_text(search, "Result"), first = xml_child_text(search, "Start");
    struct str sort = xml_child_text(search, "Sort");
    *rows = ROWS_DEFAULT;
    *start = 1;
    if (result.p && (!str_to_int64(result, rows) || *rows < 0 || *rows > ROWS_MAX))
        return yahoo_bad_parameter(c, "Result");
    if (first.p && (!str_to_int64(first, start) || *start < 1))
        return yahoo_bad_parameter(c, "Start");
    *descending = str_eq(sort, STR("-order_time"));
    return !sort.p || *descending || str_eq(sort, STR("+order_time")) ||
           yahoo_bad_parameter(c, "Sort");
}

// All matches in the order wished for, in the arena of the answer.
static const struct sim_order **find_all(struct yahoo_call *c, const struct filter *f,
                                         bool descending, struct arena *scratch, size_t *found)
{
    size_t count;
    struct sim_order *const *orders = sim_orders(c->sim, SIM_YAHOO, &count);
    size_t at = f->by_time && f->from > 0 ? sim_orders_from(c->sim, SIM_YAHOO, f->from) : 0;
    const struct sim_order **list = ARENA_ARRAY(c->arena, const struct sim_order *, count);
    *found = 0;
    if (!list)
        return NULL;
    for (; at < count; at++) {
        if (f->by_time && f->to < INT64_MAX && orders[at]->ordered_at > f->to + 999)
            break;
        if (order_matches(c, f, orders[at], scratch))
            list[(*found)++] = orders[at];
    }
    for (size_t i = 0; descending && i < *found / 2; i++) {
        const struct sim_order *swap = list[i];
        list[i] = list[*found - 1 - i];
        list[*found - 1 - i] = swap;
    }
    return list;
}

void yahoo_handle_list(struct yahoo_call *c)
{
    struct filter f = {0};
    int64_t rows, start;
    bool descending = false;
    size_t found;
    struct str fields = xml_child_text(xml_child(c->req, "Search"), "Field");
    if (!fields_known(c, fields) || !read_paging(c, &rows, &start, &descending) ||
        !read_filter(c, &f))
        return;
    AUTO_ARENA scratch = arena_new(1 << 20);
    const struct sim_order **list = scratch ? find_all(c, &f, descending, scratch, &found) : NULL;
    if (!list) {
        yahoo_error(c, 500, "od91001", "Server Error");
        return;
    }
    struct buf *out = &c->response->body;
    buf_addf(out,
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Result>\n<Status>OK</Status>\n<Search>\n"
             "<TotalCount>%zu</TotalCount>\n",
             found);
    if (found > 0 && (rows == 0 || (size_t)start > found))
        buf_add(out, STR("<OrderInfo/>\n"));
    for (size_t i = (size_t)start - 1; i < found && i < (size_t)(start - 1 + rows); i++)
        add_row(c, fields, list[i], (int64_t)i + 1, scratch);
    buf_add(out, STR("</Search>\n</Result>\n"));
}

// --- orderInfo ---

// Varies with order, version and name, never with the number of requests.
static unsigned vary(const struct sim_order *order, const char *purpose, struct str name)
{
    const struct yahoo_order *o = order->face;
    char text[96];
    snprintf(text, sizeof text, "%s/%d/%.*s", purpose, o->version, STR_ARG(name));
    return (unsigned)sim_dice(order, text, 4);
}

static void add_value(struct yahoo_call *c, const struct sim_order *order, struct str name,
                      struct str value, bool may_vanish)
{
    struct buf *out = &c->response->body;
    const char *element = str_cstr(c->arena, name);
    if (!value.p || value.n == 0) {
        if (!may_vanish || vary(order, "absent", name) != 0)
            xml_add_element(out, element, STR_ABSENT);
        return;
    }
    bool plain = value.n < 32 && str_utf8_length(value) == value.n;
    if (!plain && vary(order, "cdata", name) != 0)
        xml_add_cdata(out, element, value);
    else
        xml_add_element(out, element, value);
}

static void add_group(struct yahoo_call *c, const struct sim_order *order, struct str fields,
                      int group, const struct yahoo_view *view)
{
    struct str name;
    while (str_split(&fields, ',', &name))
        if (yahoo_info_group(str_trim(name)) == group)
            add_value(c, order, str_trim(name), yahoo_view_get(view, str_trim(name)), true);
}

static void add_option(struct buf *out, const char *element, int index, struct str name,
                       struct str value)
{
    buf_addf(out, "<%s><Index>%d</Index>", element, index);
    xml_add_cdata(out, "Name", name);
    xml_add_cdata(out, "Value", value);
    buf_addf(out, "<Price>0</Price></%s>", element);
}

static void add_options(struct yahoo_call *c, const struct sim_line *l, struct str name)
{
    struct buf *out = &c->response->body;
    bool options = str_eq(name, STR("ItemOption"));
    int index = 0;
    for (int i = 0; options && i < l->axis_count; i++)
        add_option(out, "ItemOption", ++index, l->axes[i].name, l->axes[i].value);
    // Choices that make no SKU: the last one is a text of the buyer's own.
    for (int i = 0; i < l->option_count; i++)
        if (options != (i == l->option_count - 1))
            add_option(out, options ? "ItemOption" : "Inscription", ++index, l->options[i].name,
                       l->options[i].value);
}

static void add_item(struct yahoo_call *c, const struct sim_order *order, struct str fields,
                     const struct yahoo_line *line)
{
    struct yahoo_view view;
    struct str name;
    yahoo_view_line(c->arena, order, line, &view);
    buf_add(&c->response->body, STR("   <Item>"));
    while (str_split(&fields, ',', &name)) {
        name = str_trim(name);
        if (yahoo_info_group(name) != YAHOO_G_ITEM)
            continue;
        if (str_eq(name, STR("ItemOption")) || str_eq(name, STR("Inscription")))
            add_options(c, line->line, name);
        else
            add_value(c, order, name, yahoo_view_get(&view, name), true);
    }
    buf_add(&c->response->body, STR("</Item>\n"));
}

static bool asks_for(struct str fields, int group)
{
    struct str name;
    while (str_split(&fields, ',', &name))
        if (yahoo_info_group(str_trim(name)) == group)
            return true;
    return false;
}

static void add_groups(struct yahoo_call *c, const struct sim_order *order, struct str fields,
                       const struct yahoo_view *view)
{
    static const int orders[4][6] = {
        {YAHOO_G_PAY, YAHOO_G_SHIP, YAHOO_G_SELLER, YAHOO_G_BUYER, YAHOO_G_ITEM, YAHOO_G_DETAIL},
        {YAHOO_G_DETAIL, YAHOO_G_ITEM, YAHOO_G_SHIP, YAHOO_G_PAY, YAHOO_G_BUYER, YAHOO_G_SELLER},
        {YAHOO_G_SHIP, YAHOO_G_PAY, YAHOO_G_ITEM, YAHOO_G_DETAIL, YAHOO_G_SELLER, YAHOO_G_BUYER},
        {YAHOO_G_ITEM, YAHOO_G_SELLER, YAHOO_G_BUYER, YAHOO_G_PAY, YAHOO_G_DETAIL, YAHOO_G_SHIP},
    };
    static const char *const elements[] = {"", "Pay", "Ship", "Seller", "Buyer", "Item", "Detail"};
    const struct yahoo_order *o = order->face;
    const int *turn = orders[vary(order, "groups", STR(""))];
    for (size_t i = 0; i < 6; i++) {
        if (!asks_for(fields, turn[i]))
            continue;
        if (turn[i] == YAHOO_G_ITEM) {
            for (size_t k = 0; k < o->line_count; k++)
                add_item(c, order, fields, &o->lines[k]);
            continue;
        }
        buf_addf(&c->response->body, "   <%s>", elements[turn[i]]);
        add_group(c, order, fields, turn[i], view);
        buf_addf(&c->response->body, "</%s>\n", elements[turn[i]]);
    }
}

void yahoo_handle_info(struct yahoo_call *c)
{
    struct str fields = yahoo_target(c, "Field"), rest = fields, name;
    struct yahoo_view view;
    if (str_is_empty(fields) || fields.n > FIELD_BYTES_MAX) {
        (void)yahoo_bad_parameter(c, "Field");
        return;
    }
    while (str_split(&rest, ',', &name)) {
        if (yahoo_info_group(str_trim(name)) >= 0)
            continue;
        (void)yahoo_bad_parameter(c, str_cstr(c->arena, str_trim(name)));
        return;
    }
    const struct sim_order *order = yahoo_target_order(c, false);
    if (!order)
        return;
    yahoo_view_order(c->sim, c->arena, order, &view);
    buf_add(
        &c->response->body,
        STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ResultSet totalResultsAvailable=\"1\" "
            "totalResultsReturned=\"1\" firstResultPosition=\"1\">\n <Result><Status>OK</Status>\n"
            "  <OrderInfo>\n   "));
    add_group(c, order, fields, YAHOO_G_ORDER, &view);
    buf_add_char(&c->response->body, '\n');
    add_groups(c, order, fields, &view);
    buf_add(&c->response->body, STR("  </OrderInfo>\n </Result>\n</ResultSet>\n"));
}
