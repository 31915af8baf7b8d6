// SPDX-License-Identifier: Apache-2.0
//
// All malls in one table, and what a shop's settings say. Adding a mall is one line here.
#include "mall/mall.h"
#include "mall/amazon/amazon.h"
#include "mall/aupay/aupay.h"
#include "mall/makeshop/makeshop.h"
#include "mall/qoo10/qoo10.h"
#include "mall/rakuten/rakuten.h"
#include "mall/yahoo/yahoo.h"

// One a line, so that adding one touches one line.
// clang-format off
static const struct mall *const table[] = {
    &rakuten_mall,
    &yahoo_mall,
    &aupay_mall,
    &amazon_mall,
    &qoo10_mall,
    &makeshop_mall,
};
// clang-format on

const struct mall *const *malls(size_t *count)
{
    *count = sizeof table / sizeof table[0];
    return table;
}

const struct mall *mall_by_id(struct str id)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (str_eq(str_from(table[i]->id), id))
            return table[i];
    return NULL;
}

const char *date_basis_name(enum date_basis b)
{
    static const char *const names[DATE_BASIS_COUNT] = {
        [DATE_ORDERED] = "ordered", [DATE_PUBLISHED] = "published", [DATE_CONFIRMED] = "confirmed",
        [DATE_FIXED] = "fixed",     [DATE_SHIPPED] = "shipped",     [DATE_UPDATED] = "updated",
        [DATE_PAID] = "paid",       [DATE_CLAIMED] = "claimed",
    };
    return b >= 0 && b < DATE_BASIS_COUNT ? names[b] : "unknown";
}

struct mall_link mall_link_for(const struct mall *mall, struct str role)
{
    static const struct mall_link usual[] = {
        {"entry", false, ""},     {"hold", true, ""},  {"wait_payment", true, ""},
        {"wait_stock", true, ""}, {"ready", true, ""}, {"work", true, ""},
        {"shipped", true, ""},    {"done", true, ""},  {"cancelled", false, ""},
    };
    for (size_t i = 0; i < mall->link_count; i++)
        if (str_eq(role, str_from(mall->links[i].role)))
            return mall->links[i];
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        if (str_eq(role, str_from(usual[i].role)))
            return usual[i];
    return (struct mall_link){"", false, ""};
}

struct str account_setting(const struct mall_account *a, const char *key)
{
    struct str wanted = str_from(key);
    for (size_t i = 0; i < a->value_count; i++)
        if (str_eq(a->values[i].key, wanted) && a->values[i].value.p)
            return a->values[i].value;
    for (size_t i = 0; a->mall && i < a->mall->setting_count; i++)
        if (str_eq(str_from(a->mall->settings[i].key), wanted))
            return str_from(a->mall->settings[i].default_value);
    return STR_ABSENT;
}

bool account_flag(const struct mall_account *a, const char *key)
{
    return str_eq(account_setting(a, key), STR("true"));
}

int64_t account_integer(const struct mall_account *a, const char *key, int64_t otherwise)
{
    int64_t value;
    return str_to_int64(account_setting(a, key), &value) ? value : otherwise;
}

bool account_has_choice(const struct mall_account *a, const char *key, struct str value)
{
    struct str rest = account_setting(a, key), part;
    while (str_split(&rest, ',', &part))
        if (str_eq(str_trim(part), value))
            return true;
    return false;
}
