/* Every kind of error, and what it tells beside its status. Closed and Cancelled: tokens.c, operations.c; Internal:
 * panics.c. MIDENTITY_ABI_MISMATCH is for callers that compare versions; no function gives it. */
#include <stdlib.h>
#include <string.h>

#include "emulator.h"
#include "sockets.h"

#define ARM "https://management.azure.com/.default"

struct expected {
    midentity_status status;
    const char *id;
    int32_t http_status;
    uint32_t attempts;
    const char *source;
};

static void check(midentity_error *error, const struct expected *expected) {
    size_t length = 0;
    CHECK_INTEGER(midentity_error_status(error), expected->status);
    CHECK_TEXT(midentity_error_id(error, &length), expected->id);
    CHECK_INTEGER(length, strlen(expected->id));
    CHECK_INTEGER(midentity_error_http_status(error), expected->http_status);
    CHECK_INTEGER(midentity_error_attempts(error), expected->attempts);
    CHECK_TEXT(midentity_error_source(error, NULL), expected->source);
    CHECK(midentity_error_hint(error, &length) != NULL && length > 0);
    CHECK_INTEGER(strlen(midentity_error_hint(error, NULL)), length);
    CHECK(midentity_error_message(error, &length) != NULL && length > 0);
    CHECK_INTEGER(strlen(midentity_error_message(error, NULL)), length);
    midentity_error_free(error);
}

/* Asks for a token and gives the error, by the blocking call and as an operation, which say the same. */
static midentity_error *asked(const midentity_credential_options *wanted, const char *fault) {
    midentity_credential_options options;
    midentity_credential *credential = NULL;
    midentity_operation *operation = NULL;
    midentity_token *token = NULL;
    midentity_error *error = NULL, *again = NULL;
    midentity_status status;
    memset(&options, 0, sizeof options);
    if (wanted != NULL) {
        options = *wanted;
    }
    options.struct_size = sizeof options;
    options.flags = MIDENTITY_CREDENTIAL_PRIVATE_CACHE;
    CHECK_OK(midentity_credential_new(&options, &credential, &error), error);
    if (fault != NULL) {
        emulator_fault(fault);
    }
    status = midentity_credential_get_token(credential, ARM, MIDENTITY_NTS, NULL, &token, &error);
    CHECK(status != MIDENTITY_OK);
    CHECK(token == NULL);
    CHECK_INTEGER(midentity_error_status(error), status);
    if (fault != NULL) {
        midentity_value_free(emulator_control("DELETE", "faults", NULL));
        emulator_fault(fault);
    }
    CHECK_OK(midentity_credential_get_token_start(credential, ARM, MIDENTITY_NTS, NULL, &operation, &again), again);
    again = fails(operation, status);
    CHECK_TEXT(midentity_error_id(again, NULL), midentity_error_id(error, NULL));
    midentity_error_free(again);
    midentity_credential_free(credential);
    return error;
}

static midentity_credential_options once(void) {
    midentity_credential_options options;
    memset(&options, 0, sizeof options);
    options.retries = -1;
    options.timeout_ms = 5000;
    return options;
}

TEST(unavailable) {
    static const struct expected EXPECTED = {MIDENTITY_UNAVAILABLE, "imds.unreachable", 0, 1, "Imds"};
    midentity_credential_options options = once();
    char *endpoint = formatted("http://127.0.0.1:%u", port_refused());
    options.imds_endpoint = endpoint;
    options.imds_endpoint_len = MIDENTITY_NTS;
    check(asked(&options, NULL), &EXPECTED);
    free(endpoint);
}

TEST(authentication) {
    static const struct expected EXPECTED = {MIDENTITY_AUTHENTICATION, "imds.refused", 403, 1, "Imds"};
    midentity_credential_options options = once();
    emulator_reset();
    check(asked(&options,
                "{\"status\": 403, \"body\": {\"error\": \"unauthorized_client\", \"error_description\": "
                "\"AADSTS700016: not here\"}}"),
          &EXPECTED);
}

TEST(identity_not_found) {
    static const struct expected EXPECTED = {MIDENTITY_IDENTITY_NOT_FOUND, "imds.identity_not_found", 400, 1, "Imds"};
    midentity_credential_options options = once();
    emulator_reset();
    options.identity_kind = MIDENTITY_IDENTITY_CLIENT_ID;
    options.identity = "00000000-0000-0000-0000-00000000dead";
    options.identity_len = MIDENTITY_NTS;
    check(asked(&options, NULL), &EXPECTED);
}

TEST(throttled_says_for_how_long) {
    static const struct expected EXPECTED = {MIDENTITY_THROTTLED, "imds.throttled", 429, 1, "Imds"};
    midentity_credential_options options = once();
    midentity_error *error;
    emulator_reset();
    options.retries = 0;
    error = asked(&options, "{\"status\": 429, \"headers\": {\"retry-after\": \"3600\"}}");
    CHECK_INTEGER(midentity_error_retry_after_ms(error), 3600000);
    check(error, &EXPECTED);
    emulator_reset();
    error = asked(&options, "{\"status\": 400}");
    CHECK_INTEGER(midentity_error_retry_after_ms(error), -1);
    midentity_error_free(error);
}

TEST(service) {
    static const struct expected EXPECTED = {MIDENTITY_SERVICE, "imds.service", 500, 1, "Imds"};
    midentity_credential_options options = once();
    emulator_reset();
    check(asked(&options, "{\"status\": 500}"), &EXPECTED);
}

TEST(transport) {
    static const struct expected EXPECTED = {MIDENTITY_TRANSPORT, "imds.transport", 0, 3, "Imds"};
    midentity_credential_options options = once();
    emulator_reset();
    options.retries = 1;
    check(asked(&options,
                "[{\"status\": 500, \"times\": 1, \"headers\": {\"retry-after\": \"0.01\"}}, {\"drop\": \"before\"}]"),
          &EXPECTED);
}

TEST(timeout) {
    static const struct expected EXPECTED = {MIDENTITY_TIMEOUT, "imds.timeout", 0, 2, "Imds"};
    midentity_credential_options options = once();
    emulator_reset();
    options.retries = 0;
    options.timeout_ms = 1000;
    check(asked(&options,
                "[{\"status\": 500, \"times\": 1, \"headers\": {\"retry-after\": \"0.01\"}}, {\"hang\": true}]"),
          &EXPECTED);
}

TEST(protocol) {
    static const struct expected EXPECTED = {MIDENTITY_PROTOCOL, "imds.bad_answer", 200, 1, "Imds"};
    midentity_credential_options options = once();
    emulator_reset();
    check(asked(&options, "{\"status\": 200, \"body\": {\"access_token\": 5}}"), &EXPECTED);
}

TEST(forbidden_names_action_and_scope) {
    static const struct expected EXPECTED = {MIDENTITY_FORBIDDEN, "arm.forbidden", 403, 1, NULL};
    midentity_arm_client *client;
    midentity_operation *operation = NULL;
    midentity_error *error = NULL;
    emulator_reset();
    client = machine_client();
    CHECK_OK(midentity_arm_resource_group_get(client, fact("/subscription_id"), MIDENTITY_NTS, "rg2", MIDENTITY_NTS,
                                              &operation, &error),
             error);
    error = fails(operation, MIDENTITY_FORBIDDEN);
    CHECK_CONTAINS(midentity_error_message(error, NULL), "Microsoft.Resources/subscriptions/resourceGroups/read");
    CHECK_CONTAINS(midentity_error_message(error, NULL), "rg2");
    CHECK_TEXT(midentity_error_service_code(error, NULL), "AuthorizationFailed");
    CHECK(midentity_error_request_id(error, NULL) != NULL);
    CHECK(midentity_error_correlation_id(error, NULL) != NULL);
    check(error, &EXPECTED);
    midentity_arm_client_free(client);
}

TEST(not_found) {
    static const struct expected EXPECTED = {MIDENTITY_NOT_FOUND, "arm.not_found", 404, 1, NULL};
    midentity_arm_client *client;
    midentity_operation *operation = NULL;
    midentity_error *error = NULL;
    emulator_reset();
    client = admin_client();
    CHECK_OK(midentity_arm_user_identity_get(client, fact("/subscription_id"), MIDENTITY_NTS, "rg1", MIDENTITY_NTS,
                                             "none", MIDENTITY_NTS, &operation, &error),
             error);
    error = fails(operation, MIDENTITY_NOT_FOUND);
    CHECK_TEXT(midentity_error_service_code(error, NULL), "ResourceNotFound");
    check(error, &EXPECTED);
    midentity_arm_client_free(client);
}

TEST(conflict) {
    static const struct expected EXPECTED = {MIDENTITY_CONFLICT, "arm.conflict", 409, 1, NULL};
    midentity_arm_client *client;
    midentity_operation *operation = NULL;
    midentity_error *error = NULL;
    emulator_reset();
    client = admin_client();
    emulator_fault("{\"match\": {\"door\": \"arm\"}, \"status\": 409}");
    CHECK_OK(midentity_arm_resource_group_create(client, fact("/subscription_id"), MIDENTITY_NTS, "rg9", MIDENTITY_NTS,
                                                 "eastus", MIDENTITY_NTS, NULL, 0, &operation, &error),
             error);
    error = fails(operation, MIDENTITY_CONFLICT);
    check(error, &EXPECTED);
    midentity_arm_client_free(client);
}

TEST(correlation_of_a_token_error) {
    midentity_credential_options options = once();
    midentity_error *error;
    emulator_reset();
    error = asked(
        &options,
        "{\"status\": 401, \"body\": {\"error\": \"invalid_client\", \"error_description\": \"AADSTS7000215: no\", "
        "\"correlation_id\": \"11111111-2222-3333-4444-555555555555\"}}");
    CHECK_TEXT(midentity_error_correlation_id(error, NULL), "11111111-2222-3333-4444-555555555555");
    CHECK_INTEGER(midentity_error_status(error), MIDENTITY_AUTHENTICATION);
    CHECK(midentity_error_service_code(error, NULL) != NULL);
    midentity_error_free(error);
}
