#pragma once

#include <string_view>

#include <midentity.hpp>

namespace second_unit {

midentity::value parse(std::string_view json);
const void *log_place();

} // namespace second_unit
