/*
 * midentity: tokens of a machine's managed identity, and the identity work of Azure Resource Manager, for C.
 *
 * Generated from bindings/c by `cargo run -q -p xtask -- header --write`. C++ programs include midentity.hpp.
 *
 * THREADS. A function that takes a `const` handle may be called from several threads at once with the same handle; one
 * that takes a handle without `const` has it for itself, but for midentity_operation_on_done and _on_progress, which
 * may meet waits and cancels. Callbacks come on threads of midentity's, never inside the function that is given them.
 *
 * ERRORS. A function that can fail returns a midentity_status. Where it is not MIDENTITY_OK and `error` is not NULL,
 * `*error` is an error to read and to free; results are written only on success. NULL handles and texts are
 * MIDENTITY_INVALID_ARGUMENT, never a crash.
 *
 * TEXTS. Going in: UTF-8 with a length in bytes, or MIDENTITY_NTS where the text ends with a NUL. Coming out: UTF-8 with
 * a NUL behind it, borrowed from the object that it was read from, good until that is freed.
 *
 * OWNERSHIP. What a function writes through a pointer to a pointer is the caller's, who frees it with the _free
 * function of its type. Freeing NULL does nothing. Inputs are copied: they may go when the function returns.
 *
 * OPTIONS. Set the struct to zero, then struct_size to its size. Zero means the default everywhere.
 *
 * FORK. Credentials, providers and clients go on in the child; operations that the parent started answer
 * MIDENTITY_CLOSED there.
 *
 * All of it at length: docs/conventions-c.md.
 */


#ifndef MIDENTITY_H
#define MIDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32) && !defined(MIDENTITY_STATIC)
#define MIDENTITY_API __declspec(dllimport)
#else
#define MIDENTITY_API
#endif

/**
 * The package's version that this header belongs to; midentity_version gives the loaded library's.
 */
#define MIDENTITY_VERSION "0.1.0"

/**
 * As the length of a text: it ends at its first NUL.
 */
#define MIDENTITY_NTS SIZE_MAX

/**
 * The ABI's major version: it changes when something is taken away or means something else. Part of the library's
 * name for the loader (`libmidentity.so.1`).
 */
#define MIDENTITY_ABI_VERSION_MAJOR 1

/**
 * The ABI's minor version: it grows when functions, options or constants are added.
 */
#define MIDENTITY_ABI_VERSION_MINOR 0

/**
 * Which identity a credential is for: a midentity_identity_kind. The machine's default one: the system-assigned
 * identity, else the only user-assigned one.
 */
#define MIDENTITY_IDENTITY_DEFAULT 0

/**
 * The system-assigned identity and no other: a token that can't be shown to be its is refused.
 */
#define MIDENTITY_IDENTITY_SYSTEM_ASSIGNED 1

/**
 * The user-assigned identity with this client id.
 */
#define MIDENTITY_IDENTITY_CLIENT_ID 2

/**
 * The identity with this object id (principal id).
 */
#define MIDENTITY_IDENTITY_OBJECT_ID 3

/**
 * The user-assigned identity with this resource id.
 */
#define MIDENTITY_IDENTITY_RESOURCE_ID 4

/**
 * The source of tokens is found out, or not known.
 */
#define MIDENTITY_SOURCE_AUTO 0

/**
 * The instance metadata service at 169.254.169.254.
 */
#define MIDENTITY_SOURCE_IMDS 1

/**
 * Log level: something failed.
 */
#define MIDENTITY_LOG_ERROR 1

/**
 * Log level: something will fail, or was done in another way than wanted.
 */
#define MIDENTITY_LOG_WARNING 2

/**
 * Log level: what was done.
 */
#define MIDENTITY_LOG_INFO 3

/**
 * Log level: every attempt of every request.
 */
#define MIDENTITY_LOG_DEBUG 4

/**
 * Change of a machine's identities: these come, all others stay.
 */
#define MIDENTITY_CHANGE_ADD 1

/**
 * Change of a machine's identities: these go, all others stay.
 */
#define MIDENTITY_CHANGE_REMOVE 2

/**
 * Change of a machine's identities: all user-assigned ones go, the system-assigned one stays where there is one.
 */
#define MIDENTITY_CHANGE_REMOVE_ALL_USER 3

/**
 * Change of a machine's identities: all go.
 */
#define MIDENTITY_CHANGE_REMOVE_ALL 4

/**
 * Change of a machine's identities: these and no others.
 */
#define MIDENTITY_CHANGE_SET 5



/**
 * No value: what a path that leads nowhere gives.
 */
#define MIDENTITY_VALUE_MISSING 0

/**
 * JSON's null.
 */
#define MIDENTITY_VALUE_NULL 1

/**
 * true or false.
 */
#define MIDENTITY_VALUE_BOOLEAN 2

/**
 * A number.
 */
#define MIDENTITY_VALUE_NUMBER 3

/**
 * A text.
 */
#define MIDENTITY_VALUE_STRING 4

/**
 * A list of values.
 */
#define MIDENTITY_VALUE_ARRAY 5

/**
 * Values by name.
 */
#define MIDENTITY_VALUE_OBJECT 6

/**
 * Flag of midentity_token_options: take a new token even if one is kept.
 */
#define MIDENTITY_TOKEN_FORCE_REFRESH 1

/**
 * Flag of midentity_token_options: say that the caller can meet claims challenges.
 */
#define MIDENTITY_TOKEN_ENABLE_CAE 2

/**
 * Flag of midentity_credential_options: a short first request (1 s) finds out whether the service is there at all.
 */
#define MIDENTITY_CREDENTIAL_PROBE 1

/**
 * Flag of midentity_credential_options: a cache of its own, instead of the process's.
 */
#define MIDENTITY_CREDENTIAL_PRIVATE_CACHE 2

/**
 * Flag of midentity_credential_options: keep to the metadata service's published limits at another address too.
 */
#define MIDENTITY_CREDENTIAL_LIMIT_REQUESTS 4

/**
 * Flag of midentity_credential_options: do not keep to them even at 169.254.169.254.
 */
#define MIDENTITY_CREDENTIAL_NO_LIMIT_REQUESTS 8

/**
 * Filter of midentity_arm_role_assignment_list: at the scope, above it and below it.
 */
#define MIDENTITY_ROLE_FILTER_ALL 0

/**
 * Filter of midentity_arm_role_assignment_list: at the scope and above it.
 */
#define MIDENTITY_ROLE_FILTER_AT_SCOPE 1

/**
 * Filter of midentity_arm_role_assignment_list: those of one principal.
 */
#define MIDENTITY_ROLE_FILTER_PRINCIPAL 2

/**
 * Filter of midentity_arm_role_assignment_list: those of one principal and of the groups that it is in.
 */
#define MIDENTITY_ROLE_FILTER_ASSIGNED_TO 3

/**
 * A client of Azure Resource Manager. Free it with midentity_arm_client_free.
 */
typedef struct midentity_arm_client midentity_arm_client;

/**
 * Takes tokens for one of the machine's identities, and keeps them. Free it with midentity_credential_free.
 */
typedef struct midentity_credential midentity_credential;

/**
 * Why a call failed. Every text in it is free of tokens, keys and headers. Free it with midentity_error_free.
 */
typedef struct midentity_error midentity_error;

/**
 * Asks the metadata service what machine this is. Free it with midentity_instance_free.
 */
typedef struct midentity_instance midentity_instance;

/**
 * A call that goes on in the background. Free it with midentity_operation_free.
 */
typedef struct midentity_operation midentity_operation;

/**
 * An access token with what is known about it. Its memory is wiped when the last holder (you, the cache) lets go.
 * Free it with midentity_token_free.
 */
typedef struct midentity_token midentity_token;

/**
 * Where a token callback puts its answer. It lives until the callback returns.
 */
typedef struct midentity_token_answer midentity_token_answer;

/**
 * Who signs in. Free it with midentity_token_provider_free; clients that were made with it keep it alive.
 */
typedef struct midentity_token_provider midentity_token_provider;

/**
 * A JSON value, read-only. The functions that read it take NULL for a missing value, so that look-ups can be chained.
 * What midentity_operation_take_value and midentity_value_parse give is freed with midentity_value_free; what is
 * looked up inside it lives as long as that.
 */
typedef struct midentity_value midentity_value;

/**
 * How a call ended: MIDENTITY_OK, MIDENTITY_PENDING, or the kind of the error.
 */
typedef int32_t midentity_status;

/**
 * Called once, when an operation has ended in whatever way, on a thread of midentity's that may be blocked as long as
 * the callback likes. Never called inside the function that starts the operation or registers the callback.
 */
typedef void (*midentity_done_callback)(void *context,
                                        struct midentity_operation *operation);

/**
 * How long-running work goes on.
 */
typedef struct midentity_progress {
    /**
     * The size of this struct in the library's version: fields are only appended.
     */
    size_t struct_size;
    /**
     * What is being done, such as "changing the identities of vm1".
     */
    const char *what;
    /**
     * The service's word for its state, such as "InProgress".
     */
    const char *status;
    /**
     * Seconds since it began.
     */
    double elapsed_seconds;
    /**
     * Percent that are done; negative where the service does not say.
     */
    double percent;
} midentity_progress;

/**
 * Called for every look at long-running work, one call at a time, on a thread of midentity's. What it is given lives
 * until it returns.
 */
typedef void (*midentity_progress_callback)(void *context,
                                            const struct midentity_progress *progress);

/**
 * How to make a credential. Set it to zero, then struct_size to its size.
 */
typedef struct midentity_credential_options {
    /**
     * sizeof(midentity_credential_options).
     */
    size_t struct_size;
    /**
     * Which identity: a MIDENTITY_IDENTITY_ constant.
     */
    int32_t identity_kind;
    /**
     * Where tokens come from: a MIDENTITY_SOURCE_ constant.
     */
    int32_t source;
    /**
     * The client, object or resource id that identity_kind asks for; else NULL.
     */
    const char *identity;
    /**
     * The length of identity, or MIDENTITY_NTS.
     */
    size_t identity_len;
    /**
     * Where the metadata service answers, such as "http://127.0.0.1:8080"; NULL for the variable
     * AZURE_POD_IDENTITY_AUTHORITY_HOST, else 169.254.169.254.
     */
    const char *imds_endpoint;
    /**
     * The length of imds_endpoint, or MIDENTITY_NTS.
     */
    size_t imds_endpoint_len;
    /**
     * AzureCloud, AzureUSGovernment, AzureChinaCloud or an https origin, where short names of scopes are looked up;
     * NULL for the variable MIDENTITY_CLOUD, else AzureCloud.
     */
    const char *cloud;
    /**
     * The length of cloud, or MIDENTITY_NTS.
     */
    size_t cloud_len;
    /**
     * Query parameters to send with every token request, as "name=value&name=value", percent-encoded; NULL for none.
     */
    const char *extra_query;
    /**
     * The length of extra_query, or MIDENTITY_NTS.
     */
    size_t extra_query_len;
    /**
     * The longest that a call may take, tries and waits included, in milliseconds: 0 for 90 s, -1 for no limit.
     */
    int64_t timeout_ms;
    /**
     * The longest that connecting may take, in milliseconds: 0 for 1 s, -1 for no limit.
     */
    int64_t connect_timeout_ms;
    /**
     * The longest that one request may take, in milliseconds: 0 for 10 s, -1 for no limit.
     */
    int64_t attempt_timeout_ms;
    /**
     * How often a request is repeated after 404, 429 and 5xx: 0 for 5 times, -1 for never.
     */
    int32_t retries;
    /**
     * MIDENTITY_CREDENTIAL_ flags, joined by |.
     */
    uint32_t flags;
    /**
     * A PEM file of the root certificates to trust, and no others, where a private cloud has to say what a short name
     * means; NULL for the variable MIDENTITY_CA_FILE, else the system's.
     */
    const char *ca_file;
    /**
     * The length of ca_file, or MIDENTITY_NTS.
     */
    size_t ca_file_len;
} midentity_credential_options;

/**
 * How to ask for a token. Set it to zero, then struct_size to its size.
 */
typedef struct midentity_token_options {
    /**
     * sizeof(midentity_token_options).
     */
    size_t struct_size;
    /**
     * MIDENTITY_TOKEN_ flags, joined by |.
     */
    uint32_t flags;
    /**
     * Leave at zero.
     */
    uint32_t reserved;
    /**
     * The longest that the call may take, in milliseconds: 0 for the credential's own limit, -1 for none.
     */
    int64_t timeout_ms;
    /**
     * The claims challenge that the token must meet, as the service sent it; NULL for none.
     */
    const char *claims;
    /**
     * The length of claims, or MIDENTITY_NTS.
     */
    size_t claims_len;
    /**
     * The tenant that the caller expects; NULL for none.
     */
    const char *tenant_id;
    /**
     * The length of tenant_id, or MIDENTITY_NTS.
     */
    size_t tenant_id_len;
} midentity_token_options;

/**
 * What a token callback is asked for. It lives until the callback returns.
 */
typedef struct midentity_token_request {
    /**
     * The size of this struct in the library's version: fields are only appended.
     */
    size_t struct_size;
    /**
     * The resource (audience), such as "https://management.azure.com/".
     */
    const char *resource;
    /**
     * The claims challenge that the token must meet; NULL for none.
     */
    const char *claims;
    /**
     * Whether a token that is kept is not wanted, because the service refused it.
     */
    bool fresh;
} midentity_token_request;

/**
 * Gives a token: calls midentity_token_answer_give or midentity_token_answer_fail before it returns. Called on a
 * thread of midentity's, and may block. Tokens are kept until five minutes before they expire.
 */
typedef void (*midentity_token_callback)(void *context,
                                         const struct midentity_token_request *request,
                                         struct midentity_token_answer *answer);

/**
 * Called once when nobody needs a context any more.
 */
typedef void (*midentity_release_callback)(void *context);

/**
 * How to ask for instance metadata. Set it to zero, then struct_size to its size.
 */
typedef struct midentity_instance_options {
    /**
     * sizeof(midentity_instance_options).
     */
    size_t struct_size;
    /**
     * Where the metadata service answers; NULL for the variable AZURE_POD_IDENTITY_AUTHORITY_HOST, else
     * 169.254.169.254.
     */
    const char *imds_endpoint;
    /**
     * The length of imds_endpoint, or MIDENTITY_NTS.
     */
    size_t imds_endpoint_len;
    /**
     * The longest that a call may take, in milliseconds: 0 for 90 s, -1 for no limit.
     */
    int64_t timeout_ms;
    /**
     * The longest that connecting may take, in milliseconds: 0 for 1 s, -1 for no limit.
     */
    int64_t connect_timeout_ms;
    /**
     * How often a request is repeated after 429 and 5xx: 0 for 5 times, -1 for never.
     */
    int32_t retries;
    /**
     * Leave at zero.
     */
    uint32_t reserved;
} midentity_instance_options;

/**
 * One line of the log. It never holds a token, key or header.
 */
typedef struct midentity_log_record {
    /**
     * The size of this struct in the library's version: fields are only appended.
     */
    size_t struct_size;
    /**
     * MIDENTITY_LOG_ERROR, _WARNING, _INFO or _DEBUG.
     */
    int32_t level;
    /**
     * Leave alone.
     */
    int32_t reserved;
    /**
     * The operation that it belongs to, as midentity_operation_id gives it; 0 for none.
     */
    uint64_t operation;
    /**
     * The line, without an end of line.
     */
    const char *message;
    /**
     * Its length.
     */
    size_t message_len;
} midentity_log_record;

/**
 * Called for every line of the log, on the thread where the thing happens: one of midentity's or one that calls it;
 * several at once. What it is given lives until it returns. It should be quick, and may call any function but those
 * that wait.
 */
typedef void (*midentity_log_callback)(void *context,
                                       const struct midentity_log_record *record);

/**
 * How to make a client of Resource Manager. Set it to zero, then struct_size to its size.
 */
typedef struct midentity_arm_client_options {
    /**
     * sizeof(midentity_arm_client_options).
     */
    size_t struct_size;
    /**
     * AzureCloud, AzureUSGovernment, AzureChinaCloud, or the https origin of a private one; NULL for the variable
     * MIDENTITY_CLOUD, else AzureCloud.
     */
    const char *cloud;
    /**
     * The length of cloud, or MIDENTITY_NTS.
     */
    size_t cloud_len;
    /**
     * A PEM file of the root certificates to trust, and no others; NULL for the variable MIDENTITY_CA_FILE, else the
     * system's.
     */
    const char *ca_file;
    /**
     * The length of ca_file, or MIDENTITY_NTS.
     */
    size_t ca_file_len;
    /**
     * The longest that one request may take, tries and waits included, in milliseconds: 0 for 90 s, -1 for no limit.
     */
    int64_t timeout_ms;
    /**
     * The longest that long-running work is waited for, in milliseconds: 0 for 30 minutes, -1 for no limit.
     */
    int64_t operation_timeout_ms;
    /**
     * The audience of the tokens that are asked for, where it is not the cloud's own; never a known cloud's for
     * another host. NULL for the cloud's.
     */
    const char *audience;
    /**
     * The length of audience, or MIDENTITY_NTS.
     */
    size_t audience_len;
} midentity_arm_client_options;

/**
 * The operation is still going on. No error.
 */
#define MIDENTITY_PENDING -1

/**
 * The call did what it should.
 */
#define MIDENTITY_OK 0

/**
 * An argument, option or environment variable can't be used.
 */
#define MIDENTITY_INVALID_ARGUMENT 1

/**
 * No token source answers here.
 */
#define MIDENTITY_UNAVAILABLE 2

/**
 * The service refused to give a token, or gave one for something else than was asked.
 */
#define MIDENTITY_AUTHENTICATION 3

/**
 * The identity that was named does not exist or is not assigned to this machine.
 */
#define MIDENTITY_IDENTITY_NOT_FOUND 4

/**
 * The caller is known but has no right to do this.
 */
#define MIDENTITY_FORBIDDEN 5

/**
 * The resource does not exist.
 */
#define MIDENTITY_NOT_FOUND 6

/**
 * The resource exists already or is in a state that does not allow this.
 */
#define MIDENTITY_CONFLICT 7

/**
 * The service limits the number of requests; see midentity_error_retry_after_ms.
 */
#define MIDENTITY_THROTTLED 8

/**
 * The service failed.
 */
#define MIDENTITY_SERVICE 9

/**
 * The connection failed after the endpoint had answered before.
 */
#define MIDENTITY_TRANSPORT 10

/**
 * The time allowed ran out.
 */
#define MIDENTITY_TIMEOUT 11

/**
 * The answer can't be understood.
 */
#define MIDENTITY_PROTOCOL 12

/**
 * The caller cancelled.
 */
#define MIDENTITY_CANCELLED 13

/**
 * The object was closed, or belongs to the process that this one was forked from.
 */
#define MIDENTITY_CLOSED 14

/**
 * Library and caller disagree about the version of this interface.
 */
#define MIDENTITY_ABI_MISMATCH 15

/**
 * A fault inside midentity.
 */
#define MIDENTITY_INTERNAL 99

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the ABI that the loaded library has: major << 16 | minor. Compare it with
 * MIDENTITY_ABI_VERSION_MAJOR and MIDENTITY_ABI_VERSION_MINOR, which are the header's: the majors must be the same,
 * the library's minor at least the header's.
 */
MIDENTITY_API
uint32_t midentity_abi_version(void);

/**
 * The package's version, such as "0.1.0". Lives as long as the process.
 */
MIDENTITY_API
const char *midentity_version(void);

/**
 * The error's kind, the status that the call returned; MIDENTITY_OK for NULL.
 */
MIDENTITY_API
midentity_status midentity_error_status(const struct midentity_error *error);

/**
 * The error's stable id, such as "imds.unreachable": docs/errors.md has one heading for each. Borrowed from the error;
 * `length` may be NULL.
 */
MIDENTITY_API
const char *midentity_error_id(const struct midentity_error *error,
                               size_t *length);

/**
 * What failed and why, for people. Borrowed from the error; `length` may be NULL.
 */
MIDENTITY_API
const char *midentity_error_message(const struct midentity_error *error,
                                    size_t *length);

/**
 * What to do about it; NULL where nothing is known. Borrowed from the error; `length` may be NULL.
 */
MIDENTITY_API
const char *midentity_error_hint(const struct midentity_error *error,
                                 size_t *length);

/**
 * The HTTP status that the service answered with; 0 where it did not answer.
 */
MIDENTITY_API
int32_t midentity_error_http_status(const struct midentity_error *error);

/**
 * The service's own code, such as "AuthorizationFailed"; NULL where it gave none. Borrowed from the error; `length`
 * may be NULL.
 */
MIDENTITY_API
const char *midentity_error_service_code(const struct midentity_error *error,
                                         size_t *length);

/**
 * The service's id for the request, for its support; NULL where it gave none. Borrowed from the error; `length` may
 * be NULL.
 */
MIDENTITY_API
const char *midentity_error_request_id(const struct midentity_error *error,
                                       size_t *length);

/**
 * The id that ties the service's logs of one call together; NULL where it gave none. Borrowed from the error;
 * `length` may be NULL.
 */
MIDENTITY_API
const char *midentity_error_correlation_id(const struct midentity_error *error,
                                           size_t *length);

/**
 * The source of tokens that failed, such as "Imds"; NULL where the error is not a source's. Borrowed from the error;
 * `length` may be NULL.
 */
MIDENTITY_API
const char *midentity_error_source(const struct midentity_error *error,
                                   size_t *length);

/**
 * How long the service wants to be left alone, in milliseconds; -1 where it does not say.
 */
MIDENTITY_API
int64_t midentity_error_retry_after_ms(const struct midentity_error *error);

/**
 * How many requests were sent before the call gave up.
 */
MIDENTITY_API
uint32_t midentity_error_attempts(const struct midentity_error *error);

/**
 * Frees an error. NULL is allowed.
 */
MIDENTITY_API
void midentity_error_free(struct midentity_error *error);

/**
 * Reads JSON text into a value, for instance what another program wrote. Refused where it is no JSON or nests deeper
 * than 128 levels.
 */
MIDENTITY_API
midentity_status midentity_value_parse(const char *json,
                                       size_t json_len,
                                       struct midentity_value **value,
                                       struct midentity_error **error);

/**
 * The value at a path, a JSON pointer (RFC 6901) such as "/properties/principalId" or "/items/0"; "" is the value
 * itself. NULL where there is none. Borrowed from `value`.
 */
MIDENTITY_API
const struct midentity_value *midentity_value_get(const struct midentity_value *value,
                                                  const char *path,
                                                  size_t path_len);

/**
 * What kind of value it is: a MIDENTITY_VALUE_ constant; MIDENTITY_VALUE_MISSING for NULL.
 */
MIDENTITY_API
int32_t midentity_value_type(const struct midentity_value *value);

/**
 * A text; NULL where the value is none. It may hold NULs, which the length counts. Borrowed from `value`; `length`
 * may be NULL.
 */
MIDENTITY_API
const char *midentity_value_string(const struct midentity_value *value,
                                   size_t *length);

/**
 * Writes the number and answers true; false where the value is no number.
 */
MIDENTITY_API
bool midentity_value_number(const struct midentity_value *value,
                            double *number);

/**
 * Writes the number and answers true; false where the value is no whole number of 64 bits.
 */
MIDENTITY_API
bool midentity_value_integer(const struct midentity_value *value,
                             int64_t *number);

/**
 * Writes true or false and answers true; false where the value is no boolean.
 */
MIDENTITY_API
bool midentity_value_boolean(const struct midentity_value *value,
                             bool *boolean);

/**
 * How many items an array has, or members an object; 0 for everything else.
 */
MIDENTITY_API
size_t midentity_value_length(const struct midentity_value *value);

/**
 * The item of an array, or the value of an object's member, by its number from 0; NULL where there is none. Borrowed
 * from `value`.
 */
MIDENTITY_API
const struct midentity_value *midentity_value_item(const struct midentity_value *value,
                                                   size_t index);

/**
 * The name of an object's member, by its number from 0; NULL where there is none. Borrowed from `value`; `length` may
 * be NULL.
 */
MIDENTITY_API
const char *midentity_value_key(const struct midentity_value *value,
                                size_t index,
                                size_t *length);

/**
 * The value as JSON text; NULL for NULL. Made on first use, then borrowed from `value`; `length` may be NULL.
 */
MIDENTITY_API
const char *midentity_value_to_json(const struct midentity_value *value,
                                    size_t *length);

/**
 * Frees a value and all that was borrowed from it. NULL is allowed; a value that was looked up inside another is not
 * the caller's and is left alone.
 */
MIDENTITY_API
void midentity_value_free(struct midentity_value *value);

/**
 * The token itself: put it into an Authorization header and nowhere else. Borrowed from `token`; `length` may be
 * NULL. NULL for NULL.
 */
MIDENTITY_API
const char *midentity_token_secret(const struct midentity_token *token,
                                   size_t *length);

/**
 * When it expires, in seconds since 1970 UTC; 0 for NULL.
 */
MIDENTITY_API
int64_t midentity_token_expires_on(const struct midentity_token *token);

/**
 * When it will be taken anew, in seconds since 1970 UTC; 0 where that is not known.
 */
MIDENTITY_API
int64_t midentity_token_refresh_on(const struct midentity_token *token);

/**
 * The token's type, "Bearer". Borrowed from `token`; `length` may be NULL. NULL for NULL.
 */
MIDENTITY_API
const char *midentity_token_type(const struct midentity_token *token,
                                 size_t *length);

/**
 * Where it came from: a MIDENTITY_SOURCE_ constant; MIDENTITY_SOURCE_AUTO where that is not known.
 */
MIDENTITY_API
int32_t midentity_token_source(const struct midentity_token *token);

/**
 * Whether the answer showed that the token is for the identity that was asked for.
 */
MIDENTITY_API
bool midentity_token_identity_verified(const struct midentity_token *token);

/**
 * Whether it came from the cache, without a request.
 */
MIDENTITY_API
bool midentity_token_from_cache(const struct midentity_token *token);

/**
 * Whether a refresh was asked for and the service handed the same token back.
 */
MIDENTITY_API
bool midentity_token_unchanged(const struct midentity_token *token);

/**
 * What the token says of itself, decoded and not verified: an object such as {"aud": …, "oid": …, "tid": …}; null for
 * a token that can't be read, as some are.
 */
MIDENTITY_API
midentity_status midentity_token_claims(const struct midentity_token *token,
                                        struct midentity_value **claims,
                                        struct midentity_error **error);

/**
 * Frees a token. NULL is allowed.
 */
MIDENTITY_API
void midentity_token_free(struct midentity_token *token);

/**
 * Waits until the operation has ended: at most `timeout_ms` milliseconds, without limit where that is negative.
 * Returns MIDENTITY_PENDING, and no error, where it has not ended by then; else MIDENTITY_OK or the operation's own
 * status with its error. May be called any number of times, from any threads; inside the operation's own progress
 * callback, which it would wait for, only with 0: else MIDENTITY_INVALID_ARGUMENT.
 */
MIDENTITY_API
midentity_status midentity_operation_wait(const struct midentity_operation *operation,
                                          int64_t timeout_ms,
                                          struct midentity_error **error);

/**
 * Has `callback` called once when the operation has ended, also where it has ended already. One callback for each
 * operation. NULL takes it back: when this returns, it has returned or will never be called.
 */
MIDENTITY_API
midentity_status midentity_operation_on_done(struct midentity_operation *operation,
                                             midentity_done_callback callback,
                                             void *context,
                                             struct midentity_error **error);

/**
 * Has `callback` told how long-running work goes on, from now on. Another one takes its place, NULL takes it back: when
 * this returns, the one before runs no more.
 */
MIDENTITY_API
midentity_status midentity_operation_on_progress(struct midentity_operation *operation,
                                                 midentity_progress_callback callback,
                                                 void *context,
                                                 struct midentity_error **error);

/**
 * Cancels: the work is dropped, its connections with it, and the operation ends with MIDENTITY_CANCELLED soon after.
 * What the service has begun goes on there. Does nothing where the operation has ended. May be called from any
 * thread.
 */
MIDENTITY_API
void midentity_operation_cancel(const struct midentity_operation *operation);

/**
 * The operation's number in this process, from 1: log records carry it. 0 for NULL.
 */
MIDENTITY_API
uint64_t midentity_operation_id(const struct midentity_operation *operation);

/**
 * Takes the token that the operation gave, once. MIDENTITY_PENDING where it goes on, its own status where it failed.
 */
MIDENTITY_API
midentity_status midentity_operation_take_token(struct midentity_operation *operation,
                                                struct midentity_token **token,
                                                struct midentity_error **error);

/**
 * Takes the value that the operation gave, once. MIDENTITY_PENDING where it goes on, its own status where it failed.
 */
MIDENTITY_API
midentity_status midentity_operation_take_value(struct midentity_operation *operation,
                                                struct midentity_value **value,
                                                struct midentity_error **error);

/**
 * Frees an operation. One that goes on is cancelled, and its done callback is not called any more; a callback that
 * runs is waited for, unless this is called inside it. NULL is allowed.
 */
MIDENTITY_API
void midentity_operation_free(struct midentity_operation *operation);

/**
 * Makes a credential; NULL options mean the defaults. Touches neither network nor files.
 */
MIDENTITY_API
midentity_status midentity_credential_new(const struct midentity_credential_options *options,
                                          struct midentity_credential **credential,
                                          struct midentity_error **error);

/**
 * Takes a token for a scope ("https://vault.azure.net/.default"), a resource as the service spells it, or a short
 * name (arm, graph, keyvault, storage, sql, azure-devops). Waits where none is kept; a kept one costs no more than a
 * look-up. NULL options mean the defaults. This call can't be cancelled: midentity_credential_get_token_start can.
 */
MIDENTITY_API
midentity_status midentity_credential_get_token(const struct midentity_credential *credential,
                                                const char *scope,
                                                size_t scope_len,
                                                const struct midentity_token_options *options,
                                                struct midentity_token **token,
                                                struct midentity_error **error);

/**
 * As midentity_credential_get_token, as an operation: midentity_operation_take_token gives the token.
 */
MIDENTITY_API
midentity_status midentity_credential_get_token_start(const struct midentity_credential *credential,
                                                      const char *scope,
                                                      size_t scope_len,
                                                      const struct midentity_token_options *options,
                                                      struct midentity_operation **operation,
                                                      struct midentity_error **error);

/**
 * Closes a credential: calls after this answer MIDENTITY_CLOSED. It must still be freed.
 */
MIDENTITY_API
void midentity_credential_close(const struct midentity_credential *credential);

/**
 * Forgets the tokens that are kept for a credential's identity, for every credential of the same cache that asks the
 * same place for the same identity. Calls under way go on and their tokens are not kept. NULL is allowed.
 */
MIDENTITY_API
void midentity_credential_clear_tokens(const struct midentity_credential *credential);

/**
 * Frees a credential. Operations that it started go on. NULL is allowed.
 */
MIDENTITY_API
void midentity_credential_free(struct midentity_credential *credential);

/**
 * Forgets every token in the process's cache; credentials with a cache of their own keep theirs.
 */
MIDENTITY_API
void midentity_token_cache_clear(void);

/**
 * The machine's identity signs in. The credential may be freed afterwards.
 */
MIDENTITY_API
midentity_status midentity_token_provider_from_credential(const struct midentity_credential *credential,
                                                          struct midentity_token_provider **provider,
                                                          struct midentity_error **error);

/**
 * A token that the program has from elsewhere; it must be for Resource Manager. `expires_on` is in seconds since 1970
 * UTC; 0 where the token is to say it itself. Yours to wipe afterwards.
 */
MIDENTITY_API
midentity_status midentity_token_provider_new_static(const char *token,
                                                     size_t token_len,
                                                     int64_t expires_on,
                                                     struct midentity_token_provider **provider,
                                                     struct midentity_error **error);

/**
 * Whoever has signed in with the Azure CLI (az login). `tenant` and `program` (where az is) may be NULL.
 */
MIDENTITY_API
midentity_status midentity_token_provider_new_azure_cli(const char *tenant,
                                                        size_t tenant_len,
                                                        const char *program,
                                                        size_t program_len,
                                                        struct midentity_token_provider **provider,
                                                        struct midentity_error **error);

/**
 * Answers a token callback; of several tokens the last one counts. `expires_on` is in seconds since 1970 UTC; 0 where
 * the token is to say it itself. Yours to wipe afterwards.
 */
MIDENTITY_API
midentity_status midentity_token_answer_give(struct midentity_token_answer *answer,
                                             const char *token,
                                             size_t token_len,
                                             int64_t expires_on);

/**
 * Answers a token callback with a failure: `status` is its kind (MIDENTITY_AUTHENTICATION, _TRANSPORT, …), `message`
 * says why, for people and without secrets. A failure counts more than a token that was given before or after it.
 */
MIDENTITY_API
midentity_status midentity_token_answer_fail(struct midentity_token_answer *answer,
                                             midentity_status status,
                                             const char *message,
                                             size_t message_len);

/**
 * The program signs in itself: `callback` is asked for tokens. `release` may be NULL; it is called once with the
 * context when the last client that uses the provider has gone, also where this call fails.
 */
MIDENTITY_API
midentity_status midentity_token_provider_new_callback(midentity_token_callback callback,
                                                       void *context,
                                                       midentity_release_callback release,
                                                       struct midentity_token_provider **provider,
                                                       struct midentity_error **error);

/**
 * Takes a token from whoever signs in, as an operation: midentity_operation_take_token gives it. NULL options mean
 * the defaults.
 */
MIDENTITY_API
midentity_status midentity_token_provider_get_token(const struct midentity_token_provider *provider,
                                                    const char *scope,
                                                    size_t scope_len,
                                                    const struct midentity_token_options *options,
                                                    struct midentity_operation **operation,
                                                    struct midentity_error **error);

/**
 * Frees a provider. NULL is allowed.
 */
MIDENTITY_API
void midentity_token_provider_free(struct midentity_token_provider *provider);

/**
 * Makes a client for instance metadata; NULL options mean the defaults. Touches no network.
 */
MIDENTITY_API
midentity_status midentity_instance_new(const struct midentity_instance_options *options,
                                        struct midentity_instance **instance,
                                        struct midentity_error **error);

/**
 * Reads instance metadata below a path such as "compute/location"; NULL or "" is all of it. `api_version` may be
 * NULL. The operation gives a value.
 */
MIDENTITY_API
midentity_status midentity_instance_get(const struct midentity_instance *instance,
                                        const char *path,
                                        size_t path_len,
                                        const char *api_version,
                                        size_t api_version_len,
                                        struct midentity_operation **operation,
                                        struct midentity_error **error);

/**
 * The tenant of the machine's identity. The operation gives an object: {"tenant_id": …}.
 */
MIDENTITY_API
midentity_status midentity_instance_identity_info(const struct midentity_instance *instance,
                                                  struct midentity_operation **operation,
                                                  struct midentity_error **error);

/**
 * The api-versions that the metadata service knows. The operation gives an array of texts.
 */
MIDENTITY_API
midentity_status midentity_instance_versions(const struct midentity_instance *instance,
                                             struct midentity_operation **operation,
                                             struct midentity_error **error);

/**
 * Frees a client for instance metadata. NULL is allowed.
 */
MIDENTITY_API
void midentity_instance_free(struct midentity_instance *instance);

/**
 * Has `callback` told what midentity does: lines up to `level` (a MIDENTITY_LOG_ constant). One callback for the
 * process; another takes its place, NULL takes it back. When this returns, the one before runs no more. A Conflict
 * where the program is written in Rust and has taken the one place for log subscribers itself.
 */
MIDENTITY_API
midentity_status midentity_log_set_callback(int32_t level,
                                            midentity_log_callback callback,
                                            void *context,
                                            struct midentity_error **error);

/**
 * Makes a client; `provider` says who signs in, and may be freed afterwards. NULL options mean the defaults. Sends
 * nothing.
 */
MIDENTITY_API
midentity_status midentity_arm_client_new(const struct midentity_token_provider *provider,
                                          const struct midentity_arm_client_options *options,
                                          struct midentity_arm_client **client,
                                          struct midentity_error **error);

/**
 * Frees a client. Operations that it started go on. NULL is allowed.
 */
MIDENTITY_API
void midentity_arm_client_free(struct midentity_arm_client *client);

/**
 * Sends any request: path begins with "/subscriptions" or another of Resource Manager's roots; api_version may be NULL
 * where the path's query holds it; body is JSON text or NULL. A long-running operation that it starts is not waited
 * for. The operation gives an object: {"status", "request_id", "correlation_id", "remaining_requests", "body"}.
 */
MIDENTITY_API
midentity_status midentity_arm_request(const struct midentity_arm_client *client,
                                       const char *method,
                                       size_t method_len,
                                       const char *path,
                                       size_t path_len,
                                       const char *api_version,
                                       size_t api_version_len,
                                       const char *body,
                                       size_t body_len,
                                       struct midentity_operation **operation,
                                       struct midentity_error **error);

/**
 * As midentity_arm_request, and waits for the long-running operation that the request starts: the answer is the last
 * one. Tells its progress.
 */
MIDENTITY_API
midentity_status midentity_arm_request_and_wait(const struct midentity_arm_client *client,
                                                const char *method,
                                                size_t method_len,
                                                const char *path,
                                                size_t path_len,
                                                const char *api_version,
                                                size_t api_version_len,
                                                const char *body,
                                                size_t body_len,
                                                struct midentity_operation **operation,
                                                struct midentity_error **error);

/**
 * Reads any list, page by page. The operation gives one page: {"items": [...], "continuation": text or null}.
 * continuation is NULL for the first page, then what the page before gave.
 */
MIDENTITY_API
midentity_status midentity_arm_list(const struct midentity_arm_client *client,
                                    const char *path,
                                    size_t path_len,
                                    const char *api_version,
                                    size_t api_version_len,
                                    const char *continuation,
                                    size_t continuation_len,
                                    struct midentity_operation **operation,
                                    struct midentity_error **error);

/**
 * Reads a resource by its id, in the newest api-version that its provider knows. The operation gives what
 * midentity_arm_request does.
 */
MIDENTITY_API
midentity_status midentity_arm_resource_get(const struct midentity_arm_client *client,
                                            const char *resource_id,
                                            size_t resource_id_len,
                                            struct midentity_operation **operation,
                                            struct midentity_error **error);

/**
 * Where the cloud's other services are: known for the known clouds, read from a private cloud's own page. The operation
 * gives an object: login, graph, key_vault, sql, storage_suffix, each a text or null.
 */
MIDENTITY_API
midentity_status midentity_arm_endpoints(const struct midentity_arm_client *client,
                                         struct midentity_operation **operation,
                                         struct midentity_error **error);

/**
 * The subscriptions that the caller can see. The operation gives one page: {"items": [...], "continuation": text or
 * null}. continuation is NULL for the first page, then what the page before gave.
 */
MIDENTITY_API
midentity_status midentity_arm_subscription_list(const struct midentity_arm_client *client,
                                                 const char *continuation,
                                                 size_t continuation_len,
                                                 struct midentity_operation **operation,
                                                 struct midentity_error **error);

/**
 * A resource group. The operation gives it as an object.
 */
MIDENTITY_API
midentity_status midentity_arm_resource_group_get(const struct midentity_arm_client *client,
                                                  const char *subscription,
                                                  size_t subscription_len,
                                                  const char *name,
                                                  size_t name_len,
                                                  struct midentity_operation **operation,
                                                  struct midentity_error **error);

/**
 * The resource groups of a subscription. The operation gives one page: {"items": [...], "continuation": text or null}.
 * continuation is NULL for the first page, then what the page before gave.
 */
MIDENTITY_API
midentity_status midentity_arm_resource_group_list(const struct midentity_arm_client *client,
                                                   const char *subscription,
                                                   size_t subscription_len,
                                                   const char *continuation,
                                                   size_t continuation_len,
                                                   struct midentity_operation **operation,
                                                   struct midentity_error **error);

/**
 * Whether there is a resource group of this name. The operation gives true or false.
 */
MIDENTITY_API
midentity_status midentity_arm_resource_group_exists(const struct midentity_arm_client *client,
                                                     const char *subscription,
                                                     size_t subscription_len,
                                                     const char *name,
                                                     size_t name_len,
                                                     struct midentity_operation **operation,
                                                     struct midentity_error **error);

/**
 * Creates a resource group, or changes its tags (a JSON object of texts, or NULL for none). The operation gives it as
 * an object.
 */
MIDENTITY_API
midentity_status midentity_arm_resource_group_create(const struct midentity_arm_client *client,
                                                     const char *subscription,
                                                     size_t subscription_len,
                                                     const char *name,
                                                     size_t name_len,
                                                     const char *location,
                                                     size_t location_len,
                                                     const char *tags,
                                                     size_t tags_len,
                                                     struct midentity_operation **operation,
                                                     struct midentity_error **error);

/**
 * Deletes a resource group with all that is in it, and waits for the end. Tells its progress. The operation gives
 * null; a group that is not there is no failure.
 */
MIDENTITY_API
midentity_status midentity_arm_resource_group_delete(const struct midentity_arm_client *client,
                                                     const char *subscription,
                                                     size_t subscription_len,
                                                     const char *name,
                                                     size_t name_len,
                                                     struct midentity_operation **operation,
                                                     struct midentity_error **error);

/**
 * Creates a user-assigned identity, or updates one that is there. location may be NULL: the group's. tags is a JSON
 * object of texts, or NULL to leave them. The operation gives it as an object: id, name, location, tags, client_id,
 * principal_id, tenant_id, client_secret_url.
 */
MIDENTITY_API
midentity_status midentity_arm_user_identity_create(const struct midentity_arm_client *client,
                                                    const char *subscription,
                                                    size_t subscription_len,
                                                    const char *group,
                                                    size_t group_len,
                                                    const char *name,
                                                    size_t name_len,
                                                    const char *location,
                                                    size_t location_len,
                                                    const char *tags,
                                                    size_t tags_len,
                                                    struct midentity_operation **operation,
                                                    struct midentity_error **error);

/**
 * A user-assigned identity. The operation gives it as an object.
 */
MIDENTITY_API
midentity_status midentity_arm_user_identity_get(const struct midentity_arm_client *client,
                                                 const char *subscription,
                                                 size_t subscription_len,
                                                 const char *group,
                                                 size_t group_len,
                                                 const char *name,
                                                 size_t name_len,
                                                 struct midentity_operation **operation,
                                                 struct midentity_error **error);

/**
 * The user-assigned identities of a resource group; of the whole subscription where group is "". The operation gives
 * one page: {"items": [...], "continuation": text or null}. continuation is NULL for the first page, then what the
 * page before gave.
 */
MIDENTITY_API
midentity_status midentity_arm_user_identity_list(const struct midentity_arm_client *client,
                                                  const char *subscription,
                                                  size_t subscription_len,
                                                  const char *group,
                                                  size_t group_len,
                                                  const char *continuation,
                                                  size_t continuation_len,
                                                  struct midentity_operation **operation,
                                                  struct midentity_error **error);

/**
 * Replaces the tags of a user-assigned identity: a JSON object of texts. The operation gives the identity as an
 * object.
 */
MIDENTITY_API
midentity_status midentity_arm_user_identity_update(const struct midentity_arm_client *client,
                                                    const char *subscription,
                                                    size_t subscription_len,
                                                    const char *group,
                                                    size_t group_len,
                                                    const char *name,
                                                    size_t name_len,
                                                    const char *tags,
                                                    size_t tags_len,
                                                    struct midentity_operation **operation,
                                                    struct midentity_error **error);

/**
 * Deletes a user-assigned identity. Machines that have it keep a dangling reference:
 * midentity_arm_vm_identity_dangling finds them. The operation gives whether it was there.
 */
MIDENTITY_API
midentity_status midentity_arm_user_identity_delete(const struct midentity_arm_client *client,
                                                    const char *subscription,
                                                    size_t subscription_len,
                                                    const char *group,
                                                    size_t group_len,
                                                    const char *name,
                                                    size_t name_len,
                                                    struct midentity_operation **operation,
                                                    struct midentity_error **error);

/**
 * The system-assigned identity of a resource, by the resource's id. The operation gives an object: client_id,
 * principal_id, tenant_id.
 */
MIDENTITY_API
midentity_status midentity_arm_system_identity_get(const struct midentity_arm_client *client,
                                                   const char *resource_id,
                                                   size_t resource_id_len,
                                                   struct midentity_operation **operation,
                                                   struct midentity_error **error);

/**
 * Creates or updates a federated credential of a user-assigned identity. audiences is a list of NUL-terminated texts;
 * none is api://AzureADTokenExchange. Writes on one identity go one after the other. The operation gives it as an
 * object: id, name, issuer, subject, audiences.
 */
MIDENTITY_API
midentity_status midentity_arm_federated_credential_create(const struct midentity_arm_client *client,
                                                           const char *subscription,
                                                           size_t subscription_len,
                                                           const char *group,
                                                           size_t group_len,
                                                           const char *identity,
                                                           size_t identity_len,
                                                           const char *name,
                                                           size_t name_len,
                                                           const char *issuer,
                                                           size_t issuer_len,
                                                           const char *subject,
                                                           size_t subject_len,
                                                           const char *const *audiences,
                                                           size_t audience_count,
                                                           struct midentity_operation **operation,
                                                           struct midentity_error **error);

/**
 * A federated credential of a user-assigned identity. The operation gives it as an object.
 */
MIDENTITY_API
midentity_status midentity_arm_federated_credential_get(const struct midentity_arm_client *client,
                                                        const char *subscription,
                                                        size_t subscription_len,
                                                        const char *group,
                                                        size_t group_len,
                                                        const char *identity,
                                                        size_t identity_len,
                                                        const char *name,
                                                        size_t name_len,
                                                        struct midentity_operation **operation,
                                                        struct midentity_error **error);

/**
 * The federated credentials of a user-assigned identity. The operation gives one page: {"items": [...],
 * "continuation": text or null}. continuation is NULL for the first page, then what the page before gave.
 */
MIDENTITY_API
midentity_status midentity_arm_federated_credential_list(const struct midentity_arm_client *client,
                                                         const char *subscription,
                                                         size_t subscription_len,
                                                         const char *group,
                                                         size_t group_len,
                                                         const char *identity,
                                                         size_t identity_len,
                                                         const char *continuation,
                                                         size_t continuation_len,
                                                         struct midentity_operation **operation,
                                                         struct midentity_error **error);

/**
 * Deletes a federated credential. The operation gives whether it was there.
 */
MIDENTITY_API
midentity_status midentity_arm_federated_credential_delete(const struct midentity_arm_client *client,
                                                           const char *subscription,
                                                           size_t subscription_len,
                                                           const char *group,
                                                           size_t group_len,
                                                           const char *identity,
                                                           size_t identity_len,
                                                           const char *name,
                                                           size_t name_len,
                                                           struct midentity_operation **operation,
                                                           struct midentity_error **error);

/**
 * A machine's identities: machine is the resource id of a virtual machine or scale set. The operation gives an object:
 * kind, system_assigned (its principal id or null), tenant_id, user_assigned (each id, client_id, principal_id),
 * warnings.
 */
MIDENTITY_API
midentity_status midentity_arm_vm_identity_show(const struct midentity_arm_client *client,
                                                const char *machine,
                                                size_t machine_len,
                                                struct midentity_operation **operation,
                                                struct midentity_error **error);

/**
 * What a change would do, without doing it: change is a MIDENTITY_CHANGE_ constant. machine is the resource id of a
 * virtual machine or scale set. identities is a list of NUL-terminated texts: resource ids, names in the machine's own
 * group, or "[system]". The operation gives an object: stays, comes, goes, warnings, changes.
 */
MIDENTITY_API
midentity_status midentity_arm_vm_identity_plan(const struct midentity_arm_client *client,
                                                const char *machine,
                                                size_t machine_len,
                                                int32_t change,
                                                const char *const *identities,
                                                size_t identity_count,
                                                struct midentity_operation **operation,
                                                struct midentity_error **error);

/**
 * Gives a machine identities; all others stay. machine is the resource id of a virtual machine or scale set.
 * identities is a list of NUL-terminated texts: resource ids, names in the machine's own group, or "[system]". Sends
 * nothing where nothing changes. Tells its progress. The operation gives what midentity_arm_vm_identity_show does.
 */
MIDENTITY_API
midentity_status midentity_arm_vm_identity_add(const struct midentity_arm_client *client,
                                               const char *machine,
                                               size_t machine_len,
                                               const char *const *identities,
                                               size_t identity_count,
                                               struct midentity_operation **operation,
                                               struct midentity_error **error);

/**
 * Takes identities from a machine; all others stay. machine is the resource id of a virtual machine or scale set.
 * identities is a list of NUL-terminated texts: resource ids, names in the machine's own group, or "[system]". Sends
 * nothing where nothing changes. Tells its progress. The operation gives what midentity_arm_vm_identity_show does.
 */
MIDENTITY_API
midentity_status midentity_arm_vm_identity_remove(const struct midentity_arm_client *client,
                                                  const char *machine,
                                                  size_t machine_len,
                                                  const char *const *identities,
                                                  size_t identity_count,
                                                  struct midentity_operation **operation,
                                                  struct midentity_error **error);

/**
 * Takes all user-assigned identities from a machine; the system-assigned one stays. machine is the resource id of a
 * virtual machine or scale set. Sends nothing where nothing changes. Tells its progress. The operation gives what
 * midentity_arm_vm_identity_show does.
 */
MIDENTITY_API
midentity_status midentity_arm_vm_identity_remove_all_user(const struct midentity_arm_client *client,
                                                           const char *machine,
                                                           size_t machine_len,
                                                           struct midentity_operation **operation,
                                                           struct midentity_error **error);

/**
 * Takes all identities from a machine. machine is the resource id of a virtual machine or scale set. Sends nothing
 * where nothing changes. Tells its progress. The operation gives what midentity_arm_vm_identity_show does.
 */
MIDENTITY_API
midentity_status midentity_arm_vm_identity_remove_all(const struct midentity_arm_client *client,
                                                      const char *machine,
                                                      size_t machine_len,
                                                      struct midentity_operation **operation,
                                                      struct midentity_error **error);

/**
 * Gives a machine exactly these identities; all others go. machine is the resource id of a virtual machine or scale
 * set. identities is a list of NUL-terminated texts: resource ids, names in the machine's own group, or "[system]".
 * Sends nothing where nothing changes. Tells its progress. The operation gives what midentity_arm_vm_identity_show
 * does.
 */
MIDENTITY_API
midentity_status midentity_arm_vm_identity_set(const struct midentity_arm_client *client,
                                               const char *machine,
                                               size_t machine_len,
                                               const char *const *identities,
                                               size_t identity_count,
                                               struct midentity_operation **operation,
                                               struct midentity_error **error);

/**
 * Which of a machine's user-assigned identities do not exist any more. machine is the resource id of a virtual machine
 * or scale set. The operation gives an array of resource ids.
 */
MIDENTITY_API
midentity_status midentity_arm_vm_identity_dangling(const struct midentity_arm_client *client,
                                                    const char *machine,
                                                    size_t machine_len,
                                                    struct midentity_operation **operation,
                                                    struct midentity_error **error);

/**
 * Makes a virtual machine with identities, and gives its system-assigned identity a role, in one call. body is the
 * machine as JSON text (location, properties, …). identities is a list of NUL-terminated texts: resource ids, names in
 * the group, or "[system]". role (a name or GUID) and role_scope may both be NULL. A machine that is there already is
 * left as it is: MIDENTITY_CONFLICT. Tells its progress. The operation gives what midentity_arm_vm_identity_show does.
 */
MIDENTITY_API
midentity_status midentity_arm_vm_create(const struct midentity_arm_client *client,
                                         const char *subscription,
                                         size_t subscription_len,
                                         const char *group,
                                         size_t group_len,
                                         const char *name,
                                         size_t name_len,
                                         const char *body,
                                         size_t body_len,
                                         const char *role,
                                         size_t role_len,
                                         const char *role_scope,
                                         size_t role_scope_len,
                                         const char *const *identities,
                                         size_t identity_count,
                                         struct midentity_operation **operation,
                                         struct midentity_error **error);

/**
 * The resource id of the machine that runs this program, by its instance metadata (NULL: the defaults). The operation
 * gives a text.
 */
MIDENTITY_API
midentity_status midentity_arm_this_vm(const struct midentity_arm_client *client,
                                       const struct midentity_instance *instance,
                                       struct midentity_operation **operation,
                                       struct midentity_error **error);

/**
 * A role by its name or GUID, custom ones too. scope is the id of a subscription, resource group or resource. The
 * operation gives an object: id, guid, role_name, is_custom, description, actions. MIDENTITY_NOT_FOUND names the
 * nearest roles.
 */
MIDENTITY_API
midentity_status midentity_arm_role_definition_find(const struct midentity_arm_client *client,
                                                    const char *scope,
                                                    size_t scope_len,
                                                    const char *role,
                                                    size_t role_len,
                                                    struct midentity_operation **operation,
                                                    struct midentity_error **error);

/**
 * The roles that can be given at a scope. scope is the id of a subscription, resource group or resource. The operation
 * gives one page: {"items": [...], "continuation": text or null}. continuation is NULL for the first page, then what
 * the page before gave.
 */
MIDENTITY_API
midentity_status midentity_arm_role_definition_list(const struct midentity_arm_client *client,
                                                    const char *scope,
                                                    size_t scope_len,
                                                    const char *continuation,
                                                    size_t continuation_len,
                                                    struct midentity_operation **operation,
                                                    struct midentity_error **error);

/**
 * Gives a principal a role. scope is the id of a subscription, resource group or resource. role is a name or GUID;
 * principal_type is ServicePrincipal (also for NULL), User or Group. One that is there already is no failure; a
 * principal that the directory does not know yet is waited for. Tells its progress. The operation gives an object: id,
 * name, principal_id, principal_type, scope, role_definition_id, role_guid.
 */
MIDENTITY_API
midentity_status midentity_arm_role_assignment_create(const struct midentity_arm_client *client,
                                                      const char *scope,
                                                      size_t scope_len,
                                                      const char *role,
                                                      size_t role_len,
                                                      const char *principal_id,
                                                      size_t principal_id_len,
                                                      const char *principal_type,
                                                      size_t principal_type_len,
                                                      struct midentity_operation **operation,
                                                      struct midentity_error **error);

/**
 * Who has which role. scope is the id of a subscription, resource group or resource. filter is a
 * MIDENTITY_ROLE_FILTER_ constant; principal_id is for those that need one, else NULL. The operation gives one page:
 * {"items": [...], "continuation": text or null}. continuation is NULL for the first page, then what the page before
 * gave.
 */
MIDENTITY_API
midentity_status midentity_arm_role_assignment_list(const struct midentity_arm_client *client,
                                                    const char *scope,
                                                    size_t scope_len,
                                                    const char *principal_id,
                                                    size_t principal_id_len,
                                                    const char *continuation,
                                                    size_t continuation_len,
                                                    int32_t filter,
                                                    struct midentity_operation **operation,
                                                    struct midentity_error **error);

/**
 * Takes a role assignment back, by its id or name. scope is the id of a subscription, resource group or resource. The
 * operation gives whether it was there.
 */
MIDENTITY_API
midentity_status midentity_arm_role_assignment_delete(const struct midentity_arm_client *client,
                                                      const char *scope,
                                                      size_t scope_len,
                                                      const char *assignment,
                                                      size_t assignment_len,
                                                      struct midentity_operation **operation,
                                                      struct midentity_error **error);

/**
 * Waits until a role assignment can be read at its scope: what can be known for any principal. assignment is its id or
 * name. timeout_ms is 0 for five minutes, -1 for no limit. The operation gives null.
 */
MIDENTITY_API
midentity_status midentity_arm_role_assignment_wait_until_visible(const struct midentity_arm_client *client,
                                                                  const char *scope,
                                                                  size_t scope_len,
                                                                  const char *assignment,
                                                                  size_t assignment_len,
                                                                  int64_t timeout_ms,
                                                                  struct midentity_operation **operation,
                                                                  struct midentity_error **error);

/**
 * Waits until the caller itself may do an action at a scope, such as
 * "Microsoft.Resources/subscriptions/resourceGroups/read". timeout_ms is 0 for ten minutes, -1 for no limit. The
 * operation gives null.
 */
MIDENTITY_API
midentity_status midentity_arm_role_assignment_wait_until_allowed(const struct midentity_arm_client *client,
                                                                  const char *scope,
                                                                  size_t scope_len,
                                                                  const char *action,
                                                                  size_t action_len,
                                                                  int64_t timeout_ms,
                                                                  struct midentity_operation **operation,
                                                                  struct midentity_error **error);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* MIDENTITY_H */
