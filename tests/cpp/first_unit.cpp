// One program of two units that both include the header: everything in it is defined once.

#include "second_unit.hpp"

#include "test.hpp"

TEST(units_share_types_and_functions) {
    const midentity::value read = second_unit::parse(R"({"a": [1, 2, 3]})");
    EQUAL(read["/a/2"].as<int>(), 3);
    EQUAL(read["a"].as<std::vector<int>>().size(), 3U);
    CHECK(second_unit::log_place() == &midentity::detail::log_place::get());
    try {
        static_cast<void>(second_unit::parse("nonsense"));
        CHECK(!"no error");
    } catch (const midentity::error &error) {
        CHECK(error.kind() == midentity::error_kind::invalid_argument);
    }
}

int main() {
    return test::run([] {});
}
