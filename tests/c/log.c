/* The log callback: levels, operations, replacing, taking back; and that no token is ever told anybody. */
#include <stdlib.h>
#include <string.h>

#include "emulator.h"
#include "threads.h"

#define ARM "https://management.azure.com/.default"
#define CANARY "eyJhbGciOiJub25lIn0.eyJjYW5hcnkiOiJjbGFpbS1jYW5hcnkiLCJ4bXNfbWlyaWQiOiJ4In0.CANARY-SIGNATURE"

static const char *const TRACES[] = {"CANARY", "eyJhbGci", "eyJjYW5h", "claim-canary", "FuYXJ5"};

static void search(const char *text) {
    size_t i;
    for (i = 0; text != NULL && i < sizeof TRACES / sizeof *TRACES; i++) {
        if (strstr(text, TRACES[i]) != NULL) {
            FAIL("a trace of the token shows in: %s", text);
        }
    }
}

struct heard {
    test_counter lines, levels[5], of_operation, inside;
    uint64_t operation;
    test_event *entered, *leave;
};

static void hear(void *context, const midentity_log_record *record) {
    struct heard *heard = context;
    CHECK_INTEGER(record->struct_size, sizeof *record);
    CHECK_INTEGER(strlen(record->message), record->message_len);
    CHECK(record->message_len > 0);
    CHECK(record->level >= MIDENTITY_LOG_ERROR && record->level <= MIDENTITY_LOG_DEBUG);
    CHECK(strchr(record->message, '\n') == NULL);
    search(record->message);
    counter_add(&heard->lines, 1);
    counter_add(&heard->levels[record->level], 1);
    if (record->operation != 0) {
        heard->operation = record->operation;
        counter_add(&heard->of_operation, 1);
    }
}

static void log_to(int32_t level, midentity_log_callback callback, void *context) {
    midentity_error *error = NULL;
    CHECK_OK(midentity_log_set_callback(level, callback, context, &error), error);
}

static void take_token(const char *fault) {
    midentity_credential *credential;
    midentity_token *token = NULL;
    emulator_reset();
    if (fault != NULL) {
        emulator_fault(fault);
    }
    credential = credential_at(NULL);
    midentity_credential_get_token(credential, ARM, MIDENTITY_NTS, NULL, &token, NULL);
    midentity_token_free(token);
    midentity_credential_free(credential);
}

#define RETRIED "{\"status\": 500, \"times\": 1, \"headers\": {\"retry-after\": \"0.01\"}}"

TEST(levels) {
    struct heard all, some;
    memset(&all, 0, sizeof all);
    memset(&some, 0, sizeof some);
    log_to(MIDENTITY_LOG_DEBUG, hear, &all);
    take_token(RETRIED);
    CHECK(counter_get(&all.levels[MIDENTITY_LOG_DEBUG]) > 0);
    /* Another one takes its place. */
    log_to(MIDENTITY_LOG_WARNING, hear, &some);
    all.lines.value = 0;
    take_token(RETRIED);
    CHECK_INTEGER(counter_get(&all.lines), 0);
    CHECK_INTEGER(counter_get(&some.levels[MIDENTITY_LOG_DEBUG]), 0);
    CHECK_INTEGER(counter_get(&some.levels[MIDENTITY_LOG_INFO]), 0);
    some.lines.value = 0;
    log_to(0, NULL, NULL);
    take_token(RETRIED);
    CHECK_INTEGER(counter_get(&some.lines), 0);
    log_to(0, NULL, NULL);
}

TEST(lines_name_their_operation) {
    struct heard heard;
    midentity_credential *credential;
    midentity_operation *operation = NULL;
    midentity_error *error = NULL;
    memset(&heard, 0, sizeof heard);
    emulator_reset();
    emulator_fault(RETRIED);
    credential = credential_at(NULL);
    log_to(MIDENTITY_LOG_DEBUG, hear, &heard);
    CHECK_OK(midentity_credential_get_token_start(credential, ARM, MIDENTITY_NTS, NULL, &operation, &error), error);
    CHECK_OK(midentity_operation_wait(operation, -1, &error), error);
    log_to(0, NULL, NULL);
    CHECK(counter_get(&heard.of_operation) > 0);
    CHECK_INTEGER(heard.operation, midentity_operation_id(operation));
    midentity_token_free(finish_token(operation));
    midentity_credential_free(credential);
}

static void hold(void *context, const midentity_log_record *record) {
    struct heard *heard = context;
    midentity_error *error = NULL;
    (void)record;
    counter_add(&heard->inside, 1);
    if (counter_add(&heard->lines, 1) == 1) {
        /* It can't be changed here, where that would wait for itself. */
        CHECK_FAILS(midentity_log_set_callback(0, NULL, NULL, &error), MIDENTITY_INVALID_ARGUMENT, error);
        CHECK_ERROR_ID(error, "argument.option");
        event_set(heard->entered);
        CHECK(event_wait(heard->leave, 5000));
    }
    counter_add(&heard->inside, -1);
}

static void take_log_back(void *context) {
    struct heard *heard = context;
    log_to(0, NULL, NULL);
    CHECK_INTEGER(counter_get(&heard->inside), 0);
    counter_add(&heard->of_operation, 1);
}

TEST(taking_it_back_waits_for_lines_that_come) {
    struct heard heard;
    midentity_credential *credential;
    midentity_operation *operation = NULL;
    midentity_error *error = NULL;
    test_thread thread;
    int lines;
    memset(&heard, 0, sizeof heard);
    heard.entered = event_new();
    heard.leave = event_new();
    emulator_reset();
    credential = credential_at(NULL);
    log_to(MIDENTITY_LOG_DEBUG, hold, &heard);
    CHECK_OK(midentity_credential_get_token_start(credential, ARM, MIDENTITY_NTS, NULL, &operation, &error), error);
    CHECK(event_wait(heard.entered, 5000));
    thread = thread_start(take_log_back, &heard);
    event_set(heard.leave);
    thread_join(thread);
    lines = counter_get(&heard.lines);
    midentity_token_free(finish_token(operation));
    CHECK_INTEGER(counter_get(&heard.lines), lines);
    midentity_credential_free(credential);
    event_free(heard.entered);
    event_free(heard.leave);
}

static void storm(void *context) {
    const char *endpoint = context;
    int i;
    for (i = 0; i < 50; i++) {
        midentity_credential *credential = credential_at(endpoint);
        midentity_token *token = NULL;
        midentity_credential_get_token(credential, ARM, MIDENTITY_NTS, NULL, &token, NULL);
        midentity_token_free(token);
        midentity_credential_free(credential);
    }
}

TEST(changed_while_lines_come_from_many_threads) {
    enum { THREADS = 4 };
    test_thread threads[THREADS];
    struct heard heard;
    int i;
    memset(&heard, 0, sizeof heard);
    emulator_reset();
    for (i = 0; i < THREADS; i++) {
        threads[i] = thread_start(storm, (void *)(intptr_t)emulator_address());
    }
    for (i = 0; i < 500; i++) {
        /* A context that is gone after it was taken back: the sanitizers watch. */
        struct heard *own = allocate(sizeof *own);
        log_to(MIDENTITY_LOG_DEBUG, hear, own);
        log_to(MIDENTITY_LOG_DEBUG, hear, &heard);
        counter_add(&heard.of_operation, counter_get(&own->lines));
        free(own);
    }
    for (i = 0; i < THREADS; i++) {
        thread_join(threads[i]);
    }
    log_to(0, NULL, NULL);
    CHECK(counter_get(&heard.lines) + counter_get(&heard.of_operation) > 0);
}

/* All that can be read of an error. */
static void search_error(midentity_error *error) {
    search(midentity_error_message(error, NULL));
    search(midentity_error_hint(error, NULL));
    search(midentity_error_id(error, NULL));
    search(midentity_error_service_code(error, NULL));
    search(midentity_error_request_id(error, NULL));
    search(midentity_error_correlation_id(error, NULL));
    search(midentity_error_source(error, NULL));
    midentity_error_free(error);
}

TEST(no_trace_of_a_token_anywhere) {
    static const char *const ANSWERS[] = {
        "{\"status\": 200, \"body\": {\"access_token\": \"" CANARY "\", \"expires_in\": \"3600\"}}",
        "{\"status\": 200, \"body\": {\"access_token\": \"" CANARY "\", \"expires_in\": \"3600\"}, \"drop\": \"body\"}",
        "{\"status\": 200, \"body\": {\"access_token\": \"" CANARY "\"}}",
        "{\"status\": 200, \"body\": {\"access_token\": \"" CANARY "\", \"expires_in\": \"" CANARY "\"}}",
        "{\"status\": 200, \"body\": {\"access_token\": \"" CANARY
        "\", \"expires_in\": 1, \"resource\": \"https://other.test\"}}",
        "{\"status\": 200, \"body\": \"{access_token: " CANARY "\", \"content_type\": \"application/json\"}",
        "{\"status\": 400, \"body\": {\"error\": \"e\", \"error_description\": \"Bearer " CANARY " is bad\"}}",
        "{\"status\": 403, \"body\": \"Authorization: Bearer " CANARY "\", \"content_type\": \"text/plain\"}",
        "{\"status\": 500, \"body\": {\"access_token\": \"" CANARY "\"}}",
    };
    struct heard heard;
    midentity_error *error = NULL;
    midentity_token_provider *provider = NULL;
    midentity_arm_client *client = NULL;
    midentity_operation *operation = NULL;
    size_t i;
    memset(&heard, 0, sizeof heard);
    log_to(MIDENTITY_LOG_DEBUG, hear, &heard);
    for (i = 0; i < sizeof ANSWERS / sizeof *ANSWERS; i++) {
        midentity_credential_options options;
        midentity_credential *credential = NULL;
        midentity_token *token = NULL;
        emulator_reset();
        emulator_fault(ANSWERS[i]);
        memset(&options, 0, sizeof options);
        options.struct_size = sizeof options;
        options.flags = MIDENTITY_CREDENTIAL_PRIVATE_CACHE;
        options.retries = -1;
        options.timeout_ms = 500;
        CHECK_OK(midentity_credential_new(&options, &credential, &error), error);
        midentity_credential_get_token(credential, ARM, MIDENTITY_NTS, NULL, &token, &error);
        search_error(error);
        error = NULL;
        midentity_token_free(token);
        midentity_credential_free(credential);
    }
    /* As a sign-in to Resource Manager, which refuses it. */
    emulator_reset();
    CHECK_OK(midentity_token_provider_new_static(CANARY, MIDENTITY_NTS, 0, &provider, &error), error);
    CHECK_OK(midentity_arm_client_new(provider, NULL, &client, &error), error);
    midentity_token_provider_free(provider);
    CHECK_OK(midentity_arm_subscription_list(client, NULL, 0, &operation, &error), error);
    search_error(fails(operation, MIDENTITY_AUTHENTICATION));
    midentity_arm_client_free(client);
    log_to(0, NULL, NULL);
    CHECK(counter_get(&heard.lines) > 10);
}
