/* Loses what the library has made: the leak checker must say so, or its silence elsewhere means nothing. */
#include "midentity.h"

int main(void) {
    midentity_value *value = NULL;
    midentity_status status = midentity_value_parse("[1, 2, 3]", MIDENTITY_NTS, &value, NULL);
    value = NULL;
    return status == MIDENTITY_OK ? 0 : 1;
}
