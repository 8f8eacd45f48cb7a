// Tutorial 2: configure identities with commands, as a signed-in administrator.
//
// Makes a virtual machine with a system-assigned identity that has a role, where MACHINE_BODY names a JSON file with
// the machine's body; else switches the identity of an existing machine on. Then makes a user-assigned identity and
// assigns it.
//
//     tutorial_2 SUBSCRIPTION GROUP MACHINE IDENTITY
//
// Sign in with `az login` first; or give a token in ARM_TOKEN.

#include "walk.hpp"

#include <fstream>
#include <iterator>

namespace {

void configure(const std::string &subscription, const std::string &group, const std::string &machine,
               const std::string &name) {
    const midentity::arm_client arm = walk::administrator();
    const std::string here = walk::text(arm.resource_group_get(subscription, group).get(), "id");
    const std::string vm = walk::machine_id(here, machine);

    if (const char *file = std::getenv("MACHINE_BODY")) {
        // az vm create … --assign-identity --role contributor --scope …
        std::ifstream body(file);
        midentity::new_machine wanted;
        wanted.body.assign(std::istreambuf_iterator<char>(body), {});
        wanted.identities = {"[system]"};
        wanted.role = "Contributor";
        wanted.role_scope = here;
        const auto made = arm.vm_create(subscription, group, machine, wanted).get();
        std::cout << machine << " was made with " << walk::text(made, "kind") << '\n';
    } else {
        // az vm identity assign
        const auto has = arm.vm_identity_add(vm, {"[system]"}).get();
        std::cout << machine << " has " << walk::text(has, "kind") << '\n';
    }

    // az identity create; the region is the group's
    const auto identity = arm.user_identity_create(subscription, group, name).get();
    const std::string id = walk::text(identity, "id");
    std::cout << walk::text(identity, "name") << " in " << walk::text(identity, "location") << ", client id "
              << walk::text(identity, "client_id") << '\n';

    // az vm identity assign --identities: what is there stays
    const auto plan = arm.vm_identity_plan(vm, midentity::identity_change::add, {id}).get();
    std::cout << "comes: " << plan["comes"].to_json() << "; goes: " << plan["goes"].to_json() << '\n';
    auto work = arm.vm_identity_add(vm, {id});
    work.on_progress([](const midentity::progress &progress) {
        std::cout << progress.what << ": " << progress.status << '\n';
    });
    const auto changed = work.get();
    for (const midentity::value_view warning : changed["warnings"]) {
        std::cerr << "warning: " << warning.to_json() << '\n';
    }
    std::cout << machine << " has " << walk::text(changed, "kind") << '\n';
}

} // namespace

int main(int count, char **given) {
    return walk::run("tutorial_2 SUBSCRIPTION GROUP MACHINE IDENTITY", count, given, [](const walk::arguments &names) {
        if (names.size() != 4) {
            return false;
        }
        configure(names[0], names[1], names[2], names[3]);
        return true;
    });
}
