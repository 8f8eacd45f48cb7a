/* Whoever has signed in with the Azure CLI. Its stand-in is a shell script, so this is no test for Windows. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emulator.h"

#define ARM "https://management.azure.com/.default"

static midentity_operation *asked(const midentity_token_provider *provider) {
    midentity_operation *operation = NULL;
    midentity_error *error = NULL;
    CHECK_OK(midentity_token_provider_get_token(provider, ARM, MIDENTITY_NTS, NULL, &operation, &error), error);
    return operation;
}

static midentity_operation *subscriptions(const midentity_arm_client *client) {
    midentity_operation *operation = NULL;
    midentity_error *error = NULL;
    CHECK_OK(midentity_arm_subscription_list(client, NULL, 0, &operation, &error), error);
    return operation;
}

static void write_file(const char *path, const char *text, mode_t mode) {
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    CHECK(fputs(text, file) >= 0);
    CHECK_INTEGER(fclose(file), 0);
    CHECK_INTEGER(chmod(path, mode), 0);
}

/* A program that stands in for az: a shell script, which does not exist on Windows. */
static char *az(const char *folder, const char *body) {
    char *path = formatted("%s/az", folder), *script = formatted("#!/bin/sh\n%s\n", body);
    write_file(path, script, 0700);
    free(script);
    return path;
}

static midentity_token_provider *azure_cli(const char *tenant, const char *program) {
    midentity_token_provider *provider = NULL;
    midentity_error *error = NULL;
    CHECK_OK(midentity_token_provider_new_azure_cli(tenant, MIDENTITY_NTS, program, MIDENTITY_NTS, &provider, &error),
             error);
    return provider;
}

TEST(the_azure_cli_signs_in) {
    char folder[] = "/tmp/midentity-az-XXXXXX";
    char *program, *body, *path;
    midentity_token_provider *provider;
    midentity_arm_client *client = NULL;
    midentity_token *token;
    midentity_error *error = NULL;
    emulator_reset();
    CHECK(mkdtemp(folder) != NULL);
    body = formatted(
        "echo '{\"accessToken\": \"%s\", \"expires_on\": 4000000000}'\n"
        "case \"$*\" in *contoso.com*) exit 0;; *) echo 'ERROR: no tenant' >&2; exit 1;; esac",
        admin_token());
    program = az(folder, body);
    free(body);
    provider = azure_cli("contoso.com", program);
    token = finish_token(asked(provider));
    CHECK_TEXT(midentity_token_secret(token, NULL), admin_token());
    CHECK_INTEGER(midentity_token_expires_on(token), 4000000000);
    midentity_token_free(token);
    CHECK_OK(midentity_arm_client_new(provider, NULL, &client, &error), error);
    midentity_value_free(finish(subscriptions(client)));
    midentity_arm_client_free(client);
    midentity_token_provider_free(provider);

    /* Found on the search path. */
    path = formatted("%s:/usr/bin:/bin", folder);
    CHECK_INTEGER(setenv("PATH", path, 1), 0);
    provider = azure_cli("contoso.com", NULL);
    midentity_token_free(finish_token(asked(provider)));
    midentity_token_provider_free(provider);
    free(path);
    free(program);

    program = az(folder, "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1");
    provider = azure_cli(NULL, program);
    error = fails(asked(provider), MIDENTITY_UNAVAILABLE);
    CHECK_ERROR_ID(error, "azure_cli.signed_out");
    midentity_token_provider_free(provider);
    CHECK_INTEGER(remove(program), 0);
    provider = azure_cli(NULL, program);
    error = fails(asked(provider), MIDENTITY_UNAVAILABLE);
    CHECK_ERROR_ID(error, "azure_cli.missing");
    midentity_token_provider_free(provider);
    free(program);
    CHECK_INTEGER(rmdir(folder), 0);
}
