/* JSON values: what Resource Manager and the metadata service say. Include midentity.hpp. */
#ifndef MIDENTITY_VALUE_HPP
#define MIDENTITY_VALUE_HPP

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "error.hpp"

namespace midentity {

/** What kind of value a value is. */
enum class value_type : std::int32_t {
    /** No value: what a path that leads nowhere gives. */
    missing = MIDENTITY_VALUE_MISSING,
    null = MIDENTITY_VALUE_NULL,
    boolean = MIDENTITY_VALUE_BOOLEAN,
    number = MIDENTITY_VALUE_NUMBER,
    string = MIDENTITY_VALUE_STRING,
    array = MIDENTITY_VALUE_ARRAY,
    object = MIDENTITY_VALUE_OBJECT,
};

/** A value was read as what it is not, or is not there. */
class value_error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

class value_view;

namespace detail {

template <class T>
struct reader;

template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};

/** What value_view::operator-> needs. */
template <class T>
struct arrow {
    T held;
    T *operator->() noexcept { return &held; }
};

} // namespace detail

/**
 * A JSON value that another object owns: good as long as that lives. A missing value is a view too, so that look-ups
 * can be chained; reading it throws. Cheap to copy. Several threads may read at once.
 */
class value_view {
  public:
    class iterator;
    class member_range;

    /** A missing value. */
    value_view() noexcept = default;

    /** For what the C library lends. */
    explicit value_view(const midentity_value *raw) noexcept : raw_(raw) {}

    /** The C library's handle; NULL for a missing value. */
    [[nodiscard]] const midentity_value *raw() const noexcept { return raw_; }

    [[nodiscard]] value_type type() const noexcept { return static_cast<value_type>(midentity_value_type(raw_)); }

    /** Whether there is a value, null being one. */
    [[nodiscard]] bool exists() const noexcept { return raw_ != nullptr; }
    explicit operator bool() const noexcept { return exists(); }

    [[nodiscard]] bool is_null() const noexcept { return type() == value_type::null; }

    /**
     * The value at a path, missing where there is none. A text that begins with a slash is a JSON pointer (RFC 6901)
     * such as "/properties/principalId" or "/items/0", an empty one means the value itself, any other is the name of a
     * member, letter by letter.
     */
    [[nodiscard]] value_view operator[](std::string_view path) const noexcept {
        if (path.empty() || path.front() == '/') {
            const detail::text text(path);
            return value_view(midentity_value_get(raw_, text.data, text.size));
        }
        for (std::size_t index = 0; index < size(); ++index) {
            if (key(index) == path) {
                return item(index);
            }
        }
        return {};
    }

    /**
     * The item of an array, or the value of an object's member, by its number from 0; missing where there is none.
     */
    [[nodiscard]] value_view operator[](std::size_t index) const noexcept { return item(index); }

    /** How many items an array has, or members an object; 0 for everything else. */
    [[nodiscard]] std::size_t size() const noexcept { return midentity_value_length(raw_); }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }

    /**
     * The value as a T: bool, any whole number, double, float, std::string_view (which lives as long as the value's
     * owner), std::string, value_view, a std::vector of these for an array, or a std::optional of these, which has
     * nothing where the value is missing or null.
     *
     * @throws value_error where it is missing or something else, or a number that a T can't hold.
     */
    template <class T>
    [[nodiscard]] T as() const {
        return detail::reader<T>::read(*this);
    }

    /**
     * The value as a T, or `otherwise` where it is missing or null.
     *
     * @throws value_error where it is something else.
     */
    template <class T>
    [[nodiscard]] T as(T otherwise) const {
        return type() == value_type::missing || is_null() ? std::move(otherwise) : as<T>();
    }

    /** The value as JSON text, made on first use; empty for a missing one. Lives as long as the value's owner. */
    [[nodiscard]] std::string_view to_json() const noexcept { return detail::lent(midentity_value_to_json, raw_); }

    /** The items of an array, or the values of an object's members, in order. */
    [[nodiscard]] iterator begin() const noexcept;
    [[nodiscard]] iterator end() const noexcept;

    /** An object's members as pairs of name and value; none for everything else. */
    [[nodiscard]] member_range members() const noexcept;

  private:
    [[nodiscard]] value_view item(std::size_t index) const noexcept {
        return value_view(midentity_value_item(raw_, index));
    }

    [[nodiscard]] std::string_view key(std::size_t index) const noexcept {
        std::size_t size = 0;
        const char *data = midentity_value_key(raw_, index, &size);
        return data != nullptr ? std::string_view(data, size) : std::string_view();
    }

    const midentity_value *raw_ = nullptr;
};

/** Goes through the values of an array or object. Good as long as the value's owner. */
class value_view::iterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = value_view;
    using difference_type = std::ptrdiff_t;
    using pointer = detail::arrow<value_view>;
    using reference = value_view;

    iterator() noexcept = default;
    iterator(value_view value, std::size_t index) noexcept : value_(value), index_(index) {}

    value_view operator*() const noexcept { return value_[index_]; }
    pointer operator->() const noexcept { return {value_[index_]}; }
    iterator &operator++() noexcept {
        ++index_;
        return *this;
    }
    iterator operator++(int) noexcept {
        const iterator before = *this;
        ++index_;
        return before;
    }
    friend bool operator==(const iterator &a, const iterator &b) noexcept { return a.index_ == b.index_; }
    friend bool operator!=(const iterator &a, const iterator &b) noexcept { return a.index_ != b.index_; }

  private:
    value_view value_;
    std::size_t index_ = 0;
};

/** The members of an object: for (auto [name, value] : view.members()). */
class value_view::member_range {
  public:
    using member = std::pair<std::string_view, value_view>;

    class iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = member;
        using difference_type = std::ptrdiff_t;
        using pointer = detail::arrow<member>;
        using reference = member;

        iterator() noexcept = default;
        iterator(value_view value, std::size_t index) noexcept : value_(value), index_(index) {}

        member operator*() const noexcept { return {value_.key(index_), value_.item(index_)}; }
        pointer operator->() const noexcept { return {**this}; }
        iterator &operator++() noexcept {
            ++index_;
            return *this;
        }
        iterator operator++(int) noexcept {
            const iterator before = *this;
            ++index_;
            return before;
        }
        friend bool operator==(const iterator &a, const iterator &b) noexcept { return a.index_ == b.index_; }
        friend bool operator!=(const iterator &a, const iterator &b) noexcept { return a.index_ != b.index_; }

      private:
        value_view value_;
        std::size_t index_ = 0;
    };

    explicit member_range(value_view value) noexcept : value_(value) {}

    [[nodiscard]] iterator begin() const noexcept { return {value_, 0}; }
    [[nodiscard]] iterator end() const noexcept {
        return {value_, value_.type() == midentity::value_type::object ? value_.size() : 0};
    }

  private:
    value_view value_;
};

inline value_view::iterator value_view::begin() const noexcept { return {*this, 0}; }
inline value_view::iterator value_view::end() const noexcept { return {*this, size()}; }
inline value_view::member_range value_view::members() const noexcept { return member_range(*this); }

namespace detail {

[[noreturn]] inline void not_a(const char *wanted, value_view value) {
    constexpr const char *names[] = {"missing", "null", "a boolean", "a number", "a text", "an array", "an object"};
    const auto type = static_cast<std::size_t>(value.type());
    throw value_error(std::string("a value is read as ") + wanted + " and is " +
                      (type < std::size(names) ? names[type] : "of an unknown type"));
}

template <>
struct reader<value_view> {
    static value_view read(value_view value) {
        if (!value.exists()) {
            not_a("a value", value);
        }
        return value;
    }
};

template <>
struct reader<bool> {
    static bool read(value_view value) {
        bool found = false;
        if (!midentity_value_boolean(value.raw(), &found)) {
            not_a("a boolean", value);
        }
        return found;
    }
};

template <>
struct reader<double> {
    static double read(value_view value) {
        double found = 0.0;
        if (!midentity_value_number(value.raw(), &found)) {
            not_a("a number", value);
        }
        return found;
    }
};

template <>
struct reader<float> {
    static float read(value_view value) { return static_cast<float>(reader<double>::read(value)); }
};

template <>
struct reader<std::string_view> {
    static std::string_view read(value_view value) {
        const auto found = lent_if_any(midentity_value_string, value.raw());
        if (!found) {
            not_a("a text", value);
        }
        return *found;
    }
};

template <>
struct reader<std::string> {
    static std::string read(value_view value) { return std::string(reader<std::string_view>::read(value)); }
};

/** Whole numbers; bool is above. */
template <class T>
struct integer_reader {
    static T read(value_view value) {
        std::int64_t found = 0;
        if (!midentity_value_integer(value.raw(), &found)) {
            not_a("a whole number of 64 bits", value);
        }
        bool fits = true;
        if constexpr (std::is_unsigned_v<T>) {
            fits = found >= 0 && static_cast<std::uint64_t>(found) <= std::numeric_limits<T>::max();
        } else {
            fits = found >= std::numeric_limits<T>::min() && found <= std::numeric_limits<T>::max();
        }
        if (!fits) {
            throw value_error("the number " + std::to_string(found) + " does not fit the type that it is read as");
        }
        return static_cast<T>(found);
    }
};

template <class T>
struct reader<std::optional<T>> {
    static std::optional<T> read(value_view value) {
        if (!value.exists() || value.is_null()) {
            return std::nullopt;
        }
        return reader<T>::read(value);
    }
};

template <class T>
struct reader<std::vector<T>> {
    static std::vector<T> read(value_view value) {
        if (value.type() != value_type::array) {
            not_a("an array", value);
        }
        std::vector<T> items;
        items.reserve(value.size());
        for (const value_view item : value) {
            items.push_back(reader<T>::read(item));
        }
        return items;
    }
};

template <class T>
struct reader : integer_reader<T> {
    static_assert(std::is_integral_v<T>, "values are read as bool, numbers, texts, value_view, vector and optional");
};

} // namespace detail

/**
 * A JSON value, owned: everything that value_view does, and what is looked up inside lives as long as this. Move-only.
 */
class value {
  public:
    /** For what the C library gave; owned from now on. */
    explicit value(midentity_value *raw) noexcept : handle_(raw) {}

    /**
     * Reads JSON text.
     *
     * @throws error error_kind::invalid_argument where it is no JSON or nests deeper than 128 levels.
     */
    static value parse(std::string_view json) {
        return value(detail::made<handle>(midentity_value_parse, json));
    }

    /** The whole of it. */
    [[nodiscard]] value_view view() const noexcept { return value_view(handle_.get()); }
    operator value_view() const noexcept { return view(); }

    /** As value_view has them. */
    [[nodiscard]] value_type type() const noexcept { return view().type(); }
    [[nodiscard]] bool is_null() const noexcept { return view().is_null(); }
    [[nodiscard]] value_view operator[](std::string_view path) const noexcept { return view()[path]; }
    [[nodiscard]] value_view operator[](std::size_t index) const noexcept { return view()[index]; }
    [[nodiscard]] std::size_t size() const noexcept { return view().size(); }
    [[nodiscard]] bool empty() const noexcept { return view().empty(); }
    template <class T>
    [[nodiscard]] T as() const {
        return view().as<T>();
    }
    template <class T>
    [[nodiscard]] T as(T otherwise) const {
        return view().as<T>(std::move(otherwise));
    }
    [[nodiscard]] std::string_view to_json() const noexcept { return view().to_json(); }
    [[nodiscard]] value_view::iterator begin() const noexcept { return view().begin(); }
    [[nodiscard]] value_view::iterator end() const noexcept { return view().end(); }
    [[nodiscard]] value_view::member_range members() const noexcept { return view().members(); }

  private:
    using handle = detail::handle<midentity_value, midentity_value_free>;

    explicit value(handle owned) noexcept : handle_(std::move(owned)) {}

    handle handle_;
};

} // namespace midentity

#endif
