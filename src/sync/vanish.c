// SPDX-License-Identifier: Apache-2.0
//
// Provisional orders that their mall no longer has: the buyer's payment failed and the mall deleted
// the order instead of cancelling it. Here it becomes cancelled, by the same door as any order that
// was read, so that history, counters and folders follow. Invariant: only an order that was last
// seen provisional is treated so; every other one that isn't found stays as it is. Database
// threads.
#include "sync/fetch_store.h"

static bool find(struct db_conn *conn, row_id org_id, row_id shop_id, struct str order_no,
                 row_id *id, struct error *error)
{
    struct error why = {0};
    *id = 0;
    if (order_find(conn, org_id, shop_id, order_no, id, &why))
        return true;
    *id = 0;
    if (why.class == ERROR_NOT_FOUND || why.class == ERROR_NONE)
        return true;
    *error = why;
    return false;
}

static bool cancel(struct db_conn *conn, const struct order_context *context, struct order *order,
                   row_id run_id, struct error *error)
{
    order->state = ORDER_CANCELLED;
    order->payment_state = PAYMENT_FAILED;
    order->cancelled_at = context->now;
    order->cancel_reason =
        STR("仮注文の決済が完了せず、モールがこの注文を削除しました(モールにはもうありません)。");
    for (size_t i = 0; i < order->package_count; i++)
        order->packages[i].state = SHIPMENT_VOID;
    order->shipment_state = order_roll_up_shipment(order);
    struct order_import import = {.order = order,
                                  .raw = STR_ABSENT,
                                  .raw_type = STR(""),
                                  .door = "reread",
                                  .fetch_run = run_id};
    return orders_import(conn, context, &import, 1, error);
}

bool order_vanished(struct db_conn *conn, const struct order_context *context, row_id shop_id,
                    struct str order_no, row_id run_id, struct arena *arena, row_id *order_id,
                    struct error *error)
{
    struct order order;
    row_id id;
    *order_id = 0;
    if (!find(conn, context->org_id, shop_id, order_no, &id, error))
        return false;
    if (id == 0)
        return true;
    if (!order_read(conn, context->org_id, id, arena, &order, error))
        return false;
    if (order.state != ORDER_PROVISIONAL)
        return true;
    *order_id = id;
    return cancel(conn, context, &order, run_id, error);
}
