/* Calls that go on in the background. Include midentity.hpp. */
#ifndef MIDENTITY_OPERATION_HPP
#define MIDENTITY_OPERATION_HPP

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "error.hpp"
#include "token.hpp"
#include "value.hpp"

namespace midentity {

/** How long-running work goes on. Lives until the callback that is given it returns. */
struct progress {
    /** What is being done, such as "changing the identities of vm1". */
    std::string_view what;
    /** The service's word for its state, such as "InProgress". */
    std::string_view status;
    /** The time since it began. */
    std::chrono::duration<double> elapsed;
    /** Percent that are done, where the service says so. */
    std::optional<double> percent;
};

namespace detail {

using operation_handle = handle<midentity_operation, midentity_operation_free>;

/** Takes what an operation gave. */
template <class T>
struct taker {
    static T take(midentity_operation *operation) {
        midentity_value *raw = nullptr;
        failure failed;
        const midentity_status status = midentity_operation_take_value(operation, &raw, failed.place());
        if (status == MIDENTITY_PENDING) {
            throw error(error_kind::conflict, "the operation has not ended", "wait for it first");
        }
        failed.check(status);
        value taken(raw);
        if constexpr (std::is_void_v<T>) {
            return;
        } else if constexpr (std::is_constructible_v<T, value &&>) {
            return T(std::move(taken));
        } else {
            return taken.as<T>();
        }
    }
};

template <>
struct taker<token> {
    static token take(midentity_operation *operation) {
        midentity_token *raw = nullptr;
        failure failed;
        const midentity_status status = midentity_operation_take_token(operation, &raw, failed.place());
        if (status == MIDENTITY_PENDING) {
            throw error(error_kind::conflict, "the operation has not ended", "wait for it first");
        }
        failed.check(status);
        return token(raw);
    }
};

/** What the threads that touch an operation share. */
struct operation_state {
    std::mutex lock;
    /** NULL once the operation is being freed. */
    const midentity_operation *raw = nullptr;
    /** What a progress callback threw. */
    std::exception_ptr thrown;

    /** An exception has left a progress callback: the operation ends with it. */
    void fail(std::exception_ptr exception) {
        const std::lock_guard<std::mutex> guard(lock);
        if (thrown == nullptr) {
            thrown = std::move(exception);
        }
        if (raw != nullptr) {
            midentity_operation_cancel(raw);
        }
    }

    void forget() {
        const std::lock_guard<std::mutex> guard(lock);
        raw = nullptr;
    }

    void rethrow() {
        const std::lock_guard<std::mutex> guard(lock);
        if (thrown != nullptr) {
            std::rethrow_exception(thrown);
        }
    }
};

/** A done callback. The library is given its address; who runs it holds it, so that it may free its own operation. */
struct done_listener : std::enable_shared_from_this<done_listener> {
    std::function<void(midentity_operation *)> function;

    // An exception that leaves the callback has nobody to go to: it ends the program, as one of a thread does.
    static void call(void *context, midentity_operation *operation) noexcept {
        const auto self = static_cast<done_listener *>(context)->shared_from_this();
        // Called once: what the function holds goes with the call.
        const auto function = std::move(self->function);
        function(operation);
    }
};

/** A progress callback. */
struct progress_listener : std::enable_shared_from_this<progress_listener> {
    std::function<void(const progress &)> function;
    std::shared_ptr<operation_state> state;

    static void call(void *context, const midentity_progress *told) noexcept {
        const auto self = static_cast<progress_listener *>(context)->shared_from_this();
        progress progress{told->what, told->status, std::chrono::duration<double>(told->elapsed_seconds), {}};
        if (told->percent >= 0.0) {
            progress.percent = told->percent;
        }
        try {
            self->function(progress);
        } catch (...) {
            self->state->fail(std::current_exception());
        }
    }
};

} // namespace detail

/** What a done callback is given: the operation, which has ended. Good until the operation is destroyed. */
template <class T>
class finished {
  public:
    explicit finished(midentity_operation *raw) noexcept : raw_(raw) {}

    /**
     * Takes the result, once: operation::get finds it gone.
     *
     * @throws error what the operation failed with.
     */
    T get() const { return detail::taker<T>::take(raw_); }

    /** The operation's number in this process. */
    [[nodiscard]] std::uint64_t id() const noexcept { return midentity_operation_id(raw_); }

  private:
    midentity_operation *raw_;
};

/**
 * A call that goes on in the background and gives a T: token, value, page, bool, a text, or nothing (void).
 *
 * Destroying one that goes on cancels it; a callback that runs is waited for, unless it destroys the operation itself.
 * Move-only; callbacks stay with the operation when it moves. wait, wait_for, cancel and id may be called from several
 * threads at once.
 */
template <class T>
class operation {
  public:
    using result_type = T;

    /** For what the C library started; owned from now on. */
    explicit operation(detail::operation_handle handle)
        : state_(std::make_shared<detail::operation_state>()), handle_(std::move(handle)) {
        state_->raw = handle_.get();
    }

    operation(operation &&) noexcept = default;
    operation &operator=(operation &&other) noexcept {
        if (this != &other) {
            release();
            // The handle before what its callbacks hold, also where one is replaced.
            handle_ = std::move(other.handle_);
            state_ = std::move(other.state_);
            done_ = std::move(other.done_);
            progress_ = std::move(other.progress_);
        }
        return *this;
    }
    operation(const operation &) = delete;
    operation &operator=(const operation &) = delete;
    ~operation() { release(); }

    /**
     * Waits until the operation has ended.
     *
     * @throws error what the operation failed with.
     * @throws anything that a progress callback threw.
     */
    void wait() const { static_cast<void>(ended_within(-1)); }

    /**
     * Waits at most so long, and answers whether the operation has ended.
     *
     * @throws error what the operation failed with.
     * @throws anything that a progress callback threw.
     */
    template <class Rep, class Period>
    [[nodiscard]] bool wait_for(const std::chrono::duration<Rep, Period> &time) const {
        return ended_within(detail::wait_milliseconds(time));
    }

    /**
     * Waits, and takes the result, once.
     *
     * @throws error what the operation failed with; error_kind::invalid_argument where the result was taken already.
     * @throws anything that a progress callback threw.
     */
    T get() {
        wait();
        return detail::taker<T>::take(handle_.get());
    }

    /**
     * Has `callback` called once, when the operation has ended in whatever way, also where it has ended already: on a
     * thread of midentity's that it may block, and never inside this function. One callback for each operation; an
     * empty function takes it back, and when that returns, it has returned or will never be called. It may destroy the
     * operation. It must not throw: an exception that leaves it ends the program.
     *
     * @throws error error_kind::invalid_argument where there is one already.
     */
    void on_done(std::function<void(finished<T>)> callback) {
        detail::failure failed;
        if (!callback) {
            failed.check(midentity_operation_on_done(handle_.get(), nullptr, nullptr, failed.place()));
            done_.reset();
            return;
        }
        auto listener = std::make_shared<detail::done_listener>();
        listener->function = [callback = std::move(callback)](midentity_operation *raw) {
            callback(finished<T>(raw));
        };
        failed.check(midentity_operation_on_done(handle_.get(), detail::done_listener::call, listener.get(),
                                                 failed.place()));
        done_ = std::move(listener);
    }

    /**
     * Has `callback` told how long-running work goes on from now on, one call at a time, on a thread of midentity's.
     * Another takes its place; an empty function takes it back, and when that returns, it runs no more. An exception
     * that leaves it cancels the operation, and comes out of wait, wait_for and get.
     */
    void on_progress(std::function<void(const progress &)> callback) {
        detail::failure taking_back;
        taking_back.check(midentity_operation_on_progress(handle_.get(), nullptr, nullptr, taking_back.place()));
        progress_.reset();
        if (!callback) {
            return;
        }
        auto listener = std::make_shared<detail::progress_listener>();
        listener->function = std::move(callback);
        listener->state = state_;
        detail::failure failed;
        failed.check(midentity_operation_on_progress(handle_.get(), detail::progress_listener::call, listener.get(),
                                                     failed.place()));
        progress_ = std::move(listener);
    }

    /**
     * Cancels: the work is dropped, its connections with it, and the operation ends with error_kind::cancelled soon
     * after. What the service has begun goes on there. Does nothing where the operation has ended.
     */
    void cancel() const noexcept { midentity_operation_cancel(handle_.get()); }

    /** The operation's number in this process, from 1: log records carry it. */
    [[nodiscard]] std::uint64_t id() const noexcept { return midentity_operation_id(handle_.get()); }

    /** The C library's handle, still owned by this. */
    [[nodiscard]] midentity_operation *raw() const noexcept { return handle_.get(); }

  private:
    [[nodiscard]] bool ended_within(std::int64_t milliseconds) const {
        detail::failure failed;
        const midentity_status status = midentity_operation_wait(handle_.get(), milliseconds, failed.place());
        if (status == MIDENTITY_PENDING) {
            return false;
        }
        if (state_ != nullptr) {
            state_->rethrow();
        }
        failed.check(status);
        return true;
    }

    /** Frees the operation while all that its callbacks touch still lives. */
    void release() noexcept {
        if (state_ != nullptr) {
            state_->forget();
        }
        handle_.reset();
    }

    std::shared_ptr<detail::operation_state> state_;
    std::shared_ptr<detail::done_listener> done_;
    std::shared_ptr<detail::progress_listener> progress_;
    detail::operation_handle handle_;
};

namespace detail {

/** Starts an operation with a function of the C library. */
template <class T, class F, class... Arguments>
operation<T> started(F function, const Arguments &...arguments) {
    return operation<T>(made<operation_handle>(function, arguments...));
}

} // namespace detail
} // namespace midentity

#endif
