/* Sockets on loopback, on POSIX and Windows. */
#ifndef SOCKETS_H
#define SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Wide enough for both systems' handles. */
typedef intptr_t test_socket;
#define NO_SOCKET ((test_socket) - 1)

/* A listener on a port that the system chooses. */
test_socket socket_listen(unsigned *port);
/* Takes a connection; NO_SOCKET where none comes in time. */
test_socket socket_accept(test_socket listener, int timeout_ms);
test_socket socket_connect(unsigned port);
void socket_send(test_socket connection, const void *bytes, size_t length);
/* Reads what is there; 0 at the end of the connection (closed or reset), -1 where nothing comes in time. */
long socket_receive(test_socket connection, void *bytes, size_t size, int timeout_ms);
/* Reads until the other side has closed the connection; false where it does not in time. */
bool socket_ends(test_socket connection, int timeout_ms);
void socket_close(test_socket socket);

/* A port where nobody listens. */
unsigned port_refused(void);
/* A port whose connections are never taken: its listener's queue is full. Stays so until the process ends. */
unsigned port_silent(void);

#endif
