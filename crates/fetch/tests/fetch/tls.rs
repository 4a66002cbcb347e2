//! TLS: certificates are checked, against the public authorities and those that a setting names.

use std::io;
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;

use dechaff_fetch::Settings;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::server::{Server, Stream, page};
use crate::support::{Place, problems, settings};

/// A server whose certificate is for `name`, and its authority's certificate as PEM.
fn server(name: &str) -> (Server, String) {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(vec![]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = authority.self_signed(&authority_key).unwrap().pem();
    let issuer = Issuer::new(authority, authority_key);

    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        .unwrap();
    let config = Arc::new(config);
    let accept = move |stream: TcpStream| -> io::Result<Box<dyn Stream>> {
        let connection = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
        Ok(Box::new(StreamOwned::new(connection, stream)))
    };
    let serve = |hit: &crate::server::Hit, stream: &mut dyn Stream| {
        page(stream, &hit.path)?;
        stream.flush()?;
        Ok(true)
    };
    (Server::start_with(Ipv4Addr::LOCALHOST.into(), 0, "https", accept, serve), pem)
}

fn fetch(server: &Server, authority: Option<&str>) -> (Place, dechaff_fetch::Summary) {
    let place = Place::new();
    let file = place.path("authority.pem");
    let extra_ca_file = match authority {
        Some(pem) => std::fs::write(&file, pem).map(|()| file).unwrap(),
        None => Default::default(),
    };
    let summary = place.fetch(&[server.url("/a"), server.url("/b")], &Settings { extra_ca_file, ..settings() });
    (place, summary)
}

#[test]
fn a_certificate_of_a_trusted_authority_is_taken() {
    let (server, authority) = server("127.0.0.1");
    let (place, summary) = fetch(&server, Some(&authority));
    assert_eq!(summary.statuses.get(&200), Some(&2), "{summary}");
    assert_eq!(place.responses()[0].uri(), server.url("/a"));
}

#[test]
fn a_certificate_of_an_unknown_authority_is_not() {
    let (server, _) = server("127.0.0.1");
    let (_, summary) = fetch(&server, None);
    assert_eq!(problems(&summary, "tls"), 2, "{summary}");
    assert!(server.hits().is_empty());
}

#[test]
fn a_certificate_for_another_name_is_not() {
    let (server, authority) = server("elsewhere.example");
    let (_, summary) = fetch(&server, Some(&authority));
    assert_eq!(problems(&summary, "tls"), 2, "{summary}");
}

#[test]
fn a_file_of_authorities_that_is_not_there_is_an_error() {
    let place = Place::new();
    let settings = Settings { extra_ca_file: place.path("nowhere.pem"), ..settings() };
    let error = dechaff_fetch::fetch(place.plan(&[]), &settings, &mut |_| std::ops::ControlFlow::Continue(()));
    assert!(error.unwrap_err().to_string().contains("nowhere.pem"));
}
