/* Callbacks: how often, on which thread, and that none comes after it was taken back. */
#include <stdlib.h>
#include <string.h>

#include "emulator.h"
#include "sockets.h"
#include "threads.h"

#define ARM "https://management.azure.com/.default"
#define SOON 5000

/* What a callback saw. */
struct seen {
    test_counter calls;
    uint64_t thread;
    midentity_operation *operation;
    midentity_status status;
    test_event *entered, *leave, *left;
    midentity_credential *credential;
    /* The context of a second callback. */
    void *other;
};

static struct seen seen_new(void) {
    struct seen seen;
    memset(&seen, 0, sizeof seen);
    seen.entered = event_new();
    seen.leave = event_new();
    seen.left = event_new();
    return seen;
}

static void seen_free(struct seen *seen) {
    event_free(seen->entered);
    event_free(seen->leave);
    event_free(seen->left);
}

static void done(void *context, midentity_operation *operation) {
    struct seen *seen = context;
    counter_add(&seen->calls, 1);
    seen->thread = thread_number();
    seen->operation = operation;
    seen->status = midentity_operation_wait(operation, -1, NULL);
    event_set(seen->entered);
}

static void must_not_come(void *context, midentity_operation *operation) {
    (void)context;
    (void)operation;
    FAIL("a callback came that must not come");
}

static midentity_operation *started(const midentity_credential *credential) {
    midentity_operation *operation = NULL;
    midentity_error *error = NULL;
    CHECK_OK(midentity_credential_get_token_start(credential, ARM, MIDENTITY_NTS, NULL, &operation, &error), error);
    return operation;
}

TEST(done_is_told_once_on_another_thread) {
    struct seen seen = seen_new();
    midentity_credential *credential;
    midentity_operation *operation;
    midentity_error *error = NULL;
    emulator_reset();
    emulator_fault("{\"delay_ms\": 100}");
    credential = credential_at(NULL);
    operation = started(credential);
    CHECK_OK(midentity_operation_on_done(operation, done, &seen, &error), error);
    CHECK_INTEGER(counter_get(&seen.calls), 0);
    CHECK_OK(midentity_operation_wait(operation, -1, &error), error);
    CHECK(event_wait(seen.entered, SOON));
    CHECK(seen.thread != thread_number());
    CHECK(seen.operation == operation);
    CHECK_INTEGER(seen.status, MIDENTITY_OK);
    /* Told is told: there is no second one. */
    CHECK_FAILS(midentity_operation_on_done(operation, done, &seen, &error), MIDENTITY_INVALID_ARGUMENT, error);
    CHECK_ERROR_ID(error, "argument.option");
    CHECK_OK(midentity_operation_on_done(operation, NULL, NULL, &error), error);
    midentity_operation_free(operation);
    CHECK_INTEGER(counter_get(&seen.calls), 1);
    midentity_credential_free(credential);
    seen_free(&seen);
}

static void slow(void *context, midentity_operation *operation) {
    struct seen *seen = context;
    seen->thread = thread_number();
    counter_add(&seen->calls, 1);
    event_set(seen->entered);
    CHECK(event_wait(seen->leave, SOON));
    CHECK(midentity_operation_id(operation) > 0);
    event_set(seen->left);
}

TEST(done_is_told_also_after_the_end) {
    struct seen seen = seen_new();
    midentity_credential *credential;
    midentity_operation *operation;
    midentity_error *error = NULL;
    emulator_reset();
    credential = credential_at(NULL);
    operation = started(credential);
    CHECK_OK(midentity_operation_wait(operation, -1, &error), error);
    /* `slow` goes on only when this thread lets it: were it called inside, this would never return. */
    CHECK_OK(midentity_operation_on_done(operation, slow, &seen, &error), error);
    CHECK(event_wait(seen.entered, SOON));
    CHECK(seen.thread != thread_number());
    event_set(seen.leave);
    midentity_operation_free(operation);
    /* Freeing has waited for it. */
    CHECK(event_wait(seen.left, 0));
    CHECK_INTEGER(counter_get(&seen.calls), 1);
    midentity_credential_free(credential);
    seen_free(&seen);
}

TEST(done_of_failed_and_cancelled_ones) {
    struct seen failed = seen_new(), cancelled = seen_new();
    midentity_credential *refused, *silent;
    midentity_operation *first, *second;
    midentity_error *error = NULL;
    unsigned port;
    test_socket listener = socket_listen(&port);
    char *endpoint = formatted("http://127.0.0.1:%u", port);
    silent = credential_at(endpoint);
    free(endpoint);
    endpoint = formatted("http://127.0.0.1:%u", port_refused());
    refused = credential_at(endpoint);
    free(endpoint);
    first = started(refused);
    second = started(silent);
    CHECK_OK(midentity_operation_on_done(first, done, &failed, &error), error);
    CHECK_OK(midentity_operation_on_done(second, done, &cancelled, &error), error);
    midentity_operation_cancel(second);
    CHECK(event_wait(failed.entered, SOON));
    CHECK(event_wait(cancelled.entered, SOON));
    CHECK_INTEGER(failed.status, MIDENTITY_UNAVAILABLE);
    CHECK_INTEGER(cancelled.status, MIDENTITY_CANCELLED);
    midentity_operation_free(first);
    midentity_operation_free(second);
    midentity_credential_free(refused);
    midentity_credential_free(silent);
    socket_close(listener);
    seen_free(&failed);
    seen_free(&cancelled);
}

TEST(one_callback_at_a_time_and_it_can_be_taken_back) {
    struct seen seen = seen_new();
    unsigned port;
    test_socket listener = socket_listen(&port);
    char *endpoint = formatted("http://127.0.0.1:%u", port);
    midentity_credential *credential = credential_at(endpoint);
    midentity_operation *operation = started(credential);
    midentity_error *error = NULL;
    CHECK_OK(midentity_operation_on_done(operation, must_not_come, NULL, &error), error);
    CHECK_FAILS(midentity_operation_on_done(operation, done, &seen, &error), MIDENTITY_INVALID_ARGUMENT, error);
    CHECK_CONTAINS(midentity_error_hint(error, NULL), "take it back");
    CHECK_ERROR_ID(error, "argument.option");
    CHECK_OK(midentity_operation_on_done(operation, NULL, NULL, &error), error);
    CHECK_OK(midentity_operation_on_done(operation, done, &seen, &error), error);
    midentity_operation_cancel(operation);
    CHECK(event_wait(seen.entered, SOON));
    midentity_operation_free(operation);
    CHECK_INTEGER(counter_get(&seen.calls), 1);
    midentity_credential_free(credential);
    socket_close(listener);
    free(endpoint);
    seen_free(&seen);
}

TEST(a_freed_operation_tells_nobody) {
    unsigned port;
    test_socket listener = socket_listen(&port);
    char *endpoint = formatted("http://127.0.0.1:%u", port);
    midentity_credential *credential = credential_at(endpoint);
    midentity_operation *operation = started(credential);
    midentity_error *error = NULL;
    test_socket connection;
    CHECK_OK(midentity_operation_on_done(operation, must_not_come, NULL, &error), error);
    connection = socket_accept(listener, SOON);
    CHECK(connection != NO_SOCKET);
    midentity_operation_free(operation);
    /* When the connection has gone the task has ended, and had its chance to call. */
    CHECK(socket_ends(connection, SOON));
    socket_close(connection);
    socket_close(listener);
    midentity_credential_free(credential);
    free(endpoint);
}

static void take_back(void *context) {
    struct seen *seen = context;
    midentity_error *error = NULL;
    CHECK_OK(midentity_operation_on_done(seen->operation, NULL, NULL, &error), error);
    CHECK(event_wait(seen->left, 0));
    counter_add(&seen->calls, 100);
}

TEST(taking_back_waits_for_the_one_that_runs) {
    struct seen seen = seen_new();
    midentity_credential *credential;
    test_thread thread;
    midentity_error *error = NULL;
    emulator_reset();
    credential = credential_at(NULL);
    seen.operation = started(credential);
    CHECK_OK(midentity_operation_on_done(seen.operation, slow, &seen, &error), error);
    CHECK(event_wait(seen.entered, SOON));
    thread = thread_start(take_back, &seen);
    event_set(seen.leave);
    thread_join(thread);
    CHECK_INTEGER(counter_get(&seen.calls), 101);
    midentity_operation_free(seen.operation);
    midentity_credential_free(credential);
    seen_free(&seen);
}

static void free_it(void *context) {
    struct seen *seen = context;
    midentity_operation_free(seen->operation);
    CHECK(event_wait(seen->left, 0));
    counter_add(&seen->calls, 100);
}

TEST(freeing_waits_for_the_callback_that_runs) {
    struct seen seen = seen_new();
    midentity_credential *credential;
    test_thread thread;
    midentity_error *error = NULL;
    emulator_reset();
    credential = credential_at(NULL);
    seen.operation = started(credential);
    CHECK_OK(midentity_operation_on_done(seen.operation, slow, &seen, &error), error);
    CHECK(event_wait(seen.entered, SOON));
    thread = thread_start(free_it, &seen);
    event_set(seen.leave);
    thread_join(thread);
    CHECK_INTEGER(counter_get(&seen.calls), 101);
    midentity_credential_free(credential);
    seen_free(&seen);
}

static void free_inside(void *context, midentity_operation *operation) {
    struct seen *seen = context;
    midentity_token *token = NULL;
    midentity_error *error = NULL;
    CHECK_OK(midentity_operation_take_token(operation, &token, &error), error);
    midentity_token_free(token);
    midentity_operation_free(operation);
    event_set(seen->entered);
}

TEST(freed_inside_its_own_callback) {
    struct seen seen = seen_new();
    midentity_credential *credential;
    midentity_error *error = NULL;
    emulator_reset();
    emulator_fault("{\"delay_ms\": 50}");
    credential = credential_at(NULL);
    CHECK_OK(midentity_operation_on_done(started(credential), free_inside, &seen, &error), error);
    CHECK(event_wait(seen.entered, SOON));
    midentity_credential_free(credential);
    seen_free(&seen);
}

static void take_back_inside(void *context, midentity_operation *operation) {
    struct seen *seen = context;
    midentity_error *error = NULL;
    CHECK_OK(midentity_operation_on_done(operation, NULL, NULL, &error), error);
    counter_add(&seen->calls, 1);
    event_set(seen->entered);
}

TEST(taken_back_inside_itself) {
    struct seen seen = seen_new();
    midentity_credential *credential;
    midentity_operation *operation;
    midentity_error *error = NULL;
    emulator_reset();
    credential = credential_at(NULL);
    operation = started(credential);
    CHECK_OK(midentity_operation_on_done(operation, take_back_inside, &seen, &error), error);
    CHECK(event_wait(seen.entered, SOON));
    midentity_operation_free(operation);
    CHECK_INTEGER(counter_get(&seen.calls), 1);
    midentity_credential_free(credential);
    seen_free(&seen);
}

static void ask_inside(void *context, midentity_operation *operation) {
    struct seen *seen = context;
    midentity_token *token = NULL;
    midentity_error *error = NULL;
    midentity_operation *another = NULL;
    (void)operation;
    /* Not kept yet, so this waits for the network, on a thread of the runtime. */
    CHECK_OK(midentity_credential_get_token(seen->credential, "https://vault.azure.net", MIDENTITY_NTS, NULL, &token,
                                            &error),
             error);
    midentity_token_free(token);
    CHECK_OK(midentity_credential_get_token_start(seen->credential, "https://storage.azure.com/", MIDENTITY_NTS, NULL,
                                                  &another, &error),
             error);
    midentity_token_free(finish_token(another));
    counter_add(&seen->calls, 1);
    event_set(seen->entered);
}

TEST(blocking_calls_inside_callbacks) {
    /* More callbacks that block than the runtime has threads. */
    enum { MANY = 6 };
    struct seen seen[MANY];
    midentity_operation *operations[MANY];
    midentity_error *error = NULL;
    int i;
    emulator_reset();
    for (i = 0; i < MANY; i++) {
        seen[i] = seen_new();
        seen[i].credential = credential_at(NULL);
        operations[i] = started(seen[i].credential);
        CHECK_OK(midentity_operation_on_done(operations[i], ask_inside, &seen[i], &error), error);
    }
    for (i = 0; i < MANY; i++) {
        CHECK(event_wait(seen[i].entered, 30000));
        midentity_operation_free(operations[i]);
        CHECK_INTEGER(counter_get(&seen[i].calls), 1);
        midentity_credential_free(seen[i].credential);
        seen_free(&seen[i]);
    }
}

/* Progress. */
struct told {
    test_counter calls, inside;
    double last;
    midentity_operation *operation;
    midentity_status waited;
    bool cancel, release;
    test_event *entered;
};

static void progress(void *context, const midentity_progress *now) {
    struct told *told = context;
    CHECK_INTEGER(counter_add(&told->inside, 1), 1);
    CHECK_INTEGER(now->struct_size, sizeof *now);
    CHECK(now->what != NULL && now->what[0] != '\0');
    CHECK(now->status != NULL && now->status[0] != '\0');
    CHECK(now->elapsed_seconds >= told->last);
    CHECK(now->percent <= 100);
    told->last = now->elapsed_seconds;
    if (told->operation != NULL && counter_get(&told->calls) == 0) {
        midentity_error *error = NULL;
        CHECK_INTEGER(midentity_operation_wait(told->operation, 0, NULL), MIDENTITY_PENDING);
        CHECK_FAILS(midentity_operation_wait(told->operation, -1, &error), MIDENTITY_INVALID_ARGUMENT, error);
        CHECK_ERROR_ID(error, "argument.option");
        told->waited = MIDENTITY_INVALID_ARGUMENT;
        if (told->cancel) {
            midentity_operation_cancel(told->operation);
        }
        if (told->release) {
            midentity_operation_free(told->operation);
        }
    }
    counter_add(&told->calls, 1);
    counter_add(&told->inside, -1);
    event_set(told->entered);
}

/* The emulated work takes ten seconds, and the emulator's clock goes on by more. */
static void work_ends(void) {
    midentity_value_free(emulator_control("PUT", "clock", "{\"offset_seconds\": 60}"));
}

static midentity_operation *change_started(const midentity_arm_client *client, struct told *told) {
    midentity_operation *operation = NULL;
    midentity_error *error = NULL;
    emulator_settings("{\"lro\": {\"seconds\": 10, \"retry_after\": 0}}");
    memset(told, 0, sizeof *told);
    told->entered = event_new();
    CHECK_OK(
        midentity_arm_vm_identity_remove_all_user(client, fact("/vm_resource_id"), MIDENTITY_NTS, &operation, &error),
        error);
    return operation;
}

TEST(progress_is_told_one_call_at_a_time) {
    struct told told;
    midentity_arm_client *client;
    midentity_operation *operation;
    midentity_error *error = NULL;
    emulator_reset();
    client = admin_client();
    operation = change_started(client, &told);
    told.operation = operation;
    CHECK_OK(midentity_operation_on_progress(operation, progress, &told, &error), error);
    CHECK(event_wait(told.entered, SOON));
    work_ends();
    midentity_value_free(finish(operation));
    CHECK(counter_get(&told.calls) >= 1);
    CHECK_INTEGER(told.waited, MIDENTITY_INVALID_ARGUMENT);
    midentity_arm_client_free(client);
    event_free(told.entered);
}

TEST(progress_can_be_taken_back) {
    struct told told;
    midentity_arm_client *client;
    midentity_operation *operation;
    midentity_error *error = NULL;
    int calls;
    emulator_reset();
    client = admin_client();
    operation = change_started(client, &told);
    CHECK_OK(midentity_operation_on_progress(operation, progress, &told, &error), error);
    CHECK(event_wait(told.entered, SOON));
    CHECK_OK(midentity_operation_on_progress(operation, NULL, NULL, &error), error);
    calls = counter_get(&told.calls);
    work_ends();
    midentity_value_free(finish(operation));
    CHECK_INTEGER(counter_get(&told.calls), calls);
    midentity_arm_client_free(client);
    event_free(told.entered);
}

/* The first progress callback, held until its successor has been registered, which waits for that. */
static void hold_progress(void *context, const midentity_progress *now) {
    struct seen *seen = context;
    (void)now;
    counter_add(&seen->calls, 1);
    event_set(seen->entered);
    CHECK(event_wait(seen->leave, SOON));
    event_set(seen->left);
}

static void replace_progress(void *context) {
    struct seen *seen = context;
    midentity_error *error = NULL;
    CHECK_OK(midentity_operation_on_progress(seen->operation, progress, seen->other, &error), error);
    CHECK(event_wait(seen->left, 0));
}

TEST(progress_can_be_replaced) {
    struct told told;
    struct seen seen = seen_new();
    midentity_arm_client *client;
    test_thread thread;
    midentity_error *error = NULL;
    emulator_reset();
    client = admin_client();
    seen.operation = change_started(client, &told);
    seen.other = &told;
    CHECK_OK(midentity_operation_on_progress(seen.operation, hold_progress, &seen, &error), error);
    CHECK(event_wait(seen.entered, SOON));
    thread = thread_start(replace_progress, &seen);
    event_set(seen.leave);
    thread_join(thread);
    work_ends();
    midentity_value_free(finish(seen.operation));
    CHECK_INTEGER(counter_get(&seen.calls), 1);
    midentity_arm_client_free(client);
    event_free(told.entered);
    seen_free(&seen);
}

TEST(cancelled_inside_a_progress_callback) {
    struct told told;
    midentity_arm_client *client;
    midentity_operation *operation;
    midentity_error *error = NULL;
    emulator_reset();
    client = admin_client();
    operation = change_started(client, &told);
    told.operation = operation;
    told.cancel = true;
    CHECK_OK(midentity_operation_on_progress(operation, progress, &told, &error), error);
    error = fails(operation, MIDENTITY_CANCELLED);
    CHECK_ERROR_ID(error, "cancelled");
    midentity_arm_client_free(client);
    event_free(told.entered);
}

TEST(freed_inside_a_progress_callback) {
    struct told told;
    midentity_arm_client *client;
    midentity_operation *operation;
    midentity_error *error = NULL;
    emulator_reset();
    client = admin_client();
    operation = change_started(client, &told);
    told.operation = operation;
    told.release = true;
    CHECK_OK(midentity_operation_on_progress(operation, progress, &told, &error), error);
    CHECK(event_wait(told.entered, SOON));
    CHECK_INTEGER(counter_get(&told.calls), 1);
    midentity_arm_client_free(client);
    event_free(told.entered);
}

TEST(progress_of_one_that_has_ended_is_none) {
    struct told told;
    midentity_credential *credential;
    midentity_operation *operation;
    midentity_error *error = NULL;
    memset(&told, 0, sizeof told);
    emulator_reset();
    credential = credential_at(NULL);
    operation = started(credential);
    CHECK_OK(midentity_operation_wait(operation, -1, &error), error);
    CHECK_OK(midentity_operation_on_progress(operation, progress, &told, &error), error);
    midentity_operation_free(operation);
    CHECK_INTEGER(counter_get(&told.calls), 0);
    midentity_credential_free(credential);
}

/* Operations that end at once, and everything that can be done to them meanwhile. */
struct storm {
    midentity_credential *closed;
    unsigned seed;
};

static void count_done(void *context, midentity_operation *operation) {
    midentity_operation_cancel(operation);
    counter_add(context, 1);
}

static void storm(void *context) {
    struct storm *storm = context;
    midentity_error *error = NULL;
    unsigned random = storm->seed;
    int i;
    for (i = 0; i < 1500; i++) {
        midentity_operation *operation = started(storm->closed);
        test_counter *calls = allocate(sizeof *calls);
        bool registered;
        random = random * 1103515245u + 12345u;
        if (random & 0x10000) {
            midentity_operation_cancel(operation);
        }
        registered = (random & 0x20000) != 0;
        if (registered) {
            CHECK_OK(midentity_operation_on_done(operation, count_done, calls, &error), error);
        }
        if (registered && (random & 0x40000)) {
            CHECK_OK(midentity_operation_on_done(operation, NULL, NULL, &error), error);
        }
        if (random & 0x80000) {
            midentity_status status = midentity_operation_wait(operation, -1, NULL);
            CHECK(status == MIDENTITY_CLOSED || status == MIDENTITY_CANCELLED);
        }
        midentity_operation_free(operation);
        CHECK(counter_get(calls) <= (registered ? 1 : 0));
        /* After freeing, nothing may touch it: the sanitizers watch. */
        free(calls);
    }
}

TEST(a_storm_of_operations) {
    enum { THREADS = 4 };
    struct storm storms[THREADS];
    test_thread threads[THREADS];
    midentity_credential *closed = credential_at("http://127.0.0.1:1");
    unsigned i;
    midentity_credential_close(closed);
    for (i = 0; i < THREADS; i++) {
        storms[i].closed = closed;
        storms[i].seed = i + 1;
        threads[i] = thread_start(storm, &storms[i]);
    }
    for (i = 0; i < THREADS; i++) {
        thread_join(threads[i]);
    }
    midentity_credential_free(closed);
}
