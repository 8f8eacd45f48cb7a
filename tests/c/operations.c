/* Operations: waiting, cancelling, taking, freeing. */
#include <stdlib.h>
#include <string.h>

#include "emulator.h"
#include "sockets.h"
#include "threads.h"

#define ARM "https://management.azure.com/.default"
/* Long, but for a listener on this machine. */
#define SOON 5000

/* A service that takes connections and never answers, and a call that waits for it. */
struct silence {
    test_socket listener, connection;
    midentity_credential *credential;
    midentity_operation *operation;
};

static struct silence silence_started(void) {
    struct silence silence;
    unsigned port;
    char *endpoint, request[2048];
    midentity_error *error = NULL;
    silence.listener = socket_listen(&port);
    endpoint = formatted("http://127.0.0.1:%u", port);
    silence.credential = credential_at(endpoint);
    free(endpoint);
    silence.operation = NULL;
    CHECK_OK(
        midentity_credential_get_token_start(silence.credential, ARM, MIDENTITY_NTS, NULL, &silence.operation, &error),
        error);
    silence.connection = socket_accept(silence.listener, SOON);
    CHECK(silence.connection != NO_SOCKET);
    CHECK(socket_receive(silence.connection, request, sizeof request, SOON) > 0);
    return silence;
}

static void silence_ends(struct silence *silence) {
    socket_close(silence->connection);
    socket_close(silence->listener);
    midentity_operation_free(silence->operation);
    midentity_credential_free(silence->credential);
}

static void cancel_it(void *operation) {
    midentity_operation_cancel(operation);
}

/* How long a cancelled call takes to end. */
static int64_t cancelled(void) {
    struct silence silence = silence_started();
    midentity_error *error = NULL;
    midentity_token *token = NULL;
    test_thread thread;
    int64_t start = now_ms(), took;
    thread = thread_start(cancel_it, silence.operation);
    CHECK_FAILS(midentity_operation_wait(silence.operation, -1, &error), MIDENTITY_CANCELLED, error);
    took = now_ms() - start;
    CHECK_ERROR_ID(error, "cancelled");
    thread_join(thread);
    /* The connection goes with it. */
    CHECK(socket_ends(silence.connection, SOON));
    CHECK_FAILS(midentity_operation_take_token(silence.operation, &token, &error), MIDENTITY_CANCELLED, error);
    CHECK_ERROR_ID(error, "cancelled");
    CHECK(token == NULL);
    /* Once more does nothing. */
    midentity_operation_cancel(silence.operation);
    CHECK_FAILS(midentity_operation_wait(silence.operation, 0, &error), MIDENTITY_CANCELLED, error);
    CHECK_ERROR_ID(error, "cancelled");
    silence_ends(&silence);
    return took;
}

TEST(cancelled_from_another_thread) {
    /* The quickest of three: a busy machine may hold one up. */
    int64_t quickest = cancelled();
    int again;
    for (again = 0; again < 2 && quickest >= 100; again++) {
        int64_t took = cancelled();
        quickest = took < quickest ? took : quickest;
    }
    CHECK(quickest < 100);
}

TEST(waiting_has_limits) {
    struct silence silence = silence_started();
    midentity_error *error = NULL;
    midentity_token *token = NULL;
    int64_t start = now_ms();
    CHECK_INTEGER(midentity_operation_wait(silence.operation, 0, &error), MIDENTITY_PENDING);
    CHECK(now_ms() - start < 1000);
    CHECK_INTEGER(midentity_operation_wait(silence.operation, 60, &error), MIDENTITY_PENDING);
    CHECK(now_ms() - start >= 60 && now_ms() - start < 5000);
    CHECK_INTEGER(midentity_operation_take_token(silence.operation, &token, &error), MIDENTITY_PENDING);
    CHECK(error == NULL && token == NULL);
    midentity_operation_cancel(silence.operation);
    CHECK_FAILS(midentity_operation_wait(silence.operation, INT64_MAX, &error), MIDENTITY_CANCELLED, error);
    CHECK_ERROR_ID(error, "cancelled");
    CHECK_INTEGER(midentity_operation_wait(silence.operation, INT64_MIN, NULL), MIDENTITY_CANCELLED);
    silence_ends(&silence);
}

struct waiter {
    midentity_operation *operation;
    midentity_status status;
};

static void wait_for_it(void *context) {
    struct waiter *waiter = context;
    waiter->status = midentity_operation_wait(waiter->operation, -1, NULL);
}

TEST(several_threads_wait_for_one) {
    enum { WAITERS = 8 };
    struct silence silence = silence_started();
    struct waiter waiters[WAITERS];
    test_thread threads[WAITERS];
    int i;
    for (i = 0; i < WAITERS; i++) {
        waiters[i].operation = silence.operation;
        threads[i] = thread_start(wait_for_it, &waiters[i]);
    }
    midentity_operation_cancel(silence.operation);
    for (i = 0; i < WAITERS; i++) {
        thread_join(threads[i]);
        CHECK_INTEGER(waiters[i].status, MIDENTITY_CANCELLED);
    }
    silence_ends(&silence);
}

TEST(freeing_a_running_one_drops_its_work) {
    struct silence silence = silence_started();
    int64_t start = now_ms();
    midentity_operation_free(silence.operation);
    CHECK(now_ms() - start < 1000);
    silence.operation = NULL;
    CHECK(socket_ends(silence.connection, SOON));
    silence_ends(&silence);
}

TEST(an_operation_outlives_its_credential) {
    midentity_credential *credential;
    midentity_operation *operation = NULL;
    midentity_error *error = NULL;
    emulator_reset();
    emulator_fault("{\"delay_ms\": 100}");
    credential = credential_at(NULL);
    CHECK_OK(midentity_credential_get_token_start(credential, ARM, MIDENTITY_NTS, NULL, &operation, &error), error);
    midentity_credential_free(credential);
    midentity_token_free(finish_token(operation));
}

TEST(a_result_is_taken_once_and_by_its_type) {
    midentity_credential *credential;
    midentity_operation *operation = NULL;
    midentity_instance *instance = NULL;
    midentity_token *token = NULL;
    midentity_value *value = NULL;
    midentity_error *error = NULL;
    emulator_reset();
    credential = credential_at(NULL);
    CHECK_OK(midentity_credential_get_token_start(credential, ARM, MIDENTITY_NTS, NULL, &operation, &error), error);
    CHECK_OK(midentity_operation_wait(operation, -1, &error), error);
    CHECK_FAILS(midentity_operation_take_value(operation, &value, &error), MIDENTITY_INVALID_ARGUMENT, error);
    CHECK_CONTAINS(midentity_error_message(error, NULL), "not a value");
    CHECK_ERROR_ID(error, "argument.option");
    CHECK_FAILS(midentity_operation_take_token(operation, NULL, &error), MIDENTITY_INVALID_ARGUMENT, error);
    CHECK_ERROR_ID(error, "argument.option");
    /* What could not be taken is still there. */
    CHECK_OK(midentity_operation_take_token(operation, &token, &error), error);
    midentity_token_free(token);
    token = NULL;
    CHECK_FAILS(midentity_operation_take_token(operation, &token, &error), MIDENTITY_INVALID_ARGUMENT, error);
    CHECK_CONTAINS(midentity_error_message(error, NULL), "taken already");
    CHECK_ERROR_ID(error, "argument.option");
    CHECK(token == NULL && value == NULL);
    CHECK_OK(midentity_operation_wait(operation, 0, &error), error);
    midentity_operation_free(operation);
    midentity_credential_free(credential);

    CHECK_OK(midentity_instance_new(NULL, &instance, &error), error);
    CHECK_OK(midentity_instance_versions(instance, &operation, &error), error);
    CHECK_OK(midentity_operation_wait(operation, -1, &error), error);
    CHECK_FAILS(midentity_operation_take_token(operation, &token, &error), MIDENTITY_INVALID_ARGUMENT, error);
    CHECK_ERROR_ID(error, "argument.option");
    CHECK_OK(midentity_operation_take_value(operation, &value, &error), error);
    midentity_value_free(value);
    CHECK_INTEGER(midentity_operation_take_value(operation, &value, NULL), MIDENTITY_INVALID_ARGUMENT);
    midentity_operation_free(operation);
    midentity_instance_free(instance);
}

TEST(numbers_rise) {
    midentity_credential *credential = credential_at("http://127.0.0.1:1");
    midentity_operation *first = NULL, *second = NULL;
    midentity_error *error = NULL;
    CHECK_OK(midentity_credential_get_token_start(credential, ARM, MIDENTITY_NTS, NULL, &first, &error), error);
    CHECK_OK(midentity_credential_get_token_start(credential, ARM, MIDENTITY_NTS, NULL, &second, &error), error);
    CHECK(midentity_operation_id(first) >= 1);
    CHECK(midentity_operation_id(second) > midentity_operation_id(first));
    CHECK(midentity_operation_id(second) == midentity_operation_id(second));
    midentity_operation_free(first);
    midentity_operation_free(second);
    midentity_credential_free(credential);
}

TEST(many_at_once) {
    enum { MANY = 100 };
    midentity_operation *operations[MANY];
    midentity_credential *credential;
    midentity_error *error = NULL;
    int i;
    emulator_reset();
    credential = credential_at(NULL);
    for (i = 0; i < MANY; i++) {
        operations[i] = NULL;
        CHECK_OK(midentity_credential_get_token_start(credential, ARM, MIDENTITY_NTS, NULL, &operations[i], &error),
                 error);
    }
    for (i = 0; i < MANY; i++) {
        midentity_token_free(finish_token(operations[i]));
    }
    CHECK_INTEGER(emulator_request_count("imds"), 1);
    midentity_credential_free(credential);
}

/* A text that is gone as soon as it is overwritten and freed. */
static void wipe(char *text) {
    memset(text, 'x', strlen(text));
    free(text);
}

TEST(inputs_are_copied_and_clients_kept) {
    midentity_arm_client *client;
    midentity_operation *operation = NULL;
    midentity_value *value;
    midentity_error *error = NULL;
    char *subscription, *group, *name, *tags;
    emulator_reset();
    emulator_fault("{\"match\": {\"door\": \"arm\"}, \"delay_ms\": 100}");
    client = admin_client();
    subscription = formatted("%s", fact("/subscription_id"));
    group = formatted("rg1");
    name = formatted("copied");
    tags = formatted("{\"a\": \"b\"}");
    CHECK_OK(midentity_arm_user_identity_create(client, subscription, MIDENTITY_NTS, group, MIDENTITY_NTS, name,
                                                MIDENTITY_NTS, NULL, 0, tags, MIDENTITY_NTS, &operation, &error),
             error);
    midentity_arm_client_free(client);
    wipe(subscription);
    wipe(group);
    wipe(name);
    wipe(tags);
    value = finish(operation);
    CHECK_TEXT(text_at(value, "/name"), "copied");
    CHECK_TEXT(text_at(value, "/tags/a"), "b");
    midentity_value_free(value);
}
