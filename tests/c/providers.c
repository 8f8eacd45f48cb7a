/* Who signs in: a credential, a static token, the program itself. The Azure CLI: azure_cli.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "emulator.h"
#include "threads.h"

#define ARM "https://management.azure.com/.default"

static midentity_operation *asked(const midentity_token_provider *provider, const midentity_token_options *options) {
    midentity_operation *operation = NULL;
    midentity_error *error = NULL;
    CHECK_OK(midentity_token_provider_get_token(provider, ARM, MIDENTITY_NTS, options, &operation, &error), error);
    return operation;
}

static midentity_arm_client *client_of(const midentity_token_provider *provider) {
    midentity_arm_client *client = NULL;
    midentity_error *error = NULL;
    CHECK_OK(midentity_arm_client_new(provider, NULL, &client, &error), error);
    return client;
}

static midentity_operation *subscriptions(const midentity_arm_client *client) {
    midentity_operation *operation = NULL;
    midentity_error *error = NULL;
    CHECK_OK(midentity_arm_subscription_list(client, NULL, 0, &operation, &error), error);
    return operation;
}

TEST(a_credential_signs_in) {
    midentity_credential *credential;
    midentity_token_provider *provider = NULL;
    midentity_arm_client *client;
    midentity_token *token;
    midentity_value *page;
    midentity_error *error = NULL;
    emulator_reset();
    credential = credential_at(NULL);
    CHECK_OK(midentity_token_provider_from_credential(credential, &provider, &error), error);
    midentity_credential_free(credential);
    token = finish_token(asked(provider, NULL));
    CHECK_INTEGER(midentity_token_source(token), MIDENTITY_SOURCE_IMDS);
    midentity_token_free(token);
    client = client_of(provider);
    midentity_token_provider_free(provider);
    page = finish(subscriptions(client));
    CHECK_TEXT(text_at(page, "/items/0/id"), subscription_path());
    midentity_value_free(page);
    midentity_value_free(finish(subscriptions(client)));
    /* One for the scope above, one for the emulated Resource Manager. */
    CHECK_INTEGER(emulator_request_count("imds"), 2);
    midentity_arm_client_free(client);
}

TEST(a_static_token_signs_in) {
    midentity_token_provider *provider = NULL;
    midentity_token *token;
    midentity_error *error = NULL;
    emulator_reset();
    CHECK_OK(midentity_token_provider_new_static(admin_token(), strlen(admin_token()), 0, &provider, &error), error);
    token = finish_token(asked(provider, NULL));
    CHECK_TEXT(midentity_token_secret(token, NULL), admin_token());
    /* The token's own word. */
    CHECK(midentity_token_expires_on(token) > (int64_t)time(NULL));
    CHECK_INTEGER(midentity_token_source(token), MIDENTITY_SOURCE_AUTO);
    CHECK_INTEGER(midentity_token_refresh_on(token), 0);
    midentity_token_free(token);
    midentity_token_provider_free(provider);
    CHECK_OK(midentity_token_provider_new_static("opaque", MIDENTITY_NTS, 4000000000, &provider, &error), error);
    token = finish_token(asked(provider, NULL));
    CHECK_INTEGER(midentity_token_expires_on(token), 4000000000);
    midentity_token_free(token);
    midentity_token_provider_free(provider);
}

TEST(a_token_that_is_no_token_is_refused_and_not_shown) {
    static const char *const BAD[] = {"CANARY\r\nX-Evil: 1", "CANARY token", "CANARY-\xc3\xbc"};
    size_t i;
    emulator_reset();
    for (i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        midentity_token_provider *provider = NULL;
        midentity_arm_client *client;
        midentity_error *error = NULL;
        midentity_operation *operation;
        midentity_status status = midentity_token_provider_new_static(BAD[i], MIDENTITY_NTS, 0, &provider, &error);
        if (status == MIDENTITY_OK) {
            client = client_of(provider);
            midentity_token_provider_free(provider);
            operation = subscriptions(client);
            status = midentity_operation_wait(operation, 30000, &error);
            CHECK(status != MIDENTITY_OK && status != MIDENTITY_PENDING);
            midentity_operation_free(operation);
            midentity_arm_client_free(client);
        }
        CHECK(strstr(midentity_error_message(error, NULL), "CANARY") == NULL);
        midentity_error_free(error);
    }
}

/* A program that signs in itself. */
struct signer {
    test_counter asked, released, fresh;
    int mode;
    uint64_t thread;
    char resource[128], claims[128];
    midentity_credential *credential;
};

enum { GIVE, REFUSE, NEITHER, BOTH, BLOCK, BAD_STATUS, EMPTY };

static void sign_in(void *context, const midentity_token_request *request, midentity_token_answer *answer) {
    struct signer *signer = context;
    midentity_token *token = NULL;
    midentity_error *error = NULL;
    counter_add(&signer->asked, 1);
    counter_add(&signer->fresh, request->fresh ? 1 : 0);
    CHECK_INTEGER(request->struct_size, sizeof *request);
    signer->thread = thread_number();
    snprintf(signer->resource, sizeof signer->resource, "%s", request->resource);
    snprintf(signer->claims, sizeof signer->claims, "%s", request->claims ? request->claims : "");
    switch (signer->mode) {
        case GIVE:
            CHECK_INTEGER(midentity_token_answer_give(answer, admin_token(), MIDENTITY_NTS, 0), MIDENTITY_OK);
            break;
        case REFUSE:
            CHECK_INTEGER(midentity_token_answer_fail(answer, MIDENTITY_TRANSPORT, "the vault is shut", MIDENTITY_NTS),
                          MIDENTITY_OK);
            break;
        case BOTH:
            CHECK_INTEGER(midentity_token_answer_fail(answer, MIDENTITY_FORBIDDEN, "no", 2), MIDENTITY_OK);
            CHECK_INTEGER(midentity_token_answer_give(answer, "token", 5, 0), MIDENTITY_OK);
            break;
        case BLOCK:
            CHECK_OK(midentity_credential_get_token(signer->credential, request->resource, MIDENTITY_NTS, NULL, &token,
                                                    &error),
                     error);
            CHECK_INTEGER(midentity_token_answer_give(answer, midentity_token_secret(token, NULL), MIDENTITY_NTS, 0),
                          MIDENTITY_OK);
            midentity_token_free(token);
            break;
        case BAD_STATUS:
            CHECK_INTEGER(midentity_token_answer_fail(answer, 77, "why", 3), MIDENTITY_INVALID_ARGUMENT);
            CHECK_INTEGER(midentity_token_answer_fail(answer, MIDENTITY_OK, "why", 3), MIDENTITY_INVALID_ARGUMENT);
            CHECK_INTEGER(midentity_token_answer_fail(answer, MIDENTITY_PENDING, "why", 3), MIDENTITY_INVALID_ARGUMENT);
            CHECK_INTEGER(midentity_token_answer_fail(answer, MIDENTITY_TRANSPORT, NULL, 0),
                          MIDENTITY_INVALID_ARGUMENT);
            CHECK_INTEGER(midentity_token_answer_fail(answer, MIDENTITY_TRANSPORT, "\xff", 1),
                          MIDENTITY_INVALID_ARGUMENT);
            break;
        case EMPTY:
            CHECK_INTEGER(midentity_token_answer_give(answer, "", 0, 0), MIDENTITY_INVALID_ARGUMENT);
            CHECK_INTEGER(midentity_token_answer_give(answer, NULL, 0, 0), MIDENTITY_INVALID_ARGUMENT);
            CHECK_INTEGER(midentity_token_answer_give(answer, "t", 1, -5), MIDENTITY_INVALID_ARGUMENT);
            break;
        default: break;
    }
}

static void release(void *context) {
    struct signer *signer = context;
    counter_add(&signer->released, 1);
}

static midentity_token_provider *provider_of(struct signer *signer, int mode) {
    midentity_token_provider *provider = NULL;
    midentity_error *error = NULL;
    memset(signer, 0, sizeof *signer);
    signer->mode = mode;
    CHECK_OK(midentity_token_provider_new_callback(sign_in, signer, release, &provider, &error), error);
    return provider;
}

TEST(the_program_gives_a_token_which_is_kept) {
    struct signer signer;
    midentity_token_provider *provider = provider_of(&signer, GIVE);
    midentity_arm_client *client;
    emulator_reset();
    client = client_of(provider);
    midentity_value_free(finish(subscriptions(client)));
    midentity_value_free(finish(subscriptions(client)));
    CHECK_INTEGER(counter_get(&signer.asked), 1);
    CHECK_TEXT(signer.claims, "");
    CHECK(strlen(signer.resource) > 8);
    CHECK(signer.thread != thread_number());
    CHECK_INTEGER(counter_get(&signer.released), 0);
    midentity_token_provider_free(provider);
    CHECK_INTEGER(counter_get(&signer.released), 0);
    midentity_arm_client_free(client);
    CHECK_INTEGER(counter_get(&signer.released), 1);
    CHECK_INTEGER(emulator_request_count("imds"), 0);
}

TEST(what_else_the_program_can_answer) {
    static const struct {
        int mode;
        midentity_status status;
        const char *message;
    } CASES[] = {{REFUSE, MIDENTITY_TRANSPORT, "the vault is shut"},
                 {BOTH, MIDENTITY_FORBIDDEN, "no"},
                 {NEITHER, MIDENTITY_AUTHENTICATION, "without an answer"},
                 {BAD_STATUS, MIDENTITY_AUTHENTICATION, "without an answer"},
                 {EMPTY, MIDENTITY_AUTHENTICATION, "without an answer"}};
    size_t i;
    for (i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct signer signer;
        midentity_token_provider *provider = provider_of(&signer, CASES[i].mode);
        midentity_error *error = fails(asked(provider, NULL), CASES[i].status);
        CHECK_CONTAINS(midentity_error_message(error, NULL), CASES[i].message);
        CHECK_ERROR_ID(error, "provider.failed");
        /* A failure is not kept. */
        midentity_error_free(fails(asked(provider, NULL), CASES[i].status));
        CHECK_INTEGER(counter_get(&signer.asked), 2);
        midentity_token_provider_free(provider);
        CHECK_INTEGER(counter_get(&signer.released), 1);
    }
}

TEST(the_program_may_block_in_the_callback) {
    struct signer signer;
    midentity_token_provider *provider = provider_of(&signer, BLOCK);
    midentity_arm_client *client;
    emulator_reset();
    emulator_fault("{\"match\": {\"door\": \"imds\"}, \"delay_ms\": 200}");
    signer.credential = credential_at(NULL);
    client = client_of(provider);
    midentity_token_provider_free(provider);
    midentity_value_free(finish(subscriptions(client)));
    midentity_arm_client_free(client);
    CHECK_INTEGER(counter_get(&signer.released), 1);
    midentity_credential_free(signer.credential);
}

TEST(a_fresh_token_is_asked_for) {
    struct signer signer;
    midentity_token_provider *provider = provider_of(&signer, GIVE);
    midentity_token_options options;
    emulator_reset();
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    midentity_token_free(finish_token(asked(provider, NULL)));
    options.flags = MIDENTITY_TOKEN_FORCE_REFRESH;
    midentity_token_free(finish_token(asked(provider, &options)));
    CHECK_INTEGER(counter_get(&signer.asked), 2);
    CHECK_INTEGER(counter_get(&signer.fresh), 1);
    options.flags = 0;
    options.claims = "{\"x\":1}";
    options.claims_len = MIDENTITY_NTS;
    midentity_token_free(finish_token(asked(provider, &options)));
    CHECK_INTEGER(counter_get(&signer.asked), 3);
    CHECK_TEXT(signer.claims, "{\"x\":1}");
    midentity_token_provider_free(provider);
}

TEST(a_claims_challenge_asks_the_program_again) {
    struct signer signer;
    midentity_token_provider *provider = provider_of(&signer, GIVE);
    midentity_arm_client *client;
    emulator_reset();
    emulator_fault(
        "{\"match\": {\"door\": \"arm\"}, \"times\": 1, \"status\": 401, \"headers\": {\"www-authenticate\": "
        "\"Bearer authorization_uri=\\\"https://login.windows.net/\\\", error=\\\"insufficient_claims\\\", "
        "claims=\\\"eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZX19fQ==\\\"\"}}");
    client = client_of(provider);
    midentity_token_provider_free(provider);
    midentity_value_free(finish(subscriptions(client)));
    CHECK_INTEGER(counter_get(&signer.asked), 2);
    CHECK_INTEGER(counter_get(&signer.fresh), 1);
    CHECK_CONTAINS(signer.claims, "nbf");
    midentity_arm_client_free(client);
    CHECK_INTEGER(counter_get(&signer.released), 1);
}

TEST(expiries_at_the_end_of_time) {
    static const int64_t TIMES[] = {1, INT64_MAX, INT64_MAX - 299, 4102444800};
    size_t i;
    emulator_reset();
    for (i = 0; i < sizeof TIMES / sizeof *TIMES; i++) {
        midentity_token_provider *provider = NULL;
        midentity_arm_client *client;
        midentity_operation *operation;
        midentity_error *error = NULL;
        midentity_status status;
        CHECK_OK(midentity_token_provider_new_static(admin_token(), MIDENTITY_NTS, TIMES[i], &provider, &error), error);
        client = client_of(provider);
        midentity_token_provider_free(provider);
        operation = subscriptions(client);
        status = midentity_operation_wait(operation, 30000, &error);
        /* A token that has expired may be refused. */
        CHECK(status == MIDENTITY_OK || (TIMES[i] == 1 && status == MIDENTITY_AUTHENTICATION));
        midentity_error_free(error);
        midentity_operation_free(operation);
        midentity_arm_client_free(client);
    }
}

/* A callback that takes its time. */
struct slow {
    test_event *entered, *leave, *released;
    test_counter left;
    int64_t expires_on;
};

static void sign_in_slowly(void *context, const midentity_token_request *request, midentity_token_answer *answer) {
    struct slow *slow = context;
    CHECK(request->resource != NULL);
    event_set(slow->entered);
    CHECK(event_wait(slow->leave, 30000));
    CHECK_INTEGER(midentity_token_answer_give(answer, "token", 5, slow->expires_on), MIDENTITY_OK);
    counter_add(&slow->left, 1);
}

static void release_slow(void *context) {
    struct slow *slow = context;
    CHECK_INTEGER(counter_get(&slow->left), 1);
    event_set(slow->released);
}

TEST(a_callback_that_runs_keeps_its_context) {
    struct slow slow;
    midentity_token_provider *provider = NULL;
    midentity_operation *operation;
    midentity_error *error = NULL;
    int64_t start;
    memset(&slow, 0, sizeof slow);
    slow.entered = event_new();
    slow.leave = event_new();
    slow.released = event_new();
    slow.expires_on = INT64_MAX;
    CHECK_OK(midentity_token_provider_new_callback(sign_in_slowly, &slow, release_slow, &provider, &error), error);
    operation = asked(provider, NULL);
    midentity_token_provider_free(provider);
    CHECK(event_wait(slow.entered, 5000));
    /* The operation ends at once; the callback goes on, and its context with it. */
    start = now_ms();
    midentity_operation_cancel(operation);
    midentity_error_free(fails(operation, MIDENTITY_CANCELLED));
    CHECK(now_ms() - start < 5000);
    CHECK(!event_wait(slow.released, 0));
    event_set(slow.leave);
    CHECK(event_wait(slow.released, 5000));
    event_free(slow.entered);
    event_free(slow.leave);
    event_free(slow.released);
}

TEST(a_token_that_the_program_gave_for_ever) {
    struct slow slow;
    midentity_token_provider *provider = NULL;
    midentity_token *token;
    midentity_error *error = NULL;
    memset(&slow, 0, sizeof slow);
    slow.entered = event_new();
    slow.leave = event_new();
    slow.released = event_new();
    slow.expires_on = INT64_MAX;
    event_set(slow.leave);
    CHECK_OK(midentity_token_provider_new_callback(sign_in_slowly, &slow, release_slow, &provider, &error), error);
    midentity_token_free(finish_token(asked(provider, NULL)));
    token = finish_token(asked(provider, NULL));
    CHECK_INTEGER(midentity_token_expires_on(token), INT64_MAX);
    CHECK_INTEGER(counter_get(&slow.left), 1);
    midentity_token_free(token);
    midentity_token_provider_free(provider);
    CHECK(event_wait(slow.released, 5000));
    event_free(slow.entered);
    event_free(slow.leave);
    event_free(slow.released);
}
