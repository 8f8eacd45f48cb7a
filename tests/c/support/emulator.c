#include "emulator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sockets.h"

#define LONG_ENOUGH 60000

static char *address;

void emulator_use(const char *variable) {
    const char *value = getenv(variable);
    /* A copy: on Windows a case that sets a variable moves the others. */
    free(address);
    address = value ? formatted("%s", value) : NULL;
    if (address == NULL) {
        FAIL("%s is not set: run this through make test FLAGS=\"--only c\"", variable);
    }
}

const char *emulator_address(void) {
    if (address == NULL) {
        emulator_use("MIDENTITY_EMULATOR");
    }
    return address;
}

static unsigned emulator_port(void) {
    const char *colon = strrchr(emulator_address(), ':');
    CHECK(colon != NULL);
    return (unsigned)strtoul(colon + 1, NULL, 10);
}

/* All that the other side sends until it closes. */
static char *receive_all(test_socket connection) {
    size_t size = 64 * 1024, length = 0;
    char *all = allocate(size);
    long received;
    while ((received = socket_receive(connection, all + length, size - length - 1, LONG_ENOUGH)) > 0) {
        length += (size_t)received;
        if (length + 1 >= size) {
            char *larger = allocate(size * 2);
            memcpy(larger, all, length);
            free(all);
            all = larger;
            size *= 2;
        }
    }
    CHECK_INTEGER(received, 0);
    all[length] = '\0';
    return all;
}

midentity_value *emulator_control(const char *method, const char *path, const char *body) {
    test_socket connection = socket_connect(emulator_port());
    char *request = formatted(
        "%s /_emulator/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nMidentity-Emulator: true\r\nConnection: close\r\n"
        "Content-Type: application/json\r\nContent-Length: %lu\r\n\r\n%s",
        method, path, (unsigned long)(body ? strlen(body) : 0), body ? body : "");
    char *answer, *text;
    int status = 0;
    midentity_value *value = NULL;
    midentity_error *error = NULL;
    socket_send(connection, request, strlen(request));
    answer = receive_all(connection);
    socket_close(connection);
    CHECK_INTEGER(sscanf(answer, "HTTP/1.1 %d", &status), 1);
    text = strstr(answer, "\r\n\r\n");
    CHECK(text != NULL);
    text += 4;
    if (status < 200 || status > 299) {
        FAIL("%s %s: %d %s", method, path, status, text);
    }
    if (*text != '\0') {
        CHECK_OK(midentity_value_parse(text, MIDENTITY_NTS, &value, &error), error);
    }
    free(answer);
    free(request);
    return value;
}

void emulator_reset(void) {
    midentity_value_free(emulator_control("POST", "reset", NULL));
}

void emulator_fault(const char *json) {
    midentity_value_free(emulator_control("POST", "faults", json));
}

void emulator_settings(const char *json) {
    midentity_value_free(emulator_control("PUT", "settings", json));
}

midentity_value *emulator_requests(const char *door) {
    char *path = formatted("requests?door=%s", door);
    midentity_value *answer = emulator_control("GET", path, NULL);
    free(path);
    CHECK_INTEGER(midentity_value_type(midentity_value_get(answer, "/requests", MIDENTITY_NTS)), MIDENTITY_VALUE_ARRAY);
    return answer;
}

size_t emulator_request_count(const char *door) {
    midentity_value *answer = emulator_requests(door);
    size_t count = midentity_value_length(midentity_value_get(answer, "/requests", MIDENTITY_NTS));
    midentity_value_free(answer);
    return count;
}

const char *text_at(const midentity_value *value, const char *path) {
    const char *text = midentity_value_string(midentity_value_get(value, path, MIDENTITY_NTS), NULL);
    if (text == NULL) {
        FAIL("no text at %s of %s", path, midentity_value_to_json(value, NULL));
    }
    return text;
}

/* Kept until the process ends, reachable for the leak checker. */
static midentity_value *facts;
static char *subscription, *groups[4], *token;

const char *fact(const char *path) {
    if (facts == NULL) {
        facts = emulator_control("GET", "facts", NULL);
    }
    return text_at(facts, path);
}

const char *subscription_path(void) {
    if (subscription == NULL) {
        subscription = formatted("/subscriptions/%s", fact("/subscription_id"));
    }
    return subscription;
}

const char *group_path(const char *name) {
    size_t i;
    for (i = 0; i < sizeof groups / sizeof *groups; i++) {
        if (groups[i] == NULL) {
            groups[i] = formatted("%s/resourceGroups/%s", subscription_path(), name);
        }
        if (strcmp(strrchr(groups[i], '/') + 1, name) == 0) {
            return groups[i];
        }
    }
    FAIL("too many groups");
    return NULL;
}

const char *admin_token(void) {
    if (token == NULL) {
        midentity_value *issued = emulator_control("POST", "tokens/issue", "{\"principal\": \"admin@contoso\"}");
        token = formatted("%s", text_at(issued, "/access_token"));
        midentity_value_free(issued);
    }
    return token;
}

static midentity_arm_client *client_of(midentity_token_provider *provider) {
    midentity_arm_client *client = NULL;
    midentity_error *error = NULL;
    midentity_arm_client_options options;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.operation_timeout_ms = 30000;
    CHECK_OK(midentity_arm_client_new(provider, &options, &client, &error), error);
    midentity_token_provider_free(provider);
    return client;
}

midentity_arm_client *admin_client(void) {
    midentity_token_provider *provider = NULL;
    midentity_error *error = NULL;
    CHECK_OK(midentity_token_provider_new_static(admin_token(), MIDENTITY_NTS, 0, &provider, &error), error);
    return client_of(provider);
}

midentity_arm_client *machine_client(void) {
    midentity_token_provider *provider = NULL;
    midentity_error *error = NULL;
    midentity_credential *credential = credential_at(NULL);
    CHECK_OK(midentity_token_provider_from_credential(credential, &provider, &error), error);
    midentity_credential_free(credential);
    return client_of(provider);
}

midentity_value *finish(midentity_operation *operation) {
    midentity_value *value = NULL;
    midentity_error *error = NULL;
    CHECK_OK(midentity_operation_wait(operation, LONG_ENOUGH, &error), error);
    CHECK_OK(midentity_operation_take_value(operation, &value, &error), error);
    midentity_operation_free(operation);
    return value;
}

midentity_error *fails(midentity_operation *operation, midentity_status expected) {
    midentity_error *error = NULL;
    CHECK_FAILS(midentity_operation_wait(operation, LONG_ENOUGH, &error), expected, error);
    midentity_operation_free(operation);
    return error;
}

midentity_token *finish_token(midentity_operation *operation) {
    midentity_token *taken = NULL;
    midentity_error *error = NULL;
    CHECK_OK(midentity_operation_wait(operation, LONG_ENOUGH, &error), error);
    CHECK_OK(midentity_operation_take_token(operation, &taken, &error), error);
    midentity_operation_free(operation);
    return taken;
}

midentity_credential *credential_at(const char *endpoint) {
    midentity_credential *credential = NULL;
    midentity_error *error = NULL;
    midentity_credential_options options;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.imds_endpoint = endpoint ? endpoint : emulator_address();
    options.imds_endpoint_len = MIDENTITY_NTS;
    options.flags = MIDENTITY_CREDENTIAL_PRIVATE_CACHE;
    CHECK_OK(midentity_credential_new(&options, &credential, &error), error);
    return credential;
}
