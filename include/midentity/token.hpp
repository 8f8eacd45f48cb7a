/* Access tokens. Include midentity.hpp. */
#ifndef MIDENTITY_TOKEN_HPP
#define MIDENTITY_TOKEN_HPP

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "error.hpp"
#include "value.hpp"

namespace midentity {

/** Where a token came from. */
enum class token_source : std::int32_t {
    /** Not known: it is the program's own, or the Azure CLI's. */
    unknown = MIDENTITY_SOURCE_AUTO,
    /** The instance metadata service. */
    imds = MIDENTITY_SOURCE_IMDS,
};

/** How to ask for a token. What is left alone is the default. */
struct token_options {
    /** Take a new token even if one is kept. */
    bool force_refresh = false;
    /** Say that the caller can meet claims challenges. */
    bool enable_cae = false;
    /** The longest that the call may take: the credential's own limit where it is not given, no_limit for none. */
    std::optional<std::chrono::milliseconds> timeout;
    /** The claims challenge that the token must meet, as the service sent it. */
    std::optional<std::string> claims;
    /** The tenant that the caller expects. */
    std::optional<std::string> tenant_id;
};

/**
 * An access token with what is known about it. Its memory is wiped when the last holder (this, the cache) lets go.
 * Move-only; several threads may read it at once.
 */
class token {
  public:
    /** For what the C library gave; owned from now on. */
    explicit token(midentity_token *raw) noexcept : handle_(raw) {}

    /** The token itself: put it into an Authorization header and nowhere else. Lives as long as this. */
    [[nodiscard]] std::string_view secret() const noexcept {
        return detail::lent(midentity_token_secret, handle_.get());
    }

    /** When it expires. */
    [[nodiscard]] std::chrono::system_clock::time_point expires_on() const noexcept {
        return detail::time_point(midentity_token_expires_on(handle_.get()));
    }

    /** When it will be taken anew, where that is known. */
    [[nodiscard]] std::optional<std::chrono::system_clock::time_point> refresh_on() const noexcept {
        const std::int64_t seconds = midentity_token_refresh_on(handle_.get());
        return seconds != 0 ? std::optional(detail::time_point(seconds)) : std::nullopt;
    }

    /** The token's type, "Bearer". Lives as long as this. */
    [[nodiscard]] std::string_view type() const noexcept { return detail::lent(midentity_token_type, handle_.get()); }

    /** Where it came from. */
    [[nodiscard]] token_source source() const noexcept {
        return static_cast<token_source>(midentity_token_source(handle_.get()));
    }

    /** Whether the answer showed that the token is for the identity that was asked for. */
    [[nodiscard]] bool identity_verified() const noexcept { return midentity_token_identity_verified(handle_.get()); }

    /** Whether it came from the cache, without a request. */
    [[nodiscard]] bool from_cache() const noexcept { return midentity_token_from_cache(handle_.get()); }

    /** Whether a refresh was asked for and the service handed the same token back. */
    [[nodiscard]] bool unchanged() const noexcept { return midentity_token_unchanged(handle_.get()); }

    /**
     * What the token says of itself, decoded and not verified: an object such as {"aud": …, "oid": …, "tid": …}; null
     * for a token that can't be read, as some are.
     */
    [[nodiscard]] value claims() const {
        midentity_value *claims = nullptr;
        detail::failure failed;
        failed.check(midentity_token_claims(handle_.get(), &claims, failed.place()));
        return value(claims);
    }

  private:
    detail::handle<midentity_token, midentity_token_free> handle_;
};

/** Forgets every token in the process's cache; credentials with a cache of their own keep theirs. */
inline void clear_token_cache() noexcept { midentity_token_cache_clear(); }

namespace detail {

/** The C library's options, good as long as the ones that they are of. */
inline midentity_token_options raw(const token_options &options) noexcept {
    midentity_token_options raw{};
    raw.struct_size = sizeof raw;
    raw.flags = (options.force_refresh ? static_cast<std::uint32_t>(MIDENTITY_TOKEN_FORCE_REFRESH) : 0U) |
                (options.enable_cae ? static_cast<std::uint32_t>(MIDENTITY_TOKEN_ENABLE_CAE) : 0U);
    raw.timeout_ms = limit(options.timeout);
    const text claims(options.claims);
    raw.claims = claims.data;
    raw.claims_len = claims.size;
    const text tenant(options.tenant_id);
    raw.tenant_id = tenant.data;
    raw.tenant_id_len = tenant.size;
    return raw;
}

} // namespace detail
} // namespace midentity

#endif
