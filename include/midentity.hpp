/*
 * midentity for C++17 and newer: tokens of a machine's managed identity, and the identity work of Azure Resource
 * Manager. Header only, over the C library: link libmidentity.
 *
 *     #include <midentity.hpp>
 *
 *     midentity::credential credential;                      // the machine's default identity; no request yet
 *     midentity::token token = credential.get_token("arm");  // waits; kept tokens cost a look-up
 *     use(token.secret());
 *
 * OWNERSHIP. Every object owns its handle of the C library, frees it in its destructor, and can be moved but not copied.
 * One that was moved from can be destroyed and assigned to; anything else with it is an error of
 * error_kind::invalid_argument. Texts go in as string_view and are not kept. A string_view that comes out lives as long
 * as the object that it was read from.
 *
 * ERRORS. What fails throws midentity::error, with the kind, a stable id, a hint, and what the service said. No text
 * in it holds a token. Functions that are noexcept can't fail.
 *
 * OPERATIONS. Whatever needs the network starts an operation<T> and returns at once: wait, or get the T, or be called
 * back, or cancel. Destroying an operation that goes on cancels it.
 *
 * THREADS. const functions may be called from several threads at once with the same object; others have it for
 * themselves, but for operation::on_done and on_progress, which may meet waits and cancels on other threads. Callbacks
 * come on threads of midentity's.
 *
 * FORK. Objects go on in the child; operations that the parent started are error_kind::closed there.
 *
 * A program built against a newer header than the library that it meets should call midentity::require_abi() first.
 */
#ifndef MIDENTITY_HPP
#define MIDENTITY_HPP

#include "midentity/arm.hpp"
#include "midentity/credential.hpp"
#include "midentity/error.hpp"
#include "midentity/instance.hpp"
#include "midentity/log.hpp"
#include "midentity/operation.hpp"
#include "midentity/provider.hpp"
#include "midentity/token.hpp"
#include "midentity/value.hpp"
#include "midentity/version.hpp"

#endif
