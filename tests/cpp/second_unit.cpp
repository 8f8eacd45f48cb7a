#include "second_unit.hpp"

namespace second_unit {

midentity::value parse(std::string_view json) { return midentity::value::parse(json); }

const void *log_place() { return &midentity::detail::log_place::get(); }

} // namespace second_unit
