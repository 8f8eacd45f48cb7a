/* Somebody's program: is it the right library, and does it give a token and read with it? */

#include <midentity.h>
#include <stdio.h>
#include <string.h>

static int failed(midentity_error *error)
{
    fprintf(stderr, "%s: %s\n", midentity_error_id(error, NULL), midentity_error_message(error, NULL));
    midentity_error_free(error);
    return 1;
}

int main(void)
{
    midentity_error *error = NULL;
    midentity_credential *credential = NULL;
    midentity_token *token = NULL;
    midentity_instance *instance = NULL;
    midentity_operation *operation = NULL;
    midentity_value *place = NULL;

    if (midentity_abi_version() >> 16 != MIDENTITY_ABI_VERSION_MAJOR)
        return 2;
    if (midentity_credential_new(NULL, &credential, &error) != MIDENTITY_OK ||
        midentity_credential_get_token(credential, "arm", MIDENTITY_NTS, NULL, &token, &error) != MIDENTITY_OK)
        return failed(error);
    if (midentity_instance_new(NULL, &instance, &error) != MIDENTITY_OK ||
        midentity_instance_get(instance, "compute", MIDENTITY_NTS, NULL, 0, &operation, &error) != MIDENTITY_OK ||
        midentity_operation_wait(operation, 20000, &error) != MIDENTITY_OK ||
        midentity_operation_take_value(operation, &place, &error) != MIDENTITY_OK)
        return failed(error);

    const char *name = midentity_value_string(midentity_value_get(place, "/name", MIDENTITY_NTS), NULL);
    printf("midentity %s: a %s token on %s\n", midentity_version(), midentity_token_type(token, NULL),
           name != NULL ? name : "?");
    const int good = name != NULL && strlen(midentity_token_secret(token, NULL)) > 100;

    midentity_value_free(place);
    midentity_operation_free(operation);
    midentity_instance_free(instance);
    midentity_token_free(token);
    midentity_credential_free(credential);
    return good ? 0 : 3;
}
