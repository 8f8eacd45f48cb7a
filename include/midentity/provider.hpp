/* Who signs in to Resource Manager. Include midentity.hpp. */
#ifndef MIDENTITY_PROVIDER_HPP
#define MIDENTITY_PROVIDER_HPP

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "credential.hpp"
#include "error.hpp"
#include "operation.hpp"
#include "token.hpp"

namespace midentity {

/** What a token callback is asked for. Lives until the callback returns. */
struct token_request {
    /** The resource (audience), such as "https://management.azure.com/". */
    std::string_view resource;
    /** The claims challenge that the token must meet. */
    std::optional<std::string_view> claims;
    /** Whether a token that is kept is not wanted, because the service refused it. */
    bool fresh = false;
};

/** What a token callback answers. */
struct given_token {
    /** The token itself. Its memory is wiped when midentity has taken it over. */
    std::string secret;
    /** When it expires; nothing where the token is to say it itself. */
    std::optional<std::chrono::system_clock::time_point> expires_on;
};

/**
 * Who signs in: a credential, a token from elsewhere, the Azure CLI's login, or the program itself. Clients that were
 * made with it keep what they need; it may go before them. Move-only; all calls may come from several threads at once.
 */
class token_provider {
  public:
    using callback = std::function<given_token(const token_request &)>;

    /** The machine's identity signs in. The credential may be destroyed afterwards. */
    static token_provider from_credential(const credential &credential) {
        return token_provider(
            detail::made<handle>(midentity_token_provider_from_credential, credential.raw()));
    }

    /**
     * A token that the program has from elsewhere; it must be for Resource Manager. It expires when it is said to, or
     * where nothing is said, when it says so itself. Yours to wipe afterwards.
     *
     * @throws error error_kind::invalid_argument where it is empty.
     */
    static token_provider from_token(std::string_view token,
                                     std::optional<std::chrono::system_clock::time_point> expires_on = {}) {
        return token_provider(
            detail::made<handle>(midentity_token_provider_new_static, token, seconds(expires_on)));
    }

    /** Whoever has signed in with the Azure CLI (az login), in its own tenant or another. `program`: where az is. */
    static token_provider azure_cli(std::optional<std::string_view> tenant = {},
                                    std::optional<std::string_view> program = {}) {
        return token_provider(detail::made<handle>(midentity_token_provider_new_azure_cli, tenant, program));
    }

    /**
     * The program signs in itself: `ask` is called for tokens on threads of midentity's, maybe several at once, and
     * may block. Tokens are kept until five minutes before they expire. What it throws is why there is no token: the
     * kind of an error (authentication for everything else), and what(), which must hold no secret. `ask` is destroyed
     * when the provider and the last client that uses it have gone, on whichever thread that is.
     *
     * @throws error error_kind::invalid_argument where `ask` is empty.
     */
    static token_provider from_callback(callback ask) {
        if (!ask) {
            throw error(error_kind::invalid_argument, "the callback is empty", "give a function");
        }
        auto context = std::make_unique<callback>(std::move(ask));
        // From here on it is the library's, which releases it also where the call fails.
        return token_provider(
            detail::made<handle>(midentity_token_provider_new_callback, &answer,
                                 static_cast<void *>(context.release()), &release));
    }

    /**
     * Takes a token for a scope, a resource as the service spells it, or a short name.
     *
     * @throws error error_kind::invalid_argument where the scope can't be used.
     */
    [[nodiscard]] operation<token> get_token(std::string_view scope, const token_options &options = {}) const {
        const midentity_token_options raw = detail::raw(options);
        return detail::started<token>(midentity_token_provider_get_token, handle_.get(), scope, &raw);
    }

    /** The C library's handle, still owned by this. */
    [[nodiscard]] const midentity_token_provider *raw() const noexcept { return handle_.get(); }

  private:
    using handle = detail::handle<midentity_token_provider, midentity_token_provider_free>;

    explicit token_provider(handle owned) noexcept : handle_(std::move(owned)) {}

    static std::int64_t seconds(const std::optional<std::chrono::system_clock::time_point> &time) {
        return time ? static_cast<std::int64_t>(std::chrono::system_clock::to_time_t(*time)) : 0;
    }

    /** Answers the C library. No exception leaves it. */
    static void answer(void *context, const midentity_token_request *request,
                       midentity_token_answer *answer) noexcept {
        try {
            token_request asked;
            asked.resource = request->resource;
            if (request->claims != nullptr) {
                asked.claims = request->claims;
            }
            asked.fresh = request->fresh;
            given_token given = (*static_cast<callback *>(context))(asked);
            const midentity_status status = midentity_token_answer_give(answer, given.secret.data(),
                                                                        given.secret.size(), seconds(given.expires_on));
            wipe(given.secret);
            if (status != MIDENTITY_OK) {
                fail(answer, status, "it gave no token that can be used");
            }
        } catch (const error &failed) {
            fail(answer, static_cast<midentity_status>(failed.kind()), failed.what());
        } catch (const std::exception &failed) {
            fail(answer, MIDENTITY_AUTHENTICATION, failed.what());
        } catch (...) {
            fail(answer, MIDENTITY_AUTHENTICATION, "it threw what is no std::exception");
        }
    }

    /** Says why there is no token; where the library can't take the kind or the text, something that it can. */
    static void fail(midentity_token_answer *answer, midentity_status status, const char *why) noexcept {
        if (midentity_token_answer_fail(answer, status, why, MIDENTITY_NTS) != MIDENTITY_OK &&
            midentity_token_answer_fail(answer, MIDENTITY_AUTHENTICATION, why, MIDENTITY_NTS) != MIDENTITY_OK) {
            static_cast<void>(midentity_token_answer_fail(answer, MIDENTITY_AUTHENTICATION,
                                                          "it threw what has no text in UTF-8", MIDENTITY_NTS));
        }
    }

    static void release(void *context) noexcept { delete static_cast<callback *>(context); }

    static void wipe(std::string &text) noexcept {
        volatile char *bytes = text.data();
        for (std::size_t index = 0; index < text.size(); ++index) {
            bytes[index] = '\0';
        }
    }

    handle handle_;
};

} // namespace midentity

#endif
