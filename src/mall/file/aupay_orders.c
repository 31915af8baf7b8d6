// SPDX-License-Identifier: Apache-2.0
//
// The order download of Wow! manager (受注データCSV, aupay.md §8.1): one row per detail, order
// values repeated, columns as the shop's template has them, named like the elements of the API. A
// number's rows are turned into what searchTradeInfoProc would have said, so that both doors read
// orders the same way. Invariants: an order is taken whole or refused with line, column and reason;
// columns that nobody knows are kept as extras. One thread; each batch owns its arena.
#include "mall/aupay/internal.h"
#include "mall/file/formats.h"
#include "mall/file/join.h"

#include <stdio.h>

#define COMMISSIONS_MAX 5

enum column {
    C_CONTROL,
    C_ORDER_ID,
    C_ORDER_DATE,
    C_STATUS,
    C_ITEM_CODE,
    C_UNIT,
    C_PRICE,
    C_COUNT
};
static const char *const names[C_COUNT] = {"controlType", "orderId", "orderDate", "orderStatus",
                                           "itemCode",    "unit",    "itemPrice"};

// Columns of a detail; all others are the order's.
static const char *const detail_names[] = {"orderDetailId",
                                           "itemManagementId",
                                           "itemCode",
                                           "lotnumber",
                                           "itemName",
                                           "itemOption",
                                           "itemOptionPrice",
                                           "giftWrappingType",
                                           "giftWrappingPrice",
                                           "giftMessage",
                                           "noshiType",
                                           "noshiPresenterName1",
                                           "noshiPresenterName2",
                                           "noshiPresenterName3",
                                           "itemCancelStatus",
                                           "itemCancelDate",
                                           "beforeDiscount",
                                           "discount",
                                           "itemPrice",
                                           "unit",
                                           "totalItemPrice",
                                           "totalItemChargePrice",
                                           "taxType",
                                           "reducedTax",
                                           "taxRate",
                                           "giftPoint",
                                           "shippingDayDispText",
                                           "shippingTimelimitDate"};

static bool is_detail(struct str name)
{
    for (size_t i = 0; i < sizeof detail_names / sizeof detail_names[0]; i++)
        if (str_eq(name, str_from(detail_names[i])))
            return true;
    return str_starts(name, STR("itemOptionCommission"));
}

static struct xml_node *add_node(struct arena *arena, struct xml_node *parent, struct str name,
                                 struct str text)
{
    struct xml_node *node = ARENA_NEW(arena, struct xml_node);
    if (!node)
        return NULL;
    node->name = name;
    node->text = text.p ? text : STR("");
    node->parent = parent;
    if (parent && parent->last_child)
        parent->last_child->next = node;
    else if (parent)
        parent->first_child = node;
    if (parent)
        parent->last_child = node;
    return node;
}

static struct str cell_named(const struct joined_order *j, size_t row, const char *name)
{
    for (size_t i = 0; i < j->column_count; i++)
        if (str_eq(j->header[i], str_from(name)))
            return j->rows[row][i];
    return STR("");
}

// itemOptionCommissionTitle1, itemOptionCommissionVal1 … as the API nests them.
static bool add_commissions(const struct joined_order *j, size_t row, struct xml_node *detail)
{
    for (int k = 1; k <= COMMISSIONS_MAX; k++) {
        char title[48], value[48];
        snprintf(title, sizeof title, "itemOptionCommissionTitle%d", k);
        snprintf(value, sizeof value, "itemOptionCommissionVal%d", k);
        struct str text = cell_named(j, row, value);
        if (str_is_empty(text))
            continue;
        struct xml_node *group = add_node(j->arena, detail, STR("itemOptionCommissions"), STR(""));
        if (!group ||
            !add_node(j->arena, group, STR("itemOptionCommissionTitle"),
                      cell_named(j, row, title)) ||
            !add_node(j->arena, group, STR("itemOptionCommissionVal"), text))
            return false;
    }
    return true;
}

static bool add_detail(const struct joined_order *j, size_t row, struct xml_node *info)
{
    struct xml_node *detail = add_node(j->arena, info, STR("detail"), STR(""));
    if (!detail)
        return false;
    for (size_t i = 0; i < j->column_count; i++) {
        struct str name = j->header[i], text = j->rows[row][i];
        bool commission = str_starts(name, STR("itemOptionCommission"));
        if (!is_detail(name) || commission || str_is_empty(text))
            continue;
        if (!add_node(j->arena, detail, name, text))
            return false;
    }
    return add_commissions(j, row, detail);
}

static struct xml_node *as_order_info(const struct joined_order *j)
{
    struct xml_node *info = add_node(j->arena, NULL, STR("orderInfo"), STR(""));
    bool whole = info != NULL;
    for (size_t i = 0; whole && i < j->column_count; i++) {
        struct str name = j->header[i], text = j->rows[0][i];
        if (is_detail(name) || str_is_empty(text) || str_eq(name, STR("controlType")))
            continue;
        whole = add_node(j->arena, info, name, text) != NULL;
    }
    for (size_t row = 0; whole && row < j->row_count; row++)
        whole = add_detail(j, row, info);
    return whole ? info : NULL;
}

static bool refuse(struct order_file_refusal *refusal, enum column column)
{
    refusal->column = str_from(names[column]);
    error_set(&refusal->error, ERROR_BAD_INPUT, "file.column_missing", "列 %s に値がありません。",
              "Column %s has no value.", names[column]);
    error_hint(&refusal->error,
               "Wow! managerのダウンロードテンプレート（DL項目）にこの列を加えてください。",
               "Add the column to the download template in Wow! manager.");
    return false;
}

static bool build(const struct joined_order *j, struct order *order,
                  struct order_file_refusal *refusal)
{
    static const enum column needed[] = {C_ORDER_DATE, C_STATUS, C_ITEM_CODE, C_UNIT, C_PRICE};
    struct mall_account account = j->account ? *j->account : (struct mall_account){0};
    account.mall = &aupay_mall;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (str_is_empty(joined_cell(j, 0, (int)needed[i])))
            return refuse(refusal, needed[i]);
    struct xml_node *info = as_order_info(j);
    if (!info)
        return error_no_memory(&refusal->error);
    refusal->column = STR("");
    if (!aupay_order_read(j->arena, &account, info, order, &refusal->error))
        return false;
    // The file says other things than the API; its digest would only make the next listing look
    // changed.
    order->mall_update_mark = STR("");
    return true;
}

static const struct join_format format = {
    .names = names, .name_count = C_COUNT, .key = C_ORDER_ID, .build = build};

static bool recognise(const struct str *header, size_t count)
{
    static const char *const needed[] = {"controlType", "orderId", "itemCode"};
    return join_header_has(header, count, needed, sizeof needed / sizeof needed[0]);
}

static bool read_file(const struct mall_account *account, struct str utf8, struct str second,
                      const struct order_file_sink *sink, struct error *error)
{
    return join_read_for(account, &format, utf8, sink, error);
}

const struct order_file_format aupay_order_file = {
    .id = "aupay.orders",
    .mall = "aupay",
    .label = {"au PAY マーケット 受注データCSV", "au PAY Market order CSV"},
    .recognise = recognise,
    .read = read_file,
};
