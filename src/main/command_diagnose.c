// SPDX-License-Identifier: Apache-2.0
//
// juchu diagnose: why is this order not here, why is this shipment not reflected?
#include "main/app.h"

#include "diagnosis/ask.h"

#define EVIDENCE_BYTES_MAX (32u << 20)

static void turn(void *context)
{
    loop_turn(context, 20);
}

static void print_line(const struct app *app, const struct check_line *line)
{
    static const char *const marks[] = {[OUTCOME_PASSED] = "✔",
                                        [OUTCOME_FAILED] = "✖",
                                        [OUTCOME_SUSPECT] = "▲",
                                        [OUTCOME_UNKNOWN] = "？",
                                        [OUTCOME_NOT_APPLICABLE] = "–"};
    struct str text = app->english ? line->message_en : line->message_ja;
    struct str fix = app->english ? line->fix_en : line->fix_ja;
    printf("  %s %-5s %.*s\n", marks[line->outcome], line->rule->id, STR_ARG(text));
    if (fix.n)
        printf("        → %.*s\n", STR_ARG(fix));
}

static void print_verdict(const struct app *app, const struct verdict *v)
{
    struct str ja, en;
    verdict_text(v, app->arena, &ja, &en);
    printf("%.*s\n\n", STR_ARG(app->english ? en : ja));
    for (size_t i = 0; i < v->count; i++)
        if (v->lines[i].outcome != OUTCOME_NOT_APPLICABLE)
            print_line(app, &v->lines[i]);
}

static bool name_shop(struct app *app, const char *name, struct diagnosis_question *q,
                      struct error *error)
{
    struct shop shop;
    if (!name)
        return true;
    struct db_conn *conn = db_acquire(app->db, error);
    bool found = conn && shop_find(conn, app->org_id, str_from(name), app->arena, &shop, error);
    db_release(app->db, conn);
    q->shop_id = found ? shop.id : 0;
    return found;
}

static int answer(struct app *app, const struct diagnosis_question *q)
{
    struct error error;
    struct verdict verdict;
    row_id id;
    struct order_context context = app_context(app);
    struct diagnosis_asker asker = {.db = app->db,
                                    .key = &app->key,
                                    .sync = app->sync,
                                    .turn = turn,
                                    .turn_context = app->loop,
                                    .clock = app->clock,
                                    .context = &context,
                                    .local_only = args_flag(&app->args, "local")};
    AUTO_BUF evidence = buf_make(EVIDENCE_BYTES_MAX);
    if (!diagnosis_ask(&asker, q, app->arena, &evidence, &verdict, &id, &error))
        return app_fail(app, &error);
    if (!app->json) {
        print_verdict(app, &verdict);
        return EXIT_DONE;
    }
    AUTO_BUF out = buf_make(EVIDENCE_BYTES_MAX);
    struct json_writer w = json_writer_make(&out);
    verdict_to_json(&verdict, &w);
    if (out.failed) {
        error_no_memory(&error);
        return app_fail(app, &error);
    }
    app_print(buf_str(&out));
    return EXIT_DONE;
}

static int ask(struct app *app, enum question question, const char *shop, const char *order_no)
{
    struct error error;
    if (!app_open(app, &error) || !app_open_sync(app, false, NULL, NULL, &error))
        return app_fail(app, &error);
    struct diagnosis_question q = {
        .question = question, .org_id = app->org_id, .order_no = str_from(order_no)};
    if (!name_shop(app, shop ? shop : args_value(&app->args, "shop"), &q, &error))
        return app_fail(app, &error);
    return answer(app, &q);
}

int command_diagnose_order(struct app *app)
{
    // The shop may be left out where the number tells it.
    const char *const *words = app->args.words;
    return app->args.word_count == 2 ? ask(app, QUESTION_ORDER, words[0], words[1])
                                     : ask(app, QUESTION_ORDER, NULL, words[0]);
}

int command_diagnose_shop(struct app *app)
{
    return ask(app, QUESTION_SHOP, app->args.words[0], NULL);
}

int command_diagnose_writeback(struct app *app)
{
    return ask(app, QUESTION_WRITEBACK, NULL, app->args.words[0]);
}

int command_diagnose_reflect(struct app *app)
{
    return ask(app, QUESTION_REFLECT, app->args.words[0], NULL);
}

int command_diagnose_paid(struct app *app)
{
    return ask(app, QUESTION_PAID, NULL, app->args.words[0]);
}

int command_diagnose_stuck(struct app *app)
{
    return ask(app, QUESTION_STUCK, NULL, app->args.words[0]);
}
