/* Resource Manager: what every function does, against the emulated one. What they refuse: arm_arguments.c. */
#include <stdlib.h>
#include <string.h>

#include "emulator.h"

#define N MIDENTITY_NTS
#define SUB fact("/subscription_id"), N
#define VM fact("/vm_resource_id"), N

static midentity_arm_client *client;
static midentity_operation *operation;
static midentity_error *error;

/* Starts a call, waits for its end, and gives its value. */
#define VALUE(call) (CHECK_OK(call, error), finish(operation))
#define ENDS(call) midentity_value_free(VALUE(call))

static void start(void) {
    emulator_reset();
    emulator_settings("{\"lro\": {\"seconds\": 0.05, \"retry_after\": 0}}");
    client = admin_client();
}

static void end(void) {
    midentity_arm_client_free(client);
    client = NULL;
}

static bool is_true(midentity_value *value) {
    bool answer = false;
    CHECK(midentity_value_boolean(value, &answer));
    midentity_value_free(value);
    return answer;
}

static void is_null(midentity_value *value) {
    CHECK_INTEGER(midentity_value_type(value), MIDENTITY_VALUE_NULL);
    midentity_value_free(value);
}

static int64_t integer_at(const midentity_value *value, const char *path) {
    int64_t number = 0;
    CHECK(midentity_value_integer(midentity_value_get(value, path, N), &number));
    return number;
}

static size_t length_at(const midentity_value *value, const char *path) {
    return midentity_value_length(midentity_value_get(value, path, N));
}

TEST(any_request) {
    midentity_value *value;
    char *path;
    start();
    value = VALUE(
        midentity_arm_request(client, "GET", N, group_path("rg1"), N, "2022-12-01", N, NULL, 0, &operation, &error));
    CHECK_INTEGER(integer_at(value, "/status"), 200);
    CHECK_TEXT(text_at(value, "/body/name"), "rg1");
    CHECK(strlen(text_at(value, "/request_id")) > 10);
    CHECK(strlen(text_at(value, "/correlation_id")) > 10);
    midentity_value_free(value);
    /* The version in the path's query, a body with its length. */
    path = formatted("%s?api-version=2022-12-01", group_path("rg9"));
    value = VALUE(midentity_arm_request(client, "put", 3, path, strlen(path), NULL, 0, "{\"location\": \"eastus\"}...",
                                        22, &operation, &error));
    CHECK_INTEGER(integer_at(value, "/status"), 201);
    midentity_value_free(value);
    free(path);
    /* A long-running one is not waited for; the other function waits. */
    value = VALUE(
        midentity_arm_request(client, "DELETE", N, group_path("rg9"), N, "2022-12-01", N, NULL, 0, &operation, &error));
    CHECK_INTEGER(integer_at(value, "/status"), 202);
    midentity_value_free(value);
    value = VALUE(midentity_arm_request_and_wait(client, "DELETE", N, group_path("rg2"), N, "2022-12-01", N, NULL, 0,
                                                 &operation, &error));
    CHECK_INTEGER(integer_at(value, "/status"), 200);
    midentity_value_free(value);
    CHECK(!is_true(VALUE(midentity_arm_resource_group_exists(client, SUB, "rg2", N, &operation, &error))));
    CHECK_OK(midentity_arm_request(client, "GE T", N, group_path("rg1"), N, NULL, 0, NULL, 0, &operation, &error),
             error);
    midentity_error_free(fails(operation, MIDENTITY_INVALID_ARGUMENT));
    end();
}

TEST(a_private_clouds_services_and_audience) {
    midentity_arm_client_options options;
    midentity_arm_client *other = NULL;
    midentity_token_provider *provider = NULL;
    midentity_value *value;
    start();
    value = VALUE(midentity_arm_endpoints(client, &operation, &error));
    CHECK_TEXT(text_at(value, "/login"), getenv("MIDENTITY_CLOUD"));
    midentity_value_free(value);
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.audience = "https://management.azure.com/";
    options.audience_len = N;
    CHECK_OK(midentity_token_provider_new_static("t", N, 0, &provider, &error), error);
    /* A known cloud's token is for that cloud alone. */
    CHECK_INTEGER(midentity_arm_client_new(provider, &options, &other, &error), MIDENTITY_INVALID_ARGUMENT);
    CHECK_ERROR_ID(error, "cloud.audience_refused");
    midentity_error_free(error);
    error = NULL;
    options.audience = "https://own.audience.test/";
    CHECK_OK(midentity_arm_client_new(provider, &options, &other, &error), error);
    midentity_arm_client_free(other);
    midentity_token_provider_free(provider);
    end();
}

TEST(resources_by_their_id) {
    midentity_value *value;
    start();
    value = VALUE(midentity_arm_resource_get(client, VM, &operation, &error));
    CHECK_TEXT(text_at(value, "/body/name"), fact("/vm"));
    midentity_value_free(value);
    value = VALUE(midentity_arm_system_identity_get(client, VM, &operation, &error));
    CHECK_TEXT(text_at(value, "/principal_id"), fact("/system/principal_id"));
    CHECK_TEXT(text_at(value, "/client_id"), fact("/system/client_id"));
    CHECK_TEXT(text_at(value, "/tenant_id"), fact("/tenant_id"));
    midentity_value_free(value);
    value = VALUE(midentity_arm_this_vm(client, NULL, &operation, &error));
    CHECK_TEXT(midentity_value_string(value, NULL), fact("/vm_resource_id"));
    midentity_value_free(value);
    {
        midentity_instance *instance = NULL;
        CHECK_OK(midentity_instance_new(NULL, &instance, &error), error);
        CHECK_OK(midentity_arm_this_vm(client, instance, &operation, &error), error);
        midentity_instance_free(instance);
        value = finish(operation);
        CHECK_TEXT(midentity_value_string(value, NULL), fact("/vm_resource_id"));
        midentity_value_free(value);
    }
    end();
}

TEST(subscriptions_and_groups) {
    midentity_value *value;
    start();
    value = VALUE(midentity_arm_subscription_list(client, NULL, 0, &operation, &error));
    CHECK_TEXT(text_at(value, "/items/0/subscription_id"), fact("/subscription_id"));
    CHECK_INTEGER(midentity_value_type(midentity_value_get(value, "/continuation", N)), MIDENTITY_VALUE_NULL);
    midentity_value_free(value);
    value = VALUE(midentity_arm_resource_group_create(client, SUB, "rg9", N, "westeurope", N, "{\"a\":\"\xc3\xbc\"}", N,
                                                      &operation, &error));
    CHECK_TEXT(text_at(value, "/location"), "westeurope");
    CHECK_TEXT(text_at(value, "/tags/a"), "\xc3\xbc");
    midentity_value_free(value);
    value = VALUE(midentity_arm_resource_group_get(client, SUB, "RG9", N, &operation, &error));
    CHECK_TEXT(text_at(value, "/provisioning_state"), "Succeeded");
    midentity_value_free(value);
    value = VALUE(midentity_arm_resource_group_list(client, SUB, NULL, 0, &operation, &error));
    CHECK_INTEGER(length_at(value, "/items"), 3);
    midentity_value_free(value);
    CHECK(is_true(VALUE(midentity_arm_resource_group_exists(client, SUB, "rg9", N, &operation, &error))));
    is_null(VALUE(midentity_arm_resource_group_delete(client, SUB, "rg9", N, &operation, &error)));
    is_null(VALUE(midentity_arm_resource_group_delete(client, SUB, "rg9", N, &operation, &error)));
    CHECK(!is_true(VALUE(midentity_arm_resource_group_exists(client, SUB, "rg9", N, &operation, &error))));
    end();
}

TEST(user_identities) {
    midentity_value *value;
    start();
    value = VALUE(midentity_arm_user_identity_create(client, SUB, "rg1", N, "id9", N, NULL, 0, "{\"k\":\"v\"}", N,
                                                     &operation, &error));
    CHECK_TEXT(text_at(value, "/name"), "id9");
    CHECK_TEXT(text_at(value, "/location"), "eastus");
    CHECK_TEXT(text_at(value, "/tags/k"), "v");
    CHECK_INTEGER(strlen(text_at(value, "/client_id")), 36);
    midentity_value_free(value);
    value = VALUE(midentity_arm_user_identity_get(client, SUB, "rg1", N, "id9", N, &operation, &error));
    CHECK_INTEGER(strlen(text_at(value, "/principal_id")), 36);
    midentity_value_free(value);
    value = VALUE(
        midentity_arm_user_identity_update(client, SUB, "rg1", N, "id9", N, "{\"n\":\"w\"}", N, &operation, &error));
    CHECK_TEXT(text_at(value, "/tags/n"), "w");
    CHECK_INTEGER(length_at(value, "/tags"), 1);
    midentity_value_free(value);
    value = VALUE(midentity_arm_user_identity_list(client, SUB, "rg1", N, NULL, 0, &operation, &error));
    CHECK_INTEGER(length_at(value, "/items"), 2);
    midentity_value_free(value);
    value = VALUE(midentity_arm_user_identity_list(client, SUB, "", 0, NULL, 0, &operation, &error));
    CHECK_INTEGER(length_at(value, "/items"), 2);
    midentity_value_free(value);
    CHECK(is_true(VALUE(midentity_arm_user_identity_delete(client, SUB, "rg1", N, "id9", N, &operation, &error))));
    CHECK(!is_true(VALUE(midentity_arm_user_identity_delete(client, SUB, "rg1", N, "id9", N, &operation, &error))));
    end();
}

TEST(federated_credentials) {
    static const char *const AUDIENCES[] = {"api://one", "api://two"};
    midentity_value *value;
    start();
    value = VALUE(midentity_arm_federated_credential_create(
        client, SUB, "rg1", N, "id1", N, "fc1", N, "https://issuer.test", N, "repo:x", N, NULL, 0, &operation, &error));
    CHECK_TEXT(text_at(value, "/audiences/0"), "api://AzureADTokenExchange");
    midentity_value_free(value);
    /* Only one audience is allowed by the service; the list crosses as it is. */
    CHECK_OK(midentity_arm_federated_credential_create(client, SUB, "rg1", N, "id1", N, "fc1", N, "https://issuer.test",
                                                       N, "repo:y", N, AUDIENCES, 1, &operation, &error),
             error);
    value = finish(operation);
    CHECK_TEXT(text_at(value, "/audiences/0"), "api://one");
    CHECK_TEXT(text_at(value, "/subject"), "repo:y");
    midentity_value_free(value);
    value =
        VALUE(midentity_arm_federated_credential_get(client, SUB, "rg1", N, "id1", N, "fc1", N, &operation, &error));
    CHECK_TEXT(text_at(value, "/issuer"), "https://issuer.test");
    midentity_value_free(value);
    value =
        VALUE(midentity_arm_federated_credential_list(client, SUB, "rg1", N, "id1", N, NULL, 0, &operation, &error));
    CHECK_INTEGER(length_at(value, "/items"), 1);
    midentity_value_free(value);
    CHECK(is_true(VALUE(
        midentity_arm_federated_credential_delete(client, SUB, "rg1", N, "id1", N, "fc1", N, &operation, &error))));
    CHECK(!is_true(VALUE(
        midentity_arm_federated_credential_delete(client, SUB, "rg1", N, "id1", N, "fc1", N, &operation, &error))));
    end();
}

TEST(identities_of_machines) {
    static const char *const ID1[] = {"id1"}, *const SYSTEM[] = {"[system]"}, *const BOTH[] = {"[system]", "id1"};
    midentity_value *value;
    start();
    value = VALUE(midentity_arm_vm_identity_show(client, VM, &operation, &error));
    CHECK_TEXT(text_at(value, "/kind"), "SystemAssigned, UserAssigned");
    CHECK_TEXT(text_at(value, "/system_assigned"), fact("/system/principal_id"));
    CHECK_TEXT(text_at(value, "/user_assigned/0/client_id"), fact("/user_identities/0/client_id"));
    midentity_value_free(value);
    value = VALUE(midentity_arm_vm_identity_plan(client, VM, MIDENTITY_CHANGE_REMOVE, ID1, 1, &operation, &error));
    CHECK_INTEGER(length_at(value, "/goes"), 1);
    CHECK(is_true((midentity_value *)(intptr_t)midentity_value_get(value, "/changes", N)));
    midentity_value_free(value);
    value = VALUE(
        midentity_arm_vm_identity_plan(client, VM, MIDENTITY_CHANGE_REMOVE_ALL_USER, NULL, 0, &operation, &error));
    CHECK_INTEGER(length_at(value, "/goes"), 1);
    midentity_value_free(value);
    value = VALUE(midentity_arm_vm_identity_plan(client, VM, MIDENTITY_CHANGE_REMOVE_ALL, NULL, 0, &operation, &error));
    CHECK_INTEGER(length_at(value, "/goes"), 2);
    midentity_value_free(value);
    value = VALUE(midentity_arm_vm_identity_plan(client, VM, MIDENTITY_CHANGE_ADD, BOTH, 2, &operation, &error));
    CHECK_INTEGER(length_at(value, "/comes"), 0);
    midentity_value_free(value);
    value = VALUE(midentity_arm_vm_identity_plan(client, VM, MIDENTITY_CHANGE_SET, ID1, 1, &operation, &error));
    CHECK_INTEGER(length_at(value, "/goes"), 1);
    midentity_value_free(value);
    value = VALUE(midentity_arm_vm_identity_remove(client, VM, ID1, 1, &operation, &error));
    CHECK_TEXT(text_at(value, "/kind"), "SystemAssigned");
    midentity_value_free(value);
    value = VALUE(midentity_arm_vm_identity_add(client, VM, ID1, 1, &operation, &error));
    CHECK_INTEGER(length_at(value, "/user_assigned"), 1);
    midentity_value_free(value);
    value = VALUE(midentity_arm_vm_identity_set(client, VM, SYSTEM, 1, &operation, &error));
    CHECK_TEXT(text_at(value, "/kind"), "SystemAssigned");
    midentity_value_free(value);
    ENDS(midentity_arm_vm_identity_set(client, VM, BOTH, 2, &operation, &error));
    value = VALUE(midentity_arm_vm_identity_remove_all_user(client, VM, &operation, &error));
    CHECK_TEXT(text_at(value, "/kind"), "SystemAssigned");
    midentity_value_free(value);
    value = VALUE(midentity_arm_vm_identity_remove_all(client, VM, &operation, &error));
    CHECK_TEXT(text_at(value, "/kind"), "None");
    midentity_value_free(value);
    end();
}

TEST(identities_that_are_gone_dangle) {
    midentity_value *value;
    start();
    value = VALUE(midentity_arm_vm_identity_dangling(client, VM, &operation, &error));
    CHECK_INTEGER(midentity_value_length(value), 0);
    midentity_value_free(value);
    CHECK(is_true(VALUE(midentity_arm_user_identity_delete(client, SUB, "rg1", N, "id1", N, &operation, &error))));
    value = VALUE(midentity_arm_vm_identity_dangling(client, VM, &operation, &error));
    CHECK_INTEGER(midentity_value_length(value), 1);
    CHECK_CONTAINS(text_at(value, "/0"), "id1");
    midentity_value_free(value);
    end();
}

TEST(machines) {
    static const char *const BOTH[] = {"[system]", "id1"};
    static const char BODY[] =
        "{\"location\": \"eastus\", \"properties\": {\"hardwareProfile\": {\"vmSize\": \"Standard_B1s\"},"
        "\"storageProfile\": {\"imageReference\": {\"publisher\": \"Debian\", \"offer\": \"debian-12\", \"sku\": "
        "\"12\", \"version\": \"latest\"}},"
        "\"osProfile\": {\"computerName\": \"vm9\", \"adminUsername\": \"azureuser\", \"adminPassword\": "
        "\"Wordpass-1234\"},"
        "\"networkProfile\": {\"networkInterfaces\": []}}}";
    midentity_value *value;
    start();
    value = VALUE(midentity_arm_vm_create(client, SUB, "rg1", N, "vm9", N, BODY, N, "Reader", N, group_path("rg1"), N,
                                          BOTH, 2, &operation, &error));
    CHECK_TEXT(text_at(value, "/kind"), "SystemAssigned, UserAssigned");
    CHECK_INTEGER(strlen(text_at(value, "/system_assigned")), 36);
    midentity_value_free(value);
    CHECK_OK(midentity_arm_vm_create(client, SUB, "rg1", N, "vm9", N, BODY, N, NULL, 0, NULL, 0, NULL, 0, &operation,
                                     &error),
             error);
    error = fails(operation, MIDENTITY_CONFLICT);
    CHECK_ERROR_ID(error, "arm.conflict");
    end();
}

TEST(roles) {
    midentity_value *value;
    char *assignment;
    const char *principal;
    start();
    value = VALUE(midentity_arm_role_definition_find(client, subscription_path(), N, "reader", N, &operation, &error));
    CHECK_TEXT(text_at(value, "/guid"), "acdd72a7-3385-48ef-bd42-f606fba81ae7");
    CHECK_TEXT(text_at(value, "/role_name"), "Reader");
    midentity_value_free(value);
    CHECK_OK(midentity_arm_role_definition_find(client, subscription_path(), N, "Reeder", N, &operation, &error),
             error);
    error = fails(operation, MIDENTITY_NOT_FOUND);
    CHECK_CONTAINS(midentity_error_hint(error, NULL), "Reader");
    CHECK_ERROR_ID(error, "role.unknown");
    value = VALUE(midentity_arm_role_definition_list(client, subscription_path(), N, NULL, 0, &operation, &error));
    CHECK(length_at(value, "/items") > 3);
    midentity_value_free(value);
    principal = fact("/system/principal_id");
    value = VALUE(midentity_arm_role_assignment_create(client, group_path("rg2"), N, "Contributor", N, principal, N,
                                                       NULL, 0, &operation, &error));
    CHECK_TEXT(text_at(value, "/principal_id"), principal);
    CHECK_TEXT(text_at(value, "/principal_type"), "ServicePrincipal");
    assignment = formatted("%s", text_at(value, "/name"));
    midentity_value_free(value);
    /* Once more is no failure. */
    value = VALUE(midentity_arm_role_assignment_create(client, group_path("rg2"), N, "Contributor", N, principal, N,
                                                       "serviceprincipal", N, &operation, &error));
    CHECK_TEXT(text_at(value, "/name"), assignment);
    midentity_value_free(value);
    is_null(VALUE(midentity_arm_role_assignment_wait_until_visible(client, group_path("rg2"), N, assignment, N, 0,
                                                                   &operation, &error)));
    value = VALUE(midentity_arm_role_assignment_list(client, group_path("rg2"), N, NULL, 0, NULL, 0,
                                                     MIDENTITY_ROLE_FILTER_AT_SCOPE, &operation, &error));
    CHECK(length_at(value, "/items") >= 1);
    midentity_value_free(value);
    value = VALUE(midentity_arm_role_assignment_list(client, subscription_path(), N, NULL, 0, NULL, 0,
                                                     MIDENTITY_ROLE_FILTER_ALL, &operation, &error));
    CHECK(length_at(value, "/items") >= 3);
    midentity_value_free(value);
    value = VALUE(midentity_arm_role_assignment_list(client, subscription_path(), N, principal, N, NULL, 0,
                                                     MIDENTITY_ROLE_FILTER_PRINCIPAL, &operation, &error));
    CHECK_INTEGER(length_at(value, "/items"), 2);
    midentity_value_free(value);
    value = VALUE(midentity_arm_role_assignment_list(client, subscription_path(), N, principal, N, NULL, 0,
                                                     MIDENTITY_ROLE_FILTER_ASSIGNED_TO, &operation, &error));
    CHECK_INTEGER(length_at(value, "/items"), 2);
    midentity_value_free(value);
    /* The machine itself may now. */
    {
        midentity_arm_client *machine = machine_client();
        is_null(VALUE(midentity_arm_role_assignment_wait_until_allowed(
            machine, group_path("rg2"), N, "Microsoft.Resources/subscriptions/resourceGroups/read", N, 0, &operation,
            &error)));
        CHECK_OK(midentity_arm_role_assignment_wait_until_allowed(machine, subscription_path(), N,
                                                                  "Microsoft.Authorization/roleAssignments/write", N,
                                                                  50, &operation, &error),
                 error);
        error = fails(operation, MIDENTITY_TIMEOUT);
        CHECK_ERROR_ID(error, "role.not_allowed");
        midentity_arm_client_free(machine);
    }
    CHECK(is_true(
        VALUE(midentity_arm_role_assignment_delete(client, group_path("rg2"), N, assignment, N, &operation, &error))));
    CHECK(!is_true(
        VALUE(midentity_arm_role_assignment_delete(client, group_path("rg2"), N, assignment, N, &operation, &error))));
    CHECK_OK(midentity_arm_role_assignment_wait_until_visible(client, group_path("rg2"), N, assignment, N, 50,
                                                              &operation, &error),
             error);
    error = fails(operation, MIDENTITY_TIMEOUT);
    CHECK_ERROR_ID(error, "role.not_visible");
    free(assignment);
    end();
}

/* A page of a list, by the continuation before it; NULL first. */
static midentity_operation *page(const char *continuation) {
    CHECK_OK(midentity_arm_user_identity_list(client, SUB, "rg1", N, continuation, N, &operation, &error), error);
    return operation;
}

TEST(lists_come_page_by_page) {
    midentity_value *value = NULL;
    char *continuation = NULL;
    size_t items = 0, pages = 0;
    start();
    midentity_value_free(
        emulator_control("POST", "populate", "{\"user_identities\": 25, \"resource_group\": \"rg1\"}"));
    emulator_settings("{\"page_size\": 10}");
    do {
        const char *next;
        value = finish(page(continuation));
        free(continuation);
        continuation = NULL;
        items += length_at(value, "/items");
        pages++;
        next = midentity_value_string(midentity_value_get(value, "/continuation", N), NULL);
        if (next != NULL) {
            continuation = formatted("%s", next);
        }
        midentity_value_free(value);
    } while (continuation != NULL);
    CHECK_INTEGER(items, 26);
    CHECK_INTEGER(pages, 3);
    /* Any list, by its path: each page is one request. */
    midentity_value_free(emulator_control("DELETE", "requests", NULL));
    {
        char *path = formatted("%s/providers/Microsoft.ManagedIdentity/userAssignedIdentities", group_path("rg1"));
        value = VALUE(midentity_arm_list(client, path, N, "2023-01-31", N, NULL, 0, &operation, &error));
        CHECK_INTEGER(length_at(value, "/items"), 10);
        continuation = formatted("%s", text_at(value, "/continuation"));
        midentity_value_free(value);
        /* Another client can go on with it. */
        midentity_arm_client_free(client);
        client = admin_client();
        value = VALUE(midentity_arm_list(client, path, N, "2023-01-31", N, continuation, N, &operation, &error));
        CHECK_INTEGER(length_at(value, "/items"), 10);
        midentity_value_free(value);
        free(continuation);
        free(path);
    }
    CHECK_INTEGER(emulator_request_count("arm"), 2);
    end();
}

TEST(a_continuation_leads_nowhere_else) {
    static const char *const GARBAGE[] = {"", "garbage", "/subscriptions", "data:text/plain,x"};
    static const char *const FOREIGN[] = {"https://other.test/subscriptions?api-version=1", "http://127.0.0.1:1/x"};
    size_t i;
    start();
    for (i = 0; i < sizeof GARBAGE / sizeof *GARBAGE; i++) {
        error = fails(page(GARBAGE[i]), MIDENTITY_INVALID_ARGUMENT);
        CHECK_ERROR_ID(error, "argument.option");
    }
    for (i = 0; i < sizeof FOREIGN / sizeof *FOREIGN; i++) {
        midentity_operation *started = page(FOREIGN[i]);
        midentity_status status = midentity_operation_wait(started, -1, &error);
        CHECK(status != MIDENTITY_OK && status != MIDENTITY_TRANSPORT && status != MIDENTITY_TIMEOUT);
        CHECK_ERROR_ID(error, "arm.host_refused");
        midentity_operation_free(started);
    }
    CHECK_INTEGER(emulator_request_count("arm"), 0);
    end();
}

TEST(a_client_and_its_options) {
    midentity_token_provider *provider = NULL;
    midentity_arm_client_options options;
    midentity_arm_client *made = NULL;
    const char *cloud = getenv("MIDENTITY_CLOUD"), *ca_file = getenv("MIDENTITY_CA_FILE");
    start();
    CHECK(cloud != NULL && ca_file != NULL);
    CHECK_OK(midentity_token_provider_new_static(admin_token(), N, 0, &provider, &error), error);
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.cloud = cloud;
    options.cloud_len = strlen(cloud);
    options.ca_file = ca_file;
    options.ca_file_len = N;
    options.operation_timeout_ms = -1;
    CHECK_OK(midentity_arm_client_new(provider, &options, &made, &error), error);
    ENDS(midentity_arm_subscription_list(made, NULL, 0, &operation, &error));
    midentity_arm_client_free(made);
    options.timeout_ms = 300;
    CHECK_OK(midentity_arm_client_new(provider, &options, &made, &error), error);
    midentity_token_provider_free(provider);
    emulator_fault("{\"match\": {\"door\": \"arm\"}, \"hang\": true}");
    CHECK_OK(midentity_arm_subscription_list(made, NULL, 0, &operation, &error), error);
    error = fails(operation, MIDENTITY_TIMEOUT);
    CHECK_ERROR_ID(error, "arm.timeout");
    midentity_arm_client_free(made);
    end();
}
