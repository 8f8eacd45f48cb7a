/* What machine this is. Include midentity.hpp. */
#ifndef MIDENTITY_INSTANCE_HPP
#define MIDENTITY_INSTANCE_HPP

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "error.hpp"
#include "operation.hpp"
#include "value.hpp"

namespace midentity {

/** How to ask for instance metadata. What is left alone is the default. */
struct instance_options {
    /**
     * Where the metadata service answers; else the variable AZURE_POD_IDENTITY_AUTHORITY_HOST, else 169.254.169.254.
     */
    std::optional<std::string> imds_endpoint;
    /** The longest that a call may take: 90 s, or no_limit. */
    std::optional<std::chrono::milliseconds> timeout;
    /** The longest that connecting may take: 1 s, or no_limit. */
    std::optional<std::chrono::milliseconds> connect_timeout;
    /** How often a request is repeated after 429 and 5xx: 5 times; 0 is never. */
    std::optional<std::uint16_t> retries;
};

/** Asks the metadata service what machine this is. Move-only; all calls may come from several threads at once. */
class instance {
  public:
    /**
     * Touches no network.
     *
     * @throws error error_kind::invalid_argument where an option or environment variable can't be used.
     */
    explicit instance(const instance_options &options = {}) : handle_(make(options)) {}

    /** Reads instance metadata below a path such as "compute/location"; all of it for "". */
    [[nodiscard]] operation<value> get(std::string_view path = {},
                                       std::optional<std::string_view> api_version = {}) const {
        return detail::started<value>(midentity_instance_get, handle_.get(), path, api_version);
    }

    /** The tenant of the machine's identity: {"tenant_id": …}. */
    [[nodiscard]] operation<value> identity_info() const {
        return detail::started<value>(midentity_instance_identity_info, handle_.get());
    }

    /** The api-versions that the metadata service knows. */
    [[nodiscard]] operation<std::vector<std::string>> versions() const {
        return detail::started<std::vector<std::string>>(midentity_instance_versions, handle_.get());
    }

    /** The C library's handle, still owned by this. */
    [[nodiscard]] const midentity_instance *raw() const noexcept { return handle_.get(); }

  private:
    using handle = detail::handle<midentity_instance, midentity_instance_free>;

    static handle make(const instance_options &options) {
        midentity_instance_options raw{};
        raw.struct_size = sizeof raw;
        const detail::text endpoint(options.imds_endpoint);
        raw.imds_endpoint = endpoint.data;
        raw.imds_endpoint_len = endpoint.size;
        raw.timeout_ms = detail::limit(options.timeout);
        raw.connect_timeout_ms = detail::limit(options.connect_timeout);
        raw.retries = detail::retries(options.retries);
        return detail::made<handle>(midentity_instance_new, &raw);
    }

    handle handle_;
};

} // namespace midentity

#endif
