// SPDX-License-Identifier: Apache-2.0
//
// Names of the world's enumerations as the control API, the command line and tests spell them.
#include "sim/order.h"
#include "sim/sim.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static const char *const mall_ids[] = {"rakuten", "yahoo", "aupay", "amazon", "qoo10", "makeshop"};
_Static_assert(COUNT(mall_ids) == SIM_MALL_COUNT, "a name for every mall");

static const char *const stage_names[] = {
    "new",    "processing", "changed",          "hold",      "ready", "picking", "shipped",
    "payout", "done",       "cancel-requested", "cancelled",
};
_Static_assert(COUNT(stage_names) == SIM_STAGE_COUNT, "a name for every stage");

static const char *const payment_names[] = {"card",        "wallet", "carrier",  "bank",
                                            "convenience", "cod",    "deferred", "points"};
_Static_assert(COUNT(payment_names) == SIM_PAY_COUNT, "a name for every way to pay");

static const char *const feature_names[] = {
    "gift",
    "noshi",
    "wrapping",
    "date-requested",
    "note",
    "shop-coupon",
    "mall-coupon",
    "used-points",
    "other-recipient",
    "several-destinations",
    "remote-island",
    "undetermined-postage",
    "preorder",
    "auction",
    "social-gift",
    "cool",
    "express",
    "rare-kanji",
    "receipt",
    "subscription",
    "suspect",
    "fraud-review",
    "store-pickup",
    "drop-off",
    "tax-excluded",
    "drug",
};
_Static_assert(COUNT(feature_names) == SIM_FEATURE_COUNT, "a name for every feature");

static const char *const fault_names[] = {
    "delay",     "drop_before", "drop_after", "status",        "status_after", "truncate",
    "malformed", "html",        "double",     "cut_character", "maintenance",  "listing_lag",
};
_Static_assert(COUNT(fault_names) == SIM_FAULT_KIND_COUNT, "a name for every fault");

static int find(const char *const *names, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(str_from(names[i]), name))
            return (int)i;
    return -1;
}

static const char *at(const char *const *names, size_t count, int index)
{
    return index >= 0 && (size_t)index < count ? names[index] : "?";
}

const char *sim_mall_id(enum sim_mall mall)
{
    return at(mall_ids, COUNT(mall_ids), (int)mall);
}

int sim_mall_from_id(struct str id)
{
    return find(mall_ids, COUNT(mall_ids), id);
}

const char *sim_stage_name(enum sim_stage stage)
{
    return at(stage_names, COUNT(stage_names), (int)stage);
}

int sim_stage_from_name(struct str name)
{
    return find(stage_names, COUNT(stage_names), name);
}

const char *sim_payment_name(enum sim_payment payment)
{
    return at(payment_names, COUNT(payment_names), (int)payment);
}

int sim_payment_from_name(struct str name)
{
    return find(payment_names, COUNT(payment_names), name);
}

const char *sim_feature_name(int bit)
{
    return at(feature_names, COUNT(feature_names), bit);
}

int64_t sim_feature_from_name(struct str name)
{
    int bit = find(feature_names, COUNT(feature_names), name);
    return bit < 0 ? 0 : (int64_t)1 << bit;
}

const char *sim_fault_kind_name(enum sim_fault_kind kind)
{
    return at(fault_names, COUNT(fault_names), (int)kind);
}

int sim_fault_kind_from_name(struct str name)
{
    return find(fault_names, COUNT(fault_names), name);
}

const char *sim_carrier_name_ja(enum sim_carrier carrier)
{
    static const char *const names[] = {"ヤマト運輸", "佐川急便", "日本郵便", "西濃運輸"};
    _Static_assert(COUNT(names) == SIM_CARRIER_COUNT, "a name for every carrier");
    return at(names, COUNT(names), (int)carrier);
}

const char *sim_slot_name_ja(enum sim_slot slot)
{
    static const char *const names[] = {
        "", "午前中", "14:00～16:00", "16:00～18:00", "18:00～20:00", "19:00～21:00"};
    _Static_assert(COUNT(names) == SIM_SLOT_COUNT, "a name for every slot");
    return at(names, COUNT(names), (int)slot);
}
