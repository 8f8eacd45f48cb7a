/* The machine's own identity. Include midentity.hpp. */
#ifndef MIDENTITY_CREDENTIAL_HPP
#define MIDENTITY_CREDENTIAL_HPP

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "error.hpp"
#include "operation.hpp"
#include "token.hpp"

namespace midentity {

/** One of a machine's identities: the default one, or one that is named. */
class identity {
  public:
    /** The machine's default one: the system-assigned identity, else the only user-assigned one. */
    identity() = default;

    /** The system-assigned identity and no other: a token that can't be shown to be its is refused. */
    static identity system_assigned() { return {MIDENTITY_IDENTITY_SYSTEM_ASSIGNED, std::nullopt}; }

    /** The user-assigned identity with this client id. */
    static identity client_id(std::string id) { return {MIDENTITY_IDENTITY_CLIENT_ID, std::move(id)}; }

    /** The identity with this object id (principal id). */
    static identity object_id(std::string id) { return {MIDENTITY_IDENTITY_OBJECT_ID, std::move(id)}; }

    /** The user-assigned identity with this resource id. */
    static identity resource_id(std::string id) { return {MIDENTITY_IDENTITY_RESOURCE_ID, std::move(id)}; }

    /** The C library's MIDENTITY_IDENTITY_ constant. */
    [[nodiscard]] std::int32_t kind() const noexcept { return kind_; }

    /** The id; nothing for those that have none. */
    [[nodiscard]] const std::optional<std::string> &id() const noexcept { return id_; }

  private:
    identity(std::int32_t kind, std::optional<std::string> id) : kind_(kind), id_(std::move(id)) {}

    std::int32_t kind_ = MIDENTITY_IDENTITY_DEFAULT;
    std::optional<std::string> id_;
};

/** How to make a credential. What is left alone is the default. */
struct credential_options {
    /**
     * Where the metadata service answers, such as "http://127.0.0.1:8080"; else the variable
     * AZURE_POD_IDENTITY_AUTHORITY_HOST, else 169.254.169.254.
     */
    std::optional<std::string> imds_endpoint;
    /**
     * AzureCloud, AzureUSGovernment, AzureChinaCloud or an https origin, where short names of scopes are looked up;
     * else the variable MIDENTITY_CLOUD, else AzureCloud.
     */
    std::optional<std::string> cloud;
    /** A PEM file of the root certificates to trust where a private cloud has to say what a short name means. */
    std::optional<std::string> ca_file;
    /** Query parameters to send with every token request, as "name=value&name=value", percent-encoded. */
    std::optional<std::string> extra_query;
    /** The longest that a call may take, tries and waits included: 90 s, or no_limit. */
    std::optional<std::chrono::milliseconds> timeout;
    /** The longest that connecting may take: 1 s, or no_limit. */
    std::optional<std::chrono::milliseconds> connect_timeout;
    /** The longest that one request may take: 10 s, or no_limit. */
    std::optional<std::chrono::milliseconds> attempt_timeout;
    /** How often a request is repeated after 404, 429 and 5xx: 5 times; 0 is never. */
    std::optional<std::uint16_t> retries;
    /** A short first request (1 s) finds out whether the service is there at all. */
    bool probe = false;
    /** A cache of its own, instead of the process's. */
    bool private_cache = false;
    /** Whether to keep to the metadata service's published limits; at 169.254.169.254 alone, where it is not said. */
    std::optional<bool> limit_requests;
};

/**
 * Takes tokens for one of the machine's identities, and keeps them in a cache that it shares with the process's other
 * credentials. Move-only; all calls may come from several threads at once.
 */
class credential {
  public:
    /**
     * Touches neither network nor files.
     *
     * @throws error error_kind::invalid_argument where an id, option or environment variable can't be used.
     */
    explicit credential(const identity &who = {}, const credential_options &options = {})
        : handle_(make(who, options)) {}

    /** The machine's default identity, with options. */
    explicit credential(const credential_options &options) : credential(identity(), options) {}

    /**
     * Takes a token for a scope ("https://vault.azure.net/.default"), a resource as the service spells it, or a short
     * name (arm, graph, keyvault, storage, sql, azure-devops). Waits where none is kept; a kept one costs no more than
     * a look-up. This call can't be cancelled: get_token_start can.
     *
     * @throws error why there is no token.
     */
    [[nodiscard]] token get_token(std::string_view scope) const { return get(scope, nullptr); }

    /** As above, with options. */
    [[nodiscard]] token get_token(std::string_view scope, const token_options &options) const {
        const midentity_token_options raw = detail::raw(options);
        return get(scope, &raw);
    }

    /** As get_token, as an operation. */
    [[nodiscard]] operation<token> get_token_start(std::string_view scope, const token_options &options = {}) const {
        const midentity_token_options raw = detail::raw(options);
        return detail::started<token>(midentity_credential_get_token_start, handle_.get(), scope, &raw);
    }

    /** Forgets the tokens that are kept for its identity, for every credential that asks the same way. */
    void clear_tokens() const noexcept { midentity_credential_clear_tokens(handle_.get()); }

    /** Closes it: calls after this throw error_kind::closed. */
    void close() const noexcept { midentity_credential_close(handle_.get()); }

    /** The C library's handle, still owned by this. */
    [[nodiscard]] const midentity_credential *raw() const noexcept { return handle_.get(); }

  private:
    using handle = detail::handle<midentity_credential, midentity_credential_free>;

    [[nodiscard]] token get(std::string_view scope, const midentity_token_options *options) const {
        const detail::text text(scope);
        midentity_token *taken = nullptr;
        detail::failure failed;
        failed.check(
            midentity_credential_get_token(handle_.get(), text.data, text.size, options, &taken, failed.place()));
        return token(taken);
    }

    static handle make(const identity &who, const credential_options &options) {
        midentity_credential_options raw{};
        raw.struct_size = sizeof raw;
        raw.identity_kind = who.kind();
        raw.source = MIDENTITY_SOURCE_AUTO;
        const detail::text id(who.id()), endpoint(options.imds_endpoint), cloud(options.cloud),
            query(options.extra_query), ca_file(options.ca_file);
        raw.identity = id.data;
        raw.identity_len = id.size;
        raw.imds_endpoint = endpoint.data;
        raw.imds_endpoint_len = endpoint.size;
        raw.cloud = cloud.data;
        raw.cloud_len = cloud.size;
        raw.extra_query = query.data;
        raw.extra_query_len = query.size;
        raw.ca_file = ca_file.data;
        raw.ca_file_len = ca_file.size;
        raw.timeout_ms = detail::limit(options.timeout);
        raw.connect_timeout_ms = detail::limit(options.connect_timeout);
        raw.attempt_timeout_ms = detail::limit(options.attempt_timeout);
        raw.retries = detail::retries(options.retries);
        const auto flag = [&raw](bool set, std::uint32_t bit) { raw.flags |= set ? bit : 0U; };
        flag(options.probe, MIDENTITY_CREDENTIAL_PROBE);
        flag(options.private_cache, MIDENTITY_CREDENTIAL_PRIVATE_CACHE);
        flag(options.limit_requests == true, MIDENTITY_CREDENTIAL_LIMIT_REQUESTS);
        flag(options.limit_requests == false, MIDENTITY_CREDENTIAL_NO_LIMIT_REQUESTS);
        return detail::made<handle>(midentity_credential_new, &raw);
    }

    handle handle_;
};

} // namespace midentity

#endif
