/* Handles of the C library, owned; texts and times on their way into it. Nothing here is for programs. */
#ifndef MIDENTITY_HANDLE_HPP
#define MIDENTITY_HANDLE_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "../midentity.h"

namespace midentity {

/** As a time limit in options: none at all. */
inline constexpr std::chrono::milliseconds no_limit = std::chrono::milliseconds::max();

namespace detail {

template <auto Free>
struct deleter {
    template <class T>
    void operator()(T *pointer) const noexcept {
        Free(pointer);
    }
};

/** A handle that frees itself with the C library's function for its type. */
template <class T, auto Free>
using handle = std::unique_ptr<T, deleter<Free>>;

/** A text as the C library takes it. A view of nothing is an empty text, not an absent one. */
struct text {
    const char *data = nullptr;
    std::size_t size = 0;

    text(std::string_view view) noexcept : data(view.data() != nullptr ? view.data() : ""), size(view.size()) {}

    text(const std::optional<std::string_view> &view) noexcept {
        if (view) {
            *this = text(*view);
        }
    }
};

/** A text that the C library lends; an absent one is empty. */
template <class F, class Handle>
std::string_view lent(F accessor, const Handle *handle) noexcept {
    std::size_t size = 0;
    const char *data = accessor(handle, &size);
    return data != nullptr ? std::string_view(data, size) : std::string_view();
}

/** The same, where absent and empty are told apart. */
template <class F, class Handle>
std::optional<std::string_view> lent_if_any(F accessor, const Handle *handle) noexcept {
    std::size_t size = 0;
    const char *data = accessor(handle, &size);
    return data != nullptr ? std::optional<std::string_view>(std::in_place, data, size) : std::nullopt;
}

/** Milliseconds, rounded up, for a wait: none is less than nothing, and what can't be said is a very long time. */
template <class Rep, class Period>
std::int64_t wait_milliseconds(const std::chrono::duration<Rep, Period> &time) {
    using milliseconds = std::chrono::duration<double, std::milli>;
    constexpr double longest = 9.0e15;
    const double asked = std::chrono::duration_cast<milliseconds>(time).count();
    if (!(asked > 0.0)) {
        return 0;
    }
    if (asked >= longest) {
        return static_cast<std::int64_t>(longest);
    }
    const auto whole = static_cast<std::int64_t>(asked);
    return static_cast<double>(whole) < asked ? whole + 1 : whole;
}

/** A limit in options: 0 is the default there and -1 is none, so the shortest one is a millisecond. */
inline std::int64_t limit(const std::optional<std::chrono::milliseconds> &time) noexcept {
    if (!time) {
        return 0;
    }
    if (*time == no_limit) {
        return -1;
    }
    return time->count() < 1 ? 1 : static_cast<std::int64_t>(time->count());
}

/** A number of retries in options: 0 is the default there and -1 is never. */
inline std::int32_t retries(const std::optional<std::uint16_t> &count) noexcept {
    if (!count) {
        return 0;
    }
    return *count == 0 ? -1 : static_cast<std::int32_t>(*count);
}

inline std::chrono::system_clock::time_point time_point(std::int64_t seconds) noexcept {
    return std::chrono::system_clock::time_point(std::chrono::seconds(seconds));
}

} // namespace detail
} // namespace midentity

#endif
