/* The emulator that the suite has started: its control interface, and what tests need of its state. */
#ifndef EMULATOR_H
#define EMULATOR_H

#include "harness.h"

/* Asks the control interface, such as ("POST", "faults", "[…]"); `body` may be NULL. The answer is NULL where there is
 * no content; freed with midentity_value_free. */
midentity_value *emulator_control(const char *method, const char *path, const char *body);
/* The same of the emulator whose address is in this variable of the environment. */
void emulator_use(const char *variable);
/* The address of it, such as "http://127.0.0.1:1234". */
const char *emulator_address(void);

/* As it was at its start: state, faults, log, settings. Every case that uses it begins with this. */
void emulator_reset(void);
void emulator_fault(const char *json);
void emulator_settings(const char *json);

/* The requests that came to a door ("imds", "arm"): an array; freed with midentity_value_free. */
midentity_value *emulator_requests(const char *door);
size_t emulator_request_count(const char *door);

/* A text inside a value; fails where it is none. Borrowed. */
const char *text_at(const midentity_value *value, const char *path);

/* Ids of the machine that the emulator speaks for; a path into its facts. Lives until the case ends. */
const char *fact(const char *path);
/* "/subscriptions/…", that and "/resourceGroups/NAME". */
const char *subscription_path(void);
const char *group_path(const char *name);

/* A token of the emulated tenant's administrator. */
const char *admin_token(void);
/* A client that signs in with it, and one that signs in as the machine. */
midentity_arm_client *admin_client(void);
midentity_arm_client *machine_client(void);

/* Waits for an operation, at most a minute; frees it, and gives its value. */
midentity_value *finish(midentity_operation *operation);
/* Waits for an operation, which must fail so; frees it. The error is the caller's. */
midentity_error *fails(midentity_operation *operation, midentity_status expected);
/* Waits for an operation, frees it, and gives its token. */
midentity_token *finish_token(midentity_operation *operation);

/* A credential of this endpoint (NULL: the emulator), with a cache of its own. */
midentity_credential *credential_at(const char *endpoint);

#endif
