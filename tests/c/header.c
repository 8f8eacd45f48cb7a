/* The header alone, and twice: compiled as C99, C11 and C++17, with every warning an error. */
#include "midentity.h"
#include "midentity.h"

int main(void) {
    /* What it declares can be used without another header. */
    midentity_credential_options options = {
        sizeof(midentity_credential_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    midentity_status status = MIDENTITY_OK;
    bool same = midentity_abi_version() >> 16 == MIDENTITY_ABI_VERSION_MAJOR;
    return same && options.struct_size == sizeof options && status == 0 ? 0 : 1;
}
