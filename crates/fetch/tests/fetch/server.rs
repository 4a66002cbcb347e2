//! A real HTTP/1.1 server on loopback, of plain threads, whose answers are raw bytes: it can do everything wrong.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Hit {
    pub at: Instant,
    pub path: String,
    pub headers: HashMap<String, String>,
    /// Requests being answered at the same moment, this one included.
    pub running: usize,
    /// A number for the connection.
    pub connection: usize,
}

impl Hit {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// What a handler answers on.
pub trait Stream: Read + Write + Send {}
impl<S: Read + Write + Send> Stream for S {}

/// Answers a request; `Ok(true)` keeps the connection.
pub type Handler = dyn Fn(&Hit, &mut dyn Stream) -> io::Result<bool> + Send + Sync;

/// Runs until the test's process ends.
pub struct Server {
    pub address: SocketAddr,
    pub scheme: &'static str,
    hits: Arc<Mutex<Vec<Hit>>>,
}

impl Server {
    /// On 127.0.0.1 and a free port.
    pub fn start(handler: impl Fn(&Hit, &mut dyn Stream) -> io::Result<bool> + Send + Sync + 'static) -> Self {
        Self::start_on(Ipv4Addr::LOCALHOST.into(), 0, handler)
    }

    pub fn start_on(
        ip: IpAddr,
        port: u16,
        handler: impl Fn(&Hit, &mut dyn Stream) -> io::Result<bool> + Send + Sync + 'static,
    ) -> Self {
        Self::start_with(ip, port, "http", |stream| Ok(Box::new(stream)), handler)
    }

    pub fn start_with(
        ip: IpAddr,
        port: u16,
        scheme: &'static str,
        accept: impl Fn(TcpStream) -> io::Result<Box<dyn Stream>> + Send + Sync + 'static,
        handler: impl Fn(&Hit, &mut dyn Stream) -> io::Result<bool> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((ip, port)).expect("a loopback address is free");
        let address = listener.local_addr().expect("the listener has an address");
        let hits = Arc::new(Mutex::new(Vec::new()));
        let server = Self { address, scheme, hits: hits.clone() };
        let accept = Arc::new(accept);
        let handler: Arc<Handler> = Arc::new(handler);
        let running = Arc::new(Mutex::new(0));
        std::thread::spawn(move || {
            for (connection, stream) in listener.incoming().flatten().enumerate() {
                let (accept, handler) = (accept.clone(), handler.clone());
                let (hits, running) = (hits.clone(), running.clone());
                std::thread::spawn(move || {
                    let stream = accept(stream)?;
                    serve(BufReader::new(stream), connection, &*handler, &hits, &running)
                });
            }
        });
        server
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// Requests so far, robots.txt included.
    pub fn hits(&self) -> Vec<Hit> {
        self.hits.lock().expect("no handler panics").clone()
    }

    /// Paths asked for so far, without robots.txt.
    pub fn paths(&self) -> Vec<String> {
        self.hits().into_iter().map(|hit| hit.path).filter(|path| path != "/robots.txt").collect()
    }

    pub fn count(&self, path: &str) -> usize {
        self.hits().iter().filter(|hit| hit.path == path).count()
    }
}

fn serve(
    mut stream: BufReader<Box<dyn Stream>>,
    connection: usize,
    handler: &Handler,
    hits: &Mutex<Vec<Hit>>,
    running: &Mutex<usize>,
) -> io::Result<()> {
    loop {
        let Some(mut hit) = read_request(&mut stream, connection)? else { return Ok(()) };
        {
            let mut running = running.lock().expect("no handler panics");
            *running += 1;
            hit.running = *running;
        }
        hits.lock().expect("no handler panics").push(hit.clone());
        let kept = handler(&hit, stream.get_mut());
        *running.lock().expect("no handler panics") -= 1;
        if !kept? {
            return Ok(());
        }
    }
}

fn read_request(stream: &mut BufReader<Box<dyn Stream>>, connection: usize) -> io::Result<Option<Hit>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let at = Instant::now();
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = HashMap::new();
    loop {
        line.clear();
        if stream.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    Ok(Some(Hit { at, path, headers, running: 0, connection }))
}

/// Answers with a status, further header lines and a body of known length.
pub fn answer(stream: &mut dyn Stream, status: &str, headers: &[&str], body: &[u8]) -> io::Result<bool> {
    let mut head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", body.len());
    for header in headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    stream.write_all(&[head.as_bytes(), body].concat())?;
    Ok(true)
}

/// Answers with a small page.
pub fn page(stream: &mut dyn Stream, text: &str) -> io::Result<bool> {
    let body = format!("<!doctype html><title>{text}</title><p>{text}</p>");
    answer(stream, "200 OK", &["Content-Type: text/html; charset=utf-8"], body.as_bytes())
}

pub fn redirect(stream: &mut dyn Stream, to: &str) -> io::Result<bool> {
    answer(stream, "302 Found", &[&format!("Location: {to}")], b"")
}

pub fn not_found(stream: &mut dyn Stream) -> io::Result<bool> {
    answer(stream, "404 Not Found", &["Content-Type: text/plain"], b"not here")
}
