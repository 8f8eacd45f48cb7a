/* Whoever has signed in with the Azure CLI. */
#include <stdio.h>
#include <stdlib.h>

#ifdef _WIN32
#include <windows.h>
#else
#include <sys/stat.h>
#include <unistd.h>
#endif

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

/* A program that stands in for az, in a folder of its own: a shell script, on Windows a batch file. */
#ifdef _WIN32
#define AZ "az.cmd"
#define AZ_BEGINS "@echo off\n"
/* What it says last: the token, if the tenant is this one. */
#define AZ_GIVES                                                   \
    "echo {\"accessToken\": \"%s\", \"expires_on\": 4000000000}\n" \
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
#define AZ_GIVES                                                     \
    "echo '{\"accessToken\": \"%s\", \"expires_on\": 4000000000}'\n" \
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
    CHECK_OK(midentity_token_provider_new_azure_cli(tenant, MIDENTITY_NTS, program, MIDENTITY_NTS, &provider, &error),
             error);
    return provider;
}

TEST(the_azure_cli_signs_in) {
    char *folder, *program, *body;
    midentity_token_provider *provider;
    midentity_arm_client *client = NULL;
    midentity_token *token;
    midentity_error *error = NULL;
    emulator_reset();
    folder = new_folder();
    body = formatted(AZ_GIVES, admin_token());
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
    search_only(folder);
    provider = azure_cli("contoso.com", NULL);
    midentity_token_free(finish_token(asked(provider)));
    midentity_token_provider_free(provider);
    free(program);

    program = az(folder, AZ_SIGNED_OUT);
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
    delete_folder(folder);
    free(folder);
}
