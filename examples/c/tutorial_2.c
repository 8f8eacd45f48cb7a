/*
 * Tutorial 2: configure identities with commands, as a signed-in administrator.
 *
 * Makes a virtual machine with a system-assigned identity that has a role, where MACHINE_BODY names a JSON file with
 * the machine's body; else switches the identity of an existing machine on. Then makes a user-assigned identity and
 * assigns it.
 *
 *     tutorial_2 SUBSCRIPTION GROUP MACHINE IDENTITY
 *
 * Sign in with `az login` first; or give a token in ARM_TOKEN.
 */

#include "walk.h"

#include <stdio.h>
#include <stdlib.h>

/* The file that MACHINE_BODY names, in memory to be freed; NULL where there is none. */
static char *machine_body(size_t *length)
{
    enum { longest = 64 * 1024 };
    const char *name = getenv("MACHINE_BODY");
    FILE *file = name != NULL ? fopen(name, "rb") : NULL;
    char *body = file != NULL ? malloc(longest) : NULL;
    if (body != NULL)
        *length = fread(body, 1, longest, file);
    if (file != NULL)
        fclose(file);
    return body;
}

static void told(void *context, const midentity_progress *progress)
{
    (void)context;
    printf("%s: %s\n", progress->what, progress->status);
}

/* Gives the machine an identity by its id, and shows what happens. */
static midentity_value *assign(const midentity_arm_client *arm, const char *machine_id, const char *identity_id,
                               midentity_error **error)
{
    midentity_operation *operation = NULL;
    const char *identities[] = {identity_id};

    /* What would change? */
    midentity_value *plan = finish(midentity_arm_vm_identity_plan(arm, machine_id, MIDENTITY_NTS, MIDENTITY_CHANGE_ADD,
                                                                  identities, 1, &operation, error),
                                   &operation, error);
    if (plan == NULL)
        return NULL;
    printf("comes: %s; goes: %s\n",
           midentity_value_to_json(midentity_value_get(plan, "/comes", MIDENTITY_NTS), NULL),
           midentity_value_to_json(midentity_value_get(plan, "/goes", MIDENTITY_NTS), NULL));
    midentity_value_free(plan);

    midentity_status status =
        midentity_arm_vm_identity_add(arm, machine_id, MIDENTITY_NTS, identities, 1, &operation, error);
    if (status == MIDENTITY_OK)
        status = midentity_operation_on_progress(operation, told, NULL, error);
    return finish(status, &operation, error);
}

static int configure(const char *subscription, const char *group, const char *machine_name, const char *name)
{
    midentity_error *error = NULL;
    midentity_operation *operation = NULL;
    midentity_value *here = NULL, *vm = NULL, *identity = NULL, *changed = NULL;
    char machine_id[1024];
    const char *system_identity[] = {"[system]"};
    size_t length = 0;
    char *body = machine_body(&length);

    midentity_arm_client *arm = administrator(&error);
    if (arm == NULL)
        goto done;
    here = finish(midentity_arm_resource_group_get(arm, subscription, MIDENTITY_NTS, group, MIDENTITY_NTS, &operation,
                                                   &error),
                  &operation, &error);
    if (here == NULL || !path(machine_id, sizeof machine_id, "%s/providers/Microsoft.Compute/virtualMachines/%s",
                              text(here, "/id"), machine_name))
        goto done;

    if (body != NULL) {
        /* az vm create … --assign-identity --role contributor --scope … */
        vm = finish(midentity_arm_vm_create(arm, subscription, MIDENTITY_NTS, group, MIDENTITY_NTS, machine_name,
                                            MIDENTITY_NTS, body, length, "Contributor", MIDENTITY_NTS,
                                            text(here, "/id"), MIDENTITY_NTS, system_identity, 1, &operation, &error),
                    &operation, &error);
        if (vm == NULL)
            goto done;
        printf("%s was made with %s\n", machine_name, text(vm, "/kind"));
    } else {
        /* az vm identity assign */
        vm = finish(midentity_arm_vm_identity_add(arm, machine_id, MIDENTITY_NTS, system_identity, 1, &operation,
                                                  &error),
                    &operation, &error);
        if (vm == NULL)
            goto done;
        printf("%s has %s\n", machine_name, text(vm, "/kind"));
    }

    /* az identity create; the region is the group's */
    identity = finish(midentity_arm_user_identity_create(arm, subscription, MIDENTITY_NTS, group, MIDENTITY_NTS, name,
                                                         MIDENTITY_NTS, NULL, 0, NULL, 0, &operation, &error),
                      &operation, &error);
    if (identity == NULL)
        goto done;
    printf("%s in %s, client id %s\n", text(identity, "/name"), text(identity, "/location"),
           text(identity, "/client_id"));

    /* az vm identity assign --identities: what is there stays */
    changed = assign(arm, machine_id, text(identity, "/id"), &error);
    if (changed == NULL)
        goto done;
    printf("%s has %s\n", machine_name, text(changed, "/kind"));

done:
    free(body);
    midentity_value_free(changed);
    midentity_value_free(identity);
    midentity_value_free(vm);
    midentity_value_free(here);
    midentity_arm_client_free(arm);
    return error == NULL && changed == NULL ? EXIT_FAILURE : end(error);
}

int main(int count, char **arguments)
{
    if (count != 5)
        return usage("tutorial_2 SUBSCRIPTION GROUP MACHINE IDENTITY");
    return configure(arguments[1], arguments[2], arguments[3], arguments[4]);
}
