#include "walk.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The client of whoever signs in, who may be NULL: then there is an error already. */
static midentity_arm_client *client(midentity_token_provider *provider, midentity_error **error)
{
    midentity_arm_client *made = NULL;
    if (provider != NULL)
        midentity_arm_client_new(provider, NULL, &made, error);
    midentity_token_provider_free(provider);
    return made;
}

midentity_arm_client *administrator(midentity_error **error)
{
    midentity_token_provider *provider = NULL;
    const char *token = getenv("ARM_TOKEN");
    if (token != NULL)
        midentity_token_provider_new_static(token, MIDENTITY_NTS, 0, &provider, error);
    else
        midentity_token_provider_new_azure_cli(NULL, 0, NULL, 0, &provider, error);
    return client(provider, error);
}

midentity_arm_client *machine(int32_t identity_kind, const char *identity, midentity_error **error)
{
    midentity_credential_options options;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.identity_kind = identity_kind;
    options.identity = identity;
    options.identity_len = MIDENTITY_NTS;

    midentity_credential *credential = NULL;
    midentity_token_provider *provider = NULL;
    if (midentity_credential_new(&options, &credential, error) == MIDENTITY_OK)
        midentity_token_provider_from_credential(credential, &provider, error);
    midentity_credential_free(credential);
    return client(provider, error);
}

midentity_value *finish(midentity_status started, midentity_operation **operation, midentity_error **error)
{
    midentity_value *value = NULL;
    if (started == MIDENTITY_OK && midentity_operation_wait(*operation, -1, error) == MIDENTITY_OK)
        midentity_operation_take_value(*operation, &value, error);
    midentity_operation_free(*operation);
    *operation = NULL;
    return value;
}

const char *text(const midentity_value *value, const char *where)
{
    const char *found = midentity_value_string(midentity_value_get(value, where, MIDENTITY_NTS), NULL);
    return found != NULL ? found : "";
}

int path(char *place, size_t size, const char *format, ...)
{
    va_list parts;
    va_start(parts, format);
    const int written = vsnprintf(place, size, format, parts);
    va_end(parts);
    if (written >= 0 && (size_t)written < size)
        return 1;
    fprintf(stderr, "the names are too long\n");
    return 0;
}

int end(midentity_error *error)
{
    if (error == NULL)
        return EXIT_SUCCESS;
    const char *hint = midentity_error_hint(error, NULL);
    fprintf(stderr, "%s: %s\nhint: %s\n", midentity_error_id(error, NULL), midentity_error_message(error, NULL),
            hint != NULL ? hint : "see docs/errors.md");
    midentity_error_free(error);
    return EXIT_FAILURE;
}

int usage(const char *how)
{
    fprintf(stderr, "usage: %s\n", how);
    return 2;
}
