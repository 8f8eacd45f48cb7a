/*
 * Tutorial 5: a machine reads its resource group with a user-assigned identity.
 *
 * As a signed-in administrator (`az login`, or a token in ARM_TOKEN), to make the identity, assign it and let it read
 * the group: tutorial_5 prepare SUBSCRIPTION GROUP MACHINE IDENTITY, which prints its client id.
 *
 * Then, on the machine: tutorial_5 CLIENT_ID
 */

#include "walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int prepare(const char *subscription, const char *group, const char *machine_name, const char *name)
{
    midentity_error *error = NULL;
    midentity_operation *operation = NULL;
    midentity_value *identity = NULL, *assigned = NULL, *given = NULL;
    char here[512], machine_id[1024];
    const char *identities[1];

    midentity_arm_client *arm = administrator(&error);
    if (arm == NULL ||
        !path(here, sizeof here, "/subscriptions/%s/resourceGroups/%s", subscription, group) ||
        !path(machine_id, sizeof machine_id, "%s/providers/Microsoft.Compute/virtualMachines/%s", here, machine_name))
        goto done;
    identity = finish(midentity_arm_user_identity_create(arm, subscription, MIDENTITY_NTS, group, MIDENTITY_NTS, name,
                                                         MIDENTITY_NTS, NULL, 0, NULL, 0, &operation, &error),
                      &operation, &error);
    if (identity == NULL)
        goto done;
    printf("id: %s\n", text(identity, "/id"));
    printf("client_id: %s\n", text(identity, "/client_id"));
    printf("principal_id: %s\n", text(identity, "/principal_id"));
    printf("tenant_id: %s\n", text(identity, "/tenant_id"));

    identities[0] = text(identity, "/id");
    assigned = finish(midentity_arm_vm_identity_add(arm, machine_id, MIDENTITY_NTS, identities, 1, &operation, &error),
                      &operation, &error);
    if (assigned == NULL)
        goto done;
    given = finish(midentity_arm_role_assignment_create(arm, here, MIDENTITY_NTS, "Reader", MIDENTITY_NTS,
                                                        text(identity, "/principal_id"), MIDENTITY_NTS,
                                                        "ServicePrincipal", MIDENTITY_NTS, &operation, &error),
                   &operation, &error);

done:
    midentity_value_free(given);
    midentity_value_free(assigned);
    midentity_value_free(identity);
    midentity_arm_client_free(arm);
    return error == NULL && given == NULL ? EXIT_FAILURE : end(error);
}

static int read_own_group(const char *client_id)
{
    midentity_error *error = NULL;
    midentity_operation *operation = NULL;
    midentity_instance *instance = NULL;
    midentity_value *place = NULL, *allowed = NULL, *group = NULL;
    const char *subscription, *name;
    char here[512];

    midentity_arm_client *arm = machine(MIDENTITY_IDENTITY_CLIENT_ID, client_id, &error);
    if (arm == NULL || midentity_instance_new(NULL, &instance, &error) != MIDENTITY_OK)
        goto done;
    place = finish(midentity_instance_get(instance, "compute", MIDENTITY_NTS, NULL, 0, &operation, &error), &operation,
                   &error);
    if (place == NULL)
        goto done;
    subscription = text(place, "/subscriptionId");
    name = text(place, "/resourceGroupName");
    if (!path(here, sizeof here, "/subscriptions/%s/resourceGroups/%s", subscription, name))
        goto done;
    /* A role works some minutes after it was given, ten at most. */
    allowed = finish(midentity_arm_role_assignment_wait_until_allowed(
                         arm, here, MIDENTITY_NTS, "Microsoft.Resources/subscriptions/resourceGroups/read",
                         MIDENTITY_NTS, 600000, &operation, &error),
                     &operation, &error);
    if (allowed == NULL)
        goto done;
    group = finish(midentity_arm_resource_group_get(arm, subscription, MIDENTITY_NTS, name, MIDENTITY_NTS, &operation,
                                                    &error),
                   &operation, &error);
    if (group != NULL)
        printf("%s in %s: %s\n", text(group, "/name"), text(group, "/location"), text(group, "/provisioning_state"));

done:
    midentity_value_free(group);
    midentity_value_free(allowed);
    midentity_value_free(place);
    midentity_instance_free(instance);
    midentity_arm_client_free(arm);
    return error == NULL && group == NULL ? EXIT_FAILURE : end(error);
}

int main(int count, char **arguments)
{
    if (count == 2)
        return read_own_group(arguments[1]);
    if (count == 6 && strcmp(arguments[1], "prepare") == 0)
        return prepare(arguments[2], arguments[3], arguments[4], arguments[5]);
    return usage("tutorial_5 CLIENT_ID, or tutorial_5 prepare SUBSCRIPTION GROUP MACHINE IDENTITY");
}
