//! From a URL's host to the addresses that may be connected to.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use url::Host;

use crate::address::Guard;
use crate::problem::{Problem, ProblemKind};
use crate::target::Target;

/// Where names are looked up.
#[derive(Debug, Clone, Default)]
pub enum Resolver {
    /// The operating system's resolver.
    #[default]
    System,
    /// A fixed table, lower-case names; a name that is not in it is not found. For tests and closed networks.
    Table(HashMap<String, Vec<IpAddr>>),
}

impl Resolver {
    /// The addresses of the target's host that the guard lets pass, in the resolver's order.
    ///
    /// # Errors
    /// `NameNotFound`, or `RefusedAddress` if none of the host's addresses may be connected to.
    pub(crate) async fn addresses(&self, target: &Target, guard: &Guard) -> Result<Vec<SocketAddr>, Problem> {
        let port = target.port();
        let found: Vec<IpAddr> = match target.parsed_host() {
            Host::Ipv4(address) => vec![address.into()],
            Host::Ipv6(address) => vec![address.into()],
            Host::Domain(name) => self.look_up(name, port).await?,
        };
        let mut refused = None;
        let mut passed = Vec::new();
        for address in found {
            match guard.refusal(address) {
                None => passed.push(SocketAddr::new(address, port)),
                Some(reason) => refused = Some((address, reason)),
            }
        }
        match refused {
            Some((address, reason)) if passed.is_empty() => {
                let message = format!("{address} is {reason}; allow-addresses does not name it");
                Err(Problem::new(ProblemKind::RefusedAddress, message))
            }
            None if passed.is_empty() => Err(Problem::new(ProblemKind::NameNotFound, "the name has no address")),
            _ => Ok(passed),
        }
    }

    async fn look_up(&self, name: &str, port: u16) -> Result<Vec<IpAddr>, Problem> {
        match self {
            Self::System => match tokio::net::lookup_host((name, port)).await {
                Ok(found) => Ok(found.map(|address| address.ip()).collect()),
                Err(error) => Err(Problem::new(ProblemKind::NameNotFound, error.to_string())),
            },
            Self::Table(table) => match table.get(name.trim_end_matches('.')) {
                Some(found) => Ok(found.clone()),
                None => Err(Problem::new(ProblemKind::NameNotFound, "the name is not in the table")),
            },
        }
    }
}
