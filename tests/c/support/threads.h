/* Threads, events and a clock, on POSIX and Windows. */
#ifndef THREADS_H
#define THREADS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef _WIN32
#include <windows.h>
typedef HANDLE test_thread;
#else
#include <pthread.h>
typedef pthread_t test_thread;
#endif

test_thread thread_start(void (*run)(void *), void *context);
void thread_join(test_thread thread);
/* A number that no other living thread has. */
uint64_t thread_number(void);

/* Happens once and stays so. */
typedef struct test_event test_event;
test_event *event_new(void);
void event_set(test_event *event);
/* False where it does not happen in time. */
bool event_wait(test_event *event, int timeout_ms);
void event_free(test_event *event);

/* A counter that threads share. */
typedef struct {
#ifdef _WIN32
    volatile LONG value;
#else
    int value;
#endif
} test_counter;
int counter_add(test_counter *counter, int number);
int counter_get(test_counter *counter);

/* Milliseconds of a clock that only goes on. */
int64_t now_ms(void);

#endif
