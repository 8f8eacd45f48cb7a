/* Versions of the library, and of its interface. Include midentity.hpp. */
#ifndef MIDENTITY_VERSION_HPP
#define MIDENTITY_VERSION_HPP

#include <cstdint>
#include <string>
#include <string_view>

#include "error.hpp"

namespace midentity {

/**
 * A version of the ABI: the major one changes when something is taken away, the minor one when something is added.
 */
struct abi {
    std::uint32_t major_version;
    std::uint32_t minor_version;
};

/** The ABI that this program was compiled against. */
inline constexpr abi header_abi{MIDENTITY_ABI_VERSION_MAJOR, MIDENTITY_ABI_VERSION_MINOR};

/** The ABI of the library that is loaded. */
inline abi library_abi() noexcept {
    const std::uint32_t version = midentity_abi_version();
    return {version >> 16U, version & 0xFFFFU};
}

/** The library's version, such as "0.1.0". */
inline std::string_view version() noexcept { return midentity_version(); }

/**
 * Sees that the loaded library can serve a program that was compiled against `wanted`.
 *
 * @throws error error_kind::abi_mismatch where the majors differ or the library's minor is lower.
 */
inline void require_abi(abi wanted = header_abi) {
    const abi found = library_abi();
    if (found.major_version == wanted.major_version && found.minor_version >= wanted.minor_version) {
        return;
    }
    const auto words = [](abi version) {
        return std::to_string(version.major_version) + "." + std::to_string(version.minor_version);
    };
    throw error_maker::of(error_kind::abi_mismatch, "abi.mismatch",
                          "the program needs version " + words(wanted) + " of the interface, the library has " +
                              words(found),
                          "load the libmidentity that belongs to the headers the program was compiled with");
}

} // namespace midentity

#endif
