//! Fetching against a real server on loopback, which behaves well and badly. Nothing leaves the machine.

mod addresses;
mod bodies;
mod lists;
mod politeness;
mod redirects;
mod refresh;
mod resume;
mod robots;
mod server;
mod support;
mod throughput;
mod tls;
