/* What midentity does, told line by line. Include midentity.hpp. */
#ifndef MIDENTITY_LOG_HPP
#define MIDENTITY_LOG_HPP

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

#include "error.hpp"

namespace midentity {

/** How much is told. */
enum class log_level : std::int32_t {
    /** Something failed. */
    error = MIDENTITY_LOG_ERROR,
    /** Something will fail, or was done in another way than wanted. */
    warning = MIDENTITY_LOG_WARNING,
    /** What was done. */
    info = MIDENTITY_LOG_INFO,
    /** Every attempt of every request. */
    debug = MIDENTITY_LOG_DEBUG,
};

/** One line of the log. It never holds a token, key or header, and lives until the callback returns. */
struct log_record {
    log_level level;
    /** The operation that it belongs to, as operation::id gives it; 0 for none. */
    std::uint64_t operation;
    /** The line, without an end of line. */
    std::string_view message;
};

namespace detail {

using log_function = std::function<void(const log_record &)>;

/** The process's log callback. It is never destroyed: threads of midentity's may log while the program ends. */
struct log_place {
    std::mutex lock;
    std::unique_ptr<log_function> function;

    static log_place &get() {
        static auto *const place = new log_place;
        return *place;
    }

    /** Whether this thread is inside the callback. */
    static bool &inside() noexcept {
        thread_local bool inside = false;
        return inside;
    }

    static void call(void *context, const midentity_log_record *record) noexcept {
        inside() = true;
        try {
            (*static_cast<const log_function *>(context))({static_cast<log_level>(record->level), record->operation,
                                                           {record->message, record->message_len}});
        } catch (...) {
            // There is nobody to tell, and what is logged must not fail because of it.
        }
        inside() = false;
    }
};

} // namespace detail

/**
 * Has `callback` told what midentity does: lines up to `level`. It comes on the thread where the thing happens, on
 * several at once; it should be quick, and may call anything but what waits. One callback for the process; another
 * takes its place, an empty function takes it back. When this returns, the one before runs no more and is destroyed.
 * Take it back before what it refers to goes. An exception that leaves it is dropped.
 *
 * @throws error error_kind::invalid_argument inside a log callback, which it would wait for; error_kind::conflict where
 *     the program is written in Rust and has taken the one place for log subscribers itself.
 */
inline void set_log(log_level level, std::function<void(const log_record &)> callback) {
    if (detail::log_place::inside()) {
        throw error(error_kind::invalid_argument,
                    "the log callback was changed inside a log callback, which it would wait for",
                    "change it elsewhere");
    }
    auto next = callback ? std::make_unique<detail::log_function>(std::move(callback)) : nullptr;
    auto &place = detail::log_place::get();
    const std::lock_guard<std::mutex> guard(place.lock);
    detail::failure failed;
    failed.check(midentity_log_set_callback(static_cast<std::int32_t>(level),
                                            next != nullptr ? &detail::log_place::call : nullptr, next.get(),
                                            failed.place()));
    place.function = std::move(next);
}

/** Tells nobody any more. */
inline void clear_log() { set_log(log_level::error, nullptr); }

} // namespace midentity

#endif
