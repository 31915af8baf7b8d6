// SPDX-License-Identifier: Apache-2.0
//
// Every error of the sheet, by recorded answers: its class, its code, words and hint in both
// languages; after a write whatever isn't a clear refusal is ambiguous. Odd bodies, truncation at
// every byte, failing allocations.
#include "support/conversation.h"

#include "base/memory.h"
#include "mall/amazon/amazon.h"
#include "mall/op.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define NOW 1795392000000LL
#define NO "250-0000001-0000001"

static struct setting_value values[] = {
    {{"client_id", 9}, {"c", 1}},
    {{"client_secret", 13}, {"s", 1}},
    {{"refresh_token", 13}, {"r", 1}},
    {{"access_token", 12}, {"Atza|1", 6}},
    {{"access_token_expires_at", 23}, {"2027-01-01T00:00:00Z", 20}},
};
static const struct mall_account account = {.shop_id = 7, .values = values, .value_count = 5};

static bool read_one(struct conversation *c, const struct exchange *script, size_t count,
                     struct error *error)
{
    struct str no = STR(NO);
    struct mall_read_request request = {&no, 1, NULL};
    conversation_init(c, script, count, NOW);
    struct mall_op *op = amazon_mall.read(&account, &request, &c->sink, error);
    assert_non_null(op);
    return conversation_run(c, op, error);
}

#define DENIED(details)                                                                      \
    "{\"errors\":[{\"code\":\"Unauthorized\",\"message\":\"Access to requested resource is " \
    "denied.\","                                                                             \
    "\"details\":\"" details "\"}]}"
#define INVALID(message) \
    "{\"errors\":[{\"code\":\"InvalidInput\",\"message\":\"" message "\",\"details\":\"\"}]}"

// Refusals that end an operation.
static void errors_of_the_gate(void **state)
{
    static const struct {
        int status;
        const char *answer, *code;
        enum error_class class;
    } cases[] = {
        {403, DENIED("Access token is missing in the request header."), "amazon.token_not_sent",
         ERROR_AUTH_INVALID},
        {403, DENIED("The access token you provided is revoked, malformed or invalid."),
         "amazon.token_not_accepted", ERROR_AUTH_EXPIRED},
        {403, DENIED("The marketplaces you provided are not valid for region."),
         "amazon.marketplace_region", ERROR_BAD_INPUT},
        {403, DENIED("The LWA secret token has expired."), "amazon.client_refused",
         ERROR_AUTH_INVALID},
        {401, "{\"errors\":[{\"code\":\"Unauthorized\",\"message\":\"no\"}]}",
         "amazon.unauthorized", ERROR_AUTH_INVALID},
        {415, "{\"errors\":[{\"code\":\"x\",\"message\":\"y\"}]}", "amazon.media_type",
         ERROR_INTERNAL},
        {413, "{\"errors\":[{\"code\":\"x\",\"message\":\"y\"}]}", "amazon.request_too_large",
         ERROR_INTERNAL},
        {500, "{\"errors\":[{\"code\":\"InternalFailure\",\"message\":\"y\"}]}",
         "mall.server_error", ERROR_NETWORK},
        {503, "{\"errors\":[{\"code\":\"ServiceUnavailable\",\"message\":\"y\"}]}",
         "mall.maintenance", ERROR_MAINTENANCE},
        {400, INVALID("Invalid request parameters"), "amazon.account_inactive",
         ERROR_NOT_PERMITTED},
        {200, "<html>maintenance</html>", "mall.maintenance", ERROR_MAINTENANCE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct exchange script[] = {
            {.operation = "getOrder", .status = cases[i].status, .answer = cases[i].answer}};
        struct conversation c;
        struct error error = {0};
        assert_false(read_one(&c, script, 1, &error));
        assert_string_equal(error.code, cases[i].code);
        assert_int_equal(error.class, cases[i].class);
        assert_true(error.what_ja[0] && error.what_en[0]);
        conversation_free(&c);
    }
}

struct write_case {
    int status;
    const char *answer, *code;
    enum error_class class;
};
#define LOOK                                                                                    \
    "{\"order\":{\"orderId\":\"" NO "\",\"createdTime\":\"2026-11-20T00:00:00Z\","              \
    "\"lastUpdatedTime\":\"2026-11-20T01:00:00.123Z\",\"salesChannel\":{\"channelName\":"       \
    "\"AMAZON\"},"                                                                              \
    "\"fulfillment\":{\"fulfillmentStatus\":\"UNSHIPPED\",\"fulfilledBy\":\"MERCHANT\"},"       \
    "\"orderItems\":[{\"orderItemId\":\"10000000000001\",\"quantityOrdered\":2,\"product\":{}," \
    "\"fulfillment\":{\"quantityFulfilled\":0,\"quantityUnfulfilled\":2}}]}}"

static void errors_of_a_confirmation(void **state)
{
    static const struct write_case cases[] = {
        {400, INVALID("PackageReferenceId: is invalid, must be a positive numeric value."),
         "amazon.package_reference", ERROR_REJECTED},
        {400, INVALID("OrderItemId 1 is invalid, please obtain the value"), "amazon.order_item",
         ERROR_REJECTED},
        {400,
         INVALID("Failed to create package due to not finding a matching package or order "
                 "already fulfilled."),
         "amazon.already_fulfilled", ERROR_REJECTED},
        {400, INVALID("ErrorMessage(errorCode=GeneralError, errorMetric=PackageToUpdateNotFound)"),
         "amazon.already_fulfilled", ERROR_REJECTED},
        {400, INVALID("ErrorCode: NonexistentOrderItem Failed to find order item list"),
         "amazon.order_cancelled", ERROR_REJECTED},
        {400, INVALID("InvalidPackageVersion"), "amazon.package_version", ERROR_CONFLICT},
        {400, INVALID("maximum number of allowed updates"), "amazon.updates_used_up",
         ERROR_REJECTED},
        {400, INVALID("ShipDate: is invalid"), "amazon.ship_date", ERROR_REJECTED},
        {400, INVALID("CarrierCode: is invalid"), "amazon.carrier", ERROR_REJECTED},
        {400, INVALID("TrackingNumber: is missing."), "amazon.tracking_number", ERROR_REJECTED},
        {400, INVALID("Order is fulfilled by Amazon."), "amazon.fba", ERROR_REJECTED},
        {400, INVALID("not supported for FBM Ship+ orders"), "amazon.ship_plus", ERROR_REJECTED},
        {400, INVALID("18021"), "amazon.quantity", ERROR_REJECTED},
        {400, INVALID("something new"), "amazon.invalid_input", ERROR_REJECTED},
        {404, "{\"errors\":[{\"code\":\"NotFound\",\"message\":\"\"}]}", "amazon.not_found",
         ERROR_NOT_FOUND},
        {409, "{\"errors\":[{\"code\":\"x\",\"message\":\"y\"}]}", "amazon.refused",
         ERROR_REJECTED},
        {429, "{\"errors\":[{\"code\":\"QuotaExceeded\",\"message\":\"y\"}]}", "mall.rate_limited",
         ERROR_RATE_LIMITED},
        {500, "{\"errors\":[{\"code\":\"InternalFailure\",\"message\":\"y\"}]}",
         "amazon.answer_lost", ERROR_AMBIGUOUS},
        {200, "{\"odd\":", "amazon.answer_lost", ERROR_AMBIGUOUS},
        {200, "<!DOCTYPE html><html>proxy</html>", "amazon.answer_lost", ERROR_AMBIGUOUS},
        {0, NULL, "amazon.answer_lost", ERROR_AMBIGUOUS},
    };
    struct order order;
    struct shipment parcel = {.carrier = STR("fukuyama"),
                              .tracking_number = STR("4000-0000-0013"),
                              .ship_date = 20261122};
    struct order_package package = {.number = 1, .shipments = &parcel, .shipment_count = 1};
    struct mall_ship_request request = {.order = &order, .packages = &package, .package_count = 1};
    order_init(&order);
    order.order_no = STR(NO);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct exchange script[] = {
            {.operation = "getOrder", .status = 200, .answer = LOOK},
            {.operation = "confirmShipment",
             .writes = true,
             .url = "/orders/v0/orders/" NO "/shipmentConfirmation",
             .body_is = "{\"marketplaceId\":\"A1VC38T7YXB528\",\"packageDetail\":{"
                        "\"packageReferenceId\":\"1\",\"carrierCode\":\"Other\",\"carrierName\":"
                        "\"福山通運\",\"shippingMethod\":\"宅配便\",\"trackingNumber\":"
                        "\"400000000013\",\"shipDate\":\"2026-11-22T03:00:00Z\",\"orderItems\":[{"
                        "\"orderItemId\":\"10000000000001\",\"quantity\":2}]}}",
             .status = cases[i].status,
             .maybe_sent = true,
             .answer = cases[i].answer}};
        struct conversation c;
        struct error error = {0};
        CONVERSATION(&c, script, NOW);
        struct mall_op *op = amazon_mall.ship(&account, &request, &c.sink, &error);
        assert_non_null(op);
        assert_false(conversation_run(&c, op, &error));
        if (strcmp(error.code, cases[i].code) != 0 || error.class != cases[i].class)
            fail_msg("%zu: %s (%s)", i, error.code, error_class_name(error.class));
        assert_true(error.what_ja[0] && error.what_en[0]);
        conversation_free(&c);
    }
}

static void cut_anywhere(void **state)
{
    static const char whole[] = LOOK;
    for (size_t n = 0; n < sizeof whole; n++) {
        const struct exchange script[] = {{.status = 200, .bytes = {whole, n}},
                                          {.status = 200, .bytes = {whole, n}}};
        struct conversation c;
        struct error error = {0};
        (void)read_one(&c, script, 2, &error);
        assert_true(conversation_orders(&c) == (n == sizeof whole - 1 || n == sizeof whole) ||
                    conversation_bad(&c) == 1 || error.class != ERROR_NONE);
        conversation_free(&c);
        if (n == sizeof whole - 2)
            break;
    }
}

static void memory_runs_out(void **state)
{
    for (uint64_t n = 1; n < 400; n++) {
        static const struct exchange script[] = {{.status = 200, .answer = LOOK}};
        struct str no = STR(NO);
        struct mall_read_request request = {&no, 1, NULL};
        struct conversation c;
        struct error error = {0};
        CONVERSATION(&c, script, NOW);
        memory_fail_at(n, 1);
        struct mall_op *op = amazon_mall.read(&account, &request, &c.sink, &error);
        bool done = op && conversation_run(&c, op, &error);
        memory_fail_at(0, 0);
        size_t orders = conversation_orders(&c);
        conversation_free(&c);
        if (done && orders == 1)
            return;
        if (!done)
            assert_int_equal(error.class, ERROR_NO_MEMORY);
    }
    fail_msg("never enough memory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_of_the_gate),
        cmocka_unit_test(errors_of_a_confirmation),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
