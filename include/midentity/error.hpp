/* Why a call failed. Include midentity.hpp. */
#ifndef MIDENTITY_ERROR_HPP
#define MIDENTITY_ERROR_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "handle.hpp"

namespace midentity {

/**
 * What went wrong, in kinds that programs can tell apart. The numbers are the C library's statuses and never change; a
 * newer library may have more than are named here.
 */
enum class error_kind : midentity_status {
    /** An argument, option or environment variable can't be used. */
    invalid_argument = MIDENTITY_INVALID_ARGUMENT,
    /** No token source answers here. */
    unavailable = MIDENTITY_UNAVAILABLE,
    /** The service refused to give a token, or gave one for something else than was asked. */
    authentication = MIDENTITY_AUTHENTICATION,
    /** The identity that was named does not exist or is not assigned to this machine. */
    identity_not_found = MIDENTITY_IDENTITY_NOT_FOUND,
    /** The caller is known but has no right to do this. */
    forbidden = MIDENTITY_FORBIDDEN,
    /** The resource does not exist. */
    not_found = MIDENTITY_NOT_FOUND,
    /** The resource exists already or is in a state that does not allow this. */
    conflict = MIDENTITY_CONFLICT,
    /** The service limits the number of requests; see error::retry_after. */
    throttled = MIDENTITY_THROTTLED,
    /** The service failed. */
    service = MIDENTITY_SERVICE,
    /** The connection failed after the endpoint had answered before. */
    transport = MIDENTITY_TRANSPORT,
    /** The time allowed ran out. */
    timeout = MIDENTITY_TIMEOUT,
    /** The answer can't be understood. */
    protocol = MIDENTITY_PROTOCOL,
    /** The caller cancelled. */
    cancelled = MIDENTITY_CANCELLED,
    /** The object was closed, or belongs to the process that this one was forked from. */
    closed = MIDENTITY_CLOSED,
    /** Library and header disagree about the version of the interface. */
    abi_mismatch = MIDENTITY_ABI_MISMATCH,
    /** A fault inside midentity. */
    internal = MIDENTITY_INTERNAL,
};

/**
 * Why a call failed. what() is the id and the message, for people; no text of an error holds a token, key or header.
 * Copies share their texts and can't fail.
 */
class error : public std::runtime_error {
  public:
    /** An error of the program's own, for instance in a token callback: its kind, and what failed and why. */
    error(error_kind kind, const std::string &message, std::string hint = {})
        : error(kind, kind == error_kind::invalid_argument ? "argument.option" : "provider.failed", message,
                std::move(hint)) {}

    /** What went wrong. */
    [[nodiscard]] error_kind kind() const noexcept { return details_->kind; }

    /** The stable id, such as "imds.unreachable": docs/errors.md has one heading for each. */
    [[nodiscard]] const std::string &id() const noexcept { return details_->id; }

    /** What failed and why, without the id. */
    [[nodiscard]] const std::string &message() const noexcept { return details_->message; }

    /** What to do about it; empty where nothing is known. */
    [[nodiscard]] const std::string &hint() const noexcept { return details_->hint; }

    /** The HTTP status that the service answered with; nothing where it did not answer. */
    [[nodiscard]] std::optional<int> http_status() const noexcept { return details_->http_status; }

    /** The service's own code, such as "AuthorizationFailed"; empty where it gave none. */
    [[nodiscard]] const std::string &service_code() const noexcept { return details_->service_code; }

    /** The service's id for the request, for its support; empty where it gave none. */
    [[nodiscard]] const std::string &request_id() const noexcept { return details_->request_id; }

    /** The id that ties the service's logs of one call together; empty where it gave none. */
    [[nodiscard]] const std::string &correlation_id() const noexcept { return details_->correlation_id; }

    /** The source of tokens that failed, such as "Imds"; empty where the error is not a source's. */
    [[nodiscard]] const std::string &source() const noexcept { return details_->source; }

    /** How long the service wants to be left alone; nothing where it does not say. */
    [[nodiscard]] std::optional<std::chrono::milliseconds> retry_after() const noexcept {
        return details_->retry_after;
    }

    /** How many requests were sent before the call gave up. */
    [[nodiscard]] std::uint32_t attempts() const noexcept { return details_->attempts; }

  private:
    friend struct error_maker;

    struct details {
        error_kind kind = error_kind::internal;
        std::string id;
        std::string message;
        std::string hint;
        std::optional<int> http_status;
        std::string service_code;
        std::string request_id;
        std::string correlation_id;
        std::string source;
        std::optional<std::chrono::milliseconds> retry_after;
        std::uint32_t attempts = 0;
    };

    explicit error(std::shared_ptr<const details> what)
        : std::runtime_error(what->id + ": " + what->message), details_(std::move(what)) {}

    error(error_kind kind, std::string id, std::string message, std::string hint)
        : error(made(kind, std::move(id), std::move(message), std::move(hint))) {}

    static std::shared_ptr<const details> made(error_kind kind, std::string id, std::string message,
                                               std::string hint) {
        details what;
        what.kind = kind;
        what.id = std::move(id);
        what.message = std::move(message);
        what.hint = std::move(hint);
        return std::make_shared<const details>(std::move(what));
    }

    static std::shared_ptr<const details> read(midentity_status status, const midentity_error *failed) {
        details read;
        // Where there was no memory for an error, the status is all there is.
        read.kind = static_cast<error_kind>(failed != nullptr ? midentity_error_status(failed) : status);
        read.id = detail::lent(midentity_error_id, failed);
        read.message = detail::lent(midentity_error_message, failed);
        read.hint = detail::lent(midentity_error_hint, failed);
        if (const int http = midentity_error_http_status(failed); http != 0) {
            read.http_status = http;
        }
        read.service_code = detail::lent(midentity_error_service_code, failed);
        read.request_id = detail::lent(midentity_error_request_id, failed);
        read.correlation_id = detail::lent(midentity_error_correlation_id, failed);
        read.source = detail::lent(midentity_error_source, failed);
        if (const std::int64_t wait = midentity_error_retry_after_ms(failed); wait >= 0) {
            read.retry_after = std::chrono::milliseconds(wait);
        }
        read.attempts = midentity_error_attempts(failed);
        return std::make_shared<const details>(std::move(read));
    }

    std::shared_ptr<const details> details_;
};

/** Makes errors of what the C library says. Not for programs. */
struct error_maker {
    static error of(midentity_status status, const midentity_error *failed) {
        return error(error::read(status, failed));
    }

    static error of(error_kind kind, std::string id, std::string message, std::string hint) {
        return error(kind, std::move(id), std::move(message), std::move(hint));
    }
};

namespace detail {

/** Where a function of the C library puts its error, and the place where that is thrown. */
class failure {
  public:
    failure() = default;
    failure(const failure &) = delete;
    failure &operator=(const failure &) = delete;
    ~failure() { midentity_error_free(error_); }

    /** The place; for one call of the library each. */
    midentity_error **place() noexcept { return &error_; }

    /** Throws where the status is not MIDENTITY_OK. */
    void check(midentity_status status) const {
        if (status != MIDENTITY_OK) {
            throw error_maker::of(status, error_);
        }
    }

  private:
    midentity_error *error_ = nullptr;
};

/** Texts as the C library takes a list of them; they must outlive this. */
class text_list {
  public:
    /** @throws error where a text holds a NUL, at which the C library would take it to end. */
    text_list(const char *name, const std::vector<std::string> &texts) {
        texts_.reserve(texts.size());
        for (const std::string &text : texts) {
            if (text.find('\0') != std::string::npos) {
                throw error(error_kind::invalid_argument, std::string("an item of ") + name + " holds a NUL",
                            "give the text without it");
            }
            texts_.push_back(text.c_str());
        }
    }

    [[nodiscard]] const char *const *data() const noexcept { return texts_.data(); }
    [[nodiscard]] std::size_t size() const noexcept { return texts_.size(); }

  private:
    std::vector<const char *> texts_;
};

/** One argument as the C library's parameters: a text or a list is two of them. */
inline std::tuple<const char *, std::size_t> parameters(std::string_view view) noexcept {
    const text text(view);
    return {text.data, text.size};
}
inline std::tuple<const char *, std::size_t> parameters(const std::optional<std::string_view> &view) noexcept {
    const text text(view);
    return {text.data, text.size};
}
inline std::tuple<const char *const *, std::size_t> parameters(const text_list &list) noexcept {
    return {list.data(), list.size()};
}
template <class T>
std::tuple<T> parameters(const T &plain) noexcept {
    return {plain};
}

/** Calls a function of the C library whose last two parameters are its result and its error, and owns the result. */
template <class Handle, class F, class... Arguments>
Handle made(F function, const Arguments &...arguments) {
    typename Handle::pointer result = nullptr;
    failure failed;
    failed.check(std::apply(
        [&](const auto &...parameter) { return function(parameter..., &result, failed.place()); },
        std::tuple_cat(parameters(arguments)...)));
    return Handle(result);
}

} // namespace detail
} // namespace midentity

#endif
