/* Every function that takes a client of Resource Manager, with each of its arguments spoiled in every way. */
#include <stdlib.h>
#include <string.h>

#include "emulator.h"

/* The arguments of a call. A case spoils one of them. */
struct arguments {
    const char *text[8];
    size_t length[8];
    const char *const *list;
    size_t count;
    int64_t timeout_ms;
    int32_t choice;
};

typedef const midentity_arm_client client;
typedef midentity_status (*call)(client *, const struct arguments *, midentity_operation **, midentity_error **);

#define TEXT(n) a->text[n], a->length[n]
#define LIST a->list, a->count
#define CALL(name, ...)                                                                                        \
    static midentity_status call_##name(client *c, const struct arguments *a, midentity_operation **operation, \
                                        midentity_error **error) {                                             \
        (void)a;                                                                                               \
        return midentity_arm_##name(c, __VA_ARGS__, operation, error);                                         \
    }

static midentity_status call_endpoints(midentity_arm_client *c, const struct arguments *a,
                                       midentity_operation **operation, midentity_error **error) {
    (void)a;
    return midentity_arm_endpoints(c, operation, error);
}
CALL(federated_credential_create, TEXT(0), TEXT(1), TEXT(2), TEXT(3), TEXT(4), TEXT(5), LIST)
CALL(federated_credential_delete, TEXT(0), TEXT(1), TEXT(2), TEXT(3))
CALL(federated_credential_get, TEXT(0), TEXT(1), TEXT(2), TEXT(3))
CALL(federated_credential_list, TEXT(0), TEXT(1), TEXT(2), TEXT(3))
CALL(list, TEXT(0), TEXT(1), TEXT(2))
CALL(request, TEXT(0), TEXT(1), TEXT(2), TEXT(3))
CALL(request_and_wait, TEXT(0), TEXT(1), TEXT(2), TEXT(3))
CALL(resource_get, TEXT(0))
CALL(resource_group_create, TEXT(0), TEXT(1), TEXT(2), TEXT(3))
CALL(resource_group_delete, TEXT(0), TEXT(1))
CALL(resource_group_exists, TEXT(0), TEXT(1))
CALL(resource_group_get, TEXT(0), TEXT(1))
CALL(resource_group_list, TEXT(0), TEXT(1))
CALL(role_assignment_create, TEXT(0), TEXT(1), TEXT(2), TEXT(3))
CALL(role_assignment_delete, TEXT(0), TEXT(1))
CALL(role_assignment_list, TEXT(0), TEXT(1), TEXT(2), a->choice)
CALL(role_assignment_wait_until_allowed, TEXT(0), TEXT(1), a->timeout_ms)
CALL(role_assignment_wait_until_visible, TEXT(0), TEXT(1), a->timeout_ms)
CALL(role_definition_find, TEXT(0), TEXT(1))
CALL(role_definition_list, TEXT(0), TEXT(1))
CALL(subscription_list, TEXT(0))
CALL(system_identity_get, TEXT(0))
CALL(this_vm, NULL)
CALL(user_identity_create, TEXT(0), TEXT(1), TEXT(2), TEXT(3), TEXT(4))
CALL(user_identity_delete, TEXT(0), TEXT(1), TEXT(2))
CALL(user_identity_get, TEXT(0), TEXT(1), TEXT(2))
CALL(user_identity_list, TEXT(0), TEXT(1), TEXT(2))
CALL(user_identity_update, TEXT(0), TEXT(1), TEXT(2), TEXT(3))
CALL(vm_create, TEXT(0), TEXT(1), TEXT(2), TEXT(3), TEXT(4), TEXT(5), LIST)
CALL(vm_identity_add, TEXT(0), LIST)
CALL(vm_identity_dangling, TEXT(0))
CALL(vm_identity_plan, TEXT(0), a->choice, LIST)
CALL(vm_identity_remove, TEXT(0), LIST)
CALL(vm_identity_remove_all, TEXT(0))
CALL(vm_identity_remove_all_user, TEXT(0))
CALL(vm_identity_set, TEXT(0), LIST)
CALL(vm_identity_show, TEXT(0))

/* What a text is. */
enum kind {
    NONE,
    /* Parts of a path: nothing is sent where they are no names or ids. */
    SUBSCRIPTION,
    GROUP,
    NAME,
    SCOPE,
    MACHINE,
    RESOURCE,
    PATH,
    METHOD,
    /* Read before anything is sent. */
    JSON,
    TAGS,
    CONTINUATION,
    PRINCIPAL_TYPE,
    /* The service's to judge. */
    ROLE,
    ASSIGNMENT,
    PRINCIPAL,
    LOCATION,
    ISSUER,
    ACTION,
    VERSION
};

#define OPTIONAL(n) (1u << (n))

struct row {
    const char *name;
    call call;
    enum kind kinds[8];
    unsigned optional;
    bool list;
};

#define ROW(name, optional, list, ...) {#name, call_##name, {__VA_ARGS__}, optional, list}

static const struct row ROWS[] = {
    ROW(endpoints, 0, false, NONE),
    ROW(federated_credential_create, 0, true, SUBSCRIPTION, GROUP, NAME, NAME, ISSUER, ISSUER),
    ROW(federated_credential_delete, 0, false, SUBSCRIPTION, GROUP, NAME, NAME),
    ROW(federated_credential_get, 0, false, SUBSCRIPTION, GROUP, NAME, NAME),
    ROW(federated_credential_list, OPTIONAL(3), false, SUBSCRIPTION, GROUP, NAME, CONTINUATION),
    ROW(list, OPTIONAL(1) | OPTIONAL(2), false, PATH, VERSION, CONTINUATION),
    ROW(request, OPTIONAL(2) | OPTIONAL(3), false, METHOD, PATH, VERSION, JSON),
    ROW(request_and_wait, OPTIONAL(2) | OPTIONAL(3), false, METHOD, PATH, VERSION, JSON),
    ROW(resource_get, 0, false, RESOURCE),
    ROW(resource_group_create, OPTIONAL(3), false, SUBSCRIPTION, GROUP, LOCATION, TAGS),
    ROW(resource_group_delete, 0, false, SUBSCRIPTION, GROUP),
    ROW(resource_group_exists, 0, false, SUBSCRIPTION, GROUP),
    ROW(resource_group_get, 0, false, SUBSCRIPTION, GROUP),
    ROW(resource_group_list, OPTIONAL(1), false, SUBSCRIPTION, CONTINUATION),
    ROW(role_assignment_create, OPTIONAL(3), false, SCOPE, ROLE, PRINCIPAL, PRINCIPAL_TYPE),
    ROW(role_assignment_delete, 0, false, SCOPE, ASSIGNMENT),
    ROW(role_assignment_list, OPTIONAL(1) | OPTIONAL(2), false, SCOPE, PRINCIPAL, CONTINUATION),
    ROW(role_assignment_wait_until_allowed, 0, false, SCOPE, ACTION),
    ROW(role_assignment_wait_until_visible, 0, false, SCOPE, ASSIGNMENT),
    ROW(role_definition_find, 0, false, SCOPE, ROLE),
    ROW(role_definition_list, OPTIONAL(1), false, SCOPE, CONTINUATION),
    ROW(subscription_list, OPTIONAL(0), false, CONTINUATION),
    ROW(system_identity_get, 0, false, RESOURCE),
    ROW(this_vm, 0, false, NONE),
    ROW(user_identity_create, OPTIONAL(3) | OPTIONAL(4), false, SUBSCRIPTION, GROUP, NAME, LOCATION, TAGS),
    ROW(user_identity_delete, 0, false, SUBSCRIPTION, GROUP, NAME),
    ROW(user_identity_get, 0, false, SUBSCRIPTION, GROUP, NAME),
    ROW(user_identity_list, OPTIONAL(2), false, SUBSCRIPTION, GROUP, CONTINUATION),
    ROW(user_identity_update, 0, false, SUBSCRIPTION, GROUP, NAME, TAGS),
    ROW(vm_create, OPTIONAL(4) | OPTIONAL(5), true, SUBSCRIPTION, GROUP, NAME, JSON, ROLE, SCOPE),
    ROW(vm_identity_add, 0, true, MACHINE),
    ROW(vm_identity_dangling, 0, false, MACHINE),
    ROW(vm_identity_plan, 0, true, MACHINE),
    ROW(vm_identity_remove, 0, true, MACHINE),
    ROW(vm_identity_remove_all, 0, false, MACHINE),
    ROW(vm_identity_remove_all_user, 0, false, MACHINE),
    ROW(vm_identity_set, 0, true, MACHINE),
    ROW(vm_identity_show, 0, false, MACHINE),
};
enum { ROW_COUNT = sizeof ROWS / sizeof *ROWS };

static const char *good(enum kind kind) {
    switch (kind) {
        case SUBSCRIPTION: return fact("/subscription_id");
        case GROUP: return "rg1";
        case NAME: return "id1";
        case SCOPE:
        case PATH: return group_path("rg1");
        case MACHINE:
        case RESOURCE: return fact("/vm_resource_id");
        case METHOD: return "GET";
        case JSON:
        case TAGS: return "{}";
        case PRINCIPAL_TYPE: return "ServicePrincipal";
        case ROLE: return "Reader";
        case ASSIGNMENT: return "00000000-0000-0000-0000-000000000000";
        case PRINCIPAL: return fact("/system/principal_id");
        case LOCATION: return "eastus";
        case ISSUER: return "https://issuer.test/x";
        case ACTION: return "Microsoft.Resources/subscriptions/resourceGroups/read";
        case VERSION: return "2022-12-01";
        default: return NULL;
    }
}

static struct arguments good_arguments(const struct row *row) {
    struct arguments a;
    int i;
    memset(&a, 0, sizeof a);
    for (i = 0; i < 8 && row->kinds[i] != NONE; i++) {
        a.text[i] = good(row->kinds[i]);
        a.length[i] = MIDENTITY_NTS;
    }
    /* This one's body would go with a GET; that one's filter wants no principal. */
    if (row->call == call_request || row->call == call_request_and_wait) {
        a.text[3] = NULL;
    }
    a.choice = row->call == call_vm_identity_plan       ? MIDENTITY_CHANGE_ADD
               : row->call == call_role_assignment_list ? MIDENTITY_ROLE_FILTER_PRINCIPAL
                                                        : 0;
    a.timeout_ms = 100;
    return a;
}

static void refused(const struct row *row, const char *how, client *c, const struct arguments *a, bool no_place) {
    midentity_operation *operation = NULL;
    midentity_error *error = NULL;
    midentity_status status = row->call(c, a, no_place ? NULL : &operation, &error);
    if (status != MIDENTITY_INVALID_ARGUMENT || error == NULL || operation != NULL) {
        FAIL("midentity_arm_%s, %s: %d, %s", row->name, how, (int)status, midentity_error_message(error, NULL));
    }
    CHECK(midentity_error_hint(error, NULL) != NULL);
    midentity_error_free(error);
    CHECK_INTEGER(row->call(c, a, no_place ? NULL : &operation, NULL), MIDENTITY_INVALID_ARGUMENT);
    CHECK(operation == NULL);
}

TEST(pointers_lengths_and_bytes) {
    static const char NOT_UTF8[] = "\xc3\x28";
    static const char *const NULL_ITEM[] = {"id1", NULL}, *const BAD_ITEM[] = {"\xff"};
    midentity_arm_client *c;
    int i, n;
    emulator_reset();
    c = admin_client();
    for (i = 0; i < ROW_COUNT; i++) {
        const struct row *row = &ROWS[i];
        struct arguments a = good_arguments(row);
        refused(row, "without a client", NULL, &a, false);
        refused(row, "without a place for the operation", c, &a, true);
        for (n = 0; n < 8 && row->kinds[n] != NONE; n++) {
            a = good_arguments(row);
            if ((row->optional & OPTIONAL(n)) == 0) {
                a.text[n] = NULL;
                refused(row, "a text is NULL", c, &a, false);
                a.length[n] = 0;
                refused(row, "a text is NULL and empty", c, &a, false);
            }
            a.text[n] = NOT_UTF8;
            a.length[n] = 2;
            refused(row, "a text is not UTF-8", c, &a, false);
            a.length[n] = MIDENTITY_NTS;
            refused(row, "a text is not UTF-8", c, &a, false);
            a.text[n] = "x";
            a.length[n] = SIZE_MAX - 1;
            refused(row, "a length is absurd", c, &a, false);
            a.length[n] = SIZE_MAX / 2 + 1;
            refused(row, "a length is absurd", c, &a, false);
        }
        if (row->list) {
            a = good_arguments(row);
            a.count = 1;
            refused(row, "the list is NULL", c, &a, false);
            a.list = NULL_ITEM;
            a.count = 2;
            refused(row, "an item is NULL", c, &a, false);
            a.list = BAD_ITEM;
            a.count = 1;
            refused(row, "an item is not UTF-8", c, &a, false);
            a.count = SIZE_MAX;
            refused(row, "a count is absurd", c, &a, false);
        }
    }
    CHECK_INTEGER(emulator_request_count("arm"), 0);
    midentity_arm_client_free(c);
}

/* Runs the call to its end. */
static midentity_status ended(const struct row *row, client *c, const struct arguments *a, midentity_error **error) {
    midentity_operation *operation = NULL;
    midentity_status status = row->call(c, a, &operation, error);
    if (status == MIDENTITY_OK) {
        status = midentity_operation_wait(operation, 60000, error);
    }
    midentity_operation_free(operation);
    return status;
}

TEST(texts_that_mean_nothing) {
    enum { LONG_TEXT = 200000 };
    char *absurd = allocate(LONG_TEXT);
    struct {
        const char *text;
        size_t length;
    } bad[] = {{"", 0},          {"a\0b", 3}, {NULL, LONG_TEXT}, {"../../x", 7}, {"a/b?c#d", 7},
               {"a\r\nb: c", 7}, {" ", 1},    {".", 1},          {"%2e%2e", 6},  {"\xe2\x80\xae", 3}};
    midentity_arm_client *c;
    int i, n;
    size_t k;
    memset(absurd, 'x', LONG_TEXT);
    bad[2].text = absurd;
    emulator_reset();
    emulator_settings("{\"lro\": {\"seconds\": 0, \"retry_after\": 0}}");
    c = admin_client();
    for (i = 0; i < ROW_COUNT; i++) {
        const struct row *row = &ROWS[i];
        for (n = 0; n < 8 && row->kinds[n] != NONE; n++) {
            bool sendable = row->kinds[n] >= ROLE;
            size_t sent = 0;
            /* The log keeps whole paths, long ones too. */
            midentity_value_free(emulator_control("DELETE", "requests", NULL));
            for (k = 0; k < sizeof bad / sizeof *bad; k++) {
                struct arguments a = good_arguments(row);
                midentity_error *error = NULL;
                midentity_status status;
                a.text[n] = bad[k].text;
                a.length[n] = bad[k].length;
                status = ended(row, c, &a, &error);
                /* "" as the group means the whole subscription. */
                if (row->call == call_user_identity_list && row->kinds[n] == GROUP && k == 0) {
                    CHECK_INTEGER(status, MIDENTITY_OK);
                    sent = 1;
                    continue;
                }
                if (!sendable && status != MIDENTITY_INVALID_ARGUMENT) {
                    FAIL("midentity_arm_%s, text %d spoiled by %d: %d, %s", row->name, n, (int)k, (int)status,
                         midentity_error_message(error, NULL));
                }
                if (status == MIDENTITY_INTERNAL || status == MIDENTITY_PROTOCOL || status == MIDENTITY_PENDING) {
                    FAIL("midentity_arm_%s, text %d spoiled by %d: %d, %s", row->name, n, (int)k, (int)status,
                         midentity_error_message(error, NULL));
                }
                midentity_error_free(error);
            }
            CHECK(sendable || emulator_request_count("arm") == sent);
        }
    }
    midentity_arm_client_free(c);
    free(absurd);
}

TEST(numbers_that_are_no_choice) {
    static const int32_t WRONG[] = {-1, 6, 99, INT32_MAX, INT32_MIN};
    midentity_arm_client *c;
    size_t i;
    int row;
    emulator_reset();
    c = admin_client();
    for (row = 0; row < ROW_COUNT; row++) {
        struct arguments a = good_arguments(&ROWS[row]);
        if (ROWS[row].call == call_vm_identity_plan || ROWS[row].call == call_role_assignment_list) {
            for (i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
                a.choice = WRONG[i];
                refused(&ROWS[row], "no choice", c, &a, false);
            }
        }
        if (ROWS[row].call == call_vm_identity_plan) {
            static const char *const ITEMS[] = {"id1"};
            a.choice = 0;
            refused(&ROWS[row], "no change", c, &a, false);
            a.list = ITEMS;
            a.count = 1;
            a.choice = MIDENTITY_CHANGE_REMOVE_ALL;
            refused(&ROWS[row], "all and some", c, &a, false);
            a.choice = MIDENTITY_CHANGE_REMOVE_ALL_USER;
            refused(&ROWS[row], "all and some", c, &a, false);
        }
        if (ROWS[row].call == call_role_assignment_list) {
            a.choice = MIDENTITY_ROLE_FILTER_ALL;
            refused(&ROWS[row], "a principal too many", c, &a, false);
            a.choice = MIDENTITY_ROLE_FILTER_AT_SCOPE;
            refused(&ROWS[row], "a principal too many", c, &a, false);
            a.text[1] = NULL;
            a.choice = MIDENTITY_ROLE_FILTER_PRINCIPAL;
            refused(&ROWS[row], "no principal", c, &a, false);
            a.choice = MIDENTITY_ROLE_FILTER_ASSIGNED_TO;
            refused(&ROWS[row], "no principal", c, &a, false);
        }
        if (ROWS[row].call == call_role_assignment_wait_until_allowed ||
            ROWS[row].call == call_role_assignment_wait_until_visible) {
            a.timeout_ms = -2;
            refused(&ROWS[row], "no time", c, &a, false);
            a.timeout_ms = INT64_MIN;
            refused(&ROWS[row], "no time", c, &a, false);
        }
        if (ROWS[row].call == call_vm_create) {
            a.text[4] = NULL;
            refused(&ROWS[row], "a scope without a role", c, &a, false);
            a = good_arguments(&ROWS[row]);
            a.text[5] = NULL;
            refused(&ROWS[row], "a role without a scope", c, &a, false);
        }
    }
    CHECK_INTEGER(emulator_request_count("arm"), 0);
    midentity_arm_client_free(c);
}

TEST(what_is_no_json) {
    static const char *const TAG_TEXTS[] = {"", "[]", "null", "{\"a\":1}", "{\"a\":null}", "{", "\"x\""};
    static const char *const BODIES[] = {"", "{", "{]", "nonsense", "{\"a\":1}}"};
    midentity_arm_client *c;
    int row, n;
    size_t i;
    emulator_reset();
    c = admin_client();
    for (row = 0; row < ROW_COUNT; row++) {
        for (n = 0; n < 8; n++) {
            struct arguments a = good_arguments(&ROWS[row]);
            midentity_error *error = NULL;
            a.length[n] = MIDENTITY_NTS;
            for (i = 0; ROWS[row].kinds[n] == TAGS && i < sizeof TAG_TEXTS / sizeof *TAG_TEXTS; i++) {
                a.text[n] = TAG_TEXTS[i];
                CHECK_INTEGER(ended(&ROWS[row], c, &a, &error), MIDENTITY_INVALID_ARGUMENT);
                CHECK_ERROR_ID(error, "argument.option");
            }
            for (i = 0; ROWS[row].kinds[n] == JSON && i < sizeof BODIES / sizeof *BODIES; i++) {
                a.text[n] = BODIES[i];
                CHECK_INTEGER(ended(&ROWS[row], c, &a, &error), MIDENTITY_INVALID_ARGUMENT);
                CHECK_ERROR_ID(error, "argument.option");
            }
        }
    }
    CHECK_INTEGER(emulator_request_count("arm"), 0);
    midentity_arm_client_free(c);
}

TEST(options_of_clients) {
    midentity_token_provider *provider = NULL;
    midentity_arm_client *made = NULL;
    midentity_arm_client_options options;
    midentity_error *error = NULL;
    int i;
    CHECK_OK(midentity_token_provider_new_static("t", 1, 0, &provider, &error), error);
    CHECK_FAILS(midentity_arm_client_new(NULL, NULL, &made, &error), MIDENTITY_INVALID_ARGUMENT, error);
    CHECK_ERROR_ID(error, "argument.option");
    CHECK_FAILS(midentity_arm_client_new(provider, NULL, NULL, &error), MIDENTITY_INVALID_ARGUMENT, error);
    CHECK_ERROR_ID(error, "argument.option");
    for (i = 0; i < 10; i++) {
        memset(&options, 0, sizeof options);
        options.struct_size = sizeof options;
        switch (i) {
            case 0: options.struct_size = 0; break;
            case 1: options.struct_size = sizeof options - 8; break;
            case 2:
                options.cloud = "\xff";
                options.cloud_len = 1;
                break;
            case 3:
                options.cloud = "AzureMoonCloud";
                options.cloud_len = MIDENTITY_NTS;
                break;
            case 4:
                options.cloud = "http://127.0.0.1:1";
                options.cloud_len = MIDENTITY_NTS;
                break;
            case 5:
                options.ca_file = "\xff";
                options.ca_file_len = 1;
                break;
            case 6:
                options.ca_file = "x";
                options.ca_file_len = SIZE_MAX - 1;
                break;
            case 7: options.timeout_ms = -2; break;
            case 8: options.operation_timeout_ms = -2; break;
            default:
                options.cloud = "";
                options.cloud_len = 0;
                break;
        }
        if (midentity_arm_client_new(provider, &options, &made, &error) != MIDENTITY_INVALID_ARGUMENT) {
            FAIL("option %d was taken: %s", i, midentity_error_message(error, NULL));
        }
        midentity_error_free(error);
        error = NULL;
    }
    CHECK(made == NULL);
    /* The file is read when it is needed. */
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.ca_file = "/no/such/file.pem";
    options.ca_file_len = MIDENTITY_NTS;
    CHECK_OK(midentity_arm_client_new(provider, &options, &made, &error), error);
    {
        midentity_operation *operation = NULL;
        CHECK_OK(midentity_arm_subscription_list(made, NULL, 0, &operation, &error), error);
        error = fails(operation, MIDENTITY_INVALID_ARGUMENT);
        CHECK_ERROR_ID(error, "argument.ca_file");
    }
    midentity_arm_client_free(made);
    midentity_token_provider_free(provider);
}
