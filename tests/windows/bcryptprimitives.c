/* Scaffolding for the tests under Wine 8, and nothing that is shipped: Rust's standard library takes its randomness
 * from this DLL's one function, which Windows has since version 10 and that Wine has not. */
#include <windows.h>

/* Its documented name is RtlGenRandom; advapi32 exports it under this one. */
BOOLEAN NTAPI SystemFunction036(void *buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(BYTE *buffer, SIZE_T length) {
    while (length > 0) {
        ULONG part = length > 0x10000 ? 0x10000 : (ULONG)length;
        if (!SystemFunction036(buffer, part)) {
            return FALSE;
        }
        buffer += part;
        length -= part;
    }
    return TRUE;
}
