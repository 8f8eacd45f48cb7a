/* fork: parent and child both go on. A child exits by _exit: what it inherited is the parent's to free. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emulator.h"
#include "threads.h"

#define ARM "https://management.azure.com/.default"

static void taken(const midentity_credential *credential, const char *scope, bool fresh) {
    midentity_token *token = NULL;
    midentity_error *error = NULL;
    midentity_token_options options;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.flags = fresh ? MIDENTITY_TOKEN_FORCE_REFRESH : 0;
    CHECK_OK(midentity_credential_get_token(credential, scope, MIDENTITY_NTS, &options, &token, &error), error);
    midentity_token_free(token);
}

static void taken_by_operation(const midentity_credential *credential, const char *scope) {
    midentity_operation *operation = NULL;
    midentity_error *error = NULL;
    CHECK_OK(midentity_credential_get_token_start(credential, scope, MIDENTITY_NTS, NULL, &operation, &error), error);
    midentity_token_free(finish_token(operation));
}

/* Ends the child well, at the latest after half a minute. */
static pid_t forked(void) {
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        alarm(30);
    }
    return child;
}

static void child_went_well(pid_t child) {
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        FAIL("the child ended with %d", status);
    }
}

TEST(before_any_use) {
    pid_t child;
    midentity_credential *credential;
    emulator_reset();
    credential = credential_at(NULL);
    child = forked();
    taken(credential, ARM, false);
    taken_by_operation(credential, "https://vault.azure.net");
    if (child == 0) {
        _exit(0);
    }
    child_went_well(child);
    taken(credential, "https://storage.azure.com/", false);
    midentity_credential_free(credential);
}

TEST(after_use_on_live_connections) {
    pid_t child;
    midentity_credential *credential;
    int i;
    emulator_reset();
    credential = credential_at(NULL);
    taken(credential, ARM, false);
    taken_by_operation(credential, "https://vault.azure.net");
    child = forked();
    if (child == 0) {
        /* The child has the tokens that were there. */
        midentity_token *kept = NULL;
        midentity_error *error = NULL;
        CHECK_OK(midentity_credential_get_token(credential, ARM, MIDENTITY_NTS, NULL, &kept, &error), error);
        CHECK(midentity_token_from_cache(kept));
        midentity_token_free(kept);
    }
    for (i = 0; i < 50; i++) {
        taken(credential, child == 0 ? "https://storage.azure.com/" : ARM, true);
    }
    taken_by_operation(credential, "https://database.windows.net/");
    if (child == 0) {
        midentity_credential_free(credential);
        _exit(0);
    }
    child_went_well(child);
    taken(credential, ARM, true);
    midentity_credential_free(credential);
}

TEST(clients_of_resource_manager_go_on_too) {
    pid_t child;
    midentity_arm_client *client;
    midentity_operation *operation = NULL;
    midentity_error *error = NULL;
    int i;
    emulator_reset();
    client = admin_client();
    CHECK_OK(midentity_arm_subscription_list(client, NULL, 0, &operation, &error), error);
    midentity_value_free(finish(operation));
    child = forked();
    for (i = 0; i < 5; i++) {
        CHECK_OK(midentity_arm_subscription_list(client, NULL, 0, &operation, &error), error);
        midentity_value_free(finish(operation));
    }
    if (child == 0) {
        _exit(0);
    }
    child_went_well(child);
    midentity_arm_client_free(client);
}

static void must_not_come(void *context, midentity_operation *operation) {
    (void)operation;
    if (getpid() != *(pid_t *)context) {
        FAIL("the parent's callback came in the child");
    }
}

TEST(with_an_operation_that_runs) {
    pid_t child, parent = getpid();
    midentity_credential *credential;
    midentity_operation *operation = NULL;
    midentity_token *token = NULL;
    midentity_value *value = NULL;
    midentity_error *error = NULL;
    emulator_reset();
    emulator_fault("{\"delay_ms\": 300, \"times\": 1}");
    credential = credential_at(NULL);
    CHECK_OK(midentity_credential_get_token_start(credential, ARM, MIDENTITY_NTS, NULL, &operation, &error), error);
    CHECK_OK(midentity_operation_on_done(operation, must_not_come, &parent, &error), error);
    child = forked();
    if (child == 0) {
        CHECK_FAILS(midentity_operation_wait(operation, -1, &error), MIDENTITY_CLOSED, error);
        CHECK_ERROR_ID(error, "closed");
        CHECK_FAILS(midentity_operation_take_token(operation, &token, &error), MIDENTITY_CLOSED, error);
        CHECK_ERROR_ID(error, "closed");
        CHECK_INTEGER(midentity_operation_take_value(operation, &value, NULL), MIDENTITY_CLOSED);
        CHECK_INTEGER(midentity_operation_on_done(operation, must_not_come, &parent, NULL), MIDENTITY_CLOSED);
        CHECK_INTEGER(midentity_operation_on_progress(operation, NULL, NULL, NULL), MIDENTITY_CLOSED);
        CHECK(midentity_operation_id(operation) > 0);
        midentity_operation_cancel(operation);
        midentity_operation_free(operation);
        /* It makes its own. */
        taken_by_operation(credential, "https://vault.azure.net");
        taken(credential, ARM, true);
        _exit(0);
    }
    /* What the child did with its copy does not reach the parent's. */
    child_went_well(child);
    midentity_token_free(finish_token(operation));
    taken(credential, ARM, false);
    midentity_credential_free(credential);
}

struct busy {
    const midentity_credential *credential;
    test_counter stop;
};

static void ask_until_stopped(void *context) {
    struct busy *busy = context;
    while (counter_get(&busy->stop) == 0) {
        taken(busy->credential, ARM, true);
        taken_by_operation(busy->credential, ARM);
    }
}

TEST(with_threads_that_are_busy_asking) {
    enum { THREADS = 3, CHILDREN = 20 };
    test_thread threads[THREADS];
    struct busy busy;
    midentity_credential *credential;
    int i;
    emulator_reset();
    credential = credential_at(NULL);
    memset(&busy, 0, sizeof busy);
    busy.credential = credential;
    for (i = 0; i < THREADS; i++) {
        threads[i] = thread_start(ask_until_stopped, &busy);
    }
    for (i = 0; i < CHILDREN; i++) {
        pid_t child = forked();
        if (child == 0) {
            taken(credential, "https://storage.azure.com/", true);
            taken_by_operation(credential, "https://vault.azure.net");
            _exit(0);
        }
        child_went_well(child);
    }
    counter_add(&busy.stop, 1);
    for (i = 0; i < THREADS; i++) {
        thread_join(threads[i]);
    }
    midentity_credential_free(credential);
}

static void count(void *context, const midentity_log_record *record) {
    (void)record;
    (*(int *)context)++;
}

TEST(the_log_goes_on_in_the_child) {
    pid_t child;
    int lines = 0;
    midentity_credential *credential;
    midentity_error *error = NULL;
    emulator_reset();
    credential = credential_at(NULL);
    CHECK_OK(midentity_log_set_callback(MIDENTITY_LOG_DEBUG, count, &lines, &error), error);
    taken(credential, ARM, false);
    child = forked();
    if (child == 0) {
        lines = 0;
        taken(credential, ARM, true);
        CHECK(lines > 0);
        CHECK_OK(midentity_log_set_callback(0, NULL, NULL, &error), error);
        lines = 0;
        taken(credential, ARM, true);
        CHECK_INTEGER(lines, 0);
        _exit(0);
    }
    child_went_well(child);
    CHECK_OK(midentity_log_set_callback(0, NULL, NULL, &error), error);
    midentity_credential_free(credential);
}
