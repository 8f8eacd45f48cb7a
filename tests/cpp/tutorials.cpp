// Runs an example program as the administrator and as the machine, and sees that it does what its tutorial says:
//
//     midentity_tutorials NAME PROGRAM

#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "emulator.hpp"
#include "test.hpp"

#ifdef _WIN32
#define popen _popen
#define pclose _pclose
#else
#include <sys/wait.h>
#endif

using midentity::value;
using midentity::value_view;

namespace {

std::string program;

struct outcome {
    int code = -1;
    std::vector<std::string> lines;

    [[nodiscard]] std::string words() const {
        std::string all;
        for (const std::string &line : lines) {
            all += line + "\n";
        }
        return all;
    }

    [[nodiscard]] bool says(const std::string &what) const { return words().find(what) != std::string::npos; }

    /** What stands behind "name: ". */
    [[nodiscard]] std::string field(const std::string &name) const {
        for (const std::string &line : lines) {
            if (line.rfind(name + ": ", 0) == 0) {
                return line.substr(name.size() + 2);
            }
        }
        throw test::failed("no " + name + " in:\n" + words());
    }
};

outcome run(const std::vector<std::string> &arguments) {
    std::string command = "\"" + program + "\"";
    for (const std::string &argument : arguments) {
        command += " \"" + argument + "\"";
    }
    command += " 2>&1";
#ifdef _WIN32
    command = "\"" + command + "\""; // of which cmd.exe takes the outer pair away
#endif
    FILE *pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) {
        throw test::failed("can't be started: " + command);
    }
    std::string said;
    char buffer[4096];
    while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, pipe)) {
        said.append(buffer, count);
    }
    outcome outcome;
    const int status = pclose(pipe);
#ifdef _WIN32
    outcome.code = status;
#else
    outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
#endif
    std::istringstream lines(said);
    for (std::string line; std::getline(lines, line);) {
        while (!line.empty() && line.back() == '\r') {
            line.pop_back();
        }
        outcome.lines.push_back(line);
    }
    return outcome;
}

/** Runs it as somebody who is signed in as the administrator. */
outcome as_admin(const std::vector<std::string> &arguments) {
    emulator::set_variable("ARM_TOKEN", emulator::token_of("admin@contoso"));
    outcome outcome = run(arguments);
    emulator::set_variable("ARM_TOKEN", "");
    return outcome;
}

void succeeded(const outcome &outcome) {
    if (outcome.code != 0) {
        throw test::failed("exit code " + std::to_string(outcome.code) + ":\n" + outcome.words());
    }
}

midentity::arm_client admin() {
    return midentity::arm_client(midentity::token_provider::from_token(emulator::token_of("admin@contoso")));
}

struct place {
    std::string subscription;
    std::string group = "rg1";
    std::string scope;

    static place here() {
        place here;
        here.subscription = emulator::facts()["subscription_id"].as<std::string>();
        here.scope = "/subscriptions/" + here.subscription + "/resourceGroups/rg1";
        return here;
    }
};

std::string kind_of(const std::string &machine) {
    const std::string id = place::here().scope + "/providers/Microsoft.Compute/virtualMachines/" + machine;
    return admin().vm_identity_show(id).get()["kind"].as<std::string>();
}

void take_roles_of(const std::string &principal) {
    const auto arm = admin();
    const auto [subscription, group, scope] = place::here();
    for (const value_view role :
         arm.role_assignment_pages(scope, midentity::role_filter::principal, principal).items()) {
        arm.role_assignment_delete(scope, role["id"].as<std::string>()).wait();
    }
}

void first_token() {
    const outcome taken = run({});
    succeeded(taken);
    CHECK(taken.lines.size() == 1 && taken.lines[0].rfind("a token that is good until 1", 0) == 0);
    succeeded(run({"https://vault.azure.net/.default"}));
    const outcome wrong = run({""});
    EQUAL(wrong.code, 1);
    CHECK(wrong.says("argument.scope") && wrong.says("hint: "));
    CHECK(!taken.says("eyJ"));
}

/** What all programs do when they are called wrongly, or by nobody. */
void wrong_calls(const std::string &name, const std::vector<std::string> &good) {
    const outcome usage = run({"one", "two", "three"});
    EQUAL(usage.code, 2);
    CHECK(usage.lines.at(0).rfind("usage: " + name, 0) == 0);
    const std::string path = emulator::variable("PATH");
    emulator::set_variable("PATH", "nowhere");
    const outcome nobody = run(good);
    emulator::set_variable("PATH", path);
    EQUAL(nobody.code, 1);
    CHECK(nobody.says("azure_cli.missing") && nobody.says("hint: "));
}

void tutorial_2() {
    const auto [subscription, group, scope] = place::here();
    wrong_calls("tutorial_2", {subscription, group, "vm1", "id9"});
    const outcome nowhere = as_admin({subscription, "nowhere", "vm1", "id9"});
    EQUAL(nowhere.code, 1);
    CHECK(nowhere.says("ResourceGroupNotFound") && nowhere.says("hint: "));

    const outcome changed = as_admin({subscription, group, "vm1", "id9"});
    succeeded(changed);
    EQUAL(changed.lines.front(), "vm1 has SystemAssigned, UserAssigned");
    CHECK(changed.says("id9 in eastus, client id "));
    CHECK(changed.says("userAssignedIdentities/id9\"]; goes: []"));
    CHECK(changed.says("changing the identity of vm1: Succeeded"));
    EQUAL(changed.lines.back(), "vm1 has SystemAssigned, UserAssigned");

    const std::string body = "machine-body.json";
    std::ofstream(body) << R"({"location": "eastus", "properties": {"hardwareProfile": {"vmSize": "Standard_B1s"}}})";
    emulator::set_variable("MACHINE_BODY", body);
    const outcome made = as_admin({subscription, group, "vm9", "id9"});
    emulator::set_variable("MACHINE_BODY", "");
    std::remove(body.c_str());
    succeeded(made);
    EQUAL(made.lines.front(), "vm9 was made with SystemAssigned");
    EQUAL(kind_of("vm9"), "SystemAssigned, UserAssigned");
    const std::string id = scope + "/providers/Microsoft.Compute/virtualMachines/vm9";
    const auto principal = admin().vm_identity_show(id).get()["system_assigned"].as<std::string>();
    const auto roles = admin().role_assignment_list(scope, midentity::role_filter::principal, principal).get();
    EQUAL(roles.size(), 1U);
    EQUAL(roles[0]["role_guid"].as<std::string>(), "b24988ac-6180-42a0-ab88-20f7382dd24c");
}

/** The words of a line in an order of their own: the service has none for a machine's identities. */
std::string sorted(const std::string &line) {
    std::istringstream words(line);
    const std::multiset<std::string> all(std::istream_iterator<std::string>(words), {});
    std::string text;
    for (const std::string &word : all) {
        text += word + " ";
    }
    return text;
}

void tutorial_3() {
    const auto [subscription, group, scope] = place::here();
    wrong_calls("tutorial_3", {subscription, group, "vm1", "one", "two"});
    const outcome changed = as_admin({subscription, group, "vm1", "one", "two"});
    succeeded(changed);
    const std::vector<std::string> wanted = {
        "enabled: SystemAssigned, UserAssigned id1",
        "principal: of the system-assigned identity, which is gone by now",
        "assigned: SystemAssigned, UserAssigned id1 one",
        "assigned: SystemAssigned, UserAssigned id1 one two",
        "removed: SystemAssigned, UserAssigned id1 two",
        "disabled: UserAssigned id1 two",
        "enabled: SystemAssigned, UserAssigned id1 two",
        "user-assigned ones removed: SystemAssigned",
        "all removed: None",
    };
    EQUAL(changed.lines.size(), wanted.size());
    for (std::size_t line = 0; line < wanted.size(); ++line) {
        if (line == 1) {
            EQUAL(changed.field("principal").size(), 36U);
        } else {
            EQUAL(sorted(changed.lines[line]), sorted(wanted[line]));
        }
    }
    EQUAL(kind_of("vm1"), "None");
}

void tutorial_4() {
    const auto [subscription, group, scope] = place::here();
    wrong_calls("tutorial_4", {"grant", subscription, group, "vm1"});
    succeeded(run({}));
    take_roles_of(emulator::facts()["/system/principal_id"].as<std::string>());
    const outcome before = run({});
    EQUAL(before.code, 1);
    CHECK(before.says("arm.forbidden") && before.says("AuthorizationFailed") && before.says("the role Reader"));
    const outcome granted = as_admin({"grant", subscription, group, "vm1"});
    succeeded(granted);
    CHECK(granted.says(" has the role Reader at " + scope));
    const outcome after = run({});
    succeeded(after);
    EQUAL(after.words(), "rg1 in eastus: Succeeded\n");
}

void tutorial_5() {
    const auto [subscription, group, scope] = place::here();
    wrong_calls("tutorial_5", {"prepare", subscription, group, "vm1", "ID1b"});
    // The identity on the machine, without a role: refused.
    const auto arm = admin();
    const value identity = arm.user_identity_create(subscription, group, "ID1b").get();
    const std::string client_id = identity["client_id"].as<std::string>();
    arm.vm_identity_add(emulator::facts()["vm_resource_id"].as<std::string>(), {"ID1b"}).wait();
    const midentity::credential own(midentity::identity::client_id(client_id));
    const midentity::arm_client machine(midentity::token_provider::from_credential(own));
    ERROR_OF(forbidden, machine.resource_group_get(subscription, group).get());

    const outcome prepared = as_admin({"prepare", subscription, group, "vm1", "ID1b"});
    succeeded(prepared);
    EQUAL(prepared.field("id"), identity["id"].as<std::string>());
    EQUAL(prepared.field("client_id"), client_id);
    EQUAL(prepared.field("principal_id"), identity["principal_id"].as<std::string>());
    EQUAL(prepared.field("tenant_id"), emulator::facts()["tenant_id"].as<std::string>());
    const outcome read = run({client_id});
    succeeded(read);
    EQUAL(read.words(), "rg1 in eastus: Succeeded\n");
    const outcome stranger = run({"00000000-0000-0000-0000-00000000dead"});
    EQUAL(stranger.code, 1);
    CHECK(stranger.says("imds.identity_not_found"));
}

} // namespace

int main(int count, char **arguments) {
    const std::map<std::string, void (*)()> tests = {
        {"first_token", first_token}, {"tutorial_2", tutorial_2}, {"tutorial_3", tutorial_3},
        {"tutorial_4", tutorial_4},   {"tutorial_5", tutorial_5},
    };
    if (count != 3 || tests.count(arguments[1]) == 0) {
        std::fputs("usage: midentity_tutorials NAME PROGRAM\n", stderr);
        return 2;
    }
    program = arguments[2];
    test::all().push_back({arguments[1], tests.at(arguments[1])});
    return test::run(emulator::reset);
}
