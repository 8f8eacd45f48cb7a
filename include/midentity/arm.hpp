/* Azure Resource Manager. Include midentity.hpp. */
#ifndef MIDENTITY_ARM_HPP
#define MIDENTITY_ARM_HPP

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "error.hpp"
#include "instance.hpp"
#include "operation.hpp"
#include "pages.hpp"
#include "provider.hpp"
#include "value.hpp"

namespace midentity {

/** How to make a client of Resource Manager. What is left alone is the default. */
struct arm_client_options {
    /**
     * AzureCloud, AzureUSGovernment, AzureChinaCloud, or the https origin of a private one; else the variable
     * MIDENTITY_CLOUD, else AzureCloud.
     */
    std::optional<std::string> cloud;
    /** A PEM file of the root certificates to trust, and no others; else MIDENTITY_CA_FILE, else the system's. */
    std::optional<std::string> ca_file;
    /** The longest that one request may take, tries and waits included: 90 s, or no_limit. */
    std::optional<std::chrono::milliseconds> timeout;
    /** The longest that long-running work is waited for: 30 minutes, or no_limit. */
    std::optional<std::chrono::milliseconds> operation_timeout;
    /** The audience of the tokens that are asked for, where it is not the cloud's own. */
    std::optional<std::string> audience;
};

/** A change of a machine's identities. */
enum class identity_change : std::int32_t {
    /** These come, all others stay. */
    add = MIDENTITY_CHANGE_ADD,
    /** These go, all others stay. */
    remove = MIDENTITY_CHANGE_REMOVE,
    /** All user-assigned ones go, the system-assigned one stays where there is one. */
    remove_all_user = MIDENTITY_CHANGE_REMOVE_ALL_USER,
    /** All go. */
    remove_all = MIDENTITY_CHANGE_REMOVE_ALL,
    /** These and no others. */
    set = MIDENTITY_CHANGE_SET,
};

/** Which role assignments a list is to have. */
enum class role_filter : std::int32_t {
    /** At the scope, above it and below it. */
    all = MIDENTITY_ROLE_FILTER_ALL,
    /** At the scope and above it. */
    at_scope = MIDENTITY_ROLE_FILTER_AT_SCOPE,
    /** Those of one principal. */
    principal = MIDENTITY_ROLE_FILTER_PRINCIPAL,
    /** Those of one principal and of the groups that it is in. */
    assigned_to = MIDENTITY_ROLE_FILTER_ASSIGNED_TO,
};

/** A machine that is to be made. */
struct new_machine {
    /** The machine as JSON text: location, properties, … */
    std::string body;
    /** Its identities: resource ids, names in the group, or "[system]". */
    std::vector<std::string> identities;
    /** The role of its system-assigned identity, a name or GUID, and where it is to have it; both or neither. */
    std::optional<std::string> role;
    std::optional<std::string> role_scope;
};

/**
 * A client of Azure Resource Manager. Move-only; all calls may come from several threads at once, and operations and
 * pages that it started go on without it.
 *
 * Every function starts an operation; what that gives is said with each. Objects are values such as
 * {"id": …, "name": …}: read them by their members' names. What can't be used is error_kind::invalid_argument at once,
 * what the service says comes out of the operation.
 */
class arm_client {
  public:
    /** A list of names or ids. */
    using names = std::vector<std::string>;
    /** A text that may be absent. */
    using maybe = std::optional<std::string_view>;

    /**
     * Sends nothing. The provider may be destroyed afterwards.
     *
     * @throws error error_kind::invalid_argument where an option or environment variable can't be used.
     */
    explicit arm_client(const token_provider &provider, const arm_client_options &options = {})
        : handle_(make(provider, options)) {}

    arm_client(arm_client &&) noexcept = default;
    arm_client &operator=(arm_client &&) noexcept = default;
    arm_client(const arm_client &) = delete;
    arm_client &operator=(const arm_client &) = delete;
    ~arm_client() = default;

    // Any request

    /**
     * Sends any request: `path` begins with "/subscriptions" or another of Resource Manager's roots; `api_version` may
     * be absent where the path's query holds it; `body` is JSON text. A long-running operation that it starts is not
     * waited for. Gives an object: status, request_id, correlation_id, remaining_requests, body.
     */
    [[nodiscard]] operation<value> request(std::string_view method, std::string_view path, maybe api_version = {},
                                           maybe body = {}) const {
        return start<value>(midentity_arm_request, method, path, api_version, body);
    }

    /**
     * The same, and waits for the long-running operation that the request starts: gives the last answer. Tells its
     * progress.
     */
    [[nodiscard]] operation<value> request_and_wait(std::string_view method, std::string_view path,
                                                    maybe api_version = {}, maybe body = {}) const {
        return start<value>(midentity_arm_request_and_wait, method, path, api_version, body);
    }

    /** Reads one page of any list: the first, or the one that a continuation names. */
    [[nodiscard]] operation<page> list(std::string_view path, maybe api_version = {}, maybe continuation = {}) const {
        return start<page>(midentity_arm_list, path, api_version, continuation);
    }

    /** Where the cloud's other services are. Gives an object: login, graph, key_vault, sql, storage_suffix. */
    [[nodiscard]] operation<value> endpoints() const { return start<value>(midentity_arm_endpoints); }

    /** Any list, page by page. */
    [[nodiscard]] pages list_pages(std::string path, std::optional<std::string> api_version = {}) const {
        return paged([path = std::move(path), version = std::move(api_version)](const auto &client, maybe from) {
            return detail::started<page>(midentity_arm_list, client, std::string_view(path), maybe(version), from);
        });
    }

    /** Reads a resource by its id, in the newest api-version that its provider knows. Gives what request() does. */
    [[nodiscard]] operation<value> resource_get(std::string_view resource_id) const {
        return start<value>(midentity_arm_resource_get, resource_id);
    }

    // Subscriptions and resource groups

    /** One page of the subscriptions that the caller can see. */
    [[nodiscard]] operation<page> subscription_list(maybe continuation = {}) const {
        return start<page>(midentity_arm_subscription_list, continuation);
    }

    /** The subscriptions that the caller can see, page by page. */
    [[nodiscard]] pages subscription_pages() const {
        return paged([](const auto &client, maybe from) {
            return detail::started<page>(midentity_arm_subscription_list, client, from);
        });
    }

    /** A resource group: gives it as an object. */
    [[nodiscard]] operation<value> resource_group_get(std::string_view subscription, std::string_view name) const {
        return start<value>(midentity_arm_resource_group_get, subscription, name);
    }

    /** One page of the resource groups of a subscription. */
    [[nodiscard]] operation<page> resource_group_list(std::string_view subscription, maybe continuation = {}) const {
        return start<page>(midentity_arm_resource_group_list, subscription, continuation);
    }

    /** The resource groups of a subscription, page by page. */
    [[nodiscard]] pages resource_group_pages(std::string subscription) const {
        return paged([subscription = std::move(subscription)](const auto &client, maybe from) {
            return detail::started<page>(midentity_arm_resource_group_list, client, std::string_view(subscription),
                                         from);
        });
    }

    /** Whether there is a resource group of this name. */
    [[nodiscard]] operation<bool> resource_group_exists(std::string_view subscription, std::string_view name) const {
        return start<bool>(midentity_arm_resource_group_exists, subscription, name);
    }

    /** Creates a resource group, or changes its tags (JSON text: an object of texts). Gives it as an object. */
    [[nodiscard]] operation<value> resource_group_create(std::string_view subscription, std::string_view name,
                                                         std::string_view location, maybe tags = {}) const {
        return start<value>(midentity_arm_resource_group_create, subscription, name, location, tags);
    }

    /**
     * Deletes a resource group with all that is in it, and waits for the end; one that is not there is no failure.
     * Tells its progress.
     */
    [[nodiscard]] operation<void> resource_group_delete(std::string_view subscription, std::string_view name) const {
        return start<void>(midentity_arm_resource_group_delete, subscription, name);
    }

    // Identities

    /**
     * Creates a user-assigned identity, or updates one that is there. The location is the group's where none is given;
     * tags are JSON text, an object of texts, and stay where none are given. Gives it as an object: id, name, location,
     * tags, client_id, principal_id, tenant_id, client_secret_url.
     */
    [[nodiscard]] operation<value> user_identity_create(std::string_view subscription, std::string_view group,
                                                        std::string_view name, maybe location = {},
                                                        maybe tags = {}) const {
        return start<value>(midentity_arm_user_identity_create, subscription, group, name, location, tags);
    }

    /** A user-assigned identity: gives it as an object. */
    [[nodiscard]] operation<value> user_identity_get(std::string_view subscription, std::string_view group,
                                                     std::string_view name) const {
        return start<value>(midentity_arm_user_identity_get, subscription, group, name);
    }

    /** One page of the user-assigned identities of a resource group; of the whole subscription where group is "". */
    [[nodiscard]] operation<page> user_identity_list(std::string_view subscription, std::string_view group,
                                                     maybe continuation = {}) const {
        return start<page>(midentity_arm_user_identity_list, subscription, group, continuation);
    }

    /** The same, page by page. */
    [[nodiscard]] pages user_identity_pages(std::string subscription, std::string group) const {
        return paged([subscription = std::move(subscription), group = std::move(group)](const auto &client,
                                                                                       maybe from) {
            return detail::started<page>(midentity_arm_user_identity_list, client, std::string_view(subscription),
                                         std::string_view(group), from);
        });
    }

    /** Replaces the tags of a user-assigned identity (JSON text: an object of texts). Gives the identity. */
    [[nodiscard]] operation<value> user_identity_update(std::string_view subscription, std::string_view group,
                                                        std::string_view name, std::string_view tags) const {
        return start<value>(midentity_arm_user_identity_update, subscription, group, name, tags);
    }

    /**
     * Deletes a user-assigned identity, and gives whether it was there. Machines that have it keep a dangling
     * reference: vm_identity_dangling finds them.
     */
    [[nodiscard]] operation<bool> user_identity_delete(std::string_view subscription, std::string_view group,
                                                       std::string_view name) const {
        return start<bool>(midentity_arm_user_identity_delete, subscription, group, name);
    }

    /** The system-assigned identity of a resource, by the resource's id: client_id, principal_id, tenant_id. */
    [[nodiscard]] operation<value> system_identity_get(std::string_view resource_id) const {
        return start<value>(midentity_arm_system_identity_get, resource_id);
    }

    /**
     * Creates or updates a federated credential of a user-assigned identity; without audiences it is
     * api://AzureADTokenExchange. Writes on one identity go one after the other. Gives it as an object: id, name,
     * issuer, subject, audiences.
     */
    [[nodiscard]] operation<value> federated_credential_create(std::string_view subscription, std::string_view group,
                                                               std::string_view identity, std::string_view name,
                                                               std::string_view issuer, std::string_view subject,
                                                               const names &audiences = {}) const {
        return start<value>(midentity_arm_federated_credential_create, subscription, group, identity, name, issuer,
                            subject, detail::text_list("audiences", audiences));
    }

    /** A federated credential of a user-assigned identity: gives it as an object. */
    [[nodiscard]] operation<value> federated_credential_get(std::string_view subscription, std::string_view group,
                                                            std::string_view identity, std::string_view name) const {
        return start<value>(midentity_arm_federated_credential_get, subscription, group, identity, name);
    }

    /** One page of the federated credentials of a user-assigned identity. */
    [[nodiscard]] operation<page> federated_credential_list(std::string_view subscription, std::string_view group,
                                                            std::string_view identity,
                                                            maybe continuation = {}) const {
        return start<page>(midentity_arm_federated_credential_list, subscription, group, identity, continuation);
    }

    /** The same, page by page. */
    [[nodiscard]] pages federated_credential_pages(std::string subscription, std::string group,
                                                   std::string identity) const {
        return paged([subscription = std::move(subscription), group = std::move(group),
                      identity = std::move(identity)](const auto &client, maybe from) {
            return detail::started<page>(midentity_arm_federated_credential_list, client,
                                         std::string_view(subscription), std::string_view(group),
                                         std::string_view(identity), from);
        });
    }

    /** Deletes a federated credential, and gives whether it was there. */
    [[nodiscard]] operation<bool> federated_credential_delete(std::string_view subscription, std::string_view group,
                                                              std::string_view identity,
                                                              std::string_view name) const {
        return start<bool>(midentity_arm_federated_credential_delete, subscription, group, identity, name);
    }

    // Machines. `machine` is the resource id of a virtual machine or scale set; identities are resource ids, names in
    // the machine's own group, or "[system]".

    /**
     * A machine's identities: kind, system_assigned (its principal id or null), tenant_id, user_assigned, warnings.
     */
    [[nodiscard]] operation<value> vm_identity_show(std::string_view machine) const {
        return start<value>(midentity_arm_vm_identity_show, machine);
    }

    /** What a change would do, without doing it: stays, comes, goes, warnings, changes. */
    [[nodiscard]] operation<value> vm_identity_plan(std::string_view machine, identity_change change,
                                                    const names &identities = {}) const {
        return start<value>(midentity_arm_vm_identity_plan, machine, static_cast<std::int32_t>(change),
                            detail::text_list("identities", identities));
    }

    /**
     * Gives a machine identities; all others stay. Sends nothing where nothing changes. Tells its progress. Gives
     * what vm_identity_show does.
     */
    [[nodiscard]] operation<value> vm_identity_add(std::string_view machine, const names &identities) const {
        return start<value>(midentity_arm_vm_identity_add, machine, detail::text_list("identities", identities));
    }

    /** Takes identities from a machine; all others stay. As vm_identity_add otherwise. */
    [[nodiscard]] operation<value> vm_identity_remove(std::string_view machine, const names &identities) const {
        return start<value>(midentity_arm_vm_identity_remove, machine, detail::text_list("identities", identities));
    }

    /**
     * Takes all user-assigned identities from a machine; the system-assigned one stays. As vm_identity_add otherwise.
     */
    [[nodiscard]] operation<value> vm_identity_remove_all_user(std::string_view machine) const {
        return start<value>(midentity_arm_vm_identity_remove_all_user, machine);
    }

    /** Takes all identities from a machine. As vm_identity_add otherwise. */
    [[nodiscard]] operation<value> vm_identity_remove_all(std::string_view machine) const {
        return start<value>(midentity_arm_vm_identity_remove_all, machine);
    }

    /** Gives a machine exactly these identities; all others go. As vm_identity_add otherwise. */
    [[nodiscard]] operation<value> vm_identity_set(std::string_view machine, const names &identities) const {
        return start<value>(midentity_arm_vm_identity_set, machine, detail::text_list("identities", identities));
    }

    /** The ids of those of a machine's user-assigned identities that do not exist any more. */
    [[nodiscard]] operation<names> vm_identity_dangling(std::string_view machine) const {
        return start<names>(midentity_arm_vm_identity_dangling, machine);
    }

    /**
     * Makes a virtual machine with identities, and gives its system-assigned identity a role, in one call. One that is
     * there already is left as it is: error_kind::conflict. Tells its progress. Gives what vm_identity_show does.
     */
    [[nodiscard]] operation<value> vm_create(std::string_view subscription, std::string_view group,
                                             std::string_view name, const new_machine &machine) const {
        return start<value>(midentity_arm_vm_create, subscription, group, name, std::string_view(machine.body),
                            maybe(machine.role), maybe(machine.role_scope),
                            detail::text_list("identities", machine.identities));
    }

    /** The resource id of the machine that runs this program, by its instance metadata. */
    [[nodiscard]] operation<std::string> this_vm() const {
        return start<std::string>(midentity_arm_this_vm, static_cast<const midentity_instance *>(nullptr));
    }

    /** The same, asked with a client for instance metadata that the program has. */
    [[nodiscard]] operation<std::string> this_vm(const instance &instance) const {
        return start<std::string>(midentity_arm_this_vm, instance.raw());
    }

    // Roles. `scope` is the id of a subscription, resource group or resource.

    /**
     * A role by its name or GUID, custom ones too: id, guid, role_name, is_custom, description, actions.
     * error_kind::not_found names the nearest roles.
     */
    [[nodiscard]] operation<value> role_definition_find(std::string_view scope, std::string_view role) const {
        return start<value>(midentity_arm_role_definition_find, scope, role);
    }

    /** One page of the roles that can be given at a scope. */
    [[nodiscard]] operation<page> role_definition_list(std::string_view scope, maybe continuation = {}) const {
        return start<page>(midentity_arm_role_definition_list, scope, continuation);
    }

    /** The same, page by page. */
    [[nodiscard]] pages role_definition_pages(std::string scope) const {
        return paged([scope = std::move(scope)](const auto &client, maybe from) {
            return detail::started<page>(midentity_arm_role_definition_list, client, std::string_view(scope), from);
        });
    }

    /**
     * Gives a principal a role, a name or GUID. The type is ServicePrincipal (also where none is given), User or Group.
     * One that is there already is no failure; a principal that the directory does not know yet is waited for. Tells
     * its progress. Gives an object: id, name, principal_id, principal_type, scope, role_definition_id, role_guid.
     */
    [[nodiscard]] operation<value> role_assignment_create(std::string_view scope, std::string_view role,
                                                          std::string_view principal_id,
                                                          maybe principal_type = {}) const {
        return start<value>(midentity_arm_role_assignment_create, scope, role, principal_id, principal_type);
    }

    /** One page of who has which role. The principal is for those filters that need one. */
    [[nodiscard]] operation<page> role_assignment_list(std::string_view scope, role_filter filter = role_filter::all,
                                                       maybe principal_id = {}, maybe continuation = {}) const {
        return start<page>(midentity_arm_role_assignment_list, scope, principal_id, continuation,
                           static_cast<std::int32_t>(filter));
    }

    /** The same, page by page. */
    [[nodiscard]] pages role_assignment_pages(std::string scope, role_filter filter = role_filter::all,
                                              std::optional<std::string> principal_id = {}) const {
        return paged([scope = std::move(scope), filter, principal = std::move(principal_id)](const auto &client,
                                                                                            maybe from) {
            return detail::started<page>(midentity_arm_role_assignment_list, client, std::string_view(scope),
                                         maybe(principal), from, static_cast<std::int32_t>(filter));
        });
    }

    /** Takes a role assignment back, by its id or name, and gives whether it was there. */
    [[nodiscard]] operation<bool> role_assignment_delete(std::string_view scope, std::string_view assignment) const {
        return start<bool>(midentity_arm_role_assignment_delete, scope, assignment);
    }

    /**
     * Waits until a role assignment, by its id or name, can be read at its scope: what can be known for any principal.
     * Five minutes at most, or as long as is said, or no_limit.
     */
    [[nodiscard]] operation<void> role_assignment_wait_until_visible(
        std::string_view scope, std::string_view assignment,
        std::optional<std::chrono::milliseconds> timeout = {}) const {
        return start<void>(midentity_arm_role_assignment_wait_until_visible, scope, assignment,
                           detail::limit(timeout));
    }

    /**
     * Waits until the caller itself may do an action at a scope, such as
     * "Microsoft.Resources/subscriptions/resourceGroups/read". Ten minutes at most, or as long as is said, or no_limit.
     */
    [[nodiscard]] operation<void> role_assignment_wait_until_allowed(
        std::string_view scope, std::string_view action,
        std::optional<std::chrono::milliseconds> timeout = {}) const {
        return start<void>(midentity_arm_role_assignment_wait_until_allowed, scope, action, detail::limit(timeout));
    }

    /** The C library's handle, still owned by this. */
    [[nodiscard]] const midentity_arm_client *raw() const noexcept { return handle_.get(); }

  private:
    using handle = detail::handle<midentity_arm_client, midentity_arm_client_free>;

    static handle make(const token_provider &provider, const arm_client_options &options) {
        midentity_arm_client_options raw{};
        raw.struct_size = sizeof raw;
        const detail::text cloud(options.cloud), ca_file(options.ca_file), audience(options.audience);
        raw.cloud = cloud.data;
        raw.cloud_len = cloud.size;
        raw.ca_file = ca_file.data;
        raw.ca_file_len = ca_file.size;
        raw.audience = audience.data;
        raw.audience_len = audience.size;
        raw.timeout_ms = detail::limit(options.timeout);
        raw.operation_timeout_ms = detail::limit(options.operation_timeout);
        return detail::made<handle>(midentity_arm_client_new, provider.raw(), &raw);
    }

    template <class T, class F, class... Arguments>
    operation<T> start(F function, const Arguments &...arguments) const {
        return detail::started<T>(function, raw(), arguments...);
    }

    /** Pages hold the client that they are read with. */
    template <class F>
    [[nodiscard]] pages paged(F ask) const {
        return pages([client = std::shared_ptr<const midentity_arm_client>(handle_), ask = std::move(ask)](
                         maybe from) { return ask(client.get(), from); });
    }

    std::shared_ptr<midentity_arm_client> handle_;
};

} // namespace midentity

#endif
