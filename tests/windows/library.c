/* What is different for a C program on Windows: the import library, environment and paths, threads, and unloading. What
 * is the same on every system is tested in tests/c. Started with the emulator's variables; says what passed as Rust's
 * programs of tests do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <windows.h>

#include "midentity.h"

#define HOST "AZURE_POD_IDENTITY_AUTHORITY_HOST"
#define CA_FILE "MIDENTITY_CA_FILE"

static const char *why;

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            why = #condition;                                                                                          \
            return 0;                                                                                                  \
        }                                                                                                              \
    } while (0)

/* A token by the environment alone; the status, and whether the token looks like one. */
static midentity_status take(int *good) {
    midentity_credential *credential = NULL;
    midentity_token *token = NULL;
    midentity_status status = midentity_credential_new(NULL, &credential, NULL);
    if (status == MIDENTITY_OK) {
        status = midentity_credential_get_token(credential, "arm", MIDENTITY_NTS, NULL, &token, NULL);
    }
    size_t length = 0;
    const char *secret = status == MIDENTITY_OK ? midentity_token_secret(token, &length) : NULL;
    *good = secret != NULL && length > 100 && strlen(secret) == length;
    *good = *good && midentity_token_expires_on(token) > time(NULL);
    midentity_token_free(token);
    midentity_credential_free(credential);
    return status;
}

static int the_library_is_the_headers(void) {
    CHECK(midentity_abi_version() >> 16 == MIDENTITY_ABI_VERSION_MAJOR);
    CHECK((midentity_abi_version() & 0xffff) == MIDENTITY_ABI_VERSION_MINOR);
    CHECK(strlen(midentity_version()) > 0);
    return 1;
}

static int a_token_by_the_environment(void) {
    int good = 0;
    CHECK(take(&good) == MIDENTITY_OK && good);
    return 1;
}

/* Windows compares names without case, and a program may set them while it runs. */
static int the_environment_is_read_when_it_is_needed(void) {
    char kept[256];
    int good = 0;
    CHECK(GetEnvironmentVariableA(HOST, kept, sizeof kept) > 0);
    CHECK(SetEnvironmentVariableA("azure_Pod_Identity_Authority_Host", "http://127.0.0.1:1"));
    midentity_status status = take(&good);
    SetEnvironmentVariableA(HOST, kept);
    CHECK(status == MIDENTITY_UNAVAILABLE && !good);
    CHECK(take(&good) == MIDENTITY_OK && good);
    return 1;
}

/* Resource Manager by the roots of trust in this file; the status of the answer, or of the call. */
static int resource_manager(const char *ca_file, midentity_status *status) {
    midentity_credential *credential = NULL;
    midentity_token_provider *provider = NULL;
    midentity_arm_client *client = NULL;
    midentity_operation *operation = NULL;
    midentity_value *value = NULL;
    midentity_arm_client_options options = {.struct_size = sizeof options};
    options.ca_file = ca_file;
    options.ca_file_len = MIDENTITY_NTS;
    *status = midentity_credential_new(NULL, &credential, NULL);
    if (*status == MIDENTITY_OK) {
        *status = midentity_token_provider_from_credential(credential, &provider, NULL);
    }
    if (*status == MIDENTITY_OK) {
        *status = midentity_arm_client_new(provider, &options, &client, NULL);
    }
    if (*status == MIDENTITY_OK) {
        *status = midentity_arm_request(client, "GET", MIDENTITY_NTS, "/subscriptions", MIDENTITY_NTS, "2022-12-01",
                                        MIDENTITY_NTS, NULL, 0, &operation, NULL);
    }
    if (*status == MIDENTITY_OK) {
        *status = midentity_operation_wait(operation, 60000, NULL);
    }
    if (*status == MIDENTITY_OK) {
        *status = midentity_operation_take_value(operation, &value, NULL);
    }
    int found = value != NULL && strstr(midentity_value_to_json(value, NULL), "subscriptionId") != NULL;
    midentity_value_free(value);
    midentity_operation_free(operation);
    midentity_arm_client_free(client);
    midentity_token_provider_free(provider);
    midentity_credential_free(credential);
    return found;
}

/* Texts are UTF-8, whatever the system's code page: a file in a folder that no code page has, with \ and with /. */
static int a_ca_file_by_a_windows_path(void) {
    wchar_t from[MAX_PATH], folder[MAX_PATH], to[MAX_PATH];
    char path[4 * MAX_PATH];
    midentity_status status;
    CHECK(GetEnvironmentVariableW(L"" CA_FILE, from, MAX_PATH) > 0);
    CHECK(GetTempPathW(MAX_PATH - 40, folder) > 0);
    _snwprintf(folder + wcslen(folder), 40, L"gr\u00fc\u00dfe \u0433\u0440 %lu", GetCurrentProcessId());
    CHECK(CreateDirectoryW(folder, NULL));
    _snwprintf(to, MAX_PATH, L"%ls\\ca.pem", folder);
    CHECK(CopyFileW(from, to, TRUE));
    CHECK(WideCharToMultiByte(CP_UTF8, 0, to, -1, path, sizeof path, NULL, NULL) > 0);
    CHECK(strchr(path, '\\') != NULL && strchr(path, ':') != NULL);
    CHECK(resource_manager(path, &status));
    for (char *at = path; *at != 0; at++) {
        *at = *at == '\\' ? '/' : *at;
    }
    CHECK(resource_manager(path, &status));
    CHECK(DeleteFileW(to) && RemoveDirectoryW(folder));
    CHECK(!resource_manager(path, &status) && status == MIDENTITY_INVALID_ARGUMENT);
    return 1;
}

static DWORD WINAPI take_on_a_thread(void *good) { return (DWORD)take(good); }

static int threads_of_the_system(void) {
    HANDLE threads[32];
    int good[32] = {0};
    DWORD status = 1;
    midentity_token_cache_clear();
    for (int i = 0; i < 32; i++) {
        threads[i] = CreateThread(NULL, 0, take_on_a_thread, &good[i], 0, NULL);
        CHECK(threads[i] != NULL);
    }
    CHECK(WaitForMultipleObjects(32, threads, TRUE, 60000) == WAIT_OBJECT_0);
    for (int i = 0; i < 32; i++) {
        CHECK(GetExitCodeThread(threads[i], &status) && status == MIDENTITY_OK && good[i]);
        CloseHandle(threads[i]);
    }
    return 1;
}

int main(void) {
    static const struct {
        const char *name;
        int (*run)(void);
    } tests[] = {
        {"the_library_is_the_headers", the_library_is_the_headers},
        {"a_token_by_the_environment", a_token_by_the_environment},
        {"the_environment_is_read_when_it_is_needed", the_environment_is_read_when_it_is_needed},
        {"a_ca_file_by_a_windows_path", a_ca_file_by_a_windows_path},
        {"threads_of_the_system", threads_of_the_system},
    };
    unsigned passed = 0, failed = 0;
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        int good = tests[i].run();
        *(good ? &passed : &failed) += 1;
        printf("test %s ... %s%s\n", tests[i].name, good ? "ok" : "FAILED: not so: ", good ? "" : why);
        fflush(stdout);
    }
    printf("test result: %s. %u passed; %u failed; 0 ignored\n", failed == 0 ? "ok" : "FAILED", passed, failed);
    return failed == 0 ? 0 : 1;
}
