// Tutorial 4: a machine reads its resource group with its system-assigned identity.
//
// On the machine: tutorial_4
//
// Before that, as a signed-in administrator (`az login`, or a token in ARM_TOKEN), to enable the identity and let it
// read the group: tutorial_4 grant SUBSCRIPTION GROUP MACHINE

#include "walk.hpp"

#include <chrono>

namespace {

void grant(const std::string &subscription, const std::string &group, const std::string &machine) {
    const midentity::arm_client arm = walk::administrator();
    const std::string here = walk::text(arm.resource_group_get(subscription, group).get(), "id");
    const auto identity = arm.vm_identity_add(walk::machine_id(here, machine), {"[system]"}).get();
    const auto given = arm.role_assignment_create(here, "Reader", walk::text(identity, "system_assigned")).get();
    arm.role_assignment_wait_until_visible(here, walk::text(given, "id"), std::chrono::minutes(1)).get();
    std::cout << walk::text(given, "principal_id") << " has the role Reader at " << walk::text(given, "scope") << '\n';
}

void read_own_group() {
    const auto place = midentity::instance().get("compute").get();
    // The token's audience and host are the cloud's: the public one, or what MIDENTITY_CLOUD names.
    const midentity::arm_client arm = walk::machine(midentity::identity::system_assigned());
    const auto group =
        arm.resource_group_get(walk::text(place, "subscriptionId"), walk::text(place, "resourceGroupName")).get();
    std::cout << walk::text(group, "name") << " in " << walk::text(group, "location") << ": "
              << walk::text(group, "provisioning_state") << '\n';
}

} // namespace

int main(int count, char **given) {
    const char *usage = "tutorial_4 [grant SUBSCRIPTION GROUP MACHINE]";
    return walk::run(usage, count, given, [](const walk::arguments &names) {
        if (names.empty()) {
            read_own_group();
            return true;
        }
        if (names.size() != 4 || names[0] != "grant") {
            return false;
        }
        grant(names[1], names[2], names[3]);
        return true;
    });
}
