// Takes one token and says when it expires: the smallest program that is somebody on an Azure machine.

#include <chrono>
#include <iostream>

#include <midentity.hpp>

int main(int count, char **arguments) {
    try {
        const midentity::credential credential;
        const midentity::token token = credential.get_token(count > 1 ? arguments[1] : "arm");
        // The token itself is token.secret(): for an Authorization header, and nowhere else.
        std::cout << "a token that is good until " << std::chrono::system_clock::to_time_t(token.expires_on())
                  << " (seconds since 1970 UTC)\n";
    } catch (const midentity::error &error) {
        std::cerr << error.what() << "\nhint: " << error.hint() << '\n';
        return 1;
    }
}
