// Somebody's program: is it the right library, and does it give a token and read with it?

#include <iostream>
#include <string>

#include <midentity.hpp>

int main() {
    try {
        midentity::require_abi();
        const midentity::credential credential;
        const midentity::token token = credential.get_token("arm");
        const std::string name = midentity::instance().get("compute/name").get().as<std::string>();
        const midentity::arm_client arm(midentity::token_provider::from_credential(credential));
        const std::string machine = arm.this_vm().get();
        std::cout << "midentity " << midentity::version() << ": a " << token.type() << " token on " << name << '\n';
        return token.secret().size() > 100 && machine.find(name) != std::string::npos ? 0 : 3;
    } catch (const std::exception &error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
