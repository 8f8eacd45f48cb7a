/* What can't be used is refused, and nothing crashes: the functions that take no client of Resource Manager.
 * Those that do: arm_arguments.c. */
#include <stdlib.h>
#include <string.h>

#include "emulator.h"

#define ARM "https://management.azure.com/.default"
static const char NOT_UTF8[] = "\xff\xfe";

#define REFUSED(call)                                         \
    do {                                                      \
        CHECK_FAILS(call, MIDENTITY_INVALID_ARGUMENT, error); \
        CHECK(midentity_error_hint(error, NULL) != NULL);     \
        midentity_error_free(error);                          \
        error = NULL;                                         \
    } while (0)

TEST(freeing_null_does_nothing) {
    midentity_arm_client_free(NULL);
    midentity_credential_free(NULL);
    midentity_error_free(NULL);
    midentity_instance_free(NULL);
    midentity_operation_free(NULL);
    midentity_token_free(NULL);
    midentity_token_provider_free(NULL);
    midentity_value_free(NULL);
    midentity_credential_close(NULL);
    midentity_operation_cancel(NULL);
}

TEST(readers_take_null) {
    size_t length = 7;
    midentity_value *claims = NULL;
    midentity_error *error = NULL;
    CHECK_INTEGER(midentity_error_status(NULL), MIDENTITY_OK);
    CHECK(midentity_error_id(NULL, &length) == NULL && length == 0);
    length = 7;
    CHECK(midentity_error_message(NULL, &length) == NULL && length == 0);
    length = 7;
    CHECK(midentity_error_hint(NULL, &length) == NULL && length == 0);
    CHECK(midentity_error_service_code(NULL, NULL) == NULL);
    CHECK(midentity_error_request_id(NULL, NULL) == NULL);
    CHECK(midentity_error_correlation_id(NULL, NULL) == NULL);
    CHECK(midentity_error_source(NULL, NULL) == NULL);
    CHECK_INTEGER(midentity_error_http_status(NULL), 0);
    CHECK_INTEGER(midentity_error_retry_after_ms(NULL), -1);
    CHECK_INTEGER(midentity_error_attempts(NULL), 0);
    length = 7;
    CHECK(midentity_token_secret(NULL, &length) == NULL && length == 0);
    length = 7;
    CHECK(midentity_token_type(NULL, &length) == NULL && length == 0);
    CHECK_INTEGER(midentity_token_expires_on(NULL), 0);
    CHECK_INTEGER(midentity_token_refresh_on(NULL), 0);
    CHECK_INTEGER(midentity_token_source(NULL), MIDENTITY_SOURCE_AUTO);
    CHECK(!midentity_token_identity_verified(NULL));
    CHECK(!midentity_token_from_cache(NULL));
    CHECK(!midentity_token_unchanged(NULL));
    CHECK_INTEGER(midentity_operation_id(NULL), 0);
    REFUSED(midentity_token_claims(NULL, &claims, &error));
    CHECK(claims == NULL);
}

TEST(operations_that_are_null) {
    midentity_token *token = NULL;
    midentity_value *value = NULL;
    midentity_error *error = NULL;
    REFUSED(midentity_operation_wait(NULL, 0, &error));
    REFUSED(midentity_operation_wait(NULL, -1, &error));
    REFUSED(midentity_operation_on_done(NULL, NULL, NULL, &error));
    REFUSED(midentity_operation_on_progress(NULL, NULL, NULL, &error));
    REFUSED(midentity_operation_take_token(NULL, &token, &error));
    REFUSED(midentity_operation_take_value(NULL, &value, &error));
    CHECK(token == NULL && value == NULL);
    CHECK_INTEGER(midentity_operation_wait(NULL, 0, NULL), MIDENTITY_INVALID_ARGUMENT);
}

/* A struct as a program has it that was built with a newer header. */
struct newer_credential_options {
    midentity_credential_options known;
    uint64_t unknown[4];
};

TEST(sizes_of_options) {
    midentity_credential *credential = NULL;
    midentity_instance *instance = NULL;
    midentity_error *error = NULL;
    struct newer_credential_options newer;
    midentity_instance_options instance_options;
    size_t size;
    memset(&newer, 0, sizeof newer);
    for (size = 0; size < sizeof newer.known; size++) {
        newer.known.struct_size = size;
        REFUSED(midentity_credential_new(&newer.known, &credential, &error));
    }
    newer.known.struct_size = SIZE_MAX;
    REFUSED(midentity_credential_new(&newer.known, &credential, &error));
    CHECK(credential == NULL);
    newer.known.struct_size = sizeof newer.known;
    CHECK_OK(midentity_credential_new(&newer.known, &credential, &error), error);
    midentity_credential_free(credential);
    newer.known.struct_size = sizeof newer;
    CHECK_OK(midentity_credential_new(&newer.known, &credential, &error), error);
    midentity_credential_free(credential);
    newer.unknown[3] = 1;
    credential = NULL;
    CHECK_FAILS(midentity_credential_new(&newer.known, &credential, &error), MIDENTITY_INVALID_ARGUMENT, error);
    CHECK_CONTAINS(midentity_error_message(error, NULL), "midentity_credential_options");
    CHECK_CONTAINS(midentity_error_hint(error, NULL), "newer library");
    CHECK(credential == NULL);
    midentity_error_free(error);
    error = NULL;
    /* A size that ends inside a field. */
    newer.unknown[3] = 0;
    newer.known.struct_size = sizeof newer.known + 3;
    REFUSED(midentity_credential_new(&newer.known, &credential, &error));

    memset(&instance_options, 0, sizeof instance_options);
    REFUSED(midentity_instance_new(&instance_options, &instance, &error));
    instance_options.struct_size = sizeof instance_options - 8;
    REFUSED(midentity_instance_new(&instance_options, &instance, &error));
}

static midentity_credential_options sized(void) {
    midentity_credential_options options;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    return options;
}

TEST(options_of_credentials) {
    midentity_credential *credential = NULL;
    midentity_error *error = NULL;
    midentity_credential_options options;
    int32_t number;
    size_t i;
    REFUSED(midentity_credential_new(NULL, NULL, &error));
    for (number = -1; number <= 99; number += number < 5 ? 1 : 94) {
        options = sized();
        options.identity_kind = number;
        if (number == MIDENTITY_IDENTITY_DEFAULT || number == MIDENTITY_IDENTITY_SYSTEM_ASSIGNED) {
            options.identity = "an-id";
            options.identity_len = MIDENTITY_NTS;
        }
        REFUSED(midentity_credential_new(&options, &credential, &error));
    }
    options = sized();
    options.source = 2;
    REFUSED(midentity_credential_new(&options, &credential, &error));
    options.source = -1;
    REFUSED(midentity_credential_new(&options, &credential, &error));
    options = sized();
    options.flags = 16;
    REFUSED(midentity_credential_new(&options, &credential, &error));
    options.flags = MIDENTITY_CREDENTIAL_LIMIT_REQUESTS | MIDENTITY_CREDENTIAL_NO_LIMIT_REQUESTS;
    REFUSED(midentity_credential_new(&options, &credential, &error));
    options = sized();
    options.retries = -2;
    REFUSED(midentity_credential_new(&options, &credential, &error));
    options = sized();
    options.timeout_ms = -2;
    REFUSED(midentity_credential_new(&options, &credential, &error));
    options = sized();
    options.connect_timeout_ms = INT64_MIN;
    REFUSED(midentity_credential_new(&options, &credential, &error));
    options = sized();
    options.attempt_timeout_ms = -2;
    REFUSED(midentity_credential_new(&options, &credential, &error));
    /* The longest times are no overflow. */
    options = sized();
    options.timeout_ms = options.connect_timeout_ms = options.attempt_timeout_ms = INT64_MAX;
    options.retries = INT32_MAX;
    CHECK_OK(midentity_credential_new(&options, &credential, &error), error);
    midentity_credential_free(credential);
    credential = NULL;
    for (i = 0; i < 4; i++) {
        static const char *const BAD[] = {"", "no address", "http://", "file:///x"};
        options = sized();
        options.imds_endpoint = BAD[i];
        options.imds_endpoint_len = MIDENTITY_NTS;
        REFUSED(midentity_credential_new(&options, &credential, &error));
        options = sized();
        options.cloud = BAD[i];
        options.cloud_len = MIDENTITY_NTS;
        REFUSED(midentity_credential_new(&options, &credential, &error));
    }
    CHECK(credential == NULL);
}

TEST(texts_of_credentials) {
    midentity_credential *credential = NULL;
    midentity_error *error = NULL;
    size_t field, wrong;
    for (field = 0; field < 4; field++) {
        for (wrong = 0; wrong < 3; wrong++) {
            midentity_credential_options options = sized();
            const char *text = wrong == 0 ? NOT_UTF8 : "http://127.0.0.1:1";
            size_t length = wrong == 0 ? 2 : wrong == 1 ? SIZE_MAX - 1 : SIZE_MAX / 2 + 1;
            options.identity_kind = field == 0 ? MIDENTITY_IDENTITY_CLIENT_ID : MIDENTITY_IDENTITY_DEFAULT;
            switch (field) {
                case 0:
                    options.identity = text;
                    options.identity_len = length;
                    break;
                case 1:
                    options.imds_endpoint = text;
                    options.imds_endpoint_len = length;
                    break;
                case 2:
                    options.cloud = text;
                    options.cloud_len = length;
                    break;
                default:
                    options.extra_query = text;
                    options.extra_query_len = length;
                    break;
            }
            REFUSED(midentity_credential_new(&options, &credential, &error));
        }
    }
    {
        midentity_credential_options options = sized();
        options.identity_kind = MIDENTITY_IDENTITY_CLIENT_ID;
        options.identity = "";
        CHECK_FAILS(midentity_credential_new(&options, &credential, &error), MIDENTITY_INVALID_ARGUMENT, error);
        CHECK_ERROR_ID(error, "argument.identity");
    }
    CHECK(credential == NULL);
}

TEST(asking_for_tokens) {
    midentity_credential *credential = credential_at("http://127.0.0.1:1");
    midentity_token *token = NULL;
    midentity_operation *operation = NULL;
    midentity_error *error = NULL;
    midentity_token_options options;
    size_t i;
    struct {
        const char *text;
        size_t length;
    } scopes[] = {{NULL, 0}, {NULL, MIDENTITY_NTS}, {"", 0}, {NOT_UTF8, 2}, {"arm", SIZE_MAX - 1}, {"arm\0x", 5},
                  {" ", 1}};
    for (i = 0; i < sizeof scopes / sizeof *scopes; i++) {
        REFUSED(midentity_credential_get_token(credential, scopes[i].text, scopes[i].length, NULL, &token, &error));
        REFUSED(midentity_credential_get_token_start(credential, scopes[i].text, scopes[i].length, NULL, &operation,
                                                     &error));
    }
    REFUSED(midentity_credential_get_token(NULL, ARM, MIDENTITY_NTS, NULL, &token, &error));
    REFUSED(midentity_credential_get_token(credential, ARM, MIDENTITY_NTS, NULL, NULL, &error));
    REFUSED(midentity_credential_get_token_start(NULL, ARM, MIDENTITY_NTS, NULL, &operation, &error));
    REFUSED(midentity_credential_get_token_start(credential, ARM, MIDENTITY_NTS, NULL, NULL, &error));
    for (i = 0; i < 8; i++) {
        memset(&options, 0, sizeof options);
        options.struct_size = sizeof options;
        switch (i) {
            case 0: options.struct_size = 0; break;
            case 1: options.struct_size = sizeof options - 8; break;
            case 2: options.flags = 4; break;
            case 3: options.reserved = 1; break;
            case 4: options.timeout_ms = -2; break;
            case 5:
                options.claims = NOT_UTF8;
                options.claims_len = 2;
                break;
            case 6:
                options.tenant_id = NOT_UTF8;
                options.tenant_id_len = MIDENTITY_NTS;
                break;
            default:
                options.claims = "x";
                options.claims_len = SIZE_MAX - 1;
                break;
        }
        REFUSED(midentity_credential_get_token(credential, ARM, MIDENTITY_NTS, &options, &token, &error));
        REFUSED(midentity_credential_get_token_start(credential, ARM, MIDENTITY_NTS, &options, &operation, &error));
    }
    CHECK(token == NULL && operation == NULL);
    midentity_credential_free(credential);
}

TEST(instance_metadata) {
    midentity_instance *instance = NULL;
    midentity_operation *operation = NULL;
    midentity_error *error = NULL;
    midentity_instance_options options;
    size_t i;
    static const char *const PATHS[] = {"../identity/oauth2/token", "compute/..", "a?b=c", "a#b", "a\nb", "%2e%2e/x"};
    REFUSED(midentity_instance_new(NULL, NULL, &error));
    for (i = 0; i < 6; i++) {
        memset(&options, 0, sizeof options);
        options.struct_size = sizeof options;
        switch (i) {
            case 0:
                options.imds_endpoint = NOT_UTF8;
                options.imds_endpoint_len = 2;
                break;
            case 1:
                options.imds_endpoint = "nonsense";
                options.imds_endpoint_len = MIDENTITY_NTS;
                break;
            case 2: options.timeout_ms = -2; break;
            case 3: options.connect_timeout_ms = -2; break;
            case 4: options.retries = -2; break;
            default: options.reserved = 1; break;
        }
        REFUSED(midentity_instance_new(&options, &instance, &error));
    }
    CHECK(instance == NULL);
    REFUSED(midentity_instance_get(NULL, NULL, 0, NULL, 0, &operation, &error));
    REFUSED(midentity_instance_identity_info(NULL, &operation, &error));
    REFUSED(midentity_instance_versions(NULL, &operation, &error));
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.imds_endpoint = "http://127.0.0.1:1";
    options.imds_endpoint_len = MIDENTITY_NTS;
    CHECK_OK(midentity_instance_new(&options, &instance, &error), error);
    REFUSED(midentity_instance_get(instance, NOT_UTF8, 2, NULL, 0, &operation, &error));
    REFUSED(midentity_instance_get(instance, NULL, 0, NOT_UTF8, 2, &operation, &error));
    REFUSED(midentity_instance_get(instance, "x", SIZE_MAX - 1, NULL, 0, &operation, &error));
    REFUSED(midentity_instance_get(instance, NULL, 0, NULL, 0, NULL, &error));
    REFUSED(midentity_instance_identity_info(instance, NULL, &error));
    REFUSED(midentity_instance_versions(instance, NULL, &error));
    CHECK(operation == NULL);
    for (i = 0; i < sizeof PATHS / sizeof *PATHS; i++) {
        midentity_status status =
            midentity_instance_get(instance, PATHS[i], MIDENTITY_NTS, NULL, 0, &operation, &error);
        if (status == MIDENTITY_OK) {
            error = fails(operation, MIDENTITY_INVALID_ARGUMENT);
        }
        CHECK_ERROR_ID(error, "argument.path");
    }
    CHECK_OK(midentity_instance_get(instance, "a\0b", 3, NULL, 0, &operation, &error), error);
    midentity_error_free(fails(operation, MIDENTITY_INVALID_ARGUMENT));
    CHECK_OK(midentity_instance_get(instance, NULL, 0, "a b", 3, &operation, &error), error);
    midentity_error_free(fails(operation, MIDENTITY_INVALID_ARGUMENT));
    midentity_instance_free(instance);
}

static void never_asked(void *context, const midentity_token_request *request, midentity_token_answer *answer) {
    (void)context;
    (void)request;
    (void)answer;
    FAIL("the callback was called");
}

static void count_release(void *context) {
    (*(int *)context)++;
}

TEST(token_providers) {
    midentity_token_provider *provider = NULL;
    midentity_operation *operation = NULL;
    midentity_error *error = NULL;
    int released = 0;
    REFUSED(midentity_token_provider_from_credential(NULL, &provider, &error));
    REFUSED(midentity_token_provider_new_static(NULL, 0, 0, &provider, &error));
    REFUSED(midentity_token_provider_new_static("", 0, 0, &provider, &error));
    REFUSED(midentity_token_provider_new_static(NOT_UTF8, 2, 0, &provider, &error));
    REFUSED(midentity_token_provider_new_static("t", SIZE_MAX - 1, 0, &provider, &error));
    REFUSED(midentity_token_provider_new_static("t", 1, -1, &provider, &error));
    REFUSED(midentity_token_provider_new_static("t", 1, 0, NULL, &error));
    REFUSED(midentity_token_provider_new_azure_cli(NOT_UTF8, 2, NULL, 0, &provider, &error));
    REFUSED(midentity_token_provider_new_azure_cli(NULL, 0, NOT_UTF8, 2, &provider, &error));
    REFUSED(midentity_token_provider_new_azure_cli("a b; rm", MIDENTITY_NTS, NULL, 0, &provider, &error));
    REFUSED(midentity_token_provider_new_azure_cli(NULL, 0, NULL, 0, NULL, &error));
    /* The context is released once, also where nothing is made. */
    REFUSED(midentity_token_provider_new_callback(NULL, &released, count_release, &provider, &error));
    CHECK_INTEGER(released, 1);
    REFUSED(midentity_token_provider_new_callback(never_asked, &released, count_release, NULL, &error));
    CHECK_INTEGER(released, 2);
    REFUSED(midentity_token_provider_get_token(NULL, ARM, MIDENTITY_NTS, NULL, &operation, &error));
    CHECK(provider == NULL);
    CHECK_OK(midentity_token_provider_new_callback(never_asked, &released, count_release, &provider, &error), error);
    REFUSED(midentity_token_provider_get_token(provider, NULL, 0, NULL, &operation, &error));
    REFUSED(midentity_token_provider_get_token(provider, NOT_UTF8, 2, NULL, &operation, &error));
    REFUSED(midentity_token_provider_get_token(provider, ARM, MIDENTITY_NTS, NULL, NULL, &error));
    CHECK(operation == NULL);
    midentity_token_provider_free(provider);
    CHECK_INTEGER(released, 3);
    CHECK_INTEGER(midentity_token_answer_give(NULL, "t", 1, 0), MIDENTITY_INVALID_ARGUMENT);
    CHECK_INTEGER(midentity_token_answer_fail(NULL, MIDENTITY_TRANSPORT, "why", 3), MIDENTITY_INVALID_ARGUMENT);
}

static void never_told(void *context, const midentity_log_record *record) {
    (void)context;
    (void)record;
    FAIL("the log callback was called");
}

TEST(log_levels) {
    midentity_error *error = NULL;
    REFUSED(midentity_log_set_callback(0, never_told, NULL, &error));
    REFUSED(midentity_log_set_callback(-1, never_told, NULL, &error));
    REFUSED(midentity_log_set_callback(5, never_told, NULL, &error));
    /* To take it back, no level is looked at. */
    CHECK_OK(midentity_log_set_callback(99, NULL, NULL, &error), error);
    CHECK_INTEGER(midentity_log_set_callback(0, never_told, NULL, NULL), MIDENTITY_INVALID_ARGUMENT);
}
