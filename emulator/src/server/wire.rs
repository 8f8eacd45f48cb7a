//! The byte stream under HTTP, so that a fault can cut an answer at any byte.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes of the headers that still go out when they are cut: within the second line, for any status.
const HEADER_BYTES: u64 = 40;

const HEADER_END: &[u8] = b"\r\n\r\n";

/// Where the next answer is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    InHeaders,
    /// After this many bytes of the body.
    InBody(u64),
}

/// A connection's switch, held by the side that decides on answers.
#[derive(Default)]
pub(crate) struct WireControl {
    /// Looked at on every write; the mutex only when it is set.
    armed: AtomicBool,
    cut: Mutex<Option<Cut>>,
}

impl WireControl {
    pub(crate) fn cut(&self, cut: Cut) {
        *self.cut.lock().unwrap_or_else(PoisonError::into_inner) = Some(cut);
        self.armed.store(true, Ordering::Release);
    }
}

/// How far a cut answer has got.
#[derive(Debug)]
enum Progress {
    /// The end of the headers is not found yet; so many of its four bytes matched at the end of the last write.
    Headers {
        matched: usize,
        then: u64,
    },
    Left(u64),
}

impl Progress {
    fn start(cut: Cut) -> Self {
        match cut {
            Cut::InHeaders => Self::Left(HEADER_BYTES),
            Cut::InBody(bytes) => Self::Headers { matched: 0, then: bytes },
        }
    }

    /// How many bytes of this write may go out.
    fn allow(&mut self, buffer: &[u8]) -> usize {
        if let Self::Headers { matched, then } = self {
            for (at, byte) in buffer.iter().enumerate() {
                *matched = match *byte == HEADER_END[*matched] {
                    true => *matched + 1,
                    false => usize::from(*byte == HEADER_END[0]),
                };
                if *matched == HEADER_END.len() {
                    let head = at + 1;
                    let body = usize::try_from(*then).unwrap_or(usize::MAX).min(buffer.len() - head);
                    *self = Self::Left(*then + head as u64);
                    return head + body;
                }
            }
            return buffer.len();
        }
        match self {
            Self::Left(left) => usize::try_from(*left).unwrap_or(usize::MAX).min(buffer.len()),
            Self::Headers { .. } => buffer.len(),
        }
    }

    fn wrote(&mut self, bytes: usize) {
        if let Self::Left(left) = self {
            *left = left.saturating_sub(bytes as u64);
        }
    }

    fn is_over(&self) -> bool {
        matches!(self, Self::Left(0))
    }
}

pub(crate) struct Wire<S> {
    inner: S,
    control: Arc<WireControl>,
    progress: Option<Progress>,
}

impl<S> Wire<S> {
    pub(crate) fn new(inner: S, control: Arc<WireControl>) -> Self {
        Self { inner, control, progress: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.progress.is_none() && this.control.armed.load(Ordering::Acquire) {
            let cut = *this.control.cut.lock().unwrap_or_else(PoisonError::into_inner);
            this.progress = cut.map(Progress::start);
        }
        let Some(progress) = &mut this.progress else { return Pin::new(&mut this.inner).poll_write(cx, buffer) };
        if progress.is_over() {
            // What was allowed must reach the peer before the end does.
            ready!(Pin::new(&mut this.inner).poll_flush(cx))?;
            ready!(Pin::new(&mut this.inner).poll_shutdown(cx))?;
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let allowed = progress.allow(buffer);
        let written = ready!(Pin::new(&mut this.inner).poll_write(cx, &buffer[..allowed]))?;
        progress.wrote(written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(cut: Cut, writes: &[&str]) -> String {
        let mut progress = Progress::start(cut);
        let mut out = String::new();
        for write in writes {
            let mut rest = write.as_bytes();
            while !rest.is_empty() && !progress.is_over() {
                let allowed = progress.allow(rest);
                progress.wrote(allowed);
                out.push_str(std::str::from_utf8(&rest[..allowed]).unwrap());
                rest = &rest[allowed..];
            }
        }
        out
    }

    #[test]
    fn a_cut_falls_where_it_should_however_the_answer_is_written() {
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\ndate: x\r\n\r\n";
        for writes in [
            vec![format!("{head}123456789")],
            vec![head.to_owned(), "123456789".to_owned()],
            format!("{head}123456789").chars().map(String::from).collect(),
        ] {
            let writes: Vec<&str> = writes.iter().map(String::as_str).collect();
            assert_eq!(sent(Cut::InBody(4), &writes), format!("{head}1234"));
            assert_eq!(sent(Cut::InBody(0), &writes), head);
            assert_eq!(sent(Cut::InBody(99), &writes), format!("{head}123456789"));
            assert_eq!(sent(Cut::InHeaders, &writes), head[..40]);
        }
    }
}
