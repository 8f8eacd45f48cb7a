/* Instance metadata. */
#include <string.h>

#include "emulator.h"

static midentity_value *got(const midentity_instance *instance, const char *path, const char *version) {
    midentity_operation *operation = NULL;
    midentity_error *error = NULL;
    CHECK_OK(midentity_instance_get(instance, path, MIDENTITY_NTS, version, MIDENTITY_NTS, &operation, &error), error);
    return finish(operation);
}

TEST(what_machine_this_is) {
    midentity_instance *instance = NULL;
    midentity_operation *operation = NULL;
    midentity_value *value;
    midentity_error *error = NULL;
    emulator_reset();
    CHECK_OK(midentity_instance_new(NULL, &instance, &error), error);
    value = got(instance, NULL, NULL);
    CHECK_TEXT(text_at(value, "/compute/name"), fact("/vm"));
    CHECK_TEXT(text_at(value, "/compute/subscriptionId"), fact("/subscription_id"));
    midentity_value_free(value);
    value = got(instance, "compute", "2019-06-04");
    CHECK_TEXT(text_at(value, "/location"), "eastus");
    midentity_value_free(value);
    value = got(instance, "compute/location", NULL);
    CHECK_TEXT(midentity_value_string(value, NULL), "eastus");
    midentity_value_free(value);
    CHECK_OK(midentity_instance_identity_info(instance, &operation, &error), error);
    value = finish(operation);
    CHECK_TEXT(text_at(value, "/tenant_id"), fact("/tenant_id"));
    midentity_value_free(value);
    CHECK_OK(midentity_instance_versions(instance, &operation, &error), error);
    value = finish(operation);
    CHECK(midentity_value_length(value) > 5);
    CHECK_INTEGER(strlen(midentity_value_string(midentity_value_item(value, 0), NULL)), 10);
    midentity_value_free(value);
    midentity_instance_free(instance);
}

TEST(options_and_failures) {
    midentity_instance *instance = NULL;
    midentity_instance_options options;
    midentity_operation *operation = NULL;
    midentity_error *error = NULL;
    emulator_reset();
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.imds_endpoint = emulator_address();
    options.imds_endpoint_len = strlen(emulator_address());
    options.timeout_ms = 1000;
    options.connect_timeout_ms = -1;
    options.retries = -1;
    CHECK_OK(midentity_instance_new(&options, &instance, &error), error);
    emulator_fault("{\"hang\": true, \"times\": 1}");
    CHECK_OK(midentity_instance_get(instance, NULL, 0, NULL, 0, &operation, &error), error);
    error = fails(operation, MIDENTITY_UNAVAILABLE);
    CHECK_ERROR_ID(error, "imds.unreachable");
    emulator_fault("{\"status\": 500, \"times\": 1}");
    CHECK_OK(midentity_instance_versions(instance, &operation, &error), error);
    error = fails(operation, MIDENTITY_SERVICE);
    CHECK_INTEGER(midentity_error_attempts(error), 1);
    CHECK_ERROR_ID(error, "imds.service");
    CHECK_OK(midentity_instance_get(instance, "compute/nothing", MIDENTITY_NTS, NULL, 0, &operation, &error), error);
    error = fails(operation, MIDENTITY_NOT_FOUND);
    CHECK_ERROR_ID(error, "imds.not_found");
    midentity_instance_free(instance);
}
