/* A token's memory is wiped before it is given back: this program sees every free of the process. It takes the place of
 * the C library's own function, so it is for glibc, and not for sanitizers, which do the same. */
#include <string.h>

#include "emulator.h"
#include "threads.h"

#define ARM "https://management.azure.com/.default"
#define PIECE "CANARY-in-memory"

extern void __libc_free(void *memory);
extern size_t malloc_usable_size(void *memory);
void free(void *memory);

static test_counter watching, freed, seen;

void free(void *memory) {
    if (memory != NULL && counter_get(&watching) != 0) {
        const char *bytes = memory;
        size_t size = malloc_usable_size(memory), i;
        counter_add(&freed, 1);
        for (i = 0; i + sizeof PIECE - 1 <= size; i++) {
            if (bytes[i] == PIECE[0] && memcmp(bytes + i, PIECE, sizeof PIECE - 1) == 0) {
                counter_add(&seen, 1);
                break;
            }
        }
    }
    __libc_free(memory);
}

static void give(void *context, const midentity_token_request *request, midentity_token_answer *answer) {
    (void)context;
    (void)request;
    CHECK_INTEGER(midentity_token_answer_give(answer, PIECE "-given", MIDENTITY_NTS, 4102444800), MIDENTITY_OK);
}

TEST(no_memory_is_given_back_with_a_token_in_it) {
    midentity_token_provider *provider = NULL;
    midentity_operation *operation = NULL;
    midentity_token *token;
    midentity_error *error = NULL;
    void *block;
    int round;
    counter_add(&watching, 1);
    for (round = 0; round < 2; round++) {
        if (round == 0) {
            CHECK_OK(midentity_token_provider_new_static(PIECE "-static", MIDENTITY_NTS, 4102444800, &provider, &error),
                     error);
        } else {
            CHECK_OK(midentity_token_provider_new_callback(give, NULL, NULL, &provider, &error), error);
        }
        CHECK_OK(midentity_token_provider_get_token(provider, ARM, MIDENTITY_NTS, NULL, &operation, &error), error);
        token = finish_token(operation);
        CHECK_CONTAINS(midentity_token_secret(token, NULL), PIECE);
        midentity_token_free(token);
        midentity_token_provider_free(provider);
    }
    CHECK(counter_get(&freed) > 10);
    CHECK_INTEGER(counter_get(&seen), 0);
    /* That this sees what is not wiped. */
    block = allocate(100);
    memcpy((char *)block + 7, PIECE, sizeof PIECE);
    free(block);
    CHECK_INTEGER(counter_get(&seen), 1);
    counter_add(&watching, -1);
}
