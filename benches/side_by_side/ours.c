/* Our half of the C rows of `make bench`, through the C ABI; by_hand.c is the other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "midentity.h"

#define SCOPE "https://management.azure.com/.default"

static void must(midentity_status status, midentity_error *error)
{
    if (status != MIDENTITY_OK) {
        fprintf(stderr, "%s: %s\n", midentity_error_id(error, NULL), midentity_error_message(error, NULL));
        exit(1);
    }
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* One token, whose bytes are looked at as a caller would look at them. */
static int64_t take(const midentity_credential *credential)
{
    midentity_token *token = NULL;
    midentity_error *error = NULL;
    size_t length = 0;
    must(midentity_credential_get_token(credential, SCOPE, sizeof SCOPE - 1, NULL, &token, &error), error);
    const char *secret = midentity_token_secret(token, &length);
    if (length == 0 || secret[length] != '\0') {
        exit(1);
    }
    int64_t expires_on = midentity_token_expires_on(token);
    midentity_token_free(token);
    return expires_on;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "first-token";
    long calls = argc > 2 ? atol(argv[2]) : 1;
    midentity_credential *credential = NULL;
    midentity_error *error = NULL;
    must(midentity_credential_new(NULL, &credential, &error), error);
    int64_t expires_on = take(credential);
    if (strcmp(what, "first-token") == 0) {
        printf("%lld\n", (long long)expires_on);
    } else if (strcmp(what, "cached") == 0) {
        double started = now();
        for (long call = 0; call < calls; call++) {
            take(credential);
        }
        printf("{\"seconds\": %e, \"requests\": 1}\n", (now() - started) / (double)calls);
    } else {
        fprintf(stderr, "unknown measurement %s\n", what);
        return 1;
    }
    midentity_credential_free(credential);
    return 0;
}
