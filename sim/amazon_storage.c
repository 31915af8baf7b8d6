// SPDX-License-Identifier: Apache-2.0
//
// What reports and feeds have in common (amazon.md §10.1, §11.1): documents behind pre-signed
// addresses that live five minutes, and tasks that take their time. The storage answers like the
// storage does: XML errors, and none of the API's headers. Called with the sim's mutex held.
#include "sim/amazon.h"

#include "base/gzip.h"
#include "text/cp932.h"

#include <stdio.h>

#define DOCUMENT_BYTES_MAX ((size_t)32 << 20)
#define TASKS_PER_PAGE 10

struct amazon_document *amazon_document_new(struct sim *sim, struct amazon_state *state,
                                            const char *prefix)
{
    struct amazon_document *d = ARENA_NEW(state->arena, struct amazon_document);
    if (!d || state->document_count == AMAZON_DOCUMENTS_MAX)
        return NULL;
    *d = (struct amazon_document){.bytes = STR_ABSENT};
    snprintf(d->id, sizeof d->id, "%s-%lld-%08llx", prefix, (long long)++state->serial,
             (unsigned long long)sim_random(sim, UINT32_MAX));
    state->documents[state->document_count++] = d;
    return d;
}

struct amazon_document *amazon_document_find(const struct amazon_state *state, struct str id)
{
    for (size_t i = 0; i < state->document_count; i++)
        if (str_eq(str_from(state->documents[i]->id), id))
            return state->documents[i];
    return NULL;
}

struct str amazon_document_url(struct amazon_call *c, struct amazon_document *d)
{
    struct str host = sim_request_header(c->request, "Host");
    int64_t seconds = sim_switch_number(c->sim, SIM_AMAZON, "url_seconds");
    d->url_ends = sim_now(c->sim) + seconds * AMAZON_SECOND_MS;
    snprintf(d->signature, sizeof d->signature, "%016llx%016llx",
             (unsigned long long)sim_random(c->sim, INT64_MAX),
             (unsigned long long)sim_random(c->sim, INT64_MAX));
    if (str_is_empty(host))
        host = STR("storage.amazon.test");
    return arena_printf(c->arena, "http://%.*s/storage/%s?X-Amz-Expires=%lld&X-Amz-Signature=%s",
                        STR_ARG(host), d->id, (long long)seconds, d->signature);
}

static bool encode(struct sim *sim, struct arena *arena, struct str utf8, struct str *out)
{
    struct cp932_loss *losses;
    struct error error;
    *out = utf8;
    if (sim_switch_is(sim, SIM_AMAZON, "report_encoding", "cp932"))
        return cp932_from_utf8(arena, utf8, out, &losses, &error);
    if (sim_switch_is(sim, SIM_AMAZON, "report_encoding", "utf-8-bom"))
        *out = arena_printf(arena, "\xEF\xBB\xBF%.*s", STR_ARG(utf8));
    return !arena_failed(arena);
}

bool amazon_document_fill(struct sim *sim, struct amazon_state *state, struct amazon_document *d,
                          struct str utf8)
{
    struct error error;
    struct str encoded;
    AUTO_BUF packed = buf_make(DOCUMENT_BYTES_MAX);
    AUTO_ARENA scratch = arena_new(2 * DOCUMENT_BYTES_MAX);
    if (!scratch || !encode(sim, scratch, utf8, &encoded))
        return false;
    d->gzip = sim_switch_is(sim, SIM_AMAZON, "report_gzip", "on");
    if (d->gzip && !gzip_pack(encoded, &packed, &error))
        return false;
    d->bytes = str_dup(state->arena, d->gzip ? buf_str(&packed) : encoded);
    return !arena_failed(state->arena);
}

// --- the storage itself ---

static void storage_error(struct amazon_call *c, const char *code, const char *message)
{
    c->response->status = 403;
    sim_response_header(c->response, "Content-Type", STR("application/xml"));
    buf_addf(&c->response->body,
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s"
             "</Message></Error>",
             code, message);
}

static bool address_is_good(struct amazon_call *c, const struct amazon_document *d)
{
    struct str signature = amazon_query(c, "X-Amz-Signature");
    if (!d || !d->signature[0] || !str_eq(signature, str_from(d->signature))) {
        storage_error(c, "SignatureDoesNotMatch",
                      "The request signature we calculated does not match.");
        return false;
    }
    if (sim_now(c->sim) >= d->url_ends) {
        storage_error(c, "AccessDenied", "Request has expired");
        return false;
    }
    if (sim_request_header(c->request, "x-amz-access-token").p) {
        storage_error(c, "InvalidArgument", "Only one auth mechanism allowed");
        return false;
    }
    return true;
}

void amazon_handle_storage(struct amazon_call *c)
{
    struct amazon_document *d = amazon_document_find(c->state, amazon_path_part(c, 1));
    if (!address_is_good(c, d))
        return;
    if (c->request->method == HTTP_PUT) {
        struct str type = sim_request_header(c->request, "Content-Type");
        if (!str_eq(type, str_from(d->content_type))) {
            storage_error(c, "SignatureDoesNotMatch",
                          "The request signature we calculated does not match.");
            return;
        }
        d->bytes = str_dup(c->state->arena, c->request->body);
        return;
    }
    if (!d->bytes.p) {
        storage_error(c, "NoSuchKey", "The specified key does not exist.");
        return;
    }
    if (sim_switch_is(c->sim, SIM_AMAZON, "report_charset_header", "on"))
        sim_response_header(c->response, "Content-Type",
                            sim_switch_is(c->sim, SIM_AMAZON, "report_encoding", "cp932")
                                ? STR("text/plain; charset=Shift_JIS")
                                : STR("text/plain; charset=UTF-8"));
    else
        sim_response_header(c->response, "Content-Type", STR("binary/octet-stream"));
    buf_add(&c->response->body, d->bytes);
}

// --- tasks ---

const char *amazon_processing_name(enum amazon_processing p)
{
    static const char *const names[] = {"IN_QUEUE", "IN_PROGRESS", "DONE", "CANCELLED", "FATAL"};
    return names[p];
}

struct amazon_task *amazon_task_new(struct sim *sim, struct amazon_state *state, bool is_feed,
                                    struct str type)
{
    struct amazon_task *t = ARENA_NEW(state->arena, struct amazon_task);
    if (!t || state->task_count == AMAZON_DOCUMENTS_MAX)
        return NULL;
    int64_t seconds =
        sim_switch_number(sim, SIM_AMAZON, is_feed ? "feed_seconds" : "report_seconds");
    *t = (struct amazon_task){.is_feed = is_feed,
                              .created = sim_now(sim),
                              .done_at = sim_now(sim) + seconds * AMAZON_SECOND_MS};
    snprintf(t->id, sizeof t->id, "%lld", 50000000 + (long long)++state->serial);
    snprintf(t->type, sizeof t->type, "%.*s", STR_ARG(str_utf8_cut(type, sizeof t->type - 1)));
    state->tasks[state->task_count++] = t;
    return t;
}

struct amazon_task *amazon_task_find(const struct amazon_state *state, bool is_feed, struct str id)
{
    for (size_t i = 0; i < state->task_count; i++)
        if (state->tasks[i]->is_feed == is_feed && str_eq(str_from(state->tasks[i]->id), id))
            return state->tasks[i];
    return NULL;
}

void amazon_task_look(struct sim *sim, struct amazon_state *state, struct amazon_task *t)
{
    time_ms now = sim_now(sim);
    if (t->state == AMAZON_IN_QUEUE && now >= t->created + (t->done_at - t->created) / 3)
        t->state = AMAZON_IN_PROGRESS;
    if (t->state != AMAZON_IN_PROGRESS || now < t->done_at)
        return;
    t->state = AMAZON_PROCESSED;
    if (t->is_feed)
        amazon_feed_process(sim, state, t);
    else
        amazon_report_make(sim, state, t);
}

void amazon_task_view(struct amazon_call *c, const struct amazon_task *t)
{
    bool ended = t->state >= AMAZON_PROCESSED;
    json_begin_object(&c->w);
    json_put_str(&c->w, t->is_feed ? "feedId" : "reportId", str_from(t->id));
    json_put_str(&c->w, t->is_feed ? "feedType" : "reportType", str_from(t->type));
    json_key(&c->w, "marketplaceIds");
    json_begin_array(&c->w);
    json_write_str(&c->w, STR(SIM_AMAZON_MARKETPLACE));
    json_end_array(&c->w);
    amazon_put_time(c, "createdTime", t->created);
    if (!t->is_feed) {
        amazon_put_time(c, "dataStartTime", t->from);
        amazon_put_time(c, "dataEndTime", t->to);
    }
    json_put_str(&c->w, "processingStatus", str_from(amazon_processing_name(t->state)));
    if (t->state >= AMAZON_IN_PROGRESS)
        amazon_put_time(c, "processingStartTime", t->created + (t->done_at - t->created) / 3);
    if (ended)
        amazon_put_time(c, "processingEndTime", t->done_at);
    if (ended && t->result)
        json_put_str(&c->w, t->is_feed ? "resultFeedDocumentId" : "reportDocumentId",
                     str_from(t->result->id));
    json_end_object(&c->w);
}

// Types or a token, never both (§10.1); newest first.
void amazon_task_list(struct amazon_call *c, bool is_feed)
{
    struct str types = amazon_query(c, is_feed ? "feedTypes" : "reportTypes");
    struct str states = amazon_query(c, "processingStatuses"), token = amazon_query(c, "nextToken");
    struct str size = amazon_query(c, "pageSize");
    time_ms since;
    int64_t skip = 0, rows = TASKS_PER_PAGE, given = 0, matching = 0;
    if (!amazon_query_time(c, "createdSince", &since))
        return;
    if ((!types.p) == (!token.p) || (token.p && !str_to_int64(token, &skip)) ||
        (size.p && (!str_to_int64(size, &rows) || rows < 1 || rows > 100))) {
        amazon_invalid(c, "nextToken");
        return;
    }
    json_begin_object(&c->w);
    json_key(&c->w, is_feed ? "feeds" : "reports");
    json_begin_array(&c->w);
    for (size_t i = c->state->task_count; i > 0; i--) {
        const struct amazon_task *t = c->state->tasks[i - 1];
        bool fits =
            t->is_feed == is_feed && (!types.p || amazon_in_list(types, str_from(t->type))) &&
            (!states.p || amazon_in_list(states, str_from(amazon_processing_name(t->state)))) &&
            (since == TIME_NONE || t->created >= since);
        matching += fits;
        if (!fits || matching <= skip || given == rows)
            continue;
        amazon_task_view(c, t);
        given++;
    }
    json_end_array(&c->w);
    if (skip + given < matching)
        json_put_str(&c->w, "nextToken",
                     arena_printf(c->arena, "%lld", (long long)skip + (long long)given));
    json_end_object(&c->w);
}
