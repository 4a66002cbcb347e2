//! Which pages may be learned from, told by their site.
//!
//! A site is a registrable domain (`news.example.co.uk` → `example.co.uk`, by the Public Suffix List). One tenth of the
//! sites is held out: never read while a model is made, reported once. The rest falls into folds, so that no page is
//! scored by a model that saw its site.

use std::net::IpAddr;

use sha2::{Digest, Sha256};

/// Number of folds of cross-validation.
pub const FOLDS: u8 = 5;

/// The site of a host name or URL: its registrable domain, lower case; the host itself where it has none (an IP
/// address, `localhost`).
pub fn site(host_or_url: &str) -> String {
    let host = match url::Url::parse(host_or_url) {
        Ok(url) => url.host_str().unwrap_or_default().to_owned(),
        Err(_) => host_or_url.to_owned(),
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if host.parse::<IpAddr>().is_ok() {
        return host;
    }
    psl::domain_str(&host).unwrap_or(&host).to_owned()
}

/// Whether the site is held out: the first eight hexadecimal digits of its SHA-256 are a multiple of ten.
pub fn held_out(site: &str) -> bool {
    hash(site).0.is_multiple_of(10)
}

/// The fold of a site, 0 to [`FOLDS`] − 1: the second eight digits of the same hash, modulo the number of folds.
pub fn fold(site: &str) -> u8 {
    (hash(site).1 % u32::from(FOLDS)) as u8
}

fn hash(site: &str) -> (u32, u32) {
    let digest = Sha256::digest(site.as_bytes());
    let word = |at: usize| u32::from_be_bytes([digest[at], digest[at + 1], digest[at + 2], digest[at + 3]]);
    (word(0), word(4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_the_registrable_domain() {
        assert_eq!(site("https://news.example.co.uk/a?b#c"), "example.co.uk");
        assert_eq!(site("WWW.Example.com"), "example.com");
        assert_eq!(site("http://127.0.0.1:80/"), "127.0.0.1");
    }

    #[test]
    fn the_held_out_tenth_is_fixed() {
        // sha256("example.com") begins a379a6f6 eeafb9a5: 0xa379a6f6 = 2742658806.
        assert!(!held_out("example.com"));
        assert_eq!(fold("example.com"), (0xeeaf_b9a5_u32 % 5) as u8);
    }
}
