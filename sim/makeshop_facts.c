// SPDX-License-Identifier: Apache-2.0
//
// An order's values in MakeShop's words (makeshop.md §2.3, §2.4, §3.3, §5), shared by its two
// doors. Pure; called with the sim's mutex held.
#include "sim/makeshop.h"

const char *ms_pay_code(const struct sim_order *order)
{
    switch (order->payment) {
    case SIM_PAY_BANK:
        return sim_dice(order, "bank", 2) ? "B" : "M1";
    case SIM_PAY_CONVENIENCE:
        return "Z";
    case SIM_PAY_COD:
        return "R";
    case SIM_PAY_DEFERRED:
        return sim_dice(order, "deferred", 2) ? "N" : "B1";
    case SIM_PAY_WALLET:
        return "D1";
    case SIM_PAY_POINTS:
        return "F"; // not among the codes that are known
    default:
        return "C"; // cards: their codes were not seen
    }
}

const char *ms_pay_name(const struct sim_order *order)
{
    switch (order->payment) {
    case SIM_PAY_BANK:
        return "銀行振込";
    case SIM_PAY_CONVENIENCE:
        return "コンビニ決済";
    case SIM_PAY_COD:
        return "代金引換";
    case SIM_PAY_DEFERRED:
        return sim_dice(order, "deferred", 2) ? "NP後払い" : "GMO後払い";
    case SIM_PAY_WALLET:
        return "Amazon Pay";
    case SIM_PAY_POINTS:
        return "全額ポイント払い";
    default:
        return "クレジットカード決済";
    }
}

yen ms_bare_price(const struct sim_line *line)
{
    int64_t with = 10000 + line->tax_rate_basis_points;
    return (line->unit_price * 10000 + with / 2) / with;
}

struct str ms_brand_code(struct arena *arena, const struct sim_line *line)
{
    return arena_printf(arena, "%012lld", (long long)line->item->item_id);
}

static bool is_ward_of_tokyo(struct str city)
{
    return str_ends(city, STR("区"));
}

struct str ms_area(const struct sim_person *person)
{
    if (!str_eq(person->prefecture, STR("東京都")))
        return person->prefecture;
    return is_ward_of_tokyo(person->city) ? STR("東京(23区内)") : STR("東京(23区外)");
}

struct str ms_full_name(struct arena *arena, const struct sim_person *person, bool kana)
{
    struct str family = kana ? person->family_kana : person->family;
    struct str given = kana ? person->given_kana : person->given;
    return arena_printf(arena, "%.*s %.*s", STR_ARG(family), STR_ARG(given));
}

struct str ms_options(struct arena *arena, const struct sim_line *line)
{
    AUTO_BUF out = buf_make(4096);
    for (int i = 0; i < line->axis_count; i++)
        buf_addf(&out, "%s%.*s：%.*s", out.n ? "," : "", STR_ARG(line->axes[i].name),
                 STR_ARG(line->axes[i].value));
    for (int i = 0; i < line->option_count; i++)
        buf_addf(&out, "%s%.*s：%.*s", out.n ? "," : "", STR_ARG(line->options[i].name),
                 STR_ARG(line->options[i].value));
    return str_dup(arena, buf_str(&out));
}

struct str ms_slot(const struct sim_destination *destination)
{
    static const char *const words[SIM_SLOT_COUNT] = {
        [SIM_SLOT_NONE] = "",
        [SIM_SLOT_MORNING] = "午前中",
        [SIM_SLOT_14_16] = "14時～16時",
        [SIM_SLOT_16_18] = "16時～18時",
        [SIM_SLOT_18_20] = "18時～20時",
        [SIM_SLOT_19_21] = "19時～21時",
    };
    return str_from(words[destination->slot]);
}

const char *ms_method(const struct sim_destination *destination)
{
    static const char *const words[SIM_CARRIER_COUNT] = {"宅急便", "佐川急便", "ゆうパック",
                                                         "西濃運輸"};
    return words[destination->carrier];
}

bool ms_carrier_is_known(struct str code)
{
    int64_t number;
    return code.n == 3 && str_to_int64(code, &number) && number >= 0 && number <= 31 && number != 5;
}

const char *ms_carrier_code(enum sim_carrier carrier)
{
    static const char *const codes[SIM_CARRIER_COUNT] = {"002", "003", "001", "006"};
    return codes[carrier];
}

yen ms_sum_price(struct sim *sim, const struct sim_order *order)
{
    bool before = sim_switch_is(sim, SIM_MAKESHOP, "sum_price", "before");
    return before ? order->total : order->billed;
}

bool ms_is_visible(const struct sim *sim, const struct sim_order *order)
{
    return !ms_order(order)->gone && sim_order_listed(sim, order);
}
