// Resource Manager: every operation of the client, lists in pages, and what the service refuses.

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "emulator.hpp"
#include "test.hpp"

using namespace std::chrono_literals;
using midentity::arm_client;
using midentity::token_provider;
using midentity::value;
using midentity::value_view;

namespace {

struct place {
    std::string subscription;
    std::string group;
    std::string scope;
    std::string machine;

    static place here() {
        const auto facts = emulator::facts();
        place here{facts["subscription_id"].as<std::string>(), facts["resource_group"].as<std::string>(), {},
                   facts["vm_resource_id"].as<std::string>()};
        here.scope = "/subscriptions/" + here.subscription + "/resourceGroups/" + here.group;
        return here;
    }
};

arm_client client_of(const std::string &who) {
    return arm_client(token_provider::from_token(emulator::token_of(who)));
}

std::string text(value_view value, std::string_view name) { return value[name].as<std::string>(); }

constexpr std::string_view reader_role = "acdd72a7-3385-48ef-bd42-f606fba81ae7";

} // namespace

TEST(any_request_can_be_sent) {
    const auto [subscription, group, scope, machine] = place::here();
    const arm_client client = client_of("admin@contoso");
    const value answer = client.request("GET", scope, "2021-04-01").get();
    EQUAL(answer["status"].as<int>(), 200);
    EQUAL(text(answer["body"], "name"), group);
    CHECK(!text(answer, "request_id").empty());
    const value tagged = client.request("PATCH", scope, "2021-04-01", R"({"tags": {"größe": "ü 😀"}})").get();
    EQUAL(text(tagged["body"]["tags"], "größe"), "ü 😀");
    ERROR_OF(invalid_argument, client.request("PATCH", scope, "2021-04-01", "{nonsense").get());
    const value gone = client.request_and_wait("DELETE", scope, "2021-04-01").get();
    CHECK(gone["status"].as<int>() / 100 == 2);
    ERROR_OF(not_found, client.resource_get(machine).get());
}

TEST(any_list_can_be_read) {
    const auto [subscription, group, scope, machine] = place::here();
    const arm_client client = client_of("admin@contoso");
    const std::string path = scope + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities";
    EQUAL(client.list(path, "2024-11-30").get().size(), 1U);
    std::size_t found = 0;
    for (const value_view identity : client.list_pages(path, "2024-11-30").items()) {
        EQUAL(text(identity, "name"), "id1");
        ++found;
    }
    EQUAL(found, 1U);
    EQUAL(text(client.resource_get(machine).get()["body"], "name"), "vm1");
}

TEST(subscriptions_and_resource_groups) {
    const auto [subscription, group, scope, machine] = place::here();
    const arm_client client = client_of("admin@contoso");
    EQUAL(client.subscription_list().get().size(), 1U);
    EQUAL((*client.subscription_pages().begin()).size(), 1U);
    EQUAL(text(client.resource_group_get(subscription, group).get(), "location"), "eastus");
    const value made = client.resource_group_create(subscription, "new", "westus", R"({"a": "b"})").get();
    EQUAL(text(made["tags"], "a"), "b");
    CHECK(client.resource_group_exists(subscription, "new").get());
    EQUAL(client.resource_group_list(subscription).get().size(), 3U);
    std::set<std::string> names;
    for (const value_view found : client.resource_group_pages(subscription).items()) {
        names.insert(text(found, "name"));
    }
    CHECK(names == (std::set<std::string>{"new", "rg1", "rg2"}));
    client.resource_group_delete(subscription, "new").get();
    client.resource_group_delete(subscription, "new").get();
    CHECK(!client.resource_group_exists(subscription, "new").get());
}

TEST(user_identities_and_their_federated_credentials) {
    const auto [subscription, group, scope, machine] = place::here();
    const arm_client client = client_of("admin@contoso");
    const value made = client.user_identity_create(subscription, group, "made", {}, R"({"ü": "1"})").get();
    EQUAL(text(made, "location"), "eastus");
    EQUAL(text(made["tags"], "ü"), "1");
    EQUAL(text(client.user_identity_get(subscription, group, "made").get(), "id"), text(made, "id"));
    const value tagged = client.user_identity_update(subscription, group, "made", R"({"x": "2"})").get();
    CHECK(!tagged["tags"]["ü"] && text(tagged["tags"], "x") == "2");
    EQUAL(client.user_identity_list(subscription, group).get().size(), 2U);
    EQUAL(client.user_identity_list(subscription, "").get().size(), 2U);

    const value given = client.federated_credential_create(subscription, group, "made", "github",
                                                           "https://token.actions.githubusercontent.com",
                                                           "repo:a/b:ref:refs/heads/main")
                            .get();
    EQUAL(text(given["audiences"], "/0"), "api://AzureADTokenExchange");
    EQUAL(text(client.federated_credential_get(subscription, group, "made", "github").get(), "subject"),
          "repo:a/b:ref:refs/heads/main");
    const value named = client.federated_credential_create(subscription, group, "made", "github", "https://issuer",
                                                           "s", {"api://own"})
                            .get();
    EQUAL(text(named["audiences"], "/0"), "api://own");
    EQUAL(client.federated_credential_list(subscription, group, "made").get().size(), 1U);
    for (const auto &page : client.federated_credential_pages(subscription, group, "made")) {
        EQUAL(text(page[0], "name"), "github");
    }
    CHECK(client.federated_credential_delete(subscription, group, "made", "github").get());
    CHECK(!client.federated_credential_delete(subscription, group, "made", "github").get());

    CHECK(client.user_identity_delete(subscription, group, "made").get());
    CHECK(!client.user_identity_delete(subscription, group, "made").get());
    ERROR_OF(not_found, client.user_identity_get(subscription, group, "made").get());
    ERROR_OF(invalid_argument, client.user_identity_create(subscription, group, "no spaces").get());
}

TEST(identities_of_a_machine) {
    const auto [subscription, group, scope, machine] = place::here();
    const arm_client client = client_of("admin@contoso");
    const value shown = client.vm_identity_show(machine).get();
    EQUAL(text(shown, "kind"), "SystemAssigned, UserAssigned");
    EQUAL(text(client.system_identity_get(machine).get(), "principal_id"), text(shown, "system_assigned"));
    static_cast<void>(client.user_identity_create(subscription, group, "other").get());
    const value plan =
        client.vm_identity_plan(machine, midentity::identity_change::add, {"other", "[system]"}).get();
    EQUAL(plan["comes"].size(), 1U);
    CHECK(plan["changes"].as<bool>());
    EQUAL(client.vm_identity_add(machine, {"other"}).get()["user_assigned"].size(), 2U);
    EQUAL(client.vm_identity_remove(machine, {"id1"}).get()["user_assigned"].size(), 1U);
    CHECK(client.vm_identity_dangling(machine).get().empty());
    CHECK(client.user_identity_delete(subscription, group, "other").get());
    EQUAL(client.vm_identity_dangling(machine).get().size(), 1U);
    EQUAL(text(client.vm_identity_remove_all_user(machine).get(), "kind"), "SystemAssigned");
    EQUAL(text(client.vm_identity_set(machine, {"id1"}).get(), "kind"), "UserAssigned");
    EQUAL(text(client.vm_identity_remove_all(machine).get(), "kind"), "None");
    ERROR_OF(invalid_argument, client.vm_identity_add(machine, {std::string("a\0b", 3)}));
    ERROR_OF(invalid_argument, client.vm_identity_add("no machine", {"id1"}).get());
    ERROR_OF(invalid_argument,
             client.vm_identity_plan(machine, static_cast<midentity::identity_change>(77), {}).get());
}

TEST(a_machine_is_made_with_a_role) {
    const auto [subscription, group, scope, machine] = place::here();
    const arm_client client = client_of("admin@contoso");
    midentity::new_machine wanted;
    wanted.body = R"({"location": "eastus", "properties": {"hardwareProfile": {"vmSize": "Standard_B1s"}}})";
    wanted.identities = {"[system]", "id1"};
    wanted.role = "Reader";
    wanted.role_scope = scope;
    const value made = client.vm_create(subscription, group, "vm2", wanted).get();
    EQUAL(text(made, "kind"), "SystemAssigned, UserAssigned");
    const auto theirs =
        client.role_assignment_list(scope, midentity::role_filter::principal, text(made, "system_assigned")).get();
    EQUAL(theirs.size(), 1U);
    ERROR_OF(conflict, client.vm_create(subscription, group, "vm2", wanted).get());
    EQUAL(client.this_vm().get(), machine);
    EQUAL(client.this_vm(midentity::instance()).get(), machine);
}

TEST(roles_and_their_assignments) {
    const auto [subscription, group, scope, machine] = place::here();
    const arm_client client = client_of("admin@contoso");
    EQUAL(text(client.role_definition_find(scope, "reader").get(), "guid"), reader_role);
    CHECK(ERROR_OF(not_found, client.role_definition_find(scope, "Raeder").get()).what() != nullptr);
    CHECK(client.role_definition_list(scope).get().size() > 3);
    CHECK(client.role_definition_pages(scope).begin()->size() > 3);
    const value identity = client.user_identity_create(subscription, group, "third").get();
    const value given = client.role_assignment_create(scope, "Reader", text(identity, "principal_id")).get();
    EQUAL(text(given, "principal_type"), "ServicePrincipal");
    client.role_assignment_wait_until_visible(scope, text(given, "id"), 10s).get();
    client.role_assignment_wait_until_allowed(scope, "Microsoft.Resources/subscriptions/resourceGroups/read").get();
    std::size_t found = 0;
    const auto pages = client.role_assignment_pages(scope, midentity::role_filter::principal,
                                                    text(identity, "principal_id"));
    for (const value_view assignment : pages.items()) {
        EQUAL(text(assignment, "role_guid"), reader_role);
        ++found;
    }
    EQUAL(found, 1U);
    CHECK(client.role_assignment_list(scope).get().size() >= 3);
    CHECK(client.role_assignment_list(scope, midentity::role_filter::at_scope).get().size() >= 1);
    CHECK(client.role_assignment_delete(scope, text(given, "id")).get());
    CHECK(!client.role_assignment_delete(scope, text(given, "id")).get());
    ERROR_OF(invalid_argument, client.role_assignment_list(scope, midentity::role_filter::principal).get());
    ERROR_OF(timeout, client.role_assignment_wait_until_visible(scope, text(given, "id"), 50ms).get());
}

TEST(long_lists_come_in_pages_when_they_are_wanted) {
    const auto [subscription, group, scope, machine] = place::here();
    emulator::control("POST", "populate", R"({"resource_group": "rg1", "user_identities": 1499})");
    emulator::control("PUT", "settings", R"({"page_size": 100, "lro": {"seconds": 0.0, "retry_after": 0}})");
    std::optional<arm_client> client = client_of("admin@contoso");
    const midentity::pages list = client->user_identity_pages(subscription, group);
    const auto fetched = [path = scope] {
        std::size_t count = 0;
        const auto log = value::parse(emulator::control("GET", "requests?door=arm"));
        for (const value_view request : log["requests"]) {
            const auto called = request["path"].as<std::string>();
            count += called.find("userAssignedIdentities") != std::string::npos ? 1U : 0U;
        }
        return count;
    };
    EQUAL(fetched(), 0U);
    auto page = list.begin();
    EQUAL(page->size(), 100U);
    EQUAL(fetched(), 1U);
    const std::string middle(page->continuation().value());
    client.reset(); // pages go on without the client

    std::set<std::string> names;
    std::size_t pages = 0;
    for (; page != list.end(); ++page) {
        ++pages;
        for (const value_view identity : *page) {
            names.insert(text(identity, "name"));
        }
    }
    EQUAL(pages, 15U);
    EQUAL(names.size(), 1500U);

    std::size_t items = 0;
    for (const value_view identity : list.items()) {
        items += identity["client_id"].as<std::string>().size() == 36 ? 1U : 0U;
    }
    EQUAL(items, 1500U);
    std::size_t rest = 0;
    for (const value_view identity : list.from(middle).items()) {
        rest += identity.exists() ? 1U : 0U;
    }
    EQUAL(rest, 1400U);
    EQUAL(ERROR_OF(protocol, list.from("https://elsewhere.example/next").begin()).id(), "arm.host_refused");
}

TEST(an_empty_list_has_one_page_and_no_items) {
    const auto [subscription, group, scope, machine] = place::here();
    const arm_client client = client_of("admin@contoso");
    const auto list = client.user_identity_pages(subscription, "rg2");
    CHECK(list.items().begin() == list.items().end());
    CHECK(list.begin()->size() == 0 && !list.begin()->continuation());
}

TEST(who_has_no_right_is_told_so) {
    const auto [subscription, group, scope, machine] = place::here();
    const midentity::credential own(midentity::identity::system_assigned());
    const arm_client client(token_provider::from_credential(own));
    EQUAL(text(client.resource_group_get(subscription, group).get(), "name"), group);
    const auto error = ERROR_OF(forbidden, client.resource_group_get(subscription, "rg2").get());
    EQUAL(error.id(), "arm.forbidden");
    EQUAL(error.service_code(), "AuthorizationFailed");
    CHECK(error.http_status() == 403);
    CHECK(!error.request_id().empty() && !error.correlation_id().empty() && !error.hint().empty());
}

TEST(clients_move_and_take_options) {
    const auto [subscription, group, scope, machine] = place::here();
    midentity::arm_client_options options;
    options.cloud = emulator::variable("MIDENTITY_CLOUD");
    options.ca_file = emulator::variable("MIDENTITY_CA_FILE");
    options.timeout = 20s;
    options.operation_timeout = midentity::no_limit;
    arm_client client(token_provider::from_token(emulator::token_of("admin@contoso")), options);
    arm_client moved = std::move(client);
    CHECK(moved.resource_group_exists(subscription, group).get());
    ERROR_OF(invalid_argument, client.resource_group_exists(subscription, group)); // NOLINT: an error, no crash
    auto running = moved.resource_group_get(subscription, group);
    moved = client_of("admin@contoso");
    EQUAL(text(running.get(), "name"), group);
    options.ca_file = "no/such/file.pem"; // read when it is needed
    const arm_client unsafe(token_provider::from_token("x"), options);
    EQUAL(ERROR_OF(invalid_argument, unsafe.resource_group_exists(subscription, group).get()).id(),
          "argument.ca_file");
    options.cloud = "AzureNowhere";
    ERROR_OF(invalid_argument, arm_client(token_provider::from_token("x"), options));
    const auto az = token_provider::azure_cli({}, "no-such-program-here");
    ERROR_OF(unavailable, az.get_token("arm").get());
}

int main() {
    return test::run([] {
        emulator::reset();
        midentity::clear_token_cache();
    });
}
