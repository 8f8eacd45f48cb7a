/* Runs one case of a program: its name is the only argument. */
#include <stdio.h>
#include <string.h>

#include "harness.h"

int main(int count, char **arguments) {
    const struct test_case *test;
    if (count != 2) {
        fprintf(stderr, "usage: %s CASE\n", arguments[0]);
        return 2;
    }
    for (test = test_cases; test->name != NULL; test++) {
        if (strcmp(test->name, arguments[1]) == 0) {
            test->run();
            return 0;
        }
    }
    fprintf(stderr, "there is no case %s\n", arguments[1]);
    return 2;
}
