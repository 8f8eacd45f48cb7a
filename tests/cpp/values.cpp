// Values, errors and versions: what needs no emulator.

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "test.hpp"

using midentity::value;
using midentity::value_error;
using midentity::value_type;
using midentity::value_view;

TEST(paths_names_and_numbers_lead_into_a_value) {
    const value read = value::parse(R"({"a/b": [10, {"m~n": true}], "name": "x", "/": 7, "none": null})");
    EQUAL(read["/a~1b/0"].as<int>(), 10);
    CHECK(read["a/b"][1]["m~n"].as<bool>());
    EQUAL(read["name"].as<std::string>(), "x");
    CHECK(read[""].type() == value_type::object);
    CHECK(read["none"].is_null() && read["none"].exists());
    CHECK(!read["nowhere"]["at"][3]["all"].exists());
    CHECK(!read["a/b"][2]);
    EQUAL(read["/a~1b/0"].to_json(), "10");
    EQUAL(value_view().to_json(), "");
}

TEST(texts_are_unicode_and_may_hold_nuls) {
    const value read = value::parse("{\"größe\": \"ü 😀\", \"nul\": \"a\\u0000b\", \"\": \"no name\"}");
    EQUAL(read["größe"].as<std::string_view>(), "ü 😀");
    EQUAL(read["/größe"].as<std::string>(), "ü 😀");
    EQUAL(read["nul"].as<std::string>(), std::string("a\0b", 3));
    EQUAL(read["/"].as<std::string>(), "no name");
    const value again = value::parse(read.to_json());
    EQUAL(again.to_json(), read.to_json());
}

TEST(what_is_read_as_something_else_throws) {
    const value read = value::parse(R"({"text": "1", "number": 1.5, "yes": true, "list": [1, "x"], "none": null})");
    THROWS(value_error, read["text"].as<int>());
    THROWS(value_error, read["number"].as<int>());
    THROWS(value_error, read["number"].as<bool>());
    THROWS(value_error, read["yes"].as<double>());
    THROWS(value_error, read["yes"].as<std::string>());
    THROWS(value_error, read["none"].as<std::string>());
    THROWS(value_error, read["nowhere"].as<std::string>());
    THROWS(value_error, read["nowhere"].as<value_view>());
    THROWS(value_error, read["list"].as<std::vector<int>>());
    THROWS(value_error, read["text"].as<std::vector<int>>());
    THROWS(value_error, read["text"].as<std::optional<int>>());
    THROWS(value_error, read["text"].as<int>(5));
    try {
        static_cast<void>(read["list"].as<bool>());
    } catch (const value_error &error) {
        EQUAL(std::string(error.what()), "a value is read as a boolean and is an array");
    }
}

TEST(absent_values_have_a_place) {
    const value read = value::parse(R"({"none": null, "n": 3, "names": ["a", "b"]})");
    CHECK(!read["none"].as<std::optional<int>>());
    CHECK(!read["nowhere"].as<std::optional<std::string>>());
    EQUAL(*read["n"].as<std::optional<int>>(), 3);
    EQUAL(read["nowhere"].as<int>(4), 4);
    EQUAL(read["none"].as<std::string>("x"), "x");
    EQUAL(read["names"].as<std::vector<std::string>>().size(), 2U);
    EQUAL(read["n"].as<double>(), 3.0);
    EQUAL(read["n"].as<value_view>().as<long long>(), 3);
}

TEST(numbers_that_do_not_fit_are_refused) {
    const value read = value::parse("[-1, 127, 128, 65536, -9223372036854775808, 9223372036854775807, "
                                    "18446744073709551615]");
    EQUAL(static_cast<int>(read[1].as<std::int8_t>()), 127);
    THROWS(value_error, read[2].as<std::int8_t>());
    THROWS(value_error, read[0].as<unsigned>());
    THROWS(value_error, read[3].as<std::uint16_t>());
    EQUAL(read[4].as<std::int64_t>(), std::numeric_limits<std::int64_t>::min());
    EQUAL(read[5].as<std::uint64_t>(), static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
    THROWS(value_error, read[6].as<std::uint64_t>());
    EQUAL(read[6].as<double>(), 18446744073709551615.0);
}

TEST(arrays_and_objects_are_gone_through) {
    const value read = value::parse(R"({"b": 1, "a": [2, 3], "c": {}})");
    std::string seen;
    for (const auto &[name, member] : read.members()) {
        seen.append(name).append("=").append(member.to_json()).append(";");
    }
    CHECK(seen == "b=1;a=[2,3];c={};" || seen == "a=[2,3];b=1;c={};");
    int sum = 0;
    for (const value_view item : read["a"]) {
        sum += item.as<int>();
    }
    EQUAL(sum, 5);
    CHECK(read["c"].empty() && read["b"].begin() == read["b"].end());
    for ([[maybe_unused]] const auto &member : read["a"].members()) {
        CHECK(!"an array has members");
    }
}

TEST(values_move_and_their_views_stay) {
    value read = value::parse(R"({"inner": {"text": "stays"}})");
    const value_view inner = read["inner"];
    const std::string_view text = inner["text"].as<std::string_view>();
    value moved = std::move(read);
    EQUAL(text, "stays");
    EQUAL(inner["text"].as<std::string>(), "stays");
    CHECK(read.type() == value_type::missing); // NOLINT(bugprone-use-after-move): what is left is nothing
    value other = value::parse("[1]");
    other = std::move(moved);
    EQUAL(inner["text"].as<std::string>(), "stays");
    static_assert(!std::is_copy_constructible_v<value> && std::is_nothrow_move_constructible_v<value>);
    static_assert(std::is_trivially_copyable_v<value_view>);
}

TEST(what_is_no_json_is_an_error_with_all_its_parts) {
    const midentity::error error = ERROR_OF(invalid_argument, value::parse("{\n  nonsense"));
    EQUAL(error.id(), "argument.option");
    CHECK(error.message().find("line 2") != std::string::npos);
    EQUAL(std::string(error.what()), error.id() + ": " + error.message());
    CHECK(!error.hint().empty());
    CHECK(!error.http_status() && !error.retry_after() && error.attempts() == 0);
    CHECK(error.service_code().empty() && error.request_id().empty() && error.correlation_id().empty());
    CHECK(error.source().empty());
    const midentity::error copy = error; // NOLINT(performance-unnecessary-copy-initialization): that it can be
    EQUAL(copy.message(), error.message());
    static_assert(std::is_nothrow_copy_constructible_v<midentity::error>);
    const std::string deep(200, '[');
    ERROR_OF(invalid_argument, value::parse(deep));
    ERROR_OF(invalid_argument, value::parse({}));
    ERROR_OF(invalid_argument, value::parse("\"\xff\""));
}

TEST(the_library_is_the_one_that_the_header_is_for) {
    EQUAL(midentity::version(), MIDENTITY_TEST_VERSION);
    const midentity::abi own = midentity::header_abi;
    midentity::require_abi();
    midentity::require_abi({own.major_version, 0});
    const auto error = ERROR_OF(abi_mismatch, midentity::require_abi({own.major_version, own.minor_version + 1}));
    EQUAL(error.id(), "abi.mismatch");
    CHECK(!error.hint().empty());
    ERROR_OF(abi_mismatch, midentity::require_abi({own.major_version + 1, 0}));
    EQUAL(midentity::library_abi().major_version, own.major_version);
}

TEST(times_become_milliseconds_that_are_not_shorter) {
    using namespace std::chrono;
    using midentity::detail::wait_milliseconds;
    EQUAL(wait_milliseconds(microseconds(1)), 1);
    EQUAL(wait_milliseconds(milliseconds(250)), 250);
    EQUAL(wait_milliseconds(duration<double>(0.0015)), 2);
    EQUAL(wait_milliseconds(seconds(-5)), 0);
    CHECK(wait_milliseconds(hours::max()) > 1'000'000'000'000);
    CHECK(wait_milliseconds(duration<double>(std::numeric_limits<double>::infinity())) > 1'000'000'000'000);
    EQUAL(midentity::detail::limit({}), 0);
    EQUAL(midentity::detail::limit(milliseconds(0)), 1);
    EQUAL(midentity::detail::limit(midentity::no_limit), -1);
    EQUAL(midentity::detail::retries({}), 0);
    EQUAL(midentity::detail::retries(0), -1);
}

int main() {
    return test::run([] {});
}
