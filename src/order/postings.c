// SPDX-License-Identifier: Apache-2.0
//
// Building, reading and merging of posting lists. Bytes read may be damaged: every read is bounded.
// No state; any thread.
#include "order/postings.h"

#include "base/memory.h"
#include "order/terms.h"

#define RADIX_BITS 12
#define RADIX (1u << RADIX_BITS)
#define VARINT_MAX 5

uint32_t postings_parts(size_t orders)
{
    uint32_t parts = 1;
    while (parts < 4096 && (size_t)parts * POSTINGS_ORDERS_PER_PART < orders)
        parts *= 2;
    return parts;
}

void postings_free(struct postings_builder *b)
{
    memory_free(b->entries);
    memory_free(b->ids);
    memory_free(b->starts);
    *b = (struct postings_builder){0};
}

void postings_reset(struct postings_builder *b)
{
    b->count = b->order_count = 0;
    b->failed = false;
}

static bool grow_orders(struct postings_builder *b)
{
    size_t capacity = b->order_capacity ? 2 * b->order_capacity : 64;
    row_id *ids = memory_resize(b->ids, capacity * sizeof *ids);
    if (!ids)
        return false;
    b->ids = ids;
    size_t *starts = memory_resize(b->starts, capacity * sizeof *starts);
    if (!starts)
        return false;
    b->starts = starts;
    b->order_capacity = capacity;
    return true;
}

static bool grow_entries(struct postings_builder *b, size_t more)
{
    size_t capacity = b->capacity ? b->capacity : 4096;
    while (capacity < b->count + more)
        capacity *= 2;
    uint64_t *entries = memory_resize(b->entries, capacity * sizeof *entries);
    if (!entries)
        return false;
    b->entries = entries;
    b->capacity = capacity;
    return true;
}

static void add_entry(void *context, struct str term, size_t start, size_t end)
{
    struct postings_builder *b = context;
    b->entries[b->count++] = (uint64_t)term_hash(term) << 32 | (b->order_count - 1);
}

void postings_add(struct postings_builder *b, row_id id, struct str folded)
{
    // At each byte at most a pair of characters, four digits and a single character end.
    size_t most = 3 * folded.n;
    if (b->failed || (b->order_count == b->order_capacity && !grow_orders(b)) ||
        (b->count + most > b->capacity && !grow_entries(b, most))) {
        b->failed = true;
        return;
    }
    b->ids[b->order_count] = id;
    b->starts[b->order_count++] = b->count;
    terms_each(folded, add_entry, b);
    terms_each_single(folded, add_entry, b);
}

struct rank {
    row_id id;
    uint32_t order;
};

static void sift(struct rank *heap, size_t at, size_t count)
{
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && heap[child + 1].id > heap[child].id)
            child++;
        if (heap[at].id >= heap[child].id)
            return;
        struct rank other = heap[at];
        heap[at] = heap[child];
        heap[child] = other;
    }
}

static void sort_ranks(struct rank *ranks, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sift(ranks, i, count);
    for (size_t i = count; i-- > 1;) {
        struct rank first = ranks[0];
        ranks[0] = ranks[i];
        ranks[i] = first;
        sift(ranks, 0, i);
    }
}

static bool is_rising(const struct postings_builder *b)
{
    for (size_t i = 1; i < b->order_count; i++)
        if (b->ids[i - 1] >= b->ids[i])
            return false;
    return true;
}

// Brings the orders' entries, with new ordinals, into the order of the ids.
static bool order_by_id(struct postings_builder *b, uint64_t *out)
{
    struct rank *ranks = memory_alloc((b->order_count + 1) * sizeof *ranks);
    size_t n = 0, orders = 0;
    if (!ranks)
        return false;
    for (size_t i = 0; i < b->order_count; i++)
        ranks[i] = (struct rank){b->ids[i], (uint32_t)i};
    sort_ranks(ranks, b->order_count);
    for (size_t i = 0; i < b->order_count; i++) {
        uint32_t order = ranks[i].order;
        size_t end = order + 1 < b->order_count ? b->starts[order + 1] : b->count;
        if (orders == 0 || b->ids[orders - 1] != ranks[i].id)
            b->ids[orders++] = ranks[i].id;
        for (size_t k = b->starts[order]; k < end; k++)
            out[n++] = (b->entries[k] >> 32) << 32 | (orders - 1);
    }
    b->order_count = orders;
    memory_free(ranks);
    return true;
}

// By one digit of the hash; keeps the order of equal ones.
static void radix_pass(const uint64_t *from, uint64_t *to, size_t count, int shift)
{
    uint32_t at[RADIX] = {0};
    for (size_t i = 0; i < count; i++)
        at[(from[i] >> shift) & (RADIX - 1)]++;
    for (uint32_t d = 0, sum = 0; d < RADIX; d++) {
        uint32_t n = at[d];
        at[d] = sum;
        sum += n;
    }
    for (size_t i = 0; i < count; i++)
        to[at[(from[i] >> shift) & (RADIX - 1)]++] = from[i];
}

bool postings_sort(struct postings_builder *b)
{
    if (b->failed || b->count > UINT32_MAX)
        return false;
    uint64_t *other = memory_alloc((b->count + 1) * sizeof *other);
    if (!other)
        return false;
    if (!is_rising(b)) {
        // Ids were overwritten only when this succeeds, so a failure leaves nothing half done that
        // anybody uses.
        if (!order_by_id(b, other)) {
            memory_free(other);
            return false;
        }
        memcpy(b->entries, other, b->count * sizeof *other);
    }
    radix_pass(b->entries, other, b->count, 32);
    radix_pass(other, b->entries, b->count, 32 + RADIX_BITS);
    memory_free(other);
    return true;
}

static unsigned char *put_varint(unsigned char *q, uint32_t v)
{
    for (; v >= 0x80; v >>= 7)
        *q++ = (unsigned char)(v | 0x80);
    *q++ = (unsigned char)v;
    return q;
}

// Room for a list of `count` ordinals behind its head; NULL on lack of memory.
static unsigned char *begin_list(struct buf *out, size_t count)
{
    char *room = buf_reserve(out, (count + 2) * VARINT_MAX);
    // Behind the largest head; end_list() moves the list to where it belongs.
    return room ? (unsigned char *)room + 2 * VARINT_MAX : NULL;
}

static void end_list(struct buf *out, unsigned char *list, const unsigned char *end,
                     uint32_t distance)
{
    size_t n = (size_t)(end - list);
    unsigned char *head = (unsigned char *)out->p + out->n, *q = put_varint(head, distance);
    q = put_varint(q, (uint32_t)n);
    memmove(q, list, n);
    buf_commit(out, (size_t)(q - head) + n);
}

void postings_write(const struct postings_builder *b, uint32_t part, uint32_t parts, size_t *from,
                    struct buf *out)
{
    uint32_t before = postings_lowest(part, parts);
    uint64_t below = (uint64_t)postings_lowest(part + 1, parts) << 32;
    size_t i = *from;
    while (i < b->count && b->entries[i] < below) {
        uint32_t hash = (uint32_t)(b->entries[i] >> 32), ordinal = 0;
        size_t end = i;
        while (end < b->count && b->entries[end] >> 32 == hash)
            end++;
        unsigned char *list = begin_list(out, end - i), *q = list;
        if (!list)
            return;
        for (size_t k = i; k < end; k++) {
            uint32_t next = (uint32_t)b->entries[k];
            if (k > i && next == ordinal)
                continue;
            q = put_varint(q, next - ordinal);
            ordinal = next;
        }
        end_list(out, list, q, hash - before);
        before = hash;
        i = end;
    }
    *from = i;
}

static bool get_varint(const unsigned char **at, const unsigned char *end, uint32_t *v)
{
    uint32_t value = 0;
    for (int shift = 0; shift < 35 && *at < end; shift += 7) {
        unsigned char byte = *(*at)++;
        value |= (uint32_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *v = value;
            return true;
        }
    }
    return false;
}

void postings_open(struct postings_reader *r, struct str part, uint32_t lowest)
{
    const unsigned char *at = (const unsigned char *)(part.p ? part.p : "");
    *r = (struct postings_reader){.at = at, .end = at + part.n, .hash = lowest};
    postings_next(r);
}

void postings_next(struct postings_reader *r)
{
    uint32_t distance, bytes;
    r->list = STR_ABSENT;
    if (r->at == r->end || r->damaged)
        return;
    r->damaged = !get_varint(&r->at, r->end, &distance) || !get_varint(&r->at, r->end, &bytes) ||
                 bytes == 0 || bytes > (size_t)(r->end - r->at) ||
                 distance >= (1u << POSTINGS_HASH_BITS);
    if (r->damaged)
        return;
    r->hash += distance;
    r->list = str_make((const char *)r->at, bytes);
    r->at += bytes;
}

ptrdiff_t postings_decode(struct str list, uint32_t base, uint32_t *ordinals, size_t room)
{
    const unsigned char *at = (const unsigned char *)(list.p ? list.p : ""), *end = at + list.n;
    uint32_t ordinal = base, distance;
    size_t n = 0;
    while (at < end) {
        if (*at < 0x80)
            distance = *at++;
        else if (!get_varint(&at, end, &distance))
            return -1;
        if (n == room)
            return -1;
        ordinal += distance;
        ordinals[n++] = ordinal;
    }
    return (ptrdiff_t)n;
}

struct str postings_find(struct str part, uint32_t lowest, uint32_t hash, bool *damaged)
{
    struct postings_reader r;
    postings_open(&r, part, lowest);
    while (r.list.p && r.hash < hash)
        postings_next(&r);
    *damaged |= r.damaged;
    return r.list.p && r.hash == hash ? r.list : STR_ABSENT;
}

static uint32_t lowest_hash(const struct postings_input *inputs, size_t count)
{
    uint32_t lowest = UINT32_MAX;
    for (size_t i = 0; i < count; i++)
        if (inputs[i].reader.list.p && inputs[i].reader.hash < lowest)
            lowest = inputs[i].reader.hash;
    return lowest;
}

// Two rising runs into one, what is in both once.
static size_t unite(const uint32_t *a, size_t na, const uint32_t *b, size_t nb, uint32_t *out)
{
    size_t i = 0, k = 0, n = 0;
    while (i < na && k < nb) {
        uint32_t x = a[i], y = b[k];
        out[n++] = x < y ? x : y;
        i += x <= y;
        k += y <= x;
    }
    for (; i < na; i++)
        out[n++] = a[i];
    for (; k < nb; k++)
        out[n++] = b[k];
    return n;
}

// Ordinals of one input's current list in the new segment, rising.
static ptrdiff_t take_list(const struct postings_input *in, uint32_t *out)
{
    uint32_t base = in->map ? 0 : in->base;
    ptrdiff_t n = postings_decode(in->reader.list, base, out, in->order_count);
    for (ptrdiff_t i = 0; i < n && in->map; i++) {
        if (out[i] >= in->order_count)
            return -1;
        out[i] = in->map[out[i]];
    }
    return n;
}

// Appends what one input has for the current hash to united[0 … n). Mostly it lies behind.
static ptrdiff_t unite_one(const struct postings_input *in, uint32_t *united, size_t n,
                           uint32_t *scratch)
{
    ptrdiff_t more = take_list(in, united + n);
    if (more <= 0)
        return -1;
    if (n == 0 || united[n] > united[n - 1])
        return (ptrdiff_t)n + more;
    size_t sum = unite(united, n, united + n, (size_t)more, scratch);
    memcpy(united, scratch, sum * sizeof *united);
    return (ptrdiff_t)sum;
}

// The ordinals of all inputs for `hash`, rising; -1 when an input is damaged.
static ptrdiff_t unite_all(struct postings_input *inputs, size_t count, uint32_t hash,
                           uint32_t *united, uint32_t *scratch)
{
    ptrdiff_t n = 0;
    for (size_t i = 0; i < count && n >= 0; i++) {
        struct postings_reader *r = &inputs[i].reader;
        if (!r->list.p || r->hash != hash)
            continue;
        n = unite_one(&inputs[i], united, (size_t)n, scratch);
        postings_next(r);
        if (r->damaged)
            return -1;
    }
    return n;
}

bool postings_merge(struct postings_input *inputs, size_t count, uint32_t lowest, uint32_t below,
                    uint32_t *scratch, struct buf *out)
{
    uint32_t before = lowest, hash;
    size_t all = 0;
    for (size_t i = 0; i < count; i++)
        all += inputs[i].order_count;
    while ((hash = lowest_hash(inputs, count)) < below) {
        const uint32_t *ordinals = scratch;
        ptrdiff_t n = unite_all(inputs, count, hash, scratch, scratch + all);
        if (n < 0 || hash < before)
            return false;
        unsigned char *list = begin_list(out, (size_t)n), *q = list;
        if (!list)
            return true; // out->failed tells
        uint32_t ordinal = 0;
        for (ptrdiff_t i = 0; i < n; i++) {
            q = put_varint(q, ordinals[i] - ordinal);
            ordinal = ordinals[i];
        }
        end_list(out, list, q, hash - before);
        before = hash;
    }
    for (size_t i = 0; i < count; i++)
        if (inputs[i].reader.damaged)
            return false;
    return true;
}
