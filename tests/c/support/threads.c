#include "threads.h"

#include <stdlib.h>

#include "harness.h"

#ifndef _WIN32
#include <errno.h>
#include <time.h>
#endif

struct start {
    void (*run)(void *);
    void *context;
};

#ifdef _WIN32

static DWORD WINAPI entry(void *start) {
    struct start copied = *(struct start *)start;
    free(start);
    copied.run(copied.context);
    return 0;
}

test_thread thread_start(void (*run)(void *), void *context) {
    struct start *start = allocate(sizeof *start);
    test_thread thread;
    start->run = run;
    start->context = context;
    thread = CreateThread(NULL, 0, entry, start, 0, NULL);
    CHECK(thread != NULL);
    return thread;
}

void thread_join(test_thread thread) {
    CHECK_INTEGER(WaitForSingleObject(thread, INFINITE), WAIT_OBJECT_0);
    CloseHandle(thread);
}

uint64_t thread_number(void) {
    return GetCurrentThreadId();
}

struct test_event {
    HANDLE handle;
};

test_event *event_new(void) {
    test_event *event = allocate(sizeof *event);
    event->handle = CreateEventA(NULL, TRUE, FALSE, NULL);
    CHECK(event->handle != NULL);
    return event;
}

void event_set(test_event *event) {
    SetEvent(event->handle);
}

bool event_wait(test_event *event, int timeout_ms) {
    return WaitForSingleObject(event->handle, (DWORD)timeout_ms) == WAIT_OBJECT_0;
}

void event_free(test_event *event) {
    CloseHandle(event->handle);
    free(event);
}

int counter_add(test_counter *counter, int number) {
    return (int)InterlockedExchangeAdd(&counter->value, number) + number;
}

int64_t now_ms(void) {
    /* GetTickCount64 goes on in steps of 16 ms. */
    LARGE_INTEGER now, second;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&second);
    return (int64_t)(now.QuadPart / second.QuadPart * 1000 + now.QuadPart % second.QuadPart * 1000 / second.QuadPart);
}

#else

static void *entry(void *start) {
    struct start copied = *(struct start *)start;
    free(start);
    copied.run(copied.context);
    return NULL;
}

test_thread thread_start(void (*run)(void *), void *context) {
    struct start *start = allocate(sizeof *start);
    test_thread thread;
    start->run = run;
    start->context = context;
    CHECK_INTEGER(pthread_create(&thread, NULL, entry, start), 0);
    return thread;
}

void thread_join(test_thread thread) {
    CHECK_INTEGER(pthread_join(thread, NULL), 0);
}

uint64_t thread_number(void) {
    return (uint64_t)pthread_self();
}

struct test_event {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool set;
};

test_event *event_new(void) {
    test_event *event = allocate(sizeof *event);
    pthread_mutex_init(&event->lock, NULL);
    pthread_cond_init(&event->changed, NULL);
    return event;
}

void event_set(test_event *event) {
    pthread_mutex_lock(&event->lock);
    event->set = true;
    pthread_cond_broadcast(&event->changed);
    pthread_mutex_unlock(&event->lock);
}

bool event_wait(test_event *event, int timeout_ms) {
    struct timespec until;
    bool set;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&event->lock);
    while (!event->set && pthread_cond_timedwait(&event->changed, &event->lock, &until) != ETIMEDOUT) {
    }
    set = event->set;
    pthread_mutex_unlock(&event->lock);
    return set;
}

void event_free(test_event *event) {
    pthread_cond_destroy(&event->changed);
    pthread_mutex_destroy(&event->lock);
    free(event);
}

int counter_add(test_counter *counter, int number) {
    return __atomic_add_fetch(&counter->value, number, __ATOMIC_SEQ_CST);
}

int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif

int counter_get(test_counter *counter) {
    return counter_add(counter, 0);
}
