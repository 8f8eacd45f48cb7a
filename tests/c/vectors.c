/* One case of tests/vectors (README.md there says what the keys mean): vectors FILE NUMBER call|operation
 * VARIABLE. The last is the environment variable that holds the emulator's address. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "emulator.h"
#include "sockets.h"
#include "threads.h"

#define N MIDENTITY_NTS

static const midentity_value *at(const midentity_value *value, const char *path) {
    return midentity_value_get(value, path, N);
}

static bool has(const midentity_value *value, const char *path) {
    return at(value, path) != NULL;
}

static double number_at(const midentity_value *value, const char *path, double otherwise) {
    double number = otherwise;
    midentity_value_number(at(value, path), &number);
    return number;
}

static bool true_at(const midentity_value *value, const char *path) {
    bool answer = false;
    return midentity_value_boolean(at(value, path), &answer) && answer;
}

static midentity_value *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    midentity_value *value = NULL;
    midentity_error *error = NULL;
    char *text;
    long size;
    CHECK(file != NULL);
    CHECK_INTEGER(fseek(file, 0, SEEK_END), 0);
    size = ftell(file);
    CHECK(size > 0);
    rewind(file);
    text = allocate((size_t)size);
    CHECK_INTEGER(fread(text, 1, (size_t)size, file), size);
    fclose(file);
    CHECK_OK(midentity_value_parse(text, (size_t)size, &value, &error), error);
    free(text);
    return value;
}

static const char *const KEYS[] = {"elsewhere", "endpoint", "expect",    "faults", "fields", "identity",
                                   "name",      "options",  "scenarios", "scopes", "tokens", "vm"};
static const char *const OPTIONS[] = {"timeout", "connect_timeout", "retries", "cloud", "query", "enable_cae"};
static const char *const EXPECT[] = {"token",  "error",          "query",           "requests",
                                     "cached", "within_seconds", "at_least_seconds"};

/* A key that this runner does not know would be left unchecked in silence. */
static void check_keys(const midentity_value *object, const char *const *known, size_t count) {
    size_t i, k;
    for (i = 0; i < midentity_value_length(object); i++) {
        const char *key = midentity_value_key(object, i, NULL);
        for (k = 0; k < count && strcmp(known[k], key) != 0; k++) {
        }
        if (k == count) {
            FAIL("unknown key %s", key);
        }
    }
}

/* What the tests of the file share, and the case's own. */
struct test {
    const midentity_value *file, *vector;
    bool operation;
    midentity_credential *credential;
    char *scope;
};

/* An option: the case's, else the file's. */
static const midentity_value *option(const struct test *test, const char *name) {
    char *path = formatted("/options/%s", name);
    const midentity_value *found = at(test->vector, path);
    if (found == NULL) {
        found = at(test->file, path);
    }
    free(path);
    return found;
}

static int64_t milliseconds(const struct test *test, const char *name) {
    double seconds = number_at(option(test, name), "", 0);
    return (int64_t)(seconds * 1000 + 0.5);
}

static char *joined(char *before, const char *separator, const char *after) {
    char *text = formatted("%s%s%s", before, *before ? separator : "", after);
    free(before);
    return text;
}

static char *encoded(const char *text) {
    char *result = formatted("%s", "");
    for (; *text; text++) {
        char *one = isalnum((unsigned char)*text) || strchr("-._~", *text) ? formatted("%c", *text)
                                                                           : formatted("%%%02X", (unsigned char)*text);
        result = joined(result, "", one);
        free(one);
    }
    return result;
}

static char *query_option(const struct test *test) {
    const midentity_value *query = option(test, "query");
    char *result = formatted("%s", "");
    size_t i;
    for (i = 0; i < midentity_value_length(query); i++) {
        char *name = encoded(midentity_value_key(query, i, NULL));
        char *value = encoded(midentity_value_string(midentity_value_item(query, i), NULL));
        char *pair = formatted("%s=%s", name, value);
        result = joined(result, "&", pair);
        free(name);
        free(value);
        free(pair);
    }
    return result;
}

/* In C several scopes are one text, with spaces between them, as OAuth writes them. */
static char *scope_of(const midentity_value *vector) {
    const midentity_value *scopes = at(vector, "/scopes");
    char *result;
    size_t i;
    if (scopes == NULL) {
        return formatted("%s", "https://management.azure.com/.default");
    }
    result = formatted("%s", "");
    for (i = 0; i < midentity_value_length(scopes); i++) {
        result = joined(result, " ", midentity_value_string(midentity_value_item(scopes, i), NULL));
    }
    return result;
}

static midentity_status make_credential(struct test *test, const char *endpoint, midentity_error **error) {
    midentity_credential_options options;
    const midentity_value *identity = at(test->vector, "/identity");
    const char *kind = midentity_value_key(identity, 0, NULL);
    char *query = query_option(test);
    midentity_status status;
    double retries = 0;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.flags = MIDENTITY_CREDENTIAL_PRIVATE_CACHE;
    options.imds_endpoint = endpoint;
    options.imds_endpoint_len = N;
    options.timeout_ms = milliseconds(test, "timeout");
    options.connect_timeout_ms = milliseconds(test, "connect_timeout");
    if (midentity_value_number(option(test, "retries"), &retries)) {
        options.retries = retries > 0 ? (int32_t)retries : -1;
    }
    options.cloud = midentity_value_string(option(test, "cloud"), &options.cloud_len);
    if (*query) {
        options.extra_query = query;
        options.extra_query_len = N;
    }
    if (kind != NULL) {
        CHECK_INTEGER(midentity_value_length(identity), 1);
        options.identity_kind = strcmp(kind, "client_id") == 0     ? MIDENTITY_IDENTITY_CLIENT_ID
                                : strcmp(kind, "object_id") == 0   ? MIDENTITY_IDENTITY_OBJECT_ID
                                : strcmp(kind, "resource_id") == 0 ? MIDENTITY_IDENTITY_RESOURCE_ID
                                                                   : MIDENTITY_IDENTITY_SYSTEM_ASSIGNED;
        options.identity = midentity_value_string(midentity_value_item(identity, 0), &options.identity_len);
    }
    status = midentity_credential_new(&options, &test->credential, error);
    free(query);
    return status;
}

static midentity_status take(const struct test *test, midentity_token **token, midentity_error **error) {
    midentity_token_options options;
    midentity_operation *operation = NULL;
    midentity_status status;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.flags = true_at(option(test, "enable_cae"), "") ? MIDENTITY_TOKEN_ENABLE_CAE : 0;
    if (!test->operation) {
        return midentity_credential_get_token(test->credential, test->scope, strlen(test->scope), &options, token,
                                              error);
    }
    status = midentity_credential_get_token_start(test->credential, test->scope, strlen(test->scope), &options,
                                                  &operation, error);
    if (status == MIDENTITY_OK) {
        status = midentity_operation_wait(operation, -1, error);
    }
    if (status == MIDENTITY_OK) {
        status = midentity_operation_take_token(operation, token, error);
    }
    midentity_operation_free(operation);
    return status;
}

static void same_text(const char *name, const char *actual, const midentity_value *expected) {
    const char *text = midentity_value_string(expected, NULL);
    if ((actual == NULL) != (text == NULL) || (text != NULL && strcmp(actual, text) != 0)) {
        FAIL("%s is %s, not %s", name, actual ? actual : "NULL", midentity_value_to_json(expected, NULL));
    }
}

static void check_error(const midentity_error *error, const midentity_value *expected) {
    const char *message = midentity_error_message(error, NULL);
    size_t i, k;
    for (i = 0; i < midentity_value_length(expected); i++) {
        const char *name = midentity_value_key(expected, i, NULL);
        const midentity_value *value = midentity_value_item(expected, i);
        if (strcmp(name, "kind") == 0) {
            CHECK_INTEGER(midentity_error_status(error), number_at(value, "", -2));
        } else if (strcmp(name, "id") == 0) {
            same_text(name, midentity_error_id(error, NULL), value);
        } else if (strcmp(name, "status") == 0) {
            CHECK_INTEGER(midentity_error_http_status(error), number_at(value, "", 0));
        } else if (strcmp(name, "service_code") == 0) {
            same_text(name, midentity_error_service_code(error, NULL), value);
        } else if (strcmp(name, "correlation_id") == 0) {
            same_text(name, midentity_error_correlation_id(error, NULL), value);
        } else if (strcmp(name, "request_id") == 0) {
            same_text(name, midentity_error_request_id(error, NULL), value);
        } else if (strcmp(name, "retry_after") == 0) {
            CHECK_INTEGER(midentity_error_retry_after_ms(error), number_at(value, "", -0.001) * 1000);
        } else if (strcmp(name, "source") == 0) {
            same_text(name, midentity_error_source(error, NULL), value);
        } else if (strcmp(name, "attempts") == 0) {
            CHECK_INTEGER(midentity_error_attempts(error), number_at(value, "", -1));
        } else if (strcmp(name, "message_contains") == 0) {
            for (k = 0; k < midentity_value_length(value); k++) {
                CHECK_CONTAINS(message, midentity_value_string(midentity_value_item(value, k), NULL));
            }
        } else if (strcmp(name, "message_lacks") == 0) {
            for (k = 0; k < midentity_value_length(value); k++) {
                CHECK(strstr(message, midentity_value_string(midentity_value_item(value, k), NULL)) == NULL);
                CHECK(strstr(midentity_error_hint(error, NULL),
                             midentity_value_string(midentity_value_item(value, k), NULL)) == NULL);
            }
        } else {
            FAIL("unknown key of an error: %s", name);
        }
    }
    CHECK(midentity_error_hint(error, NULL) != NULL);
}

static void check_claims(const midentity_token *token, const midentity_value *expected) {
    midentity_value *claims = NULL;
    midentity_error *error = NULL;
    size_t i;
    CHECK_OK(midentity_token_claims(token, &claims, &error), error);
    for (i = 0; i < midentity_value_length(expected); i++) {
        char *path = formatted("/%s", midentity_value_key(expected, i, NULL));
        const char *actual = midentity_value_to_json(at(claims, path), NULL);
        CHECK_TEXT(actual ? actual : "null", midentity_value_to_json(midentity_value_item(expected, i), NULL));
        free(path);
    }
    midentity_value_free(claims);
}

static void check_token(const midentity_token *token, const midentity_value *expected) {
    double now = (double)time(NULL);
    size_t i;
    CHECK(midentity_token_secret(token, NULL)[0] != '\0');
    CHECK(!midentity_token_from_cache(token));
    for (i = 0; i < midentity_value_length(expected); i++) {
        const char *name = midentity_value_key(expected, i, NULL);
        const midentity_value *value = midentity_value_item(expected, i);
        if (strcmp(name, "expires_on") == 0) {
            CHECK_INTEGER(midentity_token_expires_on(token), number_at(value, "", -1));
        } else if (strcmp(name, "expires_in") == 0) {
            CHECK(fabs((double)midentity_token_expires_on(token) - now - number_at(value, "", 0)) <= 5);
        } else if (strcmp(name, "refresh_in") == 0 && midentity_value_type(value) == MIDENTITY_VALUE_NULL) {
            CHECK_INTEGER(midentity_token_refresh_on(token), 0);
        } else if (strcmp(name, "refresh_in") == 0) {
            CHECK(fabs((double)midentity_token_refresh_on(token) - now - number_at(value, "", 0)) <= 5);
        } else if (strcmp(name, "token_type") == 0) {
            same_text(name, midentity_token_type(token, NULL), value);
        } else if (strcmp(name, "identity_verified") == 0) {
            CHECK_INTEGER(midentity_token_identity_verified(token), true_at(value, ""));
        } else if (strcmp(name, "claims") == 0) {
            check_claims(token, value);
        } else {
            FAIL("unknown key of a token: %s", name);
        }
    }
}

static void set_faults(const midentity_value *vector, const char *elsewhere) {
    const midentity_value *fields = at(vector, "/fields"), *faults = at(vector, "/faults"),
                          *tokens = at(vector, "/tokens");
    if (fields != NULL) {
        const char *json = midentity_value_to_json(fields, NULL);
        char *inside = formatted("%.*s", (int)strlen(json) - 2, json + 1);
        char *fault = formatted("{\"status\": 200, \"body\": {%s%s\"access_token\": \"vector-token\"}}", inside,
                                *inside ? "," : "");
        emulator_fault(fault);
        free(inside);
        free(fault);
    }
    if (faults != NULL) {
        char *json = formatted("%s", midentity_value_to_json(faults, NULL));
        char *place = strstr(json, "$elsewhere");
        if (place != NULL) {
            char *rest = formatted("%s", place + strlen("$elsewhere")), *whole;
            *place = '\0';
            whole = formatted("%s%s%s", json, elsewhere, rest);
            CHECK(strstr(rest, "$elsewhere") == NULL);
            free(json);
            free(rest);
            json = whole;
        }
        emulator_fault(json);
        free(json);
    }
    if (tokens != NULL) {
        midentity_value_free(emulator_control("PUT", "tokens", midentity_value_to_json(tokens, NULL)));
    }
}

static void check_query(const midentity_value *expected) {
    midentity_value *log = emulator_requests("imds");
    size_t last = midentity_value_length(at(log, "/requests")) - 1, i;
    for (i = 0; i < midentity_value_length(expected); i++) {
        const midentity_value *value = midentity_value_item(expected, i);
        char *path = formatted("/requests/%lu/query/%s", (unsigned long)last, midentity_value_key(expected, i, NULL));
        const midentity_value *sent = at(log, path);
        if (midentity_value_type(value) == MIDENTITY_VALUE_NULL) {
            CHECK(sent == NULL);
        } else {
            CHECK_INTEGER(midentity_value_length(sent), 1);
            CHECK_TEXT(midentity_value_to_json(midentity_value_item(sent, 0), NULL),
                       midentity_value_to_json(value, NULL));
        }
        free(path);
    }
    midentity_value_free(log);
}

static void check_cached(const struct test *test, const midentity_token *token, bool cached) {
    size_t before = emulator_request_count("imds");
    midentity_token *again = NULL;
    take(test, &again, NULL);
    if (cached) {
        CHECK(midentity_token_from_cache(again));
        CHECK_TEXT(midentity_token_secret(again, NULL), midentity_token_secret(token, NULL));
    }
    CHECK_INTEGER(emulator_request_count("imds") == before, cached);
    midentity_token_free(again);
}

static void run(struct test *test) {
    const midentity_value *vector = test->vector, *expect = at(vector, "/expect");
    const char *where = midentity_value_string(at(vector, "/endpoint"), NULL),
               *vm = midentity_value_string(at(vector, "/vm"), NULL);
    unsigned port = 0;
    test_socket listener = socket_listen(&port);
    char *elsewhere = formatted("http://127.0.0.1:%u", port);
    char *endpoint =
        where != NULL ? formatted("http://127.0.0.1:%u", strcmp(where, "silent") == 0 ? port_silent() : port_refused())
        : vm != NULL  ? formatted("%s/vm/%s", emulator_address(), vm)
                      : formatted("%s", emulator_address());
    midentity_token *token = NULL;
    midentity_error *error = NULL;
    midentity_status status;
    double start, took;
    set_faults(vector, elsewhere);
    test->scope = scope_of(vector);
    start = (double)now_ms();
    status = make_credential(test, endpoint, &error);
    if (status == MIDENTITY_OK) {
        status = take(test, &token, &error);
    }
    took = ((double)now_ms() - start) / 1000;
    if ((status != MIDENTITY_OK) != has(expect, "/error")) {
        FAIL("status %d: %s", (int)status, midentity_error_message(error, NULL));
    }
    if (status == MIDENTITY_OK) {
        check_token(token, at(expect, "/token"));
    } else {
        check_error(error, at(expect, "/error"));
    }
    if (took < number_at(expect, "/at_least_seconds", 0) - 0.002 || took > number_at(expect, "/within_seconds", 60)) {
        FAIL("it took %.3f s", took);
    }
    if (has(expect, "/requests")) {
        CHECK_INTEGER(emulator_request_count("imds"), number_at(expect, "/requests", -1));
    }
    check_query(at(expect, "/query"));
    if (has(expect, "/cached") && test->credential != NULL) {
        check_cached(test, token, true_at(expect, "/cached"));
    }
    /* Nobody came to the other host. */
    CHECK(socket_accept(listener, 0) == NO_SOCKET);
    socket_close(listener);
    midentity_error_free(error);
    midentity_token_free(token);
    midentity_credential_free(test->credential);
    free(test->scope);
    free(endpoint);
    free(elsewhere);
}

int main(int count, char **arguments) {
    struct test test;
    midentity_value *file;
    char *path;
    if (count != 5) {
        fprintf(stderr, "usage: %s FILE NUMBER call|operation VARIABLE\n", arguments[0]);
        return 2;
    }
    memset(&test, 0, sizeof test);
    test.operation = strcmp(arguments[3], "operation") == 0;
    emulator_use(arguments[4]);
    emulator_reset();
    file = read_file(arguments[1]);
    path = formatted("/cases/%s", arguments[2]);
    test.file = file;
    test.vector = at(file, path);
    CHECK(test.vector != NULL);
    check_keys(test.vector, KEYS, sizeof KEYS / sizeof *KEYS);
    check_keys(at(test.vector, "/options"), OPTIONS, sizeof OPTIONS / sizeof *OPTIONS);
    check_keys(at(test.vector, "/expect"), EXPECT, sizeof EXPECT / sizeof *EXPECT);
    run(&test);
    midentity_value_free(file);
    free(path);
    return 0;
}
