// The emulator that the test runner started, reached over its control door. One request to a connection.
#pragma once

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

#include <midentity.hpp>

namespace emulator {

inline std::string variable(const char *name) {
    const char *value = std::getenv(name);
    if (value == nullptr) {
        throw std::runtime_error(std::string(name) + " is not set: the runner sets it to what `serve` prints");
    }
    return value;
}

inline void set_variable(const char *name, const std::string &value) {
#ifdef _WIN32
    _putenv_s(name, value.c_str());
#else
    if (value.empty()) {
        unsetenv(name);
    } else {
        setenv(name, value.c_str(), 1);
    }
#endif
}

namespace detail {

#ifdef _WIN32
using handle = SOCKET;
inline void begin() {
    static const int started = [] {
        WSADATA data;
        return WSAStartup(MAKEWORD(2, 2), &data);
    }();
    static_cast<void>(started);
}
inline void close(handle socket) { closesocket(socket); }
#else
using handle = int;
inline void begin() {}
inline void close(handle socket) { ::close(socket); }
#endif

struct connection {
    handle socket;
    connection() : socket(make()) {}
    connection(const connection &) = delete;
    connection &operator=(const connection &) = delete;
    ~connection() { close(socket); }

    static handle make() {
        begin();
        return ::socket(AF_INET, SOCK_STREAM, 0);
    }
};

inline sockaddr_in local(unsigned short port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/** Sends one request to http://127.0.0.1:PORT, and gives status and body. */
inline std::pair<int, std::string> exchange(const std::string &url, const std::string &head, const std::string &body) {
    const auto port = static_cast<unsigned short>(std::stoi(url.substr(url.rfind(':') + 1)));
    connection connection;
    const sockaddr_in address = local(port);
    if (::connect(connection.socket, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0) {
        throw std::runtime_error("the emulator does not answer at " + url);
    }
    const std::string request = head + " HTTP/1.0\r\nHost: 127.0.0.1\r\nMidentity-Emulator: true\r\n" +
                                "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
                                "\r\n\r\n" + body;
    for (std::size_t sent = 0; sent < request.size();) {
        // Windows counts in int, POSIX in size_t.
        const auto rest = static_cast<int>(request.size() - sent);
#ifdef _WIN32
        const auto count = ::send(connection.socket, request.data() + sent, rest, 0);
#else
        const auto count = ::send(connection.socket, request.data() + sent, static_cast<std::size_t>(rest), 0);
#endif
        if (count <= 0) {
            throw std::runtime_error("the emulator took no request");
        }
        sent += static_cast<std::size_t>(count);
    }
    std::string answer;
    char buffer[16384];
    for (;;) {
        const auto count = ::recv(connection.socket, buffer, sizeof buffer, 0);
        if (count <= 0) {
            break;
        }
        answer.append(buffer, static_cast<std::size_t>(count));
    }
    const auto end = answer.find("\r\n\r\n");
    if (answer.size() < 12 || end == std::string::npos) {
        throw std::runtime_error("the emulator did not answer");
    }
    return {std::stoi(answer.substr(9, 3)), answer.substr(end + 4)};
}

} // namespace detail

/** Asks the control door, and gives the body of the answer. */
inline std::string control(const std::string &method, const std::string &path, const std::string &body = {}) {
    const auto [status, text] =
        detail::exchange(variable("MIDENTITY_EMULATOR"), method + " /_emulator/" + path, body);
    if (status < 200 || status > 299) {
        throw std::runtime_error("the emulator refused " + path + ": " + text);
    }
    return text;
}

/** The state of the start, no faults, an empty log, quick operations. */
inline void reset() {
    control("POST", "reset");
    control("PUT", "settings", R"({"lro": {"seconds": 0.0, "retry_after": 0}})");
}

inline midentity::value facts() { return midentity::value::parse(control("GET", "facts")); }

inline void fault(const std::string &json) { control("POST", "faults", json); }

/** A token of somebody's for Resource Manager. */
inline std::string token_of(const std::string &who) {
    const auto answer = midentity::value::parse(control("POST", "tokens/issue", R"({"principal": ")" + who + "\"}"));
    return answer["access_token"].as<std::string>();
}

/** What came in so far, by door. */
inline std::size_t requests(const std::string &door) {
    return midentity::value::parse(control("GET", "requests?door=" + door))["requests"].size();
}

/** An address where nobody listens, and nobody will while this lives. */
class nobody {
  public:
    nobody() {
        sockaddr_in address = detail::local(0);
        socklen_t size = sizeof address;
        if (::bind(connection_.socket, reinterpret_cast<const sockaddr *>(&address), size) != 0 ||
            ::getsockname(connection_.socket, reinterpret_cast<sockaddr *>(&address), &size) != 0) {
            throw std::runtime_error("no port");
        }
        url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    }

    [[nodiscard]] const std::string &url() const { return url_; }

  private:
    detail::connection connection_;
    std::string url_;
};

} // namespace emulator
