// Tutorial 3: a machine's identities, one after the other, as a signed-in administrator.
//
// Enables the system-assigned identity, assigns two user-assigned ones, removes one, disables the system-assigned one
// while the other stays, and in the end removes all. The tutorial's step with a group of the directory is not here:
// midentity has no client of Microsoft Graph yet. What it needs, the identity's principal, is printed.
//
//     tutorial_3 SUBSCRIPTION GROUP MACHINE IDENTITY OTHER_IDENTITY
//
// Sign in with `az login` first; or give a token in ARM_TOKEN.

#include "walk.hpp"

namespace {

/** Waits for a change, and says what the machine has then. */
void show(const char *what, midentity::operation<midentity::value> change) {
    const auto identity = change.get();
    std::cout << what << ": " << walk::text(identity, "kind");
    for (const midentity::value_view assigned : identity["user_assigned"]) {
        const std::string id = walk::text(assigned, "id");
        std::cout << ' ' << id.substr(id.rfind('/') + 1);
    }
    std::cout << '\n';
}

void change(const std::string &subscription, const std::string &group, const std::string &machine,
            const std::string &one, const std::string &other) {
    const midentity::arm_client arm = walk::administrator();
    const std::string vm = walk::machine_id(walk::group_id(subscription, group), machine);
    show("enabled", arm.vm_identity_add(vm, {"[system]"}));
    // The principal that a directory group would take in.
    std::cout << "principal: " << walk::text(arm.system_identity_get(vm).get(), "principal_id") << '\n';

    for (const std::string &name : {one, other}) {
        arm.user_identity_create(subscription, group, name).wait();
    }
    // With Update-AzVM those that are not listed again are lost; here they stay.
    show("assigned", arm.vm_identity_add(vm, {one}));
    show("assigned", arm.vm_identity_add(vm, {other}));
    show("removed", arm.vm_identity_remove(vm, {one}));
    show("disabled", arm.vm_identity_remove(vm, {"[system]"}));
    show("enabled", arm.vm_identity_add(vm, {"[system]"}));
    show("user-assigned ones removed", arm.vm_identity_remove_all_user(vm));
    show("all removed", arm.vm_identity_remove_all(vm));
}

} // namespace

int main(int count, char **given) {
    const char *usage = "tutorial_3 SUBSCRIPTION GROUP MACHINE IDENTITY OTHER_IDENTITY";
    return walk::run(usage, count, given, [](const walk::arguments &names) {
        if (names.size() != 5) {
            return false;
        }
        change(names[0], names[1], names[2], names[3], names[4]);
        return true;
    });
}
