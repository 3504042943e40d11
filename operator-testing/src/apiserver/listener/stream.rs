//! A connection whose requests have been put into a form that the HTTP library takes.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::framing::Framing;

/// How much is read at once.
const PIECE: usize = 16 << 10;

/// What a client sends, with the targets of its requests escaped; what is written goes out as it is.
#[derive(Debug)]
pub(super) struct Stream {
    inner: TcpStream,
    framing: Framing,
    /// What may be read, from `taken` on.
    ready: Vec<u8>,
    taken: usize,
    ended: bool,
}

impl Stream {
    pub(super) fn new(inner: TcpStream) -> Self {
        Self {
            inner,
            framing: Framing::default(),
            ready: Vec::new(),
            taken: 0,
            ended: false,
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.taken == this.ready.len() && !this.ended {
            this.ready.clear();
            this.taken = 0;
            let mut piece = [0; PIECE];
            let mut piece = ReadBuf::new(&mut piece);
            ready!(Pin::new(&mut this.inner).poll_read(context, &mut piece))?;
            if piece.filled().is_empty() {
                this.ended = true;
                this.framing.finish(&mut this.ready);
            } else {
                this.framing.push(piece.filled(), &mut this.ready);
            }
        }
        let left = &this.ready[this.taken..];
        let count = left.len().min(buffer.remaining());
        buffer.put_slice(&left[..count]);
        this.taken += count;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(context, buffer)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}
