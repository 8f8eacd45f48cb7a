/* Lists, which come page by page. Include midentity.hpp. */
#ifndef MIDENTITY_PAGES_HPP
#define MIDENTITY_PAGES_HPP

#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "operation.hpp"
#include "value.hpp"

namespace midentity {

/** One page of a list. Move-only; its items live as long as it does. */
class page {
  public:
    explicit page(value &&read) noexcept : value_(std::move(read)) {}

    /** The items, an array. */
    [[nodiscard]] value_view items() const noexcept { return value_["/items"]; }
    [[nodiscard]] std::size_t size() const noexcept { return items().size(); }
    [[nodiscard]] value_view operator[](std::size_t index) const noexcept { return items()[index]; }
    [[nodiscard]] value_view::iterator begin() const noexcept { return items().begin(); }
    [[nodiscard]] value_view::iterator end() const noexcept { return items().end(); }

    /** What the next page is asked for with; nothing where this is the last. Lives as long as the page. */
    [[nodiscard]] std::optional<std::string_view> continuation() const {
        return value_["/continuation"].as<std::optional<std::string_view>>();
    }

  private:
    value value_;
};

/**
 * A list as a range of its pages: each is fetched when the iteration comes to it, and no more is kept than one.
 *
 *     for (const midentity::page &page : client.user_identity_pages(subscription, group))
 *         for (midentity::value_view identity : page)
 *             …
 *
 * or, item by item:
 *
 *     for (midentity::value_view identity : client.user_identity_pages(subscription, group).items())
 *         …
 *
 * begin() and every ++ wait for a page and throw what midentity::operation::get does. Each begin() starts anew. May
 * outlive the client that it is from.
 */
class pages {
  public:
    /** Asks for one page: the first, or the one that a continuation names. */
    using fetch = std::function<operation<page>(std::optional<std::string_view>)>;

    class iterator;
    class item_range;

    explicit pages(fetch ask) : ask_(std::move(ask)) {}

    /**
     * The same list from the page that a continuation names, which page::continuation gave in this process or
     * another.
     */
    [[nodiscard]] pages from(std::string continuation) const {
        pages rest(*this);
        rest.first_ = std::move(continuation);
        return rest;
    }

    [[nodiscard]] iterator begin() const;
    [[nodiscard]] iterator end() const noexcept;

    /** Every item of every page; an item lives until the iteration goes on. */
    [[nodiscard]] item_range items() const;

  private:
    fetch ask_;
    std::optional<std::string> first_;
};

/** Stands at one page. Copies stand at the same page. */
class pages::iterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = page;
    using difference_type = std::ptrdiff_t;
    using pointer = const page *;
    using reference = const page &;

    iterator() noexcept = default;
    iterator(fetch ask, std::optional<std::string_view> first) : ask_(std::move(ask)) { go(first); }

    const page &operator*() const noexcept { return *page_; }
    const page *operator->() const noexcept { return page_.get(); }
    iterator &operator++() {
        if (const auto next = page_->continuation()) {
            go(next);
        } else {
            page_.reset();
        }
        return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator &a, const iterator &b) noexcept { return a.page_ == b.page_; }
    friend bool operator!=(const iterator &a, const iterator &b) noexcept { return a.page_ != b.page_; }

  private:
    void go(std::optional<std::string_view> continuation) {
        page_ = std::make_shared<const page>(ask_(continuation).get());
    }

    fetch ask_;
    std::shared_ptr<const page> page_;
};

/** The items of all pages. */
class pages::item_range {
  public:
    class iterator {
      public:
        using iterator_category = std::input_iterator_tag;
        using value_type = value_view;
        using difference_type = std::ptrdiff_t;
        using pointer = detail::arrow<value_view>;
        using reference = value_view;

        iterator() noexcept = default;
        explicit iterator(pages::iterator at) : page_(std::move(at)) { skip_empty(); }

        value_view operator*() const noexcept { return (*page_)[index_]; }
        pointer operator->() const noexcept { return {**this}; }
        iterator &operator++() {
            ++index_;
            skip_empty();
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(const iterator &a, const iterator &b) noexcept {
            return a.page_ == b.page_ && a.index_ == b.index_;
        }
        friend bool operator!=(const iterator &a, const iterator &b) noexcept { return !(a == b); }

      private:
        void skip_empty() {
            while (page_ != pages::iterator() && index_ >= page_->size()) {
                ++page_;
                index_ = 0;
            }
        }

        pages::iterator page_;
        std::size_t index_ = 0;
    };

    explicit item_range(pages list) : list_(std::move(list)) {}

    [[nodiscard]] iterator begin() const { return iterator(list_.begin()); }
    [[nodiscard]] iterator end() const noexcept { return {}; }

  private:
    pages list_;
};

inline pages::iterator pages::begin() const { return {ask_, first_}; }
inline pages::iterator pages::end() const noexcept { return {}; }
inline pages::item_range pages::items() const { return item_range(*this); }

} // namespace midentity

#endif
