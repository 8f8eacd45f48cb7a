/* The smallest test harness that does: a case is a function, a process and a CTest test of its own. */
#ifndef HARNESS_H
#define HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "midentity.h"

/* A test case. tests/c/CMakeLists.txt finds these lines and makes one CTest test of each. */
#define TEST(name)   \
    void name(void); \
    void name(void)

struct test_case {
    const char *name;
    void (*run)(void);
};

/* The cases of this program; the build writes them. Ends with a NULL. */
extern const struct test_case test_cases[];

/* What CTest takes for "skipped". */
#define TEST_SKIPPED 77

/* What ends a case: a failed check prints itself and exits. */
void check_failed(const char *file, int line, const char *format, ...);
void check_true(const char *file, int line, const char *text, bool condition);
void check_integer(const char *file, int line, const char *text, int64_t actual, int64_t expected);
void check_text(const char *file, int line, const char *text, const char *actual, const char *expected);
void check_contains(const char *file, int line, const char *text, const char *actual, const char *part);
void check_status(const char *file, int line, const char *call, midentity_status actual, midentity_status expected,
                  midentity_error **error);

#define CHECK(condition) check_true(__FILE__, __LINE__, #condition, (condition))
#define CHECK_INTEGER(actual, expected) \
    check_integer(__FILE__, __LINE__, #actual, (int64_t)(actual), (int64_t)(expected))
#define CHECK_TEXT(actual, expected) check_text(__FILE__, __LINE__, #actual, (actual), (expected))
#define CHECK_CONTAINS(actual, part) check_contains(__FILE__, __LINE__, #actual, (actual), (part))
#define FAIL(...) check_failed(__FILE__, __LINE__, __VA_ARGS__)

/* The call must go well. `error` is the variable whose address it was given. */
#define CHECK_OK(call, error) check_status(__FILE__, __LINE__, #call, (call), MIDENTITY_OK, &(error))
/* The call must end so, with an error that says the same; the error stays, to be looked at and freed. */
#define CHECK_FAILS(call, expected, error) check_status(__FILE__, __LINE__, #call, (call), (expected), &(error))

/* An error's id is this one; frees the error and sets the variable to NULL. */
void check_error_id(const char *file, int line, midentity_error **error, const char *id);
#define CHECK_ERROR_ID(error, id) check_error_id(__FILE__, __LINE__, &(error), (id))

/* Memory and texts. What they give is freed with free(). */
void *allocate(size_t size);
char *formatted(const char *format, ...);

#endif
