/* A program linked against the static library: the system libraries that docs/conventions-c.md names are all it needs.
 */
#include <stdio.h>
#include <string.h>

#include "emulator.h"
#include "midentity.h"

int main(void) {
    midentity_credential *credential = NULL;
    midentity_token *token = NULL;
    midentity_error *error = NULL;
    midentity_status status;
    /* Whatever ran before left its faults there. */
    emulator_reset();
    status = midentity_credential_new(NULL, &credential, &error);
    if (status == MIDENTITY_OK) {
        status = midentity_credential_get_token(credential, "arm", MIDENTITY_NTS, NULL, &token, &error);
    }
    if (status != MIDENTITY_OK) {
        fprintf(stderr, "%s\n", midentity_error_message(error, NULL));
    } else if (strlen(midentity_token_secret(token, NULL)) < 100) {
        fprintf(stderr, "no token\n");
        status = MIDENTITY_INTERNAL;
    }
    midentity_error_free(error);
    midentity_token_free(token);
    midentity_credential_free(credential);
    return status == MIDENTITY_OK ? 0 : 1;
}
