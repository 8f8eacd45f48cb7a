// Tutorial 5: a machine reads its resource group with a user-assigned identity.
//
// As a signed-in administrator (`az login`, or a token in ARM_TOKEN), to make the identity, assign it and let it read
// the group: tutorial_5 prepare SUBSCRIPTION GROUP MACHINE IDENTITY, which prints its client id.
//
// Then, on the machine: tutorial_5 CLIENT_ID

#include "walk.hpp"

#include <chrono>

namespace {

constexpr const char *read_groups = "Microsoft.Resources/subscriptions/resourceGroups/read";

void prepare(const std::string &subscription, const std::string &group, const std::string &machine,
             const std::string &name) {
    const midentity::arm_client arm = walk::administrator();
    const std::string here = walk::group_id(subscription, group);
    const auto identity = arm.user_identity_create(subscription, group, name).get();
    for (const char *field : {"id", "client_id", "principal_id", "tenant_id"}) {
        std::cout << field << ": " << walk::text(identity, field) << '\n';
    }
    arm.vm_identity_add(walk::machine_id(here, machine), {walk::text(identity, "id")}).wait();
    arm.role_assignment_create(here, "Reader", walk::text(identity, "principal_id")).wait();
}

void read_own_group(const std::string &client_id) {
    const auto place = midentity::instance().get("compute").get();
    const std::string subscription = walk::text(place, "subscriptionId");
    const std::string name = walk::text(place, "resourceGroupName");
    const midentity::arm_client arm = walk::machine(midentity::identity::client_id(client_id));
    // A role works some minutes after it was given, ten at most.
    const std::string here = walk::group_id(subscription, name);
    arm.role_assignment_wait_until_allowed(here, read_groups, std::chrono::minutes(10)).get();
    const auto group = arm.resource_group_get(subscription, name).get();
    std::cout << walk::text(group, "name") << " in " << walk::text(group, "location") << ": "
              << walk::text(group, "provisioning_state") << '\n';
}

} // namespace

int main(int count, char **given) {
    const char *usage = "tutorial_5 CLIENT_ID, or tutorial_5 prepare SUBSCRIPTION GROUP MACHINE IDENTITY";
    return walk::run(usage, count, given, [](const walk::arguments &names) {
        if (names.size() == 1) {
            read_own_group(names[0]);
            return true;
        }
        if (names.size() != 5 || names[0] != "prepare") {
            return false;
        }
        prepare(names[1], names[2], names[3], names[4]);
        return true;
    });
}
