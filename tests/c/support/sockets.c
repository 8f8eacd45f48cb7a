#include "sockets.h"

#include <errno.h>
#include <string.h>

#include "harness.h"

#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
typedef SOCKET native;
typedef int length_type;
#define CLOSE closesocket
#define POLL WSAPoll
#else
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
typedef int native;
typedef socklen_t length_type;
#define CLOSE close
#define POLL poll
#endif

static void start(void) {
#ifdef _WIN32
    static bool started;
    WSADATA data;
    if (!started) {
        CHECK_INTEGER(WSAStartup(MAKEWORD(2, 2), &data), 0);
        started = true;
    }
#endif
}

static struct sockaddr_in loopback(unsigned port) {
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)port);
    return address;
}

static test_socket made(void) {
    test_socket socket_made;
    start();
    socket_made = (test_socket)socket(AF_INET, SOCK_STREAM, 0);
    CHECK(socket_made != NO_SOCKET);
    return socket_made;
}

static test_socket listen_with(unsigned *port, int queue) {
    test_socket listener = made();
    struct sockaddr_in address = loopback(0);
    length_type length = sizeof address;
    CHECK_INTEGER(bind((native)listener, (struct sockaddr *)&address, sizeof address), 0);
    CHECK_INTEGER(listen((native)listener, queue), 0);
    CHECK_INTEGER(getsockname((native)listener, (struct sockaddr *)&address, &length), 0);
    *port = ntohs(address.sin_port);
    return listener;
}

test_socket socket_listen(unsigned *port) {
    return listen_with(port, 64);
}

static bool readable(test_socket waiting, int timeout_ms) {
    struct pollfd look;
    memset(&look, 0, sizeof look);
    look.fd = (native)waiting;
    look.events = POLLIN;
    return POLL(&look, 1, timeout_ms) > 0;
}

test_socket socket_accept(test_socket listener, int timeout_ms) {
    if (!readable(listener, timeout_ms)) {
        return NO_SOCKET;
    }
    return (test_socket)accept((native)listener, NULL, NULL);
}

test_socket socket_connect(unsigned port) {
    test_socket connection = made();
    struct sockaddr_in address = loopback(port);
    if (connect((native)connection, (struct sockaddr *)&address, sizeof address) != 0) {
        FAIL("nobody listens at 127.0.0.1:%u", port);
    }
    return connection;
}

void socket_send(test_socket connection, const void *bytes, size_t length) {
    const char *rest = bytes;
    while (length > 0) {
        long sent = (long)send((native)connection, rest, length, 0);
        if (sent <= 0) {
            FAIL("sending: %s", strerror(errno));
        }
        rest += sent;
        length -= (size_t)sent;
    }
}

long socket_receive(test_socket connection, void *bytes, size_t size, int timeout_ms) {
    long received;
    if (!readable(connection, timeout_ms)) {
        return -1;
    }
    received = (long)recv((native)connection, bytes, size, 0);
    return received < 0 ? 0 : received;
}

bool socket_ends(test_socket connection, int timeout_ms) {
    char bytes[512];
    long received;
    do {
        received = socket_receive(connection, bytes, sizeof bytes, timeout_ms);
    } while (received > 0);
    return received == 0;
}

void socket_close(test_socket socket_to_close) {
    CLOSE((native)socket_to_close);
}

unsigned port_refused(void) {
    unsigned port;
    socket_close(listen_with(&port, 1));
    return port;
}

unsigned port_silent(void) {
    unsigned port, i;
    listen_with(&port, 0);
    for (i = 0; i < 8; i++) {
        test_socket waiting = made();
        struct sockaddr_in address = loopback(port);
#ifdef _WIN32
        u_long on = 1;
        ioctlsocket((native)waiting, FIONBIO, &on);
#else
        fcntl((native)waiting, F_SETFL, fcntl((native)waiting, F_GETFL) | O_NONBLOCK);
#endif
        (void)!connect((native)waiting, (struct sockaddr *)&address, sizeof address);
    }
    return port;
}
