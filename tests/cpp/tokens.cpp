// Credentials, tokens, instance metadata, and every kind of error that they can meet.

#include <chrono>
#include <string>

#include "emulator.hpp"
#include "test.hpp"

using namespace std::chrono_literals;
using midentity::credential;
using midentity::credential_options;
using midentity::identity;

namespace {

/** Fails at once where it fails, and shares no token with another test. */
credential_options alone() {
    credential_options options;
    options.private_cache = true;
    options.retries = 0;
    return options;
}

credential system_identity() { return credential(identity::system_assigned(), alone()); }

} // namespace

TEST(a_token_says_what_is_known_about_it) {
    const credential credential;
    const midentity::token token = credential.get_token("arm");
    const auto facts = emulator::facts();
    CHECK(token.secret().size() > 100 && token.secret().data()[token.secret().size()] == '\0');
    const auto now = std::chrono::system_clock::now();
    CHECK(token.expires_on() > now && token.expires_on() < now + 48h);
    CHECK(token.refresh_on() && *token.refresh_on() < token.expires_on());
    EQUAL(token.type(), "Bearer");
    CHECK(token.source() == midentity::token_source::imds);
    CHECK(!token.from_cache() && !token.unchanged());
    const midentity::value claims = token.claims();
    EQUAL(claims["oid"].as<std::string>(), facts["/system/principal_id"].as<std::string>());
    const midentity::token again = credential.get_token("arm");
    CHECK(again.from_cache() && again.secret() == token.secret());
    EQUAL(emulator::requests("imds"), 1U);
    midentity::clear_token_cache();
    CHECK(!credential.get_token("arm").from_cache());
}

TEST(identities_are_named_in_every_way) {
    const auto facts = emulator::facts();
    const auto own = facts["/user_identities/0"];
    const auto principal = [](const credential &credential) {
        return credential.get_token("arm").claims()["oid"].as<std::string>();
    };
    EQUAL(principal(system_identity()), facts["/system/principal_id"].as<std::string>());
    const std::string wanted = own["principal_id"].as<std::string>();
    EQUAL(principal(credential(identity::client_id(own["client_id"].as<std::string>()), alone())), wanted);
    EQUAL(principal(credential(identity::object_id(wanted), alone())), wanted);
    EQUAL(principal(credential(identity::resource_id(own["id"].as<std::string>()), alone())), wanted);
}

TEST(options_are_honoured) {
    credential_options options = alone();
    options.probe = true;
    options.limit_requests = true;
    options.timeout = midentity::no_limit;
    options.connect_timeout = 2s;
    options.attempt_timeout = 5s;
    options.cloud = emulator::variable("MIDENTITY_CLOUD");
    options.imds_endpoint = emulator::variable("AZURE_POD_IDENTITY_AUTHORITY_HOST");
    options.extra_query = "x-test=a%20b";
    const credential credential(options);
    CHECK(!credential.get_token("arm").from_cache());
    const auto log = emulator::control("GET", "requests?door=imds");
    CHECK(log.find("x-test") != std::string::npos);
    midentity::token_options fresh;
    fresh.force_refresh = true;
    fresh.timeout = 10s;
    const midentity::token token = credential.get_token("arm", fresh);
    CHECK(!token.from_cache() && token.unchanged());
    options.limit_requests = false;
    options.extra_query.reset();
    CHECK(!midentity::credential(options).get_token("arm").from_cache());
    options.imds_endpoint = "nonsense";
    ERROR_OF(invalid_argument, midentity::credential(options));
}

TEST(credentials_and_tokens_move) {
    credential one = system_identity();
    credential other = std::move(one);
    midentity::token token = other.get_token("arm");
    const std::string_view secret = token.secret();
    midentity::token kept = std::move(token);
    CHECK(kept.secret().data() == secret.data());
    ERROR_OF(invalid_argument, one.get_token("arm")); // NOLINT(bugprone-use-after-move): an error, no crash
    CHECK(token.secret().empty());                    // NOLINT(bugprone-use-after-move)
    one = std::move(other);
    CHECK(one.get_token("arm").from_cache());
    one.close();
    ERROR_OF(closed, one.get_token("arm"));
    static_assert(!std::is_copy_constructible_v<credential> && !std::is_copy_constructible_v<midentity::token>);
}

TEST(instance_metadata_is_read) {
    const midentity::instance instance;
    const auto facts = emulator::facts();
    EQUAL(instance.get("compute/name").get().as<std::string>(), "vm1");
    const midentity::value all = instance.get().get();
    EQUAL(all["/compute/subscriptionId"].as<std::string>(), facts["subscription_id"].as<std::string>());
    EQUAL(instance.get("compute/location", "2021-02-01").get().as<std::string>(), "eastus");
    CHECK(!instance.versions().get().empty());
    EQUAL(instance.identity_info().get()["tenant_id"].as<std::string>(), facts["tenant_id"].as<std::string>());
    midentity::instance_options options;
    const emulator::nobody nobody;
    options.imds_endpoint = nobody.url();
    options.timeout = 5s;
    options.connect_timeout = 500ms;
    options.retries = 0;
    ERROR_OF(unavailable, midentity::instance(options).get().get());
    ERROR_OF(not_found, instance.get("compute/nothing").get());
}

TEST(invalid_argument) {
    EQUAL(ERROR_OF(invalid_argument, credential().get_token("")).id(), "argument.scope");
    ERROR_OF(invalid_argument, credential(identity::client_id("")));
    ERROR_OF(invalid_argument, credential().get_token("\xff"));
}

TEST(unavailable) {
    const emulator::nobody nobody;
    credential_options options = alone();
    options.imds_endpoint = nobody.url();
    const auto error = ERROR_OF(unavailable, credential(options).get_token("arm"));
    EQUAL(error.id(), "imds.unreachable");
    CHECK(!error.hint().empty() && !error.http_status() && error.attempts() >= 1);
}

TEST(authentication) {
    emulator::fault(R"({"match": {"door": "imds"}, "status": 401, "body": {"error": "unauthorized_client"}})");
    const auto error = ERROR_OF(authentication, system_identity().get_token("arm"));
    CHECK(error.http_status() == 401);
}

TEST(identity_not_found) {
    const credential stranger(identity::client_id("00000000-0000-0000-0000-00000000dead"), alone());
    const auto error = ERROR_OF(identity_not_found, stranger.get_token("arm"));
    EQUAL(error.id(), "imds.identity_not_found");
    CHECK(error.http_status() == 400);
    CHECK(error.attempts() == 1);
}

TEST(throttled) {
    emulator::fault(R"({"match": {"door": "imds"}, "status": 429, "headers": {"Retry-After": "3600"}})");
    const auto error = ERROR_OF(throttled, system_identity().get_token("arm"));
    CHECK(error.retry_after() == 3600s);
    CHECK(error.http_status() == 429);
}

TEST(service) {
    emulator::fault(R"({"match": {"door": "imds"}, "status": 500, "body": {"error": "x"}})");
    CHECK(ERROR_OF(service, system_identity().get_token("arm")).http_status() == 500);
}

TEST(transport_and_timeout_after_a_first_answer) {
    const credential credential = system_identity();
    static_cast<void>(credential.get_token("arm"));
    emulator::fault(R"({"match": {"door": "imds"}, "drop": "before"})");
    ERROR_OF(transport, credential.get_token("graph"));
    emulator::control("DELETE", "faults");
    emulator::fault(R"({"match": {"door": "imds"}, "hang": true})");
    midentity::token_options hurried;
    hurried.timeout = 100ms;
    ERROR_OF(timeout, credential.get_token("storage", hurried));
}

TEST(protocol) {
    emulator::fault(R"({"match": {"door": "imds"}, "status": 200, "body": {"no": "token"}})");
    ERROR_OF(protocol, system_identity().get_token("arm"));
}

TEST(internal) {
    const credential credential = system_identity();
    emulator::set_variable("MIDENTITY_TEST_PANIC", "call");
    ERROR_OF(internal, credential.get_token("arm"));
    emulator::set_variable("MIDENTITY_TEST_PANIC", "");
    CHECK(!credential.get_token("arm").secret().empty());
}

int main() {
    return test::run([] {
        emulator::reset();
        midentity::clear_token_cache();
    });
}
