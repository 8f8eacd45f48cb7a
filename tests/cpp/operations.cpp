// Operations: waits, cancels, callbacks and what lives how long; token callbacks and the log.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "emulator.hpp"
#include "test.hpp"

using namespace std::chrono_literals;
using midentity::arm_client;
using midentity::credential;
using midentity::operation;
using midentity::token;
using midentity::token_provider;
using midentity::value;

namespace {

/** Something that one thread waits for and another says. */
class event {
  public:
    void give() {
        const std::lock_guard<std::mutex> guard(lock_);
        given_ = true;
        changed_.notify_all();
    }

    void wait() {
        std::unique_lock<std::mutex> guard(lock_);
        if (!changed_.wait_for(guard, 20s, [this] { return given_; })) {
            throw test::failed("what was waited for did not come");
        }
    }

  private:
    std::mutex lock_;
    std::condition_variable changed_;
    bool given_ = false;
};

/** Tells when it is destroyed, and can be counted. */
using held = std::shared_ptr<int>;

credential alone() {
    midentity::credential_options options;
    options.private_cache = true;
    options.retries = 0;
    return credential(midentity::identity::system_assigned(), options);
}

/** An operation that goes on until it is cancelled or freed. */
operation<token> endless() {
    emulator::fault(R"({"match": {"door": "imds"}, "hang": true})");
    midentity::token_options options;
    options.timeout = midentity::no_limit;
    midentity::credential_options patient;
    patient.private_cache = true;
    patient.timeout = midentity::no_limit;
    patient.attempt_timeout = midentity::no_limit;
    return credential(patient).get_token_start("arm", options);
}

arm_client admin() { return arm_client(token_provider::from_token(emulator::token_of("admin@contoso"))); }

std::string machine() { return emulator::facts()["vm_resource_id"].as<std::string>(); }

} // namespace

TEST(a_wait_that_runs_out_is_no_error) {
    operation<token> running = endless();
    CHECK(!running.wait_for(20ms));
    CHECK(!running.wait_for(0s));
    CHECK(!running.wait_for(-1s));
    CHECK(running.id() > 0);
    running.cancel();
    ERROR_OF(cancelled, running.wait());
    ERROR_OF(cancelled, running.wait_for(0ms));
    ERROR_OF(cancelled, running.get());
}

TEST(another_thread_cancels_what_several_wait_for) {
    operation<token> running = endless();
    std::atomic<int> cancelled{0};
    std::vector<std::thread> waiting;
    for (int number = 0; number < 8; ++number) {
        waiting.emplace_back([&] {
            try {
                running.wait();
            } catch (const midentity::error &error) {
                cancelled += error.kind() == midentity::error_kind::cancelled ? 1 : 0;
            }
        });
    }
    std::thread([&] { running.cancel(); }).join();
    for (std::thread &thread : waiting) {
        thread.join();
    }
    EQUAL(cancelled.load(), 8);
}

TEST(a_result_is_taken_once) {
    const credential credential = alone();
    operation<token> asking = credential.get_token_start("arm");
    CHECK(!asking.get().secret().empty());
    ERROR_OF(invalid_argument, asking.get());
    asking.wait();
    CHECK(asking.wait_for(0ms));
}

TEST(destroying_a_running_operation_destroys_its_callbacks) {
    const held counted = std::make_shared<int>(0);
    {
        operation<token> running = endless();
        running.on_done([counted](auto) { ++*counted; });
        running.on_progress([counted](const midentity::progress &) { ++*counted; });
        EQUAL(counted.use_count(), 3L);
        operation<token> moved = std::move(running);
        EQUAL(counted.use_count(), 3L);
        running = endless(); // NOLINT(bugprone-use-after-move): it can be assigned to
        running.on_done([counted](auto) { ++*counted; });
        running = std::move(moved);
        EQUAL(counted.use_count(), 3L);
    }
    EQUAL(counted.use_count(), 1L);
    EQUAL(*counted, 0);
}

TEST(moved_operations_keep_their_callbacks) {
    event called;
    std::optional<token> given;
    const credential credential = alone();
    operation<token> asking = credential.get_token_start("arm");
    asking.on_done([&](midentity::finished<token> finished) {
        given = finished.get();
        called.give();
    });
    operation<token> moved = std::move(asking);
    called.wait();
    CHECK(given && !given->secret().empty());
    ERROR_OF(invalid_argument, moved.get());
    ERROR_OF(invalid_argument, asking.wait()); // NOLINT(bugprone-use-after-move): an error, no crash
    asking.cancel();
    EQUAL(asking.id(), 0U);
}

TEST(a_done_callback_comes_once_and_what_it_held_goes) {
    const credential credential = alone();
    operation<token> asking = credential.get_token_start("arm");
    asking.wait();
    event called;
    held counted = std::make_shared<int>(0);
    const std::weak_ptr<int> watched = counted;
    asking.on_done([&called, counted = std::move(counted)](auto) {
        ++*counted;
        EQUAL(*counted, 1);
        called.give();
    });
    called.wait();
    ERROR_OF(invalid_argument, asking.on_done([](auto) {}));
    asking.on_done(nullptr);
    CHECK(watched.expired());
}

TEST(one_done_callback_at_a_time) {
    const held counted = std::make_shared<int>(0);
    operation<token> running = endless();
    running.on_done([counted](auto) { ++*counted; });
    ERROR_OF(invalid_argument, running.on_done([counted](auto) { ++*counted; }));
    EQUAL(counted.use_count(), 2L);
    running.on_done(nullptr);
    EQUAL(counted.use_count(), 1L);
    event called;
    running.on_done([&](auto finished) {
        ERROR_OF(cancelled, finished.get());
        called.give();
    });
    running.cancel();
    called.wait();
    EQUAL(*counted, 0);
}

TEST(a_done_callback_may_destroy_its_own_operation) {
    const credential credential = alone();
    event called;
    held counted = std::make_shared<int>(0);
    const std::weak_ptr<int> watched = counted;
    auto owned = std::make_shared<std::unique_ptr<operation<token>>>();
    *owned = std::make_unique<operation<token>>(credential.get_token_start("arm"));
    (*owned)->on_done([owned, counted = std::move(counted), &called](auto finished) {
        CHECK(!finished.get().secret().empty());
        owned->reset();
        EQUAL(*counted, 0); // what the callback holds outlives the operation
        called.give();
    });
    called.wait();
    owned.reset();
    for (int tries = 0; !watched.expired() && tries < 10000; ++tries) {
        std::this_thread::yield();
    }
}

TEST(progress_is_told_and_its_callbacks_replaced) {
    emulator::control("PUT", "settings", R"({"lro": {"seconds": 0.3, "retry_after": 0}})");
    const arm_client client = admin();
    const std::string id = machine();
    operation<value> work = client.vm_identity_remove_all(id);
    const held first = std::make_shared<int>(0);
    work.on_progress([first](const midentity::progress &) { ++*first; });
    std::mutex lock;
    std::vector<std::string> told;
    work.on_progress([&](const midentity::progress &progress) {
        const std::lock_guard<std::mutex> guard(lock);
        told.emplace_back(progress.what);
        CHECK(progress.elapsed.count() >= 0.0 && (!progress.percent || *progress.percent >= 0.0));
        CHECK(!progress.status.empty());
    });
    EQUAL(first.use_count(), 1L);
    EQUAL(work.get()["kind"].as<std::string>(), "None");
    CHECK(!told.empty());
    EQUAL(told.front(), "changing the identity of vm1");
    work.on_progress(nullptr);
}

TEST(what_a_progress_callback_throws_ends_the_work_and_comes_out) {
    emulator::control("PUT", "settings", R"({"lro": {"seconds": 30.0, "retry_after": 0}})");
    const arm_client client = admin();
    const std::string id = machine();
    operation<value> work = client.vm_identity_remove_all(id);
    work.on_progress([](const midentity::progress &) { throw std::out_of_range("from the callback"); });
    THROWS(std::out_of_range, work.wait());
    THROWS(std::out_of_range, work.get());
    work.on_progress(nullptr);
    THROWS(std::out_of_range, work.wait_for(0ms));
}

TEST(destroying_waits_for_a_progress_callback) {
    emulator::control("PUT", "settings", R"({"lro": {"seconds": 30.0, "retry_after": 0}})");
    const arm_client client = admin();
    const std::string id = machine();
    std::atomic<bool> inside{false};
    event entered, leave;
    auto work = std::make_unique<operation<value>>(client.vm_identity_remove_all(id));
    work->on_progress([&](const midentity::progress &) {
        inside = true;
        entered.give();
        leave.wait();
        inside = false;
    });
    entered.wait();
    std::thread destroying([&] { work.reset(); });
    CHECK(inside);
    leave.give();
    destroying.join();
    CHECK(!inside);
}

TEST(a_token_callback_signs_in) {
    const std::string secret = emulator::token_of("admin@contoso");
    std::atomic<int> asked{0};
    std::string resource;
    const auto provider = token_provider::from_callback([&](const midentity::token_request &request) {
        ++asked;
        resource = request.resource;
        CHECK(!request.claims && !request.fresh);
        return midentity::given_token{secret, std::chrono::system_clock::now() + 1h};
    });
    const arm_client client(provider);
    const auto facts = emulator::facts();
    const std::string subscription = facts["subscription_id"].as<std::string>();
    CHECK(client.resource_group_exists(subscription, "rg1").get());
    CHECK(!client.resource_group_exists(subscription, "rg9").get());
    EQUAL(asked.load(), 1);
    CHECK(!resource.empty());
    const midentity::token token = provider.get_token("arm").get();
    EQUAL(token.secret(), secret);
    CHECK(token.source() == midentity::token_source::unknown);
}

TEST(what_a_token_callback_throws_is_why_there_is_no_token) {
    const auto failing = [](auto thrown) {
        return token_provider::from_callback(
            [thrown](const midentity::token_request &) -> midentity::given_token { throw thrown; });
    };
    const auto with_kind = failing(midentity::error(midentity::error_kind::unavailable, "nobody at home"));
    const auto error = ERROR_OF(unavailable, with_kind.get_token("arm").get());
    EQUAL(error.id(), "provider.failed");
    CHECK(error.message().find("nobody at home") != std::string::npos);
    const auto plain = failing(std::runtime_error("no luck"));
    CHECK(ERROR_OF(authentication, plain.get_token("arm").get()).message().find("no luck") != std::string::npos);
    ERROR_OF(authentication, failing(42).get_token("arm").get());
    const auto empty = token_provider::from_callback([](const midentity::token_request &) {
        return midentity::given_token{};
    });
    ERROR_OF(invalid_argument, empty.get_token("arm").get());
    ERROR_OF(invalid_argument, token_provider::from_callback(nullptr));
    ERROR_OF(invalid_argument, token_provider::from_token(""));
    // Through a client too.
    const arm_client client(with_kind);
    const std::string subscription = emulator::facts()["subscription_id"].as<std::string>();
    ERROR_OF(unavailable, client.resource_group_exists(subscription, "rg1").get());
    // What can't be handed on as it is still is a failure.
    const auto odd = failing(midentity::error(static_cast<midentity::error_kind>(0), "of no kind"));
    ERROR_OF(authentication, odd.get_token("arm").get());
    const auto bytes = failing(std::runtime_error("\xff"));
    ERROR_OF(authentication, bytes.get_token("arm").get());
}

TEST(a_token_callback_is_destroyed_after_its_last_use) {
    held counted = std::make_shared<int>(0);
    const std::weak_ptr<int> watched = counted;
    event entered, leave;
    std::optional<token_provider> provider = token_provider::from_callback(
        [&, counted = std::move(counted)](const midentity::token_request &) -> midentity::given_token {
            entered.give();
            leave.wait();
            ++*counted; // still there, though the provider and the client have gone
            throw std::runtime_error("enough");
        });
    std::optional<arm_client> client(*provider);
    operation<value> asking = client->resource_group_get(emulator::facts()["subscription_id"].as<std::string>(), "rg1");
    entered.wait();
    provider.reset();
    client.reset();
    CHECK(!watched.expired());
    leave.give();
    ERROR_OF(authentication, asking.get());
    asking.cancel();
    for (int tries = 0; !watched.expired() && tries < 1000000; ++tries) {
        std::this_thread::yield();
    }
    CHECK(watched.expired());
}

TEST(a_cancelled_operation_leaves_a_token_callback_that_blocks) {
    event entered, leave;
    const auto provider = token_provider::from_callback(
        [&](const midentity::token_request &) -> midentity::given_token {
            entered.give();
            leave.wait();
            return {"late", {}};
        });
    {
        operation<token> asking = provider.get_token("arm");
        entered.wait();
        asking.cancel();
        ERROR_OF(cancelled, asking.get());
    }
    leave.give();
}

TEST(the_log_tells_what_is_done) {
    std::mutex lock;
    std::vector<std::pair<std::uint64_t, std::string>> lines;
    const held counted = std::make_shared<int>(0);
    midentity::set_log(midentity::log_level::debug, [&, counted](const midentity::log_record &record) {
        const std::lock_guard<std::mutex> guard(lock);
        lines.emplace_back(record.operation, record.message);
        ERROR_OF(invalid_argument, midentity::clear_log());
        throw std::runtime_error("is dropped");
    });
    const credential credential = alone();
    operation<token> asking = credential.get_token_start("arm");
    const token token = asking.get();
    midentity::set_log(midentity::log_level::error, [](const midentity::log_record &) {});
    EQUAL(counted.use_count(), 1L);
    bool ours = false;
    for (const auto &[number, line] : lines) {
        CHECK(line.find(token.secret()) == std::string::npos);
        ours = ours || number == asking.id();
    }
    CHECK(ours);
    midentity::clear_log();
    const auto before = lines.size();
    static_cast<void>(alone().get_token("arm"));
    EQUAL(lines.size(), before);
    ERROR_OF(invalid_argument, midentity::set_log(static_cast<midentity::log_level>(9), [](const auto &) {}));
}

TEST(many_threads_use_one_credential) {
    const credential credential = alone();
    std::atomic<int> good{0};
    std::vector<std::thread> threads;
    for (int number = 0; number < 32; ++number) {
        threads.emplace_back([&] {
            for (int turn = 0; turn < 20; ++turn) {
                good += credential.get_token("arm").secret().empty() ? 0 : 1;
                good += credential.get_token_start("arm").get().secret().empty() ? 0 : 1;
            }
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
    EQUAL(good.load(), 32 * 40);
    EQUAL(emulator::requests("imds"), 1U);
}

int main() {
    return test::run([] {
        emulator::reset();
        midentity::clear_token_cache();
    });
}
