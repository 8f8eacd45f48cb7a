// What the tutorials' programs have in common: who signs in, and how an error is told.
#pragma once

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include <midentity.hpp>

namespace walk {

using arguments = std::vector<std::string>;

/**
 * A client for an administrator: signed in by `az login`, or by a token in ARM_TOKEN. The cloud is the public one, or
 * what MIDENTITY_CLOUD names.
 */
inline midentity::arm_client administrator() {
    using midentity::token_provider;
    const char *token = std::getenv("ARM_TOKEN");
    return midentity::arm_client(token != nullptr ? token_provider::from_token(token) : token_provider::azure_cli());
}

/** A client for the machine itself, with one of its identities. */
inline midentity::arm_client machine(const midentity::identity &identity) {
    const midentity::credential credential(identity);
    return midentity::arm_client(midentity::token_provider::from_credential(credential));
}

inline std::string text(midentity::value_view value, std::string_view name) { return value[name].as<std::string>(); }

/** The id of a resource group. */
inline std::string group_id(const std::string &subscription, const std::string &group) {
    return "/subscriptions/" + subscription + "/resourceGroups/" + group;
}

/** The id of a virtual machine in a resource group that is given by its id. */
inline std::string machine_id(const std::string &group, const std::string &machine) {
    return group + "/providers/Microsoft.Compute/virtualMachines/" + machine;
}

/** Runs the program: it answers false where it was called with other arguments than it takes. */
template <class Program>
int run(const char *usage, int count, char **given, Program program) {
    try {
        if (program(arguments(given + 1, given + count))) {
            return EXIT_SUCCESS;
        }
        std::cerr << "usage: " << usage << '\n';
        return 2;
    } catch (const midentity::error &error) {
        std::cerr << error.what() << "\nhint: " << (error.hint().empty() ? "see docs/errors.md" : error.hint()) << '\n';
    } catch (const std::exception &error) {
        std::cerr << error.what() << '\n';
    }
    return EXIT_FAILURE;
}

} // namespace walk
