//! Bodies: whole, dripped by the clock, or made up while they are sent.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

/// One piece of an oversized body. Shared by all of them, so that a gigabyte costs no memory.
const FILLER: Bytes = Bytes::from_static(&[b'x'; 64 * 1024]);
/// An oversized body starts as a token answer does: whoever reads it finds nothing wrong for as long as it reads.
const OPENING: Bytes = Bytes::from_static(b"{\"access_token\":\"");

/// How often a dripped body sends something, where its rate allows it.
const TICK: Duration = Duration::from_millis(50);

pub(crate) struct ReplyBody {
    content: Content,
    /// Whether the length is announced. Without it hyper falls back to chunked transfer coding.
    exact: bool,
}

enum Content {
    Whole(Bytes),
    Filler { left: u64, opened: bool },
    Drip { left: Bytes, piece: usize, every: Duration, next: Pin<Box<Sleep>> },
}

impl ReplyBody {
    pub(crate) fn whole(bytes: Bytes) -> Self {
        Self { content: Content::Whole(bytes), exact: true }
    }

    pub(crate) fn chunked(bytes: Bytes) -> Self {
        Self { content: Content::Whole(bytes), exact: false }
    }

    pub(crate) fn filler(size: u64, exact: bool) -> Self {
        Self { content: Content::Filler { left: size, opened: false }, exact }
    }

    pub(crate) fn drip(bytes: Bytes, per_second: u64, exact: bool) -> Self {
        let ticks = u64::try_from(1000 / TICK.as_millis()).unwrap_or(20);
        // Slow rates send single bytes further apart, fast ones more bytes at every tick.
        let (piece, every) = if per_second >= ticks {
            (per_second / ticks, TICK)
        } else {
            (1, Duration::from_secs(1) / u32::try_from(per_second.max(1)).unwrap_or(1))
        };
        let next = Box::pin(sleep_until(Instant::now() + every));
        let piece = usize::try_from(piece).unwrap_or(usize::MAX);
        Self { content: Content::Drip { left: bytes, piece, every, next }, exact }
    }

    fn left(&self) -> u64 {
        match &self.content {
            Content::Whole(bytes) | Content::Drip { left: bytes, .. } => bytes.len() as u64,
            Content::Filler { left, .. } => *left,
        }
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left() == 0 {
            return Poll::Ready(None);
        }
        let data = match &mut self.content {
            Content::Whole(bytes) => std::mem::take(bytes),
            Content::Filler { left, opened } => {
                let mut piece = if std::mem::replace(opened, true) { FILLER } else { OPENING };
                piece.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= piece.len() as u64;
                piece
            }
            Content::Drip { left, piece, every, next } => {
                if next.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                let due = next.deadline() + *every;
                next.as_mut().reset(due);
                left.split_to((*piece).min(left.len()))
            }
        };
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.left() == 0
    }

    fn size_hint(&self) -> SizeHint {
        if self.exact { SizeHint::with_exact(self.left()) } else { SizeHint::default() }
    }
}
