//! The servers that perf/serve compares: a task a connection, which echoes, or
//! answers every GET with the same 14 bytes. The parser is that of perf/hello.h.

use std::io::{self, ErrorKind};
use std::process::exit;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, UnixListener};
use tokio::runtime::Builder;

const BACKLOG: u32 = 4096;
const BUFFER: usize = 4096;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\n\
    Content-Length: 14\r\n\
    Content-Type: text/plain\r\n\
    \r\n\
    Hello, world!\n";

pub struct Options {
    pub http: bool,
    pub port: u16,
    pub path: Option<String>,
    pub workers: usize,
}

/// Prints "ready PORT tokio VERSION" once it listens; never returns.
pub fn serve(options: Options) -> ! {
    let rt = Builder::new_multi_thread()
        .worker_threads(options.workers)
        .enable_all()
        .build()
        .expect("runtime");
    // The listener's task is one of the workers' too: block_on's thread is
    // none, and would have to wake one for each connection.
    let listener = rt.spawn(async move {
        match options.path {
            Some(path) => listen_unix(&path, options.http).await,
            None => listen_tcp(options.port, options.http).await,
        }
    });
    let end = rt.block_on(listener).unwrap();
    eprintln!("tokio-peer: {}", end.unwrap_err());
    exit(1);
}

fn ready(port: u16) {
    let version = option_env!("TOKIO_PEER_VERSION").unwrap_or("unknown");
    println!("ready {} tokio {}", port, version.trim_end_matches("+net"));
}

async fn listen_tcp(port: u16, http: bool) -> io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(([127, 0, 0, 1], port).into())?;
    let listener = socket.listen(BACKLOG)?;
    ready(listener.local_addr()?.port());
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(connection(stream, http));
    }
}

async fn listen_unix(path: &str, http: bool) -> io::Result<()> {
    let _ = std::fs::remove_file(path);
    let listener = UnixListener::bind(path)?;
    ready(0);
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(connection(stream, http));
    }
}

/// A connection that breaks is over, as one that ends.
async fn connection(stream: impl AsyncRead + AsyncWrite + Unpin, http: bool) {
    let _ = if http {
        answer_all(stream).await
    } else {
        echo(stream).await
    };
}

async fn echo(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    let mut buffer = [0; BUFFER];
    loop {
        let n = stream.read(&mut buffer).await?;
        if n == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..n]).await?;
    }
}

async fn answer_all(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    let mut input = [0; BUFFER];
    let mut output = [0; BUFFER];
    let mut used = 0;
    loop {
        let n = stream.read(&mut input[used..]).await?;
        if n == 0 {
            return Ok(());
        }
        used += n;
        loop {
            let filled = answer(&mut input, &mut used, &mut output)?;
            if filled == 0 {
                break;
            }
            stream.write_all(&output[..filled]).await?;
        }
    }
}

/// Takes requests off the input as long as there is room for answers, and moves
/// the rest to the front. Gives the number of bytes of answers.
fn answer(input: &mut [u8], used: &mut usize, output: &mut [u8]) -> io::Result<usize> {
    let mut taken = 0;
    let mut filled = 0;
    while taken < *used && filled + ANSWER.len() <= output.len() {
        match request(&input[taken..*used])? {
            0 => break,
            length => taken += length,
        }
        output[filled..filled + ANSWER.len()].copy_from_slice(ANSWER);
        filled += ANSWER.len();
    }
    if taken == 0 && *used == input.len() {
        return Err(ErrorKind::InvalidData.into());
    }
    input.copy_within(taken..*used, 0);
    *used -= taken;
    Ok(filled)
}

/// The length of the request at the start of the bytes; 0: the rest is still to
/// come.
fn request(bytes: &[u8]) -> io::Result<usize> {
    let end = match bytes.windows(4).position(|w| w == b"\r\n\r\n") {
        Some(end) => end,
        None => return Ok(0),
    };
    if is_served(&bytes[..end]) {
        Ok(end + 4)
    } else {
        Err(ErrorKind::InvalidData.into())
    }
}

/// A method that is GET, a target that begins with a slash, and a version.
fn is_served(head: &[u8]) -> bool {
    if !head.starts_with(b"GET /") {
        return false;
    }
    let target = &head[4..];
    match target.iter().position(|&b| b == b' ') {
        Some(version) => {
            target.len() - version >= 9 && target[version..].starts_with(b" HTTP/1.")
        }
        None => false,
    }
}
