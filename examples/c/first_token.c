/* Takes one token and says when it expires: the smallest program that is somebody on an Azure machine. */

#include <inttypes.h>
#include <midentity.h>
#include <stdio.h>

int main(int count, char **arguments)
{
    const char *resource = count > 1 ? arguments[1] : "arm";
    midentity_error *error = NULL;
    midentity_credential *credential = NULL;
    midentity_token *token = NULL;

    midentity_status status = midentity_credential_new(NULL, &credential, &error);
    if (status == MIDENTITY_OK)
        status = midentity_credential_get_token(credential, resource, MIDENTITY_NTS, NULL, &token, &error);
    if (status == MIDENTITY_OK) {
        /* The token itself is midentity_token_secret(token, NULL): for an Authorization header, and nowhere else. */
        printf("a token that is good until %" PRId64 " (seconds since 1970 UTC)\n", midentity_token_expires_on(token));
    } else {
        const char *hint = midentity_error_hint(error, NULL);
        fprintf(stderr, "%s: %s\nhint: %s\n", midentity_error_id(error, NULL), midentity_error_message(error, NULL),
                hint != NULL ? hint : "see docs/errors.md");
    }
    midentity_error_free(error);
    midentity_token_free(token);
    midentity_credential_free(credential);
    return status == MIDENTITY_OK ? 0 : 1;
}
