/* The library loaded by hand, and let go while its threads run: loaded LIBRARY. What a host that unloads its plugins
 * does. */
#include <stdio.h>
#include <windows.h>

#include "midentity.h"

typedef void (*any)(void);
typedef midentity_status (*credential_new)(const midentity_credential_options *, midentity_credential **,
                                           midentity_error **);
typedef midentity_status (*get_token)(const midentity_credential *, const char *, size_t,
                                      const midentity_token_options *, midentity_operation **, midentity_error **);
typedef midentity_status (*operation_wait)(const midentity_operation *, int64_t, midentity_error **);

static int done(const char *failed) {
    if (failed != NULL) {
        printf("test unloading ... FAILED: %s (error %lu)\n", failed, GetLastError());
    }
    printf("test result: %s. %d passed; %d failed; 0 ignored\n", failed ? "FAILED" : "ok", !failed, failed != NULL);
    return failed != NULL;
}

int main(int argc, char **argv) {
    HMODULE library = argc == 2 ? LoadLibraryA(argv[1]) : NULL;
    if (library == NULL) {
        return done("it can't be loaded");
    }
    credential_new make = (credential_new)(any)GetProcAddress(library, "midentity_credential_new");
    get_token start = (get_token)(any)GetProcAddress(library, "midentity_credential_get_token_start");
    operation_wait wait = (operation_wait)(any)GetProcAddress(library, "midentity_operation_wait");
    if (make == NULL || start == NULL || wait == NULL) {
        return done("it lacks a function");
    }
    midentity_credential *credential = NULL;
    midentity_operation *operation = NULL;
    if (make(NULL, &credential, NULL) != MIDENTITY_OK ||
        start(credential, "arm", MIDENTITY_NTS, NULL, &operation, NULL) != MIDENTITY_OK ||
        wait(operation, 60000, NULL) != MIDENTITY_OK) {
        return done("there is no token");
    }
    FreeLibrary(library);
    /* Its threads must still find their code: it stays. */
    HMODULE still = GetModuleHandleA("midentity.dll");
    if (still != library) {
        return done("it was unloaded under its threads");
    }
    if (make(NULL, &credential, NULL) != MIDENTITY_OK) {
        return done("it does not work any more");
    }
    printf("test unloading ... ok\n");
    return done(NULL);
}
