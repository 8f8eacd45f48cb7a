/* Calls at a thread's end, when what the library keeps for the thread has gone: C++'s thread_local objects and the
 * destructors of pthread keys make them. */
#include <pthread.h>
#include <string.h>

#include "emulator.h"
#include "threads.h"

#define ARM "https://management.azure.com/.default"

static midentity_credential *credential;
static test_counter called;

static void at_the_end(void *unused) {
    midentity_token *token = NULL;
    midentity_operation *operation = NULL;
    midentity_value *value = NULL;
    midentity_error *error = NULL;
    (void)unused;
    CHECK_OK(midentity_credential_get_token(credential, ARM, MIDENTITY_NTS, NULL, &token, &error), error);
    CHECK(midentity_token_from_cache(token));
    midentity_token_free(token);
    /* Others wait for the network. */
    CHECK_OK(midentity_credential_get_token(credential, "https://vault.azure.net", MIDENTITY_NTS, NULL, &token, &error),
             error);
    CHECK(!midentity_token_from_cache(token));
    midentity_token_free(token);
    CHECK_OK(midentity_credential_get_token_start(credential, "https://storage.azure.com/", MIDENTITY_NTS, NULL,
                                                  &operation, &error),
             error);
    midentity_token_free(finish_token(operation));
    CHECK_OK(midentity_value_parse("[1]", MIDENTITY_NTS, &value, &error), error);
    midentity_value_free(value);
    counter_add(&called, 1);
}

static void use_and_end(void *context) {
    pthread_key_t *key = context;
    midentity_token *token = NULL;
    midentity_error *error = NULL;
    CHECK_INTEGER(pthread_setspecific(*key, key), 0);
    CHECK_OK(midentity_credential_get_token(credential, ARM, MIDENTITY_NTS, NULL, &token, &error), error);
    midentity_token_free(token);
}

TEST(tokens_at_a_threads_end) {
    pthread_key_t key;
    emulator_reset();
    credential = credential_at(NULL);
    CHECK_INTEGER(pthread_key_create(&key, at_the_end), 0);
    thread_join(thread_start(use_and_end, &key));
    CHECK_INTEGER(counter_get(&called), 1);
    pthread_key_delete(key);
    midentity_credential_free(credential);
}
