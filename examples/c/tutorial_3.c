/*
 * Tutorial 3: a machine's identities, one after the other, as a signed-in administrator.
 *
 * Enables the system-assigned identity, assigns two user-assigned ones, removes one, disables the system-assigned one
 * while the other stays, and in the end removes all. The tutorial's step with a group of the directory is not here:
 * midentity has no client of Microsoft Graph yet. What it needs, the identity's principal, is printed.
 *
 *     tutorial_3 SUBSCRIPTION GROUP MACHINE IDENTITY OTHER_IDENTITY
 *
 * Sign in with `az login` first; or give a token in ARM_TOKEN.
 */

#include "walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Says what the machine has, and frees it; 0 where there is nothing to say. */
static int show(const char *what, midentity_value *identity)
{
    if (identity == NULL)
        return 0;
    printf("%s: %s", what, text(identity, "/kind"));
    const midentity_value *assigned = midentity_value_get(identity, "/user_assigned", MIDENTITY_NTS);
    for (size_t index = 0; index < midentity_value_length(assigned); ++index) {
        const char *name = strrchr(text(midentity_value_item(assigned, index), "/id"), '/');
        printf(" %s", name != NULL ? name + 1 : "?");
    }
    printf("\n");
    midentity_value_free(identity);
    return 1;
}

struct place {
    midentity_arm_client *arm;
    char machine[1024];
    midentity_error *error;
};

static midentity_value *add(struct place *at, const char *identity)
{
    midentity_operation *operation = NULL;
    return finish(midentity_arm_vm_identity_add(at->arm, at->machine, MIDENTITY_NTS, &identity, 1, &operation,
                                                &at->error),
                  &operation, &at->error);
}

static midentity_value *take(struct place *at, const char *identity)
{
    midentity_operation *operation = NULL;
    return finish(midentity_arm_vm_identity_remove(at->arm, at->machine, MIDENTITY_NTS, &identity, 1, &operation,
                                                   &at->error),
                  &operation, &at->error);
}

static midentity_value *take_all_user(struct place *at)
{
    midentity_operation *operation = NULL;
    return finish(midentity_arm_vm_identity_remove_all_user(at->arm, at->machine, MIDENTITY_NTS, &operation,
                                                            &at->error),
                  &operation, &at->error);
}

static midentity_value *take_all(struct place *at)
{
    midentity_operation *operation = NULL;
    return finish(midentity_arm_vm_identity_remove_all(at->arm, at->machine, MIDENTITY_NTS, &operation, &at->error),
                  &operation, &at->error);
}

/* Prints the principal that a group of the directory would take in. */
static int show_principal(struct place *at)
{
    midentity_operation *operation = NULL;
    midentity_value *identity = finish(
        midentity_arm_system_identity_get(at->arm, at->machine, MIDENTITY_NTS, &operation, &at->error), &operation,
        &at->error);
    if (identity == NULL)
        return 0;
    printf("principal: %s\n", text(identity, "/principal_id"));
    midentity_value_free(identity);
    return 1;
}

static int make_identity(struct place *at, const char *subscription, const char *group, const char *name)
{
    midentity_operation *operation = NULL;
    midentity_value *made = finish(midentity_arm_user_identity_create(at->arm, subscription, MIDENTITY_NTS, group,
                                                                      MIDENTITY_NTS, name, MIDENTITY_NTS, NULL, 0, NULL,
                                                                      0, &operation, &at->error),
                                   &operation, &at->error);
    const int there = made != NULL;
    midentity_value_free(made);
    return there;
}

static int change(const char *subscription, const char *group, const char *machine_name, const char *one,
                  const char *other)
{
    struct place at;
    memset(&at, 0, sizeof at);
    at.arm = administrator(&at.error);
    const int good =
        at.arm != NULL &&
        path(at.machine, sizeof at.machine,
             "/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Compute/virtualMachines/%s", subscription, group,
             machine_name) &&
        show("enabled", add(&at, "[system]")) &&
        show_principal(&at) &&
        make_identity(&at, subscription, group, one) &&
        make_identity(&at, subscription, group, other) &&
        /* With Update-AzVM those that are not listed again are lost; here they stay. */
        show("assigned", add(&at, one)) &&
        show("assigned", add(&at, other)) &&
        show("removed", take(&at, one)) &&
        show("disabled", take(&at, "[system]")) &&
        show("enabled", add(&at, "[system]")) &&
        show("user-assigned ones removed", take_all_user(&at)) &&
        show("all removed", take_all(&at));
    midentity_arm_client_free(at.arm);
    return good ? EXIT_SUCCESS : at.error != NULL ? end(at.error) : EXIT_FAILURE;
}

int main(int count, char **arguments)
{
    if (count != 6)
        return usage("tutorial_3 SUBSCRIPTION GROUP MACHINE IDENTITY OTHER_IDENTITY");
    return change(arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
}
