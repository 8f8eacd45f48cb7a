/* A fault inside the library becomes MIDENTITY_INTERNAL, and the process goes on. The library panics on request in
 * debug builds only: MIDENTITY_TEST_PANIC names the place. */
#include <stdlib.h>
#include <string.h>

#include "emulator.h"
#include "threads.h"

#define ARM "https://management.azure.com/.default"

static void panic_in(const char *place) {
#ifdef _WIN32
    char *setting = formatted("MIDENTITY_TEST_PANIC=%s", place ? place : "");
    CHECK_INTEGER(_putenv(setting), 0);
    free(setting);
#else
    CHECK_INTEGER(place ? setenv("MIDENTITY_TEST_PANIC", place, 1) : unsetenv("MIDENTITY_TEST_PANIC"), 0);
#endif
}

static void internal(midentity_error *error) {
    CHECK_INTEGER(midentity_error_http_status(error), 0);
    CHECK(midentity_error_hint(error, NULL) != NULL);
    /* What the panic said stays inside. */
    CHECK(strstr(midentity_error_message(error, NULL), "a test asked") == NULL);
    CHECK_ERROR_ID(error, "internal");
}

static void goes_on(midentity_credential *credential) {
    midentity_token *token = NULL;
    midentity_operation *operation = NULL;
    midentity_error *error = NULL;
    panic_in(NULL);
    CHECK_OK(midentity_credential_get_token(credential, ARM, MIDENTITY_NTS, NULL, &token, &error), error);
    midentity_token_free(token);
    CHECK_OK(midentity_credential_get_token_start(credential, ARM, MIDENTITY_NTS, NULL, &operation, &error), error);
    midentity_token_free(finish_token(operation));
}

TEST(in_a_call) {
    midentity_credential *credential, *none = NULL;
    midentity_token *token = NULL;
    midentity_operation *operation = NULL;
    midentity_value *value = NULL;
    midentity_error *error = NULL;
    emulator_reset();
    credential = credential_at(NULL);
    panic_in("call");
    CHECK_FAILS(midentity_credential_get_token(credential, ARM, MIDENTITY_NTS, NULL, &token, &error),
                MIDENTITY_INTERNAL, error);
    internal(error);
    error = NULL;
    CHECK_FAILS(midentity_credential_get_token_start(credential, ARM, MIDENTITY_NTS, NULL, &operation, &error),
                MIDENTITY_INTERNAL, error);
    internal(error);
    error = NULL;
    CHECK_FAILS(midentity_credential_new(NULL, &none, &error), MIDENTITY_INTERNAL, error);
    internal(error);
    error = NULL;
    CHECK_INTEGER(midentity_value_parse("1", 1, &value, NULL), MIDENTITY_INTERNAL);
    CHECK(token == NULL && operation == NULL && none == NULL && value == NULL);
    goes_on(credential);
    midentity_credential_free(credential);
}

TEST(in_an_operation) {
    midentity_credential *credential;
    midentity_operation *operation = NULL;
    midentity_token *token = NULL;
    midentity_error *error = NULL;
    emulator_reset();
    credential = credential_at(NULL);
    panic_in("operation");
    CHECK_OK(midentity_credential_get_token_start(credential, ARM, MIDENTITY_NTS, NULL, &operation, &error), error);
    CHECK_FAILS(midentity_operation_wait(operation, -1, &error), MIDENTITY_INTERNAL, error);
    internal(error);
    error = NULL;
    CHECK_INTEGER(midentity_operation_take_token(operation, &token, NULL), MIDENTITY_INTERNAL);
    midentity_operation_free(operation);
    goes_on(credential);
    midentity_credential_free(credential);
}

static void must_not_come(void *context, midentity_operation *operation) {
    (void)context;
    (void)operation;
    FAIL("the callback came");
}

static void must_not_be_told(void *context, const midentity_progress *progress) {
    (void)context;
    (void)progress;
    FAIL("the progress callback came");
}

TEST(on_the_way_to_a_done_callback) {
    midentity_credential *credential;
    midentity_operation *operation = NULL;
    midentity_error *error = NULL;
    int64_t start = now_ms();
    emulator_reset();
    emulator_fault("{\"delay_ms\": 100, \"times\": 1}");
    credential = credential_at(NULL);
    panic_in("callback");
    CHECK_OK(midentity_credential_get_token_start(credential, ARM, MIDENTITY_NTS, NULL, &operation, &error), error);
    CHECK_OK(midentity_operation_on_done(operation, must_not_come, NULL, &error), error);
    /* First it ends well, then telling so fails. */
    while (midentity_operation_wait(operation, -1, NULL) == MIDENTITY_OK) {
        CHECK(now_ms() - start < 10000);
    }
    CHECK_FAILS(midentity_operation_wait(operation, -1, &error), MIDENTITY_INTERNAL, error);
    internal(error);
    /* Nobody waits for a callback that never came to its end. */
    midentity_operation_free(operation);
    goes_on(credential);
    midentity_credential_free(credential);
}

TEST(on_the_way_to_a_progress_callback) {
    midentity_arm_client *client;
    midentity_credential *credential;
    midentity_operation *operation = NULL;
    midentity_error *error = NULL;
    emulator_reset();
    emulator_settings("{\"lro\": {\"seconds\": 10, \"retry_after\": 0}}");
    credential = credential_at(NULL);
    client = admin_client();
    panic_in("callback");
    CHECK_OK(midentity_arm_vm_identity_remove_all(client, fact("/vm_resource_id"), MIDENTITY_NTS, &operation, &error),
             error);
    CHECK_OK(midentity_operation_on_progress(operation, must_not_be_told, NULL, &error), error);
    error = fails(operation, MIDENTITY_INTERNAL);
    internal(error);
    emulator_reset();
    goes_on(credential);
    midentity_arm_client_free(client);
    midentity_credential_free(credential);
}
