// What the tests of this folder are written with: tests that register themselves, and checks that say where they are.
#pragma once

#include <cstdio>
#include <exception>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <midentity.hpp>

namespace test {

struct failed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct entry {
    const char *name;
    void (*body)();
};

inline std::vector<entry> &all() {
    static std::vector<entry> tests;
    return tests;
}

struct registered {
    registered(const char *name, void (*body)()) { all().push_back({name, body}); }
};

[[noreturn]] inline void fail(const char *file, int line, const std::string &what) {
    throw failed(std::string(file) + ":" + std::to_string(line) + ": " + what);
}

template <class A, class B>
void equal(const char *file, int line, const char *words, const A &found, const B &wanted) {
    if (!(found == wanted)) {
        std::ostringstream text;
        text << words << ": found " << found << ", wanted " << wanted;
        fail(file, line, text.str());
    }
}

/** Runs `body`, which must throw an error of this kind, and gives that. */
template <class Body>
midentity::error error_of(const char *file, int line, midentity::error_kind kind, Body body) {
    try {
        body();
    } catch (const midentity::error &error) {
        if (error.kind() != kind) {
            fail(file, line, "an error of another kind: " + std::to_string(static_cast<int>(error.kind())) + ", " +
                                 error.what());
        }
        return error;
    }
    fail(file, line, "no error");
}

/** Runs every test of the program; how many failed is its exit code. */
inline int run(const std::function<void()> &before_each) {
    int failures = 0;
    for (const entry &entry : all()) {
        try {
            before_each();
            entry.body();
            std::printf("ok %s\n", entry.name);
        } catch (const std::exception &error) {
            std::printf("FAILED %s: %s\n", entry.name, error.what());
            ++failures;
        }
        std::fflush(stdout);
    }
    std::printf("%zu tests, %d failed\n", all().size(), failures);
    return failures;
}

} // namespace test

#define TEST(name)                                                                                                    \
    static void name();                                                                                               \
    static const test::registered registered_##name(#name, name);                                                    \
    static void name()
#define CHECK(fact) ((fact) ? void() : test::fail(__FILE__, __LINE__, #fact))
#define EQUAL(found, wanted) test::equal(__FILE__, __LINE__, #found, found, wanted)
#define ERROR_OF(kind, ...)                                                                                           \
    test::error_of(__FILE__, __LINE__, midentity::error_kind::kind, [&] { static_cast<void>(__VA_ARGS__); })
#define THROWS(type, ...)                                                                                             \
    do {                                                                                                              \
        bool thrown = false;                                                                                          \
        try {                                                                                                         \
            static_cast<void>(__VA_ARGS__);                                                                           \
        } catch (const type &) {                                                                                      \
            thrown = true;                                                                                            \
        }                                                                                                             \
        if (!thrown) test::fail(__FILE__, __LINE__, #__VA_ARGS__ " throws no " #type);                                \
    } while (false)
