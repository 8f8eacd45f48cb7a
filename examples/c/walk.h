/* What the tutorials' programs have in common: who signs in, how an operation is finished, how an error is told. */
#ifndef WALK_H
#define WALK_H

#include <midentity.h>
#include <stddef.h>

/*
 * A client for an administrator: signed in by `az login`, or by a token in ARM_TOKEN. The cloud is the public one, or
 * what MIDENTITY_CLOUD names. NULL and an error where there is none.
 */
midentity_arm_client *administrator(midentity_error **error);

/* A client for the machine itself, with one of its identities. NULL and an error where there is none. */
midentity_arm_client *machine(int32_t identity_kind, const char *identity, midentity_error **error);

/*
 * Waits for an operation that was started with this status, and gives its result: NULL and an error where it failed.
 * The operation is freed, and its pointer NULL for the next one.
 */
midentity_value *finish(midentity_status started, midentity_operation **operation, midentity_error **error);

/* The text at a path of a value; "" where there is none. Lives as long as the value. */
const char *text(const midentity_value *value, const char *path);

/* Writes a path such as "/subscriptions/…" from its parts, as printf does. 0 where it does not fit. */
int path(char *place, size_t size, const char *format, ...);

/* Tells an error on standard error, frees it, and gives the exit code: 0 where there is none. */
int end(midentity_error *error);

/* Tells how the program is called, and gives the exit code. */
int usage(const char *how);

#endif
