/* Credentials and the tokens that they take: both forms of the call, options, the cache. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "emulator.h"
#include "threads.h"

#define ARM "https://management.azure.com/.default"

static midentity_token *taken(const midentity_credential *credential, const midentity_token_options *options) {
    midentity_token *token = NULL;
    midentity_error *error = NULL;
    CHECK_OK(midentity_credential_get_token(credential, ARM, MIDENTITY_NTS, options, &token, &error), error);
    return token;
}

static midentity_credential *credential_with(midentity_credential_options options) {
    midentity_credential *credential = NULL;
    midentity_error *error = NULL;
    options.struct_size = sizeof options;
    options.flags |= MIDENTITY_CREDENTIAL_PRIVATE_CACHE;
    CHECK_OK(midentity_credential_new(&options, &credential, &error), error);
    return credential;
}

static midentity_credential_options nothing_set(void) {
    midentity_credential_options options;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    return options;
}

TEST(a_token_and_all_that_is_known_of_it) {
    midentity_credential *credential = NULL;
    midentity_token *token;
    midentity_value *claims = NULL;
    midentity_error *error = NULL;
    size_t length = 0;
    int64_t now = (int64_t)time(NULL);
    emulator_reset();
    CHECK_OK(midentity_credential_new(NULL, &credential, &error), error);
    token = taken(credential, NULL);
    CHECK(midentity_token_secret(token, &length) != NULL && length > 100);
    CHECK_INTEGER(strlen(midentity_token_secret(token, NULL)), length);
    CHECK_TEXT(midentity_token_type(token, &length), "Bearer");
    CHECK_INTEGER(length, 6);
    CHECK(midentity_token_type(token, NULL) == midentity_token_type(token, NULL));
    CHECK(midentity_token_expires_on(token) > now + 80000);
    CHECK(midentity_token_refresh_on(token) > now + 30000);
    CHECK(midentity_token_refresh_on(token) < midentity_token_expires_on(token));
    CHECK_INTEGER(midentity_token_source(token), MIDENTITY_SOURCE_IMDS);
    CHECK(!midentity_token_from_cache(token));
    CHECK(!midentity_token_unchanged(token));
    CHECK(!midentity_token_identity_verified(token));
    CHECK_OK(midentity_token_claims(token, &claims, &error), error);
    CHECK_TEXT(text_at(claims, "/tid"), fact("/tenant_id"));
    CHECK_TEXT(text_at(claims, "/oid"), fact("/system/principal_id"));
    CHECK_TEXT(text_at(claims, "/aud"), "https://management.azure.com");
    midentity_value_free(claims);
    midentity_token_free(token);
    midentity_credential_free(credential);
}

TEST(the_second_call_is_from_the_cache) {
    midentity_credential *credential;
    midentity_token *first, *second;
    emulator_reset();
    credential = credential_at(NULL);
    first = taken(credential, NULL);
    second = taken(credential, NULL);
    CHECK(midentity_token_from_cache(second));
    CHECK_TEXT(midentity_token_secret(first, NULL), midentity_token_secret(second, NULL));
    CHECK_INTEGER(emulator_request_count("imds"), 1);
    /* What was handed out outlives its credential. */
    midentity_credential_free(credential);
    CHECK(midentity_token_secret(second, NULL)[0] == 'e');
    midentity_token_free(first);
    midentity_token_free(second);
}

TEST(a_refresh_that_gives_the_same_token_says_so) {
    midentity_credential *credential;
    midentity_token *token;
    midentity_token_options options;
    emulator_reset();
    credential = credential_at(NULL);
    midentity_token_free(taken(credential, NULL));
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.flags = MIDENTITY_TOKEN_FORCE_REFRESH;
    token = taken(credential, &options);
    CHECK(!midentity_token_from_cache(token));
    CHECK(midentity_token_unchanged(token));
    CHECK_INTEGER(emulator_request_count("imds"), 2);
    midentity_token_free(token);
    midentity_credential_free(credential);
}

TEST(an_operation_gives_the_same_token) {
    midentity_credential *credential;
    midentity_operation *operation = NULL;
    midentity_token *token, *again;
    midentity_error *error = NULL;
    emulator_reset();
    credential = credential_at(NULL);
    CHECK_OK(midentity_credential_get_token_start(credential, ARM, sizeof ARM - 1, NULL, &operation, &error), error);
    token = finish_token(operation);
    again = taken(credential, NULL);
    CHECK_TEXT(midentity_token_secret(again, NULL), midentity_token_secret(token, NULL));
    CHECK(midentity_token_from_cache(again));
    midentity_token_free(token);
    midentity_token_free(again);
    midentity_credential_free(credential);
}

TEST(scopes_resources_and_short_names) {
    static const char *const SAME[] = {"arm", "ARM", "https://management.azure.com/.default",
                                       "https://management.azure.com/"};
    midentity_credential *credential;
    midentity_token *token = NULL;
    midentity_value *claims = NULL;
    midentity_error *error = NULL;
    midentity_credential_options options = nothing_set();
    size_t i;
    emulator_reset();
    options.cloud = "AzureCloud";
    options.cloud_len = MIDENTITY_NTS;
    credential = credential_with(options);
    for (i = 0; i < sizeof SAME / sizeof *SAME; i++) {
        CHECK_OK(midentity_credential_get_token(credential, SAME[i], MIDENTITY_NTS, NULL, &token, &error), error);
        CHECK_OK(midentity_token_claims(token, &claims, &error), error);
        CHECK_CONTAINS(text_at(claims, "/aud"), "https://management.azure.com");
        midentity_value_free(claims);
        midentity_token_free(token);
    }
    CHECK_OK(midentity_credential_get_token(credential, "keyvault", MIDENTITY_NTS, NULL, &token, &error), error);
    CHECK_OK(midentity_token_claims(token, &claims, &error), error);
    CHECK_TEXT(text_at(claims, "/aud"), "https://vault.azure.net");
    midentity_value_free(claims);
    midentity_token_free(token);
    midentity_credential_free(credential);
}

TEST(each_kind_of_identity) {
    static const int32_t KINDS[] = {MIDENTITY_IDENTITY_CLIENT_ID, MIDENTITY_IDENTITY_OBJECT_ID,
                                    MIDENTITY_IDENTITY_RESOURCE_ID};
    static const char *const FACTS[] = {"/user_identities/0/client_id", "/user_identities/0/principal_id",
                                        "/user_identities/0/id"};
    midentity_error *error = NULL;
    size_t i;
    emulator_reset();
    for (i = 0; i < 4; i++) {
        midentity_credential_options options = nothing_set();
        midentity_credential *credential;
        midentity_token *token;
        midentity_value *claims = NULL;
        options.identity_kind = i < 3 ? KINDS[i] : MIDENTITY_IDENTITY_SYSTEM_ASSIGNED;
        options.identity = i < 3 ? fact(FACTS[i]) : NULL;
        options.identity_len = MIDENTITY_NTS;
        credential = credential_with(options);
        token = taken(credential, NULL);
        CHECK_OK(midentity_token_claims(token, &claims, &error), error);
        CHECK_TEXT(text_at(claims, "/oid"), fact(i < 3 ? "/user_identities/0/principal_id" : "/system/principal_id"));
        CHECK(midentity_token_identity_verified(token));
        midentity_value_free(claims);
        midentity_token_free(token);
        midentity_credential_free(credential);
    }
}

TEST(every_option_has_its_effect) {
    midentity_credential_options options = nothing_set();
    midentity_credential *credential;
    midentity_value *log;
    int64_t start;
    midentity_token *token = NULL;
    midentity_error *error = NULL;
    emulator_reset();
    options.extra_query = "bypass_cache=true&x=a%26b";
    options.extra_query_len = MIDENTITY_NTS;
    options.flags = MIDENTITY_CREDENTIAL_NO_LIMIT_REQUESTS;
    options.timeout_ms = options.connect_timeout_ms = options.attempt_timeout_ms = -1;
    options.source = MIDENTITY_SOURCE_IMDS;
    credential = credential_with(options);
    midentity_token_free(taken(credential, NULL));
    midentity_credential_free(credential);
    log = emulator_requests("imds");
    CHECK_TEXT(text_at(log, "/requests/0/query/bypass_cache/0"), "true");
    CHECK_TEXT(text_at(log, "/requests/0/query/x/0"), "a&b");
    midentity_value_free(log);

    /* No repeat, and one repeat. */
    emulator_fault("{\"status\": 500, \"headers\": {\"retry-after\": \"0.01\"}}");
    options = nothing_set();
    options.retries = -1;
    credential = credential_with(options);
    CHECK_FAILS(midentity_credential_get_token(credential, ARM, MIDENTITY_NTS, NULL, &token, &error), MIDENTITY_SERVICE,
                error);
    CHECK_INTEGER(midentity_error_attempts(error), 1);
    CHECK_ERROR_ID(error, "imds.service");
    midentity_credential_free(credential);
    options.retries = 1;
    credential = credential_with(options);
    CHECK_FAILS(midentity_credential_get_token(credential, ARM, MIDENTITY_NTS, NULL, &token, &error), MIDENTITY_SERVICE,
                error);
    CHECK_INTEGER(midentity_error_attempts(error), 2);
    CHECK_ERROR_ID(error, "imds.service");
    midentity_credential_free(credential);

    /* The whole call's limit: the credential's, and the call's own. */
    emulator_reset();
    emulator_fault("{\"hang\": true}");
    options = nothing_set();
    options.timeout_ms = 200;
    credential = credential_with(options);
    start = now_ms();
    CHECK_FAILS(midentity_credential_get_token(credential, ARM, MIDENTITY_NTS, NULL, &token, &error),
                MIDENTITY_UNAVAILABLE, error);
    CHECK(now_ms() - start >= 200 && now_ms() - start < 2000);
    CHECK_ERROR_ID(error, "imds.unreachable");
    midentity_credential_free(credential);
    options.timeout_ms = 0;
    credential = credential_with(options);
    {
        midentity_token_options asked;
        memset(&asked, 0, sizeof asked);
        asked.struct_size = sizeof asked;
        asked.timeout_ms = 150;
        start = now_ms();
        CHECK_FAILS(midentity_credential_get_token(credential, ARM, MIDENTITY_NTS, &asked, &token, &error),
                    MIDENTITY_UNAVAILABLE, error);
        CHECK(now_ms() - start >= 150 && now_ms() - start < 2000);
        CHECK_ERROR_ID(error, "imds.unreachable");
    }
    midentity_credential_free(credential);

    /* One attempt's limit: the next one gets its answer. */
    emulator_reset();
    emulator_fault("{\"hang\": true, \"times\": 1}");
    options = nothing_set();
    options.attempt_timeout_ms = 700;
    credential = credential_with(options);
    midentity_token_free(taken(credential, NULL));
    CHECK(emulator_request_count("imds") >= 2);
    midentity_credential_free(credential);

    /* The short first request. */
    emulator_reset();
    options = nothing_set();
    options.flags = MIDENTITY_CREDENTIAL_PROBE | MIDENTITY_CREDENTIAL_LIMIT_REQUESTS;
    credential = credential_with(options);
    midentity_token_free(taken(credential, NULL));
    CHECK_INTEGER(emulator_request_count("imds"), 2);
    midentity_credential_free(credential);
}

TEST(a_claims_challenge_goes_around_the_cache) {
    midentity_credential *credential;
    midentity_token_options options;
    emulator_reset();
    credential = credential_at(NULL);
    midentity_token_free(taken(credential, NULL));
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.flags = MIDENTITY_TOKEN_ENABLE_CAE;
    options.claims = "{\"access_token\":{\"nbf\":{\"essential\":true,\"value\":\"1\"}}}";
    options.claims_len = MIDENTITY_NTS;
    options.tenant_id = fact("/tenant_id");
    options.tenant_id_len = MIDENTITY_NTS;
    midentity_token_free(taken(credential, &options));
    CHECK_INTEGER(emulator_request_count("imds"), 2);
    midentity_credential_free(credential);
}

TEST(the_process_cache_can_be_cleared) {
    midentity_credential *shared = NULL, *own;
    midentity_token *token;
    midentity_error *error = NULL;
    emulator_reset();
    CHECK_OK(midentity_credential_new(NULL, &shared, &error), error);
    own = credential_at(NULL);
    midentity_token_free(taken(shared, NULL));
    midentity_token_free(taken(own, NULL));
    midentity_token_cache_clear();
    token = taken(own, NULL);
    CHECK(midentity_token_from_cache(token));
    midentity_token_free(token);
    token = taken(shared, NULL);
    CHECK(!midentity_token_from_cache(token));
    midentity_token_free(token);
    CHECK_INTEGER(emulator_request_count("imds"), 3);
    midentity_credential_free(shared);
    midentity_credential_free(own);
}

TEST(one_identity_s_tokens_can_be_cleared) {
    midentity_credential *one = NULL, *twin = NULL, *other = NULL;
    midentity_credential_options options = {.struct_size = sizeof options};
    midentity_token *token;
    midentity_error *error = NULL;
    emulator_reset();
    midentity_token_cache_clear();
    CHECK_OK(midentity_credential_new(NULL, &one, &error), error);
    CHECK_OK(midentity_credential_new(NULL, &twin, &error), error);
    options.identity_kind = MIDENTITY_IDENTITY_SYSTEM_ASSIGNED;
    CHECK_OK(midentity_credential_new(&options, &other, &error), error);
    midentity_token_free(taken(one, NULL));
    midentity_token_free(taken(other, NULL));
    midentity_credential_clear_tokens(one);
    midentity_credential_clear_tokens(NULL);
    token = taken(other, NULL);
    CHECK(midentity_token_from_cache(token));
    midentity_token_free(token);
    token = taken(twin, NULL);
    CHECK(!midentity_token_from_cache(token));
    midentity_token_free(token);
    CHECK_INTEGER(emulator_request_count("imds"), 3);
    midentity_credential_free(one);
    midentity_credential_free(twin);
    midentity_credential_free(other);
}

TEST(a_closed_credential_gives_nothing) {
    midentity_credential *credential;
    midentity_operation *operation = NULL;
    midentity_token *token = NULL;
    midentity_error *error = NULL;
    emulator_reset();
    credential = credential_at(NULL);
    midentity_token_free(taken(credential, NULL));
    midentity_credential_close(credential);
    midentity_credential_close(credential);
    CHECK_FAILS(midentity_credential_get_token(credential, ARM, MIDENTITY_NTS, NULL, &token, &error), MIDENTITY_CLOSED,
                error);
    CHECK_ERROR_ID(error, "closed");
    CHECK(token == NULL);
    CHECK_OK(midentity_credential_get_token_start(credential, ARM, MIDENTITY_NTS, NULL, &operation, &error), error);
    error = fails(operation, MIDENTITY_CLOSED);
    CHECK_ERROR_ID(error, "closed");
    midentity_credential_free(credential);
}

TEST(an_opaque_token_has_no_claims) {
    midentity_credential *credential;
    midentity_token *token;
    midentity_value *claims = NULL;
    midentity_error *error = NULL;
    emulator_reset();
    emulator_fault("{\"status\": 200, \"body\": {\"access_token\": \"opaque\", \"expires_in\": \"3600\"}}");
    credential = credential_at(NULL);
    token = taken(credential, NULL);
    CHECK_TEXT(midentity_token_secret(token, NULL), "opaque");
    CHECK_OK(midentity_token_claims(token, &claims, &error), error);
    CHECK_INTEGER(midentity_value_type(claims), MIDENTITY_VALUE_NULL);
    midentity_value_free(claims);
    midentity_token_free(token);
    midentity_credential_free(credential);
}

struct asker {
    const midentity_credential *credential;
    test_event *go;
    char *secret;
};

static void ask(void *context) {
    struct asker *asker = context;
    midentity_token *token;
    CHECK(event_wait(asker->go, 30000));
    token = taken(asker->credential, NULL);
    asker->secret = formatted("%s", midentity_token_secret(token, NULL));
    midentity_token_free(token);
}

TEST(sixty_four_threads_make_one_request) {
    enum { THREADS = 64 };
    struct asker askers[THREADS];
    test_thread threads[THREADS];
    midentity_credential *credential;
    test_event *go = event_new();
    int i;
    emulator_reset();
    emulator_fault("{\"delay_ms\": 300}");
    credential = credential_at(NULL);
    for (i = 0; i < THREADS; i++) {
        askers[i].credential = credential;
        askers[i].go = go;
        threads[i] = thread_start(ask, &askers[i]);
    }
    event_set(go);
    for (i = 0; i < THREADS; i++) {
        thread_join(threads[i]);
        CHECK_TEXT(askers[i].secret, askers[0].secret);
    }
    CHECK_INTEGER(emulator_request_count("imds"), 1);
    for (i = 0; i < THREADS; i++) {
        free(askers[i].secret);
    }
    midentity_credential_free(credential);
    event_free(go);
}

TEST(versions) {
    CHECK_INTEGER(midentity_abi_version(), ((uint32_t)MIDENTITY_ABI_VERSION_MAJOR << 16) | MIDENTITY_ABI_VERSION_MINOR);
    CHECK_INTEGER(strspn(midentity_version(), "0123456789."), strlen(midentity_version()));
    CHECK_TEXT(midentity_version(), MIDENTITY_VERSION);
}
