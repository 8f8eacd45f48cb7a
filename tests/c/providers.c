/* Who signs in: a credential, a static token, the program itself, the Azure CLI. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef _WIN32
#include <sys/stat.h>
#include <unistd.h>
#endif

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
            CHECK_INTEGER(midentity_token_answer_fail(answer, MIDENTITY_TRANSPORT, "the vault is shut", MIDENTITY_NTS), MIDENTITY_OK);
            break;
        case BOTH:
            CHECK_INTEGER(midentity_token_answer_fail(answer, MIDENTITY_FORBIDDEN, "no", 2), MIDENTITY_OK);
            CHECK_INTEGER(midentity_token_answer_give(answer, "token", 5, 0), MIDENTITY_OK);
            break;
        case BLOCK:
            CHECK_OK(midentity_credential_get_token(signer->credential, request->resource, MIDENTITY_NTS, NULL, &token, &error), error);
            CHECK_INTEGER(midentity_token_answer_give(answer, midentity_token_secret(token, NULL), MIDENTITY_NTS, 0), MIDENTITY_OK);
            midentity_token_free(token);
            break;
        case BAD_STATUS:
            CHECK_INTEGER(midentity_token_answer_fail(answer, 77, "why", 3), MIDENTITY_INVALID_ARGUMENT);
            CHECK_INTEGER(midentity_token_answer_fail(answer, MIDENTITY_OK, "why", 3), MIDENTITY_INVALID_ARGUMENT);
            CHECK_INTEGER(midentity_token_answer_fail(answer, MIDENTITY_PENDING, "why", 3), MIDENTITY_INVALID_ARGUMENT);
            CHECK_INTEGER(midentity_token_answer_fail(answer, MIDENTITY_TRANSPORT, NULL, 0), MIDENTITY_INVALID_ARGUMENT);
            CHECK_INTEGER(midentity_token_answer_fail(answer, MIDENTITY_TRANSPORT, "\xff", 1), MIDENTITY_INVALID_ARGUMENT);
            break;
        case EMPTY:
            CHECK_INTEGER(midentity_token_answer_give(answer, "", 0, 0), MIDENTITY_INVALID_ARGUMENT);
            CHECK_INTEGER(midentity_token_answer_give(answer, NULL, 0, 0), MIDENTITY_INVALID_ARGUMENT);
            CHECK_INTEGER(midentity_token_answer_give(answer, "t", 1, -5), MIDENTITY_INVALID_ARGUMENT);
            break;
        default:
            break;
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
    emulator_fault("{\"match\": {\"door\": \"arm\"}, \"times\": 1, \"status\": 401, \"headers\": {\"www-authenticate\": "
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

/* A program that stands in for az, in a folder of its own: a shell script, on Windows a batch file. */
#ifdef _WIN32
#define AZ "az.cmd"
#define AZ_BEGINS "@echo off\n"
/* What it says last: the token, if the tenant is this one. */
#define AZ_GIVES "echo {\"accessToken\": \"%s\", \"expires_on\": 4000000000}\n" \
                 "if \"%%8\"==\"contoso.com\" exit /b 0\necho ERROR: no tenant 1>&2\nexit /b 1"
#define AZ_SIGNED_OUT "echo ERROR: Please run 'az login' to setup account. 1>&2\nexit /b 1"

static char *new_folder(void) {
    char parent[MAX_PATH];
    char *folder;
    CHECK(GetTempPathA(sizeof parent, parent) > 0);
    folder = formatted("%smidentity az %lu", parent, (unsigned long)GetCurrentProcessId());
    CHECK(CreateDirectoryA(folder, NULL));
    return folder;
}

static void delete_folder(const char *folder) {
    CHECK(RemoveDirectoryA(folder));
}

static void search_only(const char *folder) {
    char *setting = formatted("PATH=%s", folder);
    CHECK_INTEGER(_putenv(setting), 0);
    free(setting);
}
#else
#define AZ "az"
#define AZ_BEGINS "#!/bin/sh\n"
#define AZ_GIVES "echo '{\"accessToken\": \"%s\", \"expires_on\": 4000000000}'\n" \
                 "case \"$*\" in *contoso.com*) exit 0;; *) echo 'ERROR: no tenant' >&2; exit 1;; esac"
#define AZ_SIGNED_OUT "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1"

static char *new_folder(void) {
    char *folder = formatted("/tmp/midentity-az-XXXXXX");
    CHECK(mkdtemp(folder) != NULL);
    return folder;
}

static void delete_folder(const char *folder) {
    CHECK_INTEGER(rmdir(folder), 0);
}

static void search_only(const char *folder) {
    char *path = formatted("%s:/usr/bin:/bin", folder);
    CHECK_INTEGER(setenv("PATH", path, 1), 0);
    free(path);
}
#endif

static char *az(const char *folder, const char *body) {
    char *path = formatted("%s/%s", folder, AZ);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    CHECK(fprintf(file, "%s%s\n", AZ_BEGINS, body) > 0);
    CHECK_INTEGER(fclose(file), 0);
#ifndef _WIN32
    CHECK_INTEGER(chmod(path, 0700), 0);
#endif
    return path;
}

static midentity_token_provider *azure_cli(const char *tenant, const char *program) {
    midentity_token_provider *provider = NULL;
    midentity_error *error = NULL;
    CHECK_OK(midentity_token_provider_new_azure_cli(tenant, MIDENTITY_NTS, program, MIDENTITY_NTS, &provider, &error), error);
    return provider;
}

TEST(the_azure_cli_signs_in) {
    char *folder, *program, *body;
    midentity_token_provider *provider;
    midentity_arm_client *client;
    midentity_token *token;
    midentity_error *error;
    emulator_reset();
    folder = new_folder();
    body = formatted(AZ_GIVES, admin_token());
    program = az(folder, body);
    free(body);
    provider = azure_cli("contoso.com", program);
    token = finish_token(asked(provider, NULL));
    CHECK_TEXT(midentity_token_secret(token, NULL), admin_token());
    CHECK_INTEGER(midentity_token_expires_on(token), 4000000000);
    midentity_token_free(token);
    client = client_of(provider);
    midentity_value_free(finish(subscriptions(client)));
    midentity_arm_client_free(client);
    midentity_token_provider_free(provider);

    /* Found on the search path. */
    search_only(folder);
    provider = azure_cli("contoso.com", NULL);
    midentity_token_free(finish_token(asked(provider, NULL)));
    midentity_token_provider_free(provider);
    free(program);

    program = az(folder, AZ_SIGNED_OUT);
    provider = azure_cli(NULL, program);
    error = fails(asked(provider, NULL), MIDENTITY_UNAVAILABLE);
    CHECK_ERROR_ID(error, "azure_cli.signed_out");
    midentity_token_provider_free(provider);
    CHECK_INTEGER(remove(program), 0);
    provider = azure_cli(NULL, program);
    error = fails(asked(provider, NULL), MIDENTITY_UNAVAILABLE);
    CHECK_ERROR_ID(error, "azure_cli.missing");
    midentity_token_provider_free(provider);
    free(program);
    delete_folder(folder);
    free(folder);
}
