//! Values that a forked child must not take over from its parent: locks that another thread may have held, sockets
//! and timers that belong to the parent's event loop.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

/// A value made anew in each process.
///
/// After `fork` the child's first [`PerProcess::get`] leaks the parent's value instead of dropping it: a drop would
/// deregister the parent's sockets from the event queue that both processes share, or wait for a lock whose holder
/// does not exist in the child.
pub(crate) struct PerProcess<T>(ArcSwapOption<Slot<T>>);

struct Slot<T> {
    pid: u32,
    value: Arc<T>,
}

impl<T: Default> PerProcess<T> {
    pub(crate) const fn new() -> Self {
        Self(ArcSwapOption::const_empty())
    }

    /// This process's value, made on first use. Asks for the process id, a system call: not for the hot path.
    pub(crate) fn get(&self) -> Arc<T> {
        let pid = std::process::id();
        loop {
            let current = self.0.load_full();
            if let Some(slot) = &current
                && slot.pid == pid
            {
                return Arc::clone(&slot.value);
            }
            let fresh = Arc::new(Slot { pid, value: Arc::new(T::default()) });
            let previous = self.0.compare_and_swap(&current, Some(Arc::clone(&fresh)));
            let swapped = match (&*previous, &current) {
                (None, None) => true,
                (Some(a), Some(b)) => Arc::ptr_eq(a, b),
                _ => false,
            };
            if swapped {
                if let Some(inherited) = current {
                    std::mem::forget(Arc::clone(&inherited.value));
                }
                return Arc::clone(&fresh.value);
            }
        }
    }
}

impl<T: Default> Default for PerProcess<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Drop for PerProcess<T> {
    fn drop(&mut self) {
        if let Some(slot) = self.0.swap(None)
            && slot.pid != std::process::id()
        {
            std::mem::forget(slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn one_value_for_all_threads_of_a_process() {
        static MADE: AtomicU32 = AtomicU32::new(0);
        struct Counted;
        impl Default for Counted {
            fn default() -> Self {
                MADE.fetch_add(1, Ordering::SeqCst);
                Self
            }
        }
        static CELL: PerProcess<Counted> = PerProcess::new();
        let all: Vec<_> = (0..8)
            .map(|_| std::thread::spawn(|| Arc::as_ptr(&CELL.get()) as usize))
            .map(|t| t.join().unwrap())
            .collect();
        assert!(all.iter().all(|p| *p == all[0]));
    }

    #[test]
    fn another_processes_value_is_leaked_not_dropped() {
        static DROPPED: AtomicU32 = AtomicU32::new(0);
        #[derive(Default)]
        struct Loud;
        impl Drop for Loud {
            fn drop(&mut self) {
                DROPPED.fetch_add(1, Ordering::SeqCst);
            }
        }
        let cell: PerProcess<Loud> = PerProcess::new();
        cell.0.store(Some(Arc::new(Slot { pid: 0, value: Arc::new(Loud) })));
        let mine = cell.get();
        assert_eq!(DROPPED.load(Ordering::SeqCst), 0);
        drop(cell);
        drop(mine);
        assert_eq!(DROPPED.load(Ordering::SeqCst), 1);
    }
}
