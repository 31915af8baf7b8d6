// SPDX-License-Identifier: Apache-2.0
//
// Makes neutral orders: draws from a seed whatever the plan leaves open, then adds the amounts up.
// Invariants: the same plan and seed give the same order, byte for byte; peculiarities never
// contradict each other or the stage (a pickup is not cool, an order with undetermined postage is
// new); everything lies in the given arena.
#include "sim/catalogue.h"
#include "sim/internal.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
#define HOUR_MS (3600 * 1000LL)
#define DAY_MS (24 * HOUR_MS)

struct build {
    struct arena *arena;
    const struct sim_face *face;
    const struct sim_plan *plan;
    const struct rng *rng;
    time_ms now;
    int64_t features;
    enum sim_payment payment;
};

uint64_t sim_mix(uint64_t a, uint64_t b)
{
    uint64_t z = a + 0x9e3779b97f4a7c15u * (b + 1);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t sim_dice(const struct sim_order *order, const char *purpose, uint64_t bound)
{
    uint64_t h = sim_mix(order->seed, str_hash(str_from(purpose)));
    return bound ? (uint64_t)(((unsigned __int128)h * bound) >> 64) : 0;
}

enum sim_stage sim_stage_nearest(const struct sim_face *face, enum sim_stage stage)
{
    static const enum sim_stage fallback[SIM_STAGE_COUNT] = {
        [SIM_STAGE_NEW] = SIM_STAGE_READY,
        [SIM_STAGE_PROCESSING] = SIM_STAGE_NEW,
        [SIM_STAGE_CHANGED] = SIM_STAGE_PROCESSING,
        [SIM_STAGE_HOLD] = SIM_STAGE_NEW,
        [SIM_STAGE_READY] = SIM_STAGE_NEW,
        [SIM_STAGE_PICKING] = SIM_STAGE_READY,
        [SIM_STAGE_SHIPPED] = SIM_STAGE_DONE,
        [SIM_STAGE_PAYOUT] = SIM_STAGE_DONE,
        [SIM_STAGE_DONE] = SIM_STAGE_SHIPPED,
        [SIM_STAGE_CANCEL_REQUESTED] = SIM_STAGE_CANCELLED,
        [SIM_STAGE_CANCELLED] = SIM_STAGE_NEW,
    };
    for (int i = 0; i < SIM_STAGE_COUNT && !(face->stages & 1u << stage); i++)
        stage = fallback[stage];
    return stage;
}

// --- what kind of order ---

static const uint8_t feature_percent[SIM_FEATURE_COUNT] = {
    10, 5, 6, 30, 25, 12, 12, 20, 12, 3, 2, 1, 3, 5, 2, 0, 8, 5, 6, 2, 1, 2, 2, 10, 3, 0,
};

// Takes out what can't go together; `wanted` (the plan's own) wins over what was drawn.
static int64_t exclude(int64_t features, int64_t wanted, int64_t a, int64_t b)
{
    if (!(features & a) || !(features & b))
        return features;
    return features & ~(wanted & b ? a : b);
}

static int64_t draw_features(const struct build *b)
{
    const struct sim_plan *plan = b->plan;
    int64_t can = b->face->features | SIM_FEATURE_SEVERAL_DESTINATIONS;
    int64_t wanted = plan->features, f = wanted;
    for (int bit = 0; bit < SIM_FEATURE_COUNT; bit++)
        if (rng_below(b->rng, 100) < feature_percent[bit] && !plan->only_features)
            f |= (int64_t)1 << bit;
    if (!str_is_empty(plan->note))
        f |= SIM_FEATURE_NOTE, wanted |= SIM_FEATURE_NOTE;
    if (plan->stage != SIM_STAGE_NEW)
        f &= ~(int64_t)SIM_FEATURE_UNDETERMINED_POSTAGE;
    if (plan->stage != SIM_STAGE_NEW && plan->stage != SIM_STAGE_PROCESSING)
        f &= ~(int64_t)(SIM_FEATURE_SOCIAL_GIFT | SIM_FEATURE_FRAUD_REVIEW);
    if (plan->stage >= SIM_STAGE_PICKING)
        f &= ~(int64_t)SIM_FEATURE_PREORDER;
    int64_t lonely = SIM_FEATURE_STORE_PICKUP | SIM_FEATURE_SOCIAL_GIFT | SIM_FEATURE_AUCTION;
    f = exclude(f, wanted, SIM_FEATURE_STORE_PICKUP, SIM_FEATURE_SOCIAL_GIFT);
    f = exclude(f, wanted, SIM_FEATURE_STORE_PICKUP, SIM_FEATURE_AUCTION);
    f = exclude(f, wanted, SIM_FEATURE_SOCIAL_GIFT, SIM_FEATURE_AUCTION);
    for (int64_t one = 1; one <= SIM_FEATURE_DRUG; one <<= 1)
        if (lonely & one) {
            f = exclude(f, wanted, one, SIM_FEATURE_SEVERAL_DESTINATIONS);
            f = exclude(f, wanted, one, SIM_FEATURE_OTHER_RECIPIENT);
            f = exclude(f, wanted, one, SIM_FEATURE_REMOTE_ISLAND);
            f = exclude(f, wanted, one, SIM_FEATURE_DROP_OFF);
        }
    f = exclude(f, wanted, SIM_FEATURE_STORE_PICKUP, SIM_FEATURE_COOL);
    f = exclude(f, wanted, SIM_FEATURE_STORE_PICKUP, SIM_FEATURE_DATE_REQUESTED);
    f = exclude(f, wanted, SIM_FEATURE_UNDETERMINED_POSTAGE, SIM_FEATURE_USED_POINTS);
    if (f & (SIM_FEATURE_NOSHI | SIM_FEATURE_WRAPPING))
        f |= SIM_FEATURE_GIFT;
    return f & can;
}

static enum sim_payment draw_payment(const struct build *b)
{
    static const uint8_t weight[SIM_PAY_COUNT] = {55, 15, 5, 8, 6, 5, 5, 1};
    static const uint8_t slow[SIM_PAY_COUNT] = {25, 5, 5, 40, 25, 0, 0, 0};
    const uint8_t *w = b->plan->stage == SIM_STAGE_PROCESSING ? slow : weight;
    uint32_t can = b->face->payments;
    if (b->plan->payment >= 0 && (can & 1u << b->plan->payment))
        return (enum sim_payment)b->plan->payment;
    if (b->features &
        (SIM_FEATURE_STORE_PICKUP | SIM_FEATURE_SOCIAL_GIFT | SIM_FEATURE_SEVERAL_DESTINATIONS))
        can &= ~(1u << SIM_PAY_COD);
    if (b->features & SIM_FEATURE_UNDETERMINED_POSTAGE)
        can &= ~(1u << SIM_PAY_POINTS);
    uint64_t sum = 0;
    for (int i = 0; i < SIM_PAY_COUNT; i++)
        sum += can & 1u << i ? w[i] : 0;
    uint64_t at = sum ? rng_below(b->rng, sum) : 0;
    for (int i = 0; i < SIM_PAY_COUNT; i++) {
        uint64_t share = can & 1u << i ? w[i] : 0;
        if (at < share)
            return (enum sim_payment)i;
        at -= share;
    }
    return SIM_PAY_CARD;
}

// --- goods ---

static bool item_fits(const struct build *b, const struct sim_item *item, int temperature)
{
    bool cool = item->temperature != SIM_NORMAL;
    if (temperature >= 0)
        return (int)item->temperature == temperature && !item->drug;
    if (b->features & SIM_FEATURE_DRUG)
        return item->drug;
    if (b->features & SIM_FEATURE_COOL)
        return cool;
    if (b->features & SIM_FEATURE_PREORDER)
        return str_find(item->title, STR("予約")) >= 0;
    int64_t no_cool = SIM_FEATURE_STORE_PICKUP | SIM_FEATURE_AUCTION;
    if (cool && (b->plan->only_features || b->features & no_cool))
        return false;
    return !item->drug || !b->plan->only_features;
}

static const struct sim_item *draw_item(const struct build *b, int temperature)
{
    size_t count;
    const struct sim_item *items = sim_catalogue(&count);
    size_t start = rng_below(b->rng, count);
    for (size_t i = 0; i < count; i++)
        if (item_fits(b, &items[(start + i) % count], temperature))
            return &items[(start + i) % count];
    return &items[start];
}

static void draw_variant(const struct build *b, struct sim_line *line)
{
    const struct sim_item *item = line->item;
    int picked[2] = {0, 0};
    line->axis_count = 0;
    for (int i = 0; i < 2; i++) {
        if (item->choice_count[i] == 0)
            continue;
        picked[i] = (int)rng_below(b->rng, (uint64_t)item->choice_count[i]);
        line->axes[line->axis_count++] =
            (struct sim_option){item->axis[i], item->choices[i][picked[i]]};
    }
    if (line->axis_count == 0) {
        line->variant_id = STR("normal-inventory");
        line->system_sku = item->item_number;
        return;
    }
    line->variant_id = arena_printf(b->arena, "v%d%d", picked[0] + 1, picked[1] + 1);
    line->system_sku = arena_printf(b->arena, "%.*s-%d%d", STR_ARG(item->item_number),
                                    picked[0] + 1, picked[1] + 1);
}

static void draw_line(const struct build *b, struct sim_line *line, int number,
                      const struct sim_item *item)
{
    line->number = number;
    line->item = item;
    line->title = item->title;
    draw_variant(b, line);
    line->option_count = 0;
    if (!str_is_empty(item->option.name))
        line->options[line->option_count++] = item->option;
    line->unit_price = item->price;
    line->quantity = rng_below(b->rng, 5) ? 1 : 2 + (int64_t)rng_below(b->rng, 4);
    line->tax_rate_basis_points = item->tax_rate_basis_points;
    line->auction_id = STR("");
    if (b->features & SIM_FEATURE_AUCTION)
        line->auction_id = arena_printf(b->arena, "%c1%09u", (char)('b' + rng_below(b->rng, 24)),
                                        (unsigned)rng_below(b->rng, 1000000000));
    if (b->features & SIM_FEATURE_PREORDER)
        line->release_day =
            day_add(day_in_jst(b->plan->ordered_at), 10 + (int)rng_below(b->rng, 40));
}

static bool draw_lines(const struct build *b, struct sim_destination *d, int *number)
{
    static const uint8_t counts[] = {1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 5};
    size_t count = b->features & SIM_FEATURE_AUCTION ? 1 : counts[rng_below(b->rng, COUNT(counts))];
    d->lines = ARENA_ARRAY(b->arena, struct sim_line, count);
    if (!d->lines)
        return false;
    d->line_count = count;
    for (size_t i = 0; i < count; i++) {
        const struct sim_item *item = draw_item(b, i ? (int)d->lines[0].item->temperature : -1);
        if (*number == 1 && !str_is_empty(b->plan->item))
            item = sim_item_find(b->plan->item);
        draw_line(b, &d->lines[i], (*number)++, item ? item : draw_item(b, -1));
    }
    d->temperature = d->lines[0].item->temperature;
    return true;
}

// --- destinations ---

static void draw_wishes(const struct build *b, struct sim_destination *d)
{
    static const char *const noshi[] = {"内祝い", "御歳暮", "御祝", "無地のし", "快気祝"};
    static const char *const places[] = {"玄関ドア前", "宅配ボックス", "ガスメーターボックス",
                                         "物置", "車庫"};
    static const char *const stores[] = {"見本二丁目店", "例示駅前店", "サンプル中央郵便局"};
    d->noshi = d->wrapping_paper = d->wrapping_ribbon = d->gift_message = STR("");
    d->drop_off = d->pickup_store_name = STR("");
    if (b->features & SIM_FEATURE_NOSHI)
        d->noshi = str_from(noshi[rng_below(b->rng, COUNT(noshi))]);
    if (b->features & SIM_FEATURE_WRAPPING) {
        d->wrapping_paper = STR("包装紙（ブルー）");
        if (rng_below(b->rng, 2))
            d->wrapping_ribbon = STR("リボン（赤）");
    }
    if (b->features & SIM_FEATURE_GIFT && rng_below(b->rng, 3) == 0)
        d->gift_message = STR("いつもありがとう。\n体に気をつけてね。");
    if (b->features & SIM_FEATURE_DATE_REQUESTED) {
        d->requested_day = day_add(day_in_jst(b->plan->ordered_at), 3 + (int)rng_below(b->rng, 10));
        d->slot = (enum sim_slot)rng_below(b->rng, SIM_SLOT_COUNT);
    }
    if (b->features & SIM_FEATURE_DROP_OFF)
        d->drop_off = str_from(places[rng_below(b->rng, COUNT(places))]);
    if (b->features & SIM_FEATURE_STORE_PICKUP)
        d->pickup_store_name = str_from(stores[rng_below(b->rng, COUNT(stores))]);
    static const enum sim_carrier usual[] = {
        SIM_CARRIER_YAMATO,     SIM_CARRIER_YAMATO, SIM_CARRIER_YAMATO, SIM_CARRIER_SAGAWA,
        SIM_CARRIER_JAPAN_POST, SIM_CARRIER_SAGAWA, SIM_CARRIER_YAMATO, SIM_CARRIER_JAPAN_POST,
    };
    d->carrier = usual[rng_below(b->rng, COUNT(usual))];
    if (d->temperature != SIM_NORMAL)
        d->carrier = SIM_CARRIER_YAMATO;
    if (d->lines[0].item->item_id == 10000307) // a desk
        d->carrier = SIM_CARRIER_SEINO;
}

static bool draw_destination(const struct build *b, const struct sim_person *buyer, bool first,
                             struct sim_destination *d, int *number)
{
    bool island = (b->features & SIM_FEATURE_REMOTE_ISLAND) != 0;
    int64_t elsewhere = SIM_FEATURE_OTHER_RECIPIENT | SIM_FEATURE_SOCIAL_GIFT;
    d->is_buyer = first && !(b->features & elsewhere);
    d->recipient = d->is_buyer ? *buyer : sim_person_draw(b->arena, b->rng, first && island, false);
    d->recipient.email = d->is_buyer ? buyer->email : STR("");
    if (!draw_lines(b, d, number))
        return false;
    draw_wishes(b, d);
    return true;
}

// --- past ---

static time_ms between(const struct build *b, time_ms from, int64_t least, int64_t most)
{
    int64_t room = b->now - from;
    if (room <= 1)
        return from;
    int64_t wait = least + (int64_t)rng_below(b->rng, (uint64_t)(most - least) + 1);
    time_ms at = from + (wait < room ? wait : 1 + (int64_t)rng_below(b->rng, (uint64_t)room));
    return at / 1000 * 1000; // malls know seconds
}

static void set_past(const struct build *b, struct sim_order *o)
{
    enum sim_stage stage = b->plan->stage;
    bool cancelled = stage == SIM_STAGE_CANCELLED || stage == SIM_STAGE_CANCEL_REQUESTED;
    o->accepted_at = o->paid_at = o->shipped_at = o->done_at = o->cancelled_at = TIME_NONE;
    if (stage == SIM_STAGE_NEW)
        return;
    if (!cancelled || rng_below(b->rng, 2))
        o->accepted_at = between(b, o->ordered_at, 5 * 60 * 1000, 10 * HOUR_MS);
    if (cancelled) {
        time_ms from = o->accepted_at == TIME_NONE ? o->ordered_at : o->accepted_at;
        o->cancelled_at = between(b, from, HOUR_MS, 3 * DAY_MS);
        return;
    }
    bool late = o->payment == SIM_PAY_COD || o->payment == SIM_PAY_DEFERRED;
    bool slow = o->payment == SIM_PAY_BANK || o->payment == SIM_PAY_CONVENIENCE;
    if (stage >= SIM_STAGE_READY && !late)
        o->paid_at = slow ? between(b, o->accepted_at, HOUR_MS, 2 * DAY_MS)
                          : between(b, o->accepted_at, 60 * 1000, 30 * 60 * 1000);
    if (stage >= SIM_STAGE_SHIPPED)
        o->shipped_at = between(b, o->paid_at == TIME_NONE ? o->accepted_at : o->paid_at,
                                3 * HOUR_MS, 3 * DAY_MS);
    if (stage == SIM_STAGE_DONE) {
        o->done_at = between(b, o->shipped_at, 5 * DAY_MS, 16 * DAY_MS);
        if (late)
            o->paid_at = o->done_at;
    }
}

// Carriers number parcels with eleven digits and their remainder by seven as the twelfth (西濃:
// nine).
static struct str draw_tracking_number(struct arena *arena, const struct rng *rng,
                                       enum sim_carrier carrier)
{
    if (carrier == SIM_CARRIER_SEINO) {
        unsigned long body = 300000000ul + rng_below(rng, 100000000);
        return arena_printf(arena, "%lu%lu", body, body % 7);
    }
    uint64_t body = (uint64_t)(carrier == SIM_CARRIER_YAMATO ? 46 : 39) * 1000000000u +
                    rng_below(rng, 1000000000);
    return arena_printf(arena, "%llu%llu", (unsigned long long)body,
                        (unsigned long long)(body % 7));
}

// --- whole orders ---

static bool fill_order(const struct build *b, struct sim_order *o, const struct sim_person *buyer,
                       size_t first_destination, size_t destination_count)
{
    o->arena = b->arena;
    o->mall = b->plan->mall;
    o->stage = b->plan->stage;
    o->features = b->features;
    o->ordered_at = b->plan->ordered_at;
    o->placed_at = b->now;
    o->buyer = *buyer;
    o->payment = b->payment;
    o->instalments = o->payment == SIM_PAY_CARD && rng_below(b->rng, 8) == 0 ? 3 : 1;
    o->note = STR("");
    if (b->features & SIM_FEATURE_NOTE)
        o->note = b->plan->note.p ? str_dup(b->arena, b->plan->note)
                                  : sim_note_draw(b->rng, b->features & SIM_FEATURE_GIFT);
    o->device = rng_below(b->rng, 10) < 7 ? SIM_DEVICE_PHONE : (int)rng_below(b->rng, 3);
    o->destinations = ARENA_ARRAY(b->arena, struct sim_destination, destination_count);
    if (!o->destinations)
        return false;
    o->destination_count = destination_count;
    int number = 1;
    for (size_t i = 0; i < destination_count; i++)
        if (!draw_destination(b, buyer, first_destination + i == 0, &o->destinations[i], &number))
            return false;
    if (b->plan->quantity > 0)
        o->destinations[0].lines[0].quantity = b->plan->quantity;
    for (size_t i = 0; i < destination_count; i++) {
        const struct sim_destination *d = &o->destinations[i];
        for (size_t k = 0; k < d->line_count; k++) {
            o->features |= d->lines[k].item->temperature != SIM_NORMAL ? SIM_FEATURE_COOL : 0;
            o->features |= d->lines[k].item->drug ? SIM_FEATURE_DRUG : 0;
        }
        if (d->recipient.remote_island)
            o->features |= SIM_FEATURE_REMOTE_ISLAND;
    }
    set_past(b, o);
    o->shipped_with = o->destinations[0].carrier;
    o->tracking_number = o->shipped_at == TIME_NONE
                             ? STR("")
                             : draw_tracking_number(b->arena, b->rng, o->shipped_with);
    sim_order_add_up(o, b->rng);
    return !arena_failed(b->arena);
}

static struct sim_person draw_buyer(const struct build *b)
{
    bool island =
        b->features & SIM_FEATURE_REMOTE_ISLAND && !(b->features & SIM_FEATURE_OTHER_RECIPIENT);
    struct sim_person buyer =
        sim_person_draw(b->arena, b->rng, island, b->features & SIM_FEATURE_RARE_KANJI);
    if (b->plan->family.p) {
        buyer.family = str_dup(b->arena, b->plan->family);
        buyer.family_kana = STR("");
    }
    if (b->plan->given.p) {
        buyer.given = str_dup(b->arena, b->plan->given);
        buyer.given_kana = STR("");
    }
    return buyer;
}

bool sim_order_build(struct arena *arena, const struct sim_face *face, const struct sim_plan *plan,
                     uint64_t seed, time_ms now, struct sim_order *orders[SIM_DESTINATIONS_MAX],
                     size_t *count)
{
    struct rng_seeded state;
    rng_seed(&state, seed);
    struct rng rng = rng_from_seeded(&state);
    struct build b = {.arena = arena, .face = face, .plan = plan, .rng = &rng, .now = now};
    b.features = draw_features(&b);
    b.payment = draw_payment(&b);
    struct sim_person buyer = draw_buyer(&b);
    size_t destinations = b.features & SIM_FEATURE_SEVERAL_DESTINATIONS
                              ? 2 + rng_below(&rng, SIM_DESTINATIONS_MAX - 1)
                              : 1;
    bool together = (face->features & SIM_FEATURE_SEVERAL_DESTINATIONS) != 0;
    *count = together ? 1 : destinations;
    struct str purchase =
        *count > 1 ? arena_printf(arena, "P%012llx", (unsigned long long)(seed & 0xffffffffffffu))
                   : STR("");
    for (size_t i = 0; i < *count; i++) {
        struct sim_order *o = ARENA_NEW(arena, struct sim_order);
        if (!o)
            return false;
        o->seed = sim_mix(seed, i);
        o->purchase_id = purchase;
        o->order_no = STR("");
        if (!fill_order(&b, o, &buyer, i, together ? destinations : 1))
            return false;
        orders[i] = o;
    }
    return true;
}
