/*
 * Tutorial 4: a machine reads its resource group with its system-assigned identity.
 *
 * On the machine: tutorial_4
 *
 * Before that, as a signed-in administrator (`az login`, or a token in ARM_TOKEN), to enable the identity and let it
 * read the group: tutorial_4 grant SUBSCRIPTION GROUP MACHINE
 */

#include "walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int grant(const char *subscription, const char *group, const char *machine_name)
{
    midentity_error *error = NULL;
    midentity_operation *operation = NULL;
    midentity_value *here = NULL, *identity = NULL, *given = NULL, *visible = NULL;
    char machine_id[1024];
    const char *system_identity[] = {"[system]"};

    midentity_arm_client *arm = administrator(&error);
    if (arm == NULL)
        goto done;
    here = finish(midentity_arm_resource_group_get(arm, subscription, MIDENTITY_NTS, group, MIDENTITY_NTS, &operation,
                                                   &error),
                  &operation, &error);
    if (here == NULL || !path(machine_id, sizeof machine_id, "%s/providers/Microsoft.Compute/virtualMachines/%s",
                              text(here, "/id"), machine_name))
        goto done;
    identity = finish(midentity_arm_vm_identity_add(arm, machine_id, MIDENTITY_NTS, system_identity, 1, &operation,
                                                    &error),
                      &operation, &error);
    if (identity == NULL)
        goto done;
    given = finish(midentity_arm_role_assignment_create(arm, text(here, "/id"), MIDENTITY_NTS, "Reader", MIDENTITY_NTS,
                                                        text(identity, "/system_assigned"), MIDENTITY_NTS,
                                                        "ServicePrincipal", MIDENTITY_NTS, &operation, &error),
                   &operation, &error);
    if (given == NULL)
        goto done;
    visible = finish(midentity_arm_role_assignment_wait_until_visible(arm, text(here, "/id"), MIDENTITY_NTS,
                                                                      text(given, "/id"), MIDENTITY_NTS, 60000,
                                                                      &operation, &error),
                     &operation, &error);
    if (visible == NULL)
        goto done;
    printf("%s has the role Reader at %s\n", text(given, "/principal_id"), text(given, "/scope"));

done:
    midentity_value_free(visible);
    midentity_value_free(given);
    midentity_value_free(identity);
    midentity_value_free(here);
    midentity_arm_client_free(arm);
    return error == NULL && visible == NULL ? EXIT_FAILURE : end(error);
}

static int read_own_group(void)
{
    midentity_error *error = NULL;
    midentity_operation *operation = NULL;
    midentity_instance *instance = NULL;
    midentity_value *place = NULL, *group = NULL;

    /* The token's audience and host are the cloud's: the public one, or what MIDENTITY_CLOUD names. */
    midentity_arm_client *arm = machine(MIDENTITY_IDENTITY_SYSTEM_ASSIGNED, NULL, &error);
    if (arm == NULL || midentity_instance_new(NULL, &instance, &error) != MIDENTITY_OK)
        goto done;
    place = finish(midentity_instance_get(instance, "compute", MIDENTITY_NTS, NULL, 0, &operation, &error), &operation,
                   &error);
    if (place == NULL)
        goto done;
    group = finish(midentity_arm_resource_group_get(arm, text(place, "/subscriptionId"), MIDENTITY_NTS,
                                                    text(place, "/resourceGroupName"), MIDENTITY_NTS, &operation,
                                                    &error),
                   &operation, &error);
    if (group != NULL)
        printf("%s in %s: %s\n", text(group, "/name"), text(group, "/location"), text(group, "/provisioning_state"));

done:
    midentity_value_free(group);
    midentity_value_free(place);
    midentity_instance_free(instance);
    midentity_arm_client_free(arm);
    return end(error);
}

int main(int count, char **arguments)
{
    if (count == 1)
        return read_own_group();
    if (count == 5 && strcmp(arguments[1], "grant") == 0)
        return grant(arguments[2], arguments[3], arguments[4]);
    return usage("tutorial_4 [grant SUBSCRIPTION GROUP MACHINE]");
}
