/* JSON values: read without a network. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static midentity_value *parsed(const char *json) {
    midentity_value *value = NULL;
    midentity_error *error = NULL;
    CHECK_OK(midentity_value_parse(json, MIDENTITY_NTS, &value, &error), error);
    return value;
}

static const midentity_value *at(const midentity_value *value, const char *path) {
    return midentity_value_get(value, path, MIDENTITY_NTS);
}

TEST(every_type_is_told_and_read) {
    midentity_value *value = parsed(
        "{\"none\":null,\"yes\":true,\"n\":-1.5,\"i\":9007199254740993,\"t\":\"gr\\u00f6\\u00dfe\",\"a\":[1,[2]],\"o\":"
        "{\"k\":1}}");
    double number = 0;
    int64_t integer = 0;
    bool boolean = false;
    size_t length = 0;
    CHECK_INTEGER(midentity_value_type(value), MIDENTITY_VALUE_OBJECT);
    CHECK_INTEGER(midentity_value_type(at(value, "/none")), MIDENTITY_VALUE_NULL);
    CHECK_INTEGER(midentity_value_type(at(value, "/yes")), MIDENTITY_VALUE_BOOLEAN);
    CHECK_INTEGER(midentity_value_type(at(value, "/n")), MIDENTITY_VALUE_NUMBER);
    CHECK_INTEGER(midentity_value_type(at(value, "/t")), MIDENTITY_VALUE_STRING);
    CHECK_INTEGER(midentity_value_type(at(value, "/a")), MIDENTITY_VALUE_ARRAY);
    CHECK_INTEGER(midentity_value_type(at(value, "/o")), MIDENTITY_VALUE_OBJECT);
    CHECK_INTEGER(midentity_value_type(at(value, "/nowhere")), MIDENTITY_VALUE_MISSING);
    CHECK(midentity_value_boolean(at(value, "/yes"), &boolean) && boolean);
    CHECK(midentity_value_number(at(value, "/n"), &number) && number < -1.4 && number > -1.6);
    CHECK(midentity_value_integer(at(value, "/i"), &integer));
    CHECK_INTEGER(integer, INT64_C(9007199254740993));
    CHECK_TEXT(midentity_value_string(at(value, "/t"), &length),
               "gr\xc3\xb6\xc3\x9f"
               "e");
    CHECK_INTEGER(length, 7);
    CHECK_INTEGER(midentity_value_length(at(value, "/a")), 2);
    CHECK(midentity_value_integer(at(value, "/a/1/0"), &integer));
    CHECK_INTEGER(integer, 2);
    midentity_value_free(value);
}

TEST(what_is_something_else_is_not_read) {
    midentity_value *value = parsed("{\"t\":\"1\",\"n\":1.5,\"u\":18446744073709551615}");
    double number = 7;
    int64_t integer = 7;
    bool boolean = true;
    size_t length = 7;
    CHECK(!midentity_value_number(at(value, "/t"), &number));
    CHECK(!midentity_value_integer(at(value, "/n"), &integer));
    CHECK(!midentity_value_integer(at(value, "/u"), &integer));
    CHECK(!midentity_value_boolean(at(value, "/n"), &boolean));
    CHECK(number > 6.9 && integer == 7 && boolean);
    CHECK(midentity_value_string(at(value, "/n"), &length) == NULL);
    CHECK_INTEGER(length, 0);
    CHECK_INTEGER(midentity_value_length(at(value, "/t")), 0);
    CHECK(midentity_value_item(at(value, "/t"), 0) == NULL);
    CHECK(midentity_value_key(at(value, "/t"), 0, &length) == NULL);
    /* A place for the answer is not needed. */
    CHECK(midentity_value_number(at(value, "/n"), NULL));
    CHECK(!midentity_value_integer(at(value, "/n"), NULL));
    CHECK(!midentity_value_boolean(at(value, "/n"), NULL));
    midentity_value_free(value);
}

TEST(members_and_items_by_their_number) {
    midentity_value *value = parsed("{\"b\":1,\"a\":[true]}");
    bool b_seen = false, a_seen = false;
    size_t i, length = 0;
    CHECK_INTEGER(midentity_value_length(value), 2);
    for (i = 0; i < 2; i++) {
        const char *key = midentity_value_key(value, i, &length);
        CHECK_INTEGER(length, 1);
        CHECK(midentity_value_item(value, i) == at(value, key[0] == 'a' ? "/a" : "/b"));
        a_seen = a_seen || strcmp(key, "a") == 0;
        b_seen = b_seen || strcmp(key, "b") == 0;
    }
    CHECK(a_seen && b_seen);
    CHECK(midentity_value_key(value, 2, NULL) == NULL);
    CHECK(midentity_value_item(value, 2) == NULL);
    CHECK(midentity_value_item(value, SIZE_MAX) == NULL);
    CHECK(midentity_value_item(at(value, "/a"), 0) == at(value, "/a/0"));
    CHECK(midentity_value_item(at(value, "/a"), 1) == NULL);
    midentity_value_free(value);
}

TEST(paths_are_json_pointers) {
    midentity_value *value = parsed("{\"a/b\":[10,{\"m~n\":true}],\"\":5,\"z\\u0000z\":6}");
    CHECK(at(value, "") == value);
    CHECK(at(value, "/") != NULL);
    CHECK(at(value, "/a~1b/1/m~0n") != NULL);
    CHECK(midentity_value_get(value, "/z\0z", 4) != NULL);
    CHECK(midentity_value_get(value, "/a~1b/9", 5) != NULL);
    CHECK(at(value, "a~1b") == NULL);
    CHECK(at(value, "/a~1b/2") == NULL);
    CHECK(at(value, "/a~1b/-1") == NULL);
    CHECK(at(value, "/a~1b/00") == NULL);
    CHECK(at(value, "/a~1b/99999999999999999999999") == NULL);
    CHECK(midentity_value_get(value, "\xff", 1) == NULL);
    CHECK(midentity_value_get(value, NULL, 0) == NULL);
    CHECK(midentity_value_get(value, "/", SIZE_MAX - 1) == NULL);
    CHECK(midentity_value_get(NULL, "", 0) == NULL);
    midentity_value_free(value);
}

TEST(json_comes_out_of_any_part) {
    midentity_value *value = parsed(" {\"a\" : [ 1 , null ] } ");
    size_t length = 0;
    const char *json = midentity_value_to_json(value, &length);
    CHECK_TEXT(json, "{\"a\":[1,null]}");
    CHECK_INTEGER(length, strlen(json));
    CHECK(midentity_value_to_json(value, NULL) == json);
    CHECK_TEXT(midentity_value_to_json(at(value, "/a"), NULL), "[1,null]");
    midentity_value_free(value);
}

TEST(a_text_may_hold_nuls) {
    midentity_value *value = parsed("[\"a\\u0000b\"]");
    size_t length = 0;
    const char *text = midentity_value_string(at(value, "/0"), &length);
    CHECK_INTEGER(length, 3);
    CHECK(memcmp(text, "a\0b", 4) == 0);
    midentity_value_free(value);
}

TEST(what_is_no_json_is_refused) {
    static const char *const WRONG[] = {"",           " ",   "{",        "[1,]",        "nul",
                                        "{\"a\":1}x", "'a'", "\xc3\x28", "\"\\ud800\"", "01"};
    size_t i;
    midentity_value *value = NULL;
    midentity_error *error = NULL;
    for (i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        CHECK_FAILS(midentity_value_parse(WRONG[i], MIDENTITY_NTS, &value, &error), MIDENTITY_INVALID_ARGUMENT, error);
        CHECK(value == NULL);
        CHECK_ERROR_ID(error, "argument.option");
    }
    CHECK_FAILS(midentity_value_parse("1\0", 2, &value, &error), MIDENTITY_INVALID_ARGUMENT, error);
    CHECK_ERROR_ID(error, "argument.option");
    CHECK_FAILS(midentity_value_parse(NULL, 0, &value, &error), MIDENTITY_INVALID_ARGUMENT, error);
    CHECK_ERROR_ID(error, "argument.option");
    CHECK_FAILS(midentity_value_parse("1", SIZE_MAX - 1, &value, &error), MIDENTITY_INVALID_ARGUMENT, error);
    CHECK_ERROR_ID(error, "argument.option");
    CHECK_FAILS(midentity_value_parse("1", 1, NULL, &error), MIDENTITY_INVALID_ARGUMENT, error);
    CHECK_ERROR_ID(error, "argument.option");
    CHECK_INTEGER(midentity_value_parse("x", 1, &value, NULL), MIDENTITY_INVALID_ARGUMENT);
}

TEST(depth_has_a_limit) {
    enum { DEEP = 100000 };
    char *json = allocate(DEEP + 1);
    midentity_value *value = NULL;
    midentity_error *error = NULL;
    memset(json, '[', DEEP);
    CHECK_FAILS(midentity_value_parse(json, DEEP, &value, &error), MIDENTITY_INVALID_ARGUMENT, error);
    CHECK_ERROR_ID(error, "argument.option");
    memset(json + 127, ']', 127);
    CHECK_OK(midentity_value_parse(json, 254, &value, &error), error);
    CHECK_INTEGER(strlen(midentity_value_to_json(value, NULL)), 254);
    midentity_value_free(value);
    free(json);
}

TEST(null_is_a_missing_value) {
    size_t length = 7;
    CHECK_INTEGER(midentity_value_type(NULL), MIDENTITY_VALUE_MISSING);
    CHECK(midentity_value_string(NULL, &length) == NULL && length == 0);
    CHECK(!midentity_value_number(NULL, NULL));
    CHECK(!midentity_value_integer(NULL, NULL));
    CHECK(!midentity_value_boolean(NULL, NULL));
    CHECK_INTEGER(midentity_value_length(NULL), 0);
    CHECK(midentity_value_item(NULL, 0) == NULL);
    CHECK(midentity_value_key(NULL, 0, NULL) == NULL);
    CHECK(midentity_value_to_json(NULL, &length) == NULL);
    midentity_value_free(NULL);
}

TEST(freeing_a_part_leaves_the_whole) {
    midentity_value *value = parsed("{\"a\":{\"b\":1}}");
    midentity_value_free((midentity_value *)(intptr_t)at(value, "/a"));
    CHECK(at(value, "/a/b") != NULL);
    midentity_value_free(value);
}
