#include "harness.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void check_failed(const char *file, int line, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s:%d: ", file, line);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    /* At once, on whichever thread: other threads may be waiting for this one. */
    fflush(NULL);
    _Exit(1);
}

void check_true(const char *file, int line, const char *text, bool condition) {
    if (!condition) {
        check_failed(file, line, "%s does not hold", text);
    }
}

void check_integer(const char *file, int line, const char *text, int64_t actual, int64_t expected) {
    if (actual != expected) {
        check_failed(file, line, "%s is %" PRId64 ", not %" PRId64, text, actual, expected);
    }
}

void check_text(const char *file, int line, const char *text, const char *actual, const char *expected) {
    if (actual == NULL || expected == NULL) {
        if (actual != expected) {
            check_failed(file, line, "%s is %s, not %s", text, actual ? actual : "NULL", expected ? expected : "NULL");
        }
    } else if (strcmp(actual, expected) != 0) {
        check_failed(file, line, "%s is \"%s\", not \"%s\"", text, actual, expected);
    }
}

void check_contains(const char *file, int line, const char *text, const char *actual, const char *part) {
    if (actual == NULL || strstr(actual, part) == NULL) {
        check_failed(file, line, "%s is \"%s\", without \"%s\"", text, actual ? actual : "NULL", part);
    }
}

void check_status(const char *file, int line, const char *call, midentity_status actual, midentity_status expected,
                  midentity_error **error) {
    const char *message = midentity_error_message(*error, NULL);
    if (actual != expected) {
        check_failed(file, line, "%s gave %d, not %d: %s", call, (int)actual, (int)expected,
                     message ? message : "no error");
    }
    if (expected == MIDENTITY_OK || expected == MIDENTITY_PENDING) {
        if (*error != NULL) {
            check_failed(file, line, "%s went well and left an error: %s", call, message);
        }
        return;
    }
    if (*error == NULL) {
        check_failed(file, line, "%s failed and left no error", call);
    }
    if (midentity_error_status(*error) != actual) {
        check_failed(file, line, "%s gave %d, its error says %d", call, (int)actual,
                     (int)midentity_error_status(*error));
    }
    if (message == NULL || message[0] == '\0') {
        check_failed(file, line, "%s gave an error without a message", call);
    }
}

void check_error_id(const char *file, int line, midentity_error **error, const char *id) {
    check_text(file, line, "the error's id", midentity_error_id(*error, NULL), id);
    midentity_error_free(*error);
    *error = NULL;
}

void *allocate(size_t size) {
    void *memory = calloc(1, size ? size : 1);
    if (memory == NULL) {
        FAIL("out of memory");
    }
    return memory;
}

char *formatted(const char *format, ...) {
    va_list arguments, again;
    int length;
    char *text;
    va_start(arguments, format);
    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        FAIL("bad format %s", format);
    }
    text = allocate((size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}
